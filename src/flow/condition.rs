//! What a conditional network is told about each row: labels, embeddings, or nothing.

use std::{fmt::Debug, ops::Range};

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

/// A kind of condition: what travels with each data row to the network.
///
/// The kind is a type without a backend ([`Labels`], [`Embedding`]); its tensors are
/// [`Rows<B>`](Condition::Rows). Code without conditions uses `()`, the default everywhere, and never
/// mentions it. Implement it for a kind of your own by saying how its rows are picked, joined and moved.
pub trait Condition: Debug + Clone + Send + Sync + 'static {
    /// The conditions of a batch, one for each row.
    type Rows<B: Backend>: Debug + Clone + Send;

    /// The number of rows, or `None` where there are no conditions to count.
    fn len<B: Backend>(rows: &Self::Rows<B>) -> Option<usize>;

    /// The rows with these numbers.
    fn select<B: Backend>(rows: Self::Rows<B>, numbers: Tensor<B, 1, Int>) -> Self::Rows<B>;

    /// The rows of a range.
    fn slice<B: Backend>(rows: Self::Rows<B>, range: Range<usize>) -> Self::Rows<B>;

    /// Batches put one after the other.
    fn cat<B: Backend>(batches: Vec<Self::Rows<B>>) -> Self::Rows<B>;

    /// The rows on another device.
    fn to_device<B: Backend>(rows: Self::Rows<B>, device: &B::Device) -> Self::Rows<B>;

    /// The rows on the backend that records gradients.
    fn from_inner<B: AutodiffBackend>(rows: Self::Rows<B::InnerBackend>) -> Self::Rows<B>;
}

/// No condition.
impl Condition for () {
    type Rows<B: Backend> = ();

    fn len<B: Backend>((): &()) -> Option<usize> {
        None
    }

    fn select<B: Backend>((): (), _: Tensor<B, 1, Int>) {}

    fn slice<B: Backend>((): (), _: Range<usize>) {}

    fn cat<B: Backend>(_: Vec<()>) {}

    fn to_device<B: Backend>((): (), _: &B::Device) {}

    fn from_inner<B: AutodiffBackend>((): ()) {}
}

/// One class number a row: `Tensor<B, 1, Int>` of shape `[batch]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labels;

/// One vector a row: `Tensor<B, 2>` of shape `[batch, features]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Embedding;

macro_rules! tensor_condition {
    ($kind:ty, $($tensor:tt)*) => {
        impl Condition for $kind {
            type Rows<B: Backend> = $($tensor)*;

            fn len<B: Backend>(rows: &Self::Rows<B>) -> Option<usize> {
                Some(rows.dims()[0])
            }

            fn select<B: Backend>(rows: Self::Rows<B>, numbers: Tensor<B, 1, Int>) -> Self::Rows<B> {
                rows.select(0, numbers)
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
        }
    };
}
tensor_condition!(Labels, Tensor<B, 1, Int>);
tensor_condition!(Embedding, Tensor<B, 2>);
