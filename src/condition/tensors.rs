//! Kinds of condition that consist of one tensor.

use std::ops::Range;

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

use super::{Condition, mix};
use crate::rows;

/// A class for each row, counted from 0: `Tensor<B, 1, Int>` of shape `[batch]`.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{Labels, data::Dataset};
///
/// let device = Default::default();
/// let (x, y) = (Tensor::zeros([2, 3], &device), Tensor::<Flex, 1, Int>::from_ints([7, 8], &device));
/// let data: Dataset<Flex, 2, Labels> = Dataset::with_labels(x, y)?;
/// assert_eq!(data.conditions().dims(), [2]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labels;

/// Numbers for each row, as a tensor of rank `N`: a vector by default, a sequence of vectors as
/// `Features<3>`, an image as `Features<4>`.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{condition::Features, data::Dataset};
///
/// let device = Default::default();
/// let (x, text) = (Tensor::zeros([2, 3], &device), Tensor::<Flex, 3>::zeros([2, 5, 16], &device));
/// let data = Dataset::<Flex, 2, Features<3>>::with_conditions(x, text)?;
/// assert_eq!(data.conditions().dims(), [2, 5, 16]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features<const N: usize = 2>;

/// Implements the methods of a kind whose rows are one tensor.
macro_rules! rows_are_a_tensor {
    ($($tensor:tt)*) => {
        type Rows<B: Backend> = $($tensor)*;

        fn lengths<B: Backend>(rows: &Self::Rows<B>) -> Vec<usize> {
            vec![rows.dims()[0]]
        }

        fn select<B: Backend>(rows: Self::Rows<B>, indices: Tensor<B, 1, Int>) -> Self::Rows<B> {
            rows.select(0, indices)
        }

        fn slice<B: Backend>(rows: Self::Rows<B>, range: Range<usize>) -> Self::Rows<B> {
            rows.narrow(0, range.start, range.len())
        }

        fn cat<B: Backend>(batches: Vec<Self::Rows<B>>) -> Self::Rows<B> {
            Tensor::cat(batches, 0)
        }

        fn to_device<B: Backend>(rows: Self::Rows<B>, device: &B::Device) -> Self::Rows<B> {
            rows.to_device(device)
        }

        fn from_inner<B: AutodiffBackend>(rows: Self::Rows<B::InnerBackend>) -> Self::Rows<B> {
            Tensor::from_inner(rows)
        }
    };
}
pub(super) use rows_are_a_tensor;

impl Condition for Labels {
    rows_are_a_tensor!(Tensor<B, 1, Int>);

    fn classes<B: Backend>(rows: &Self::Rows<B>, hashes: &mut [u64]) {
        let labels = rows.clone().into_data().convert::<i64>();
        for (hash, label) in hashes.iter_mut().zip(labels.iter::<i64>()) {
            *hash = mix(*hash, label.cast_unsigned());
        }
    }
}

impl<const N: usize> Condition for Features<N> {
    rows_are_a_tensor!(Tensor<B, N>);

    fn points<B: Backend>(rows: &Self::Rows<B>) -> Option<Tensor<B, 2>> {
        Some(rows::flatten(rows.clone()))
    }
}
