//! Which values of a row count.

use std::ops::Range;

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

use super::{Condition, Optional, mix, tensors::rows_are_a_tensor};
use crate::rows;

/// One where a value of the data counts, zero where it does not: padding of sequences, absent atoms, the
/// known part of an image.
///
/// Images `[batch, channels, height, width]` take a `Mask<4>`, such as `[batch, 1, height, width]`. A mask
/// may lack the last axes of the data, so for sequences `[batch, length, channels]` a `Mask<2>` of
/// `[batch, length]` is enough. A network can use it like any other condition; a
/// [`Masked`](crate::loss::Masked) loss leaves the zeros out.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{condition::Mask, data::Dataset};
///
/// let device = Default::default();
/// let sequences = Tensor::<Flex, 3>::zeros([2, 3, 1], &device);
/// let mask = Tensor::<Flex, 2>::from_data([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]], &device); // lengths 3 and 2
/// let data = Dataset::<Flex, 3, Mask>::with_conditions(sequences, mask)?;
/// assert_eq!(data.conditions().sum().into_scalar(), 5.0);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask<const N: usize = 2>;

impl<const N: usize> Condition for Mask<N> {
    rows_are_a_tensor!(Tensor<B, N>);

    // Under another mask, other parts of the noise count, so its rows are another class.
    fn classes<B: Backend>(rows: &Self::Rows<B>, hashes: &mut [u64]) {
        let width = rows::width(&rows.dims()).max(1);
        let values = rows::to_host(rows.clone());
        for (hash, mask) in hashes.iter_mut().zip(values.chunks_exact(width)) {
            *hash = mask.iter().fold(*hash, |hash, value| mix(hash, value.to_bits()));
        }
    }
}

/// A condition that contains a mask: a [`Mask`], or a tuple that ends in one.
#[diagnostic::on_unimplemented(
    message = "conditions `{Self}` have no mask",
    note = "use `condition::Mask`, or a tuple that ends in one, as the condition of the data"
)]
pub trait HasMask: Condition {
    /// The mask, with axes of length 1 added up to the rank of the data.
    ///
    /// # Shapes
    /// Result: `[batch, ..]`, which broadcasts over the data.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Labels, condition::{HasMask, Mask}};
    ///
    /// let device = Default::default();
    /// let rows = (Tensor::from_ints([7, 8], &device), Tensor::ones([2, 5], &device));
    /// assert_eq!(<(Labels, Mask)>::mask::<Flex, 3>(&rows).dims(), [2, 5, 1]);
    /// ```
    fn mask<B: Backend, const D: usize>(rows: &Self::Rows<B>) -> Tensor<B, D>;
}

impl<const N: usize> HasMask for Mask<N> {
    fn mask<B: Backend, const D: usize>(rows: &Tensor<B, N>) -> Tensor<B, D> {
        const { assert!(N <= D, "a mask has at most the rank of the data") };
        let mut dims = [1; D];
        dims[..N].copy_from_slice(&rows.dims());
        rows.clone().reshape(dims)
    }
}

impl<Y0: Condition, Y1: HasMask> HasMask for (Y0, Y1) {
    fn mask<B: Backend, const D: usize>(rows: &Self::Rows<B>) -> Tensor<B, D> {
        Y1::mask::<B, D>(&rows.1)
    }
}

impl<Y0: Condition, Y1: Condition, Y2: HasMask> HasMask for (Y0, Y1, Y2) {
    fn mask<B: Backend, const D: usize>(rows: &Self::Rows<B>) -> Tensor<B, D> {
        Y2::mask::<B, D>(&rows.2)
    }
}

/// The mask counts whether or not the condition around it is present.
impl<Y: HasMask> HasMask for Optional<Y> {
    fn mask<B: Backend, const D: usize>(rows: &Self::Rows<B>) -> Tensor<B, D> {
        Y::mask::<B, D>(&rows.y)
    }
}
