//! Which values of a row count.

use std::ops::Range;

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

use super::{Condition, Optional, mix, tensors::rows_are_a_tensor};
use crate::rows;

/// Ones where a value of the data counts and zeros where it does not: padding of sequences, absent atoms, the known part
/// of an image.
///
/// For images `[batch, channels, height, width]` it is a `Mask<4>`, such as `[batch, 1, height, width]`; for sequences
/// `[batch, length, channels]` a `Mask<2>` of `[batch, length]` will do, since the axes it lacks are the data's last. A network may use it as any other condition; a [`Masked`](crate::loss::Masked) loss leaves the zeros out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask<const N: usize = 2>;

impl<const N: usize> Condition for Mask<N> {
    rows_are_a_tensor!(Tensor<B, N>);

    // Another part of the noise counts in rows of another mask, so they are another class.
    fn classes<B: Backend>(rows: &Self::Rows<B>, hashes: &mut [u64]) {
        let width = rows::width(&rows.dims()).max(1);
        let values = rows::to_host(rows.clone());
        for (hash, mask) in hashes.iter_mut().zip(values.chunks_exact(width)) {
            *hash = mask.iter().fold(*hash, |hash, value| mix(hash, value.to_bits()));
        }
    }
}

/// A condition with a mask in it: a [`Mask`], or a tuple that ends in one.
#[diagnostic::on_unimplemented(
    message = "conditions `{Self}` have no mask",
    note = "use `condition::Mask`, or a tuple that ends in one, as the condition of the data"
)]
pub trait HasMask: Condition {
    /// The mask, with axes of length one up to the data's rank.
    ///
    /// # Shapes
    /// Result: `[batch, ..]`, which broadcasts over the data.
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

/// A mask counts whether or not the condition around it is present.
impl<Y: HasMask> HasMask for Optional<Y> {
    fn mask<B: Backend, const D: usize>(rows: &Self::Rows<B>) -> Tensor<B, D> {
        Y::mask::<B, D>(&rows.y)
    }
}
