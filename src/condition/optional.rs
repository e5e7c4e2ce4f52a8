//! A condition that some rows lack.

use std::{marker::PhantomData, ops::Range};

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

use super::{Condition, Features, Labels, Mask, mix};
use crate::rows;

/// A condition that some rows lack.
///
/// [`ConditionDropout`](crate::coupling::ConditionDropout) drops it in training, and the guide of
/// [`ClassifierFree`](crate::flow::ClassifierFree) guidance goes without it. A flow that models its data both
/// with and without conditions implements `Flow<B, D, Optional<Y>>`.
#[derive(Debug, Clone)]
pub struct Optional<Y>(PhantomData<fn() -> Y>);

/// The conditions of a batch, and which rows have theirs.
///
/// A tensor of labels, features or masks converts into one in which every row has its condition, so
/// `sampler.sample_given(noise, labels)` works on a flow of `Optional<Labels>`.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{Labels, condition::OptionalRows, rows::to_host};
///
/// let labels = Tensor::<Flex, 1, Int>::from_ints([7, 8], &Default::default());
/// let rows: OptionalRows<Flex, Labels> = labels.into();
/// assert_eq!(to_host(rows.present), [1.0, 1.0]);
/// ```
#[derive(Debug, Clone)]
pub struct OptionalRows<B: Backend, Y: Condition> {
    /// The condition of each row, to be ignored where it is absent.
    pub y: Y::Rows<B>,
    /// `[batch]`: one where the row has its condition, zero where it does not.
    pub present: Tensor<B, 1>,
}

impl<Y: Condition> Optional<Y> {
    /// Conditions that every row of `x` has.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `y`: one condition a row.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Labels, condition::Optional, rows::to_host};
    ///
    /// let device = Default::default();
    /// let x = Tensor::<Flex, 2>::zeros([2, 3], &device);
    /// let rows = Optional::<Labels>::all(Tensor::from_ints([7, 8], &device), &x);
    /// assert_eq!(to_host(rows.present), [1.0, 1.0]);
    /// ```
    pub fn all<B: Backend, const D: usize>(y: Y::Rows<B>, x: &Tensor<B, D>) -> OptionalRows<B, Y> {
        OptionalRows { y, present: rows::fill(x, 1.0) }
    }

    /// Conditions that no row of `x` has.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `y`: one condition a row, whose values do not matter.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Labels, condition::Optional, rows::to_host};
    ///
    /// let device = Default::default();
    /// let x = Tensor::<Flex, 2>::zeros([2, 3], &device);
    /// let rows = Optional::<Labels>::none(Tensor::from_ints([0, 0], &device), &x);
    /// assert_eq!(to_host(rows.present), [0.0, 0.0]);
    /// ```
    pub fn none<B: Backend, const D: usize>(y: Y::Rows<B>, x: &Tensor<B, D>) -> OptionalRows<B, Y> {
        OptionalRows { y, present: rows::fill(x, 0.0) }
    }
}

impl<B: Backend> OptionalRows<B, Labels> {
    /// The labels, with `null` in place of the absent ones, for a network with a null class.
    ///
    /// # Shapes
    /// Result: `[batch]`.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Int, Tensor};
    /// use burn_flex::Flex;
    /// use reflow::{Labels, condition::OptionalRows};
    ///
    /// let device = Default::default();
    /// let y = Tensor::<Flex, 1, Int>::from_ints([7, 8], &device);
    /// let rows = OptionalRows::<Flex, Labels> { y, present: Tensor::from_data([1.0, 0.0], &device) };
    /// assert_eq!(rows.or_class(10).into_data().iter::<i64>().collect::<Vec<_>>(), [7, 10]);
    /// ```
    #[must_use]
    pub fn or_class(self, null: i64) -> Tensor<B, 1, Int> {
        let absent = self.present.lower_elem(0.5);
        self.y.mask_fill(absent, null)
    }
}

impl<Y: Condition> Condition for Optional<Y> {
    type Rows<B: Backend> = OptionalRows<B, Y>;

    fn lengths<B: Backend>(rows: &Self::Rows<B>) -> Vec<usize> {
        [Y::lengths::<B>(&rows.y), vec![rows.present.dims()[0]]].concat()
    }

    fn select<B: Backend>(rows: Self::Rows<B>, indices: Tensor<B, 1, Int>) -> Self::Rows<B> {
        let present = rows.present.select(0, indices.clone());
        OptionalRows { y: Y::select::<B>(rows.y, indices), present }
    }

    fn slice<B: Backend>(rows: Self::Rows<B>, range: Range<usize>) -> Self::Rows<B> {
        let present = rows.present.narrow(0, range.start, range.len());
        OptionalRows { y: Y::slice::<B>(rows.y, range), present }
    }

    fn cat<B: Backend>(batches: Vec<Self::Rows<B>>) -> Self::Rows<B> {
        let (y, present) = batches.into_iter().map(|rows| (rows.y, rows.present)).unzip();
        OptionalRows { y: Y::cat::<B>(y), present: Tensor::cat(present, 0) }
    }

    fn to_device<B: Backend>(rows: Self::Rows<B>, device: &B::Device) -> Self::Rows<B> {
        OptionalRows { y: Y::to_device::<B>(rows.y, device), present: rows.present.to_device(device) }
    }

    fn from_inner<B: AutodiffBackend>(rows: Self::Rows<B::InnerBackend>) -> Self::Rows<B> {
        OptionalRows { y: Y::from_inner::<B>(rows.y), present: Tensor::from_inner(rows.present) }
    }

    // Rows without a condition are one class, whatever it would have been.
    fn classes<B: Backend>(rows: &Self::Rows<B>, hashes: &mut [u64]) {
        let before = hashes.to_vec();
        Y::classes::<B>(&rows.y, hashes);
        for ((hash, before), present) in
            hashes.iter_mut().zip(before).zip(rows::to_host(rows.present.clone()))
        {
            *hash = if present > 0.5 { mix(*hash, 1) } else { mix(before, 0) };
        }
    }

    fn points<B: Backend>(rows: &Self::Rows<B>) -> Option<Tensor<B, 2>> {
        Y::points::<B>(&rows.y).map(|points| rows::scale(points, rows.present.clone()))
    }
}

impl<B: Backend> From<Tensor<B, 1, Int>> for OptionalRows<B, Labels> {
    fn from(y: Tensor<B, 1, Int>) -> Self {
        let present = Tensor::ones([y.dims()[0]], &y.device());
        Self { y, present }
    }
}

macro_rules! present_in_every_row {
    ($($kind:ident)*) => {$(
        impl<B: Backend, const N: usize> From<Tensor<B, N>> for OptionalRows<B, $kind<N>> {
            fn from(y: Tensor<B, N>) -> Self {
                let present = rows::fill(&y, 1.0);
                Self { y, present }
            }
        }
    )*};
}
present_in_every_row!(Features Mask);
