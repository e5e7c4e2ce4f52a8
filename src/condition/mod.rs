//! Conditions: what travels with each row of data to the network.
//!
//! | kind | rows | for |
//! |---|---|---|
//! | `()` | `()` | flows without conditions, the default everywhere |
//! | [`Labels`] | `Tensor<B, 1, Int>`, `[batch]` | classes |
//! | [`Features<N>`](Features) | `Tensor<B, N>`, `[batch, ..]` | embeddings, sequences, images to condition on |
//! | [`Mask<N>`](Mask) | `Tensor<B, N>`, `[batch, ..]`, ones and zeros | padding, inpainting |
//! | [`Optional<Y>`](Optional) | [`OptionalRows`] | a condition that some rows go without |
//! | `(Y0, Y1)`, `(Y0, Y1, Y2)` | the tuple of their rows | several at once |
//!
//! A kind is a type without a backend; its tensors are [`Condition::Rows`]. Code without conditions never mentions them.

mod mask;
mod optional;
mod signals;
mod tensors;
mod tuples;

pub use mask::{HasMask, Mask};
pub use optional::{Optional, OptionalRows};
pub use signals::Signals;
pub use tensors::{Features, Labels};

use std::{fmt::Debug, ops::Range};

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

use crate::{Error, rows};

/// A kind of condition.
///
/// Implement it for a custom kind by saying how its rows are counted, picked, joined and moved.
///
/// # Example
///
/// A second time for each row, as networks of two times take it:
///
/// ```
/// use std::ops::Range;
/// use burn::tensor::{Int, Tensor, backend::{AutodiffBackend, Backend}};
/// use reflow::Condition;
///
/// #[derive(Debug, Clone)]
/// struct EndTime;
///
/// impl Condition for EndTime {
///     type Rows<B: Backend> = Tensor<B, 1>;
///
///     fn lengths<B: Backend>(rows: &Tensor<B, 1>) -> Vec<usize> {
///         vec![rows.dims()[0]]
///     }
///     fn select<B: Backend>(rows: Tensor<B, 1>, indices: Tensor<B, 1, Int>) -> Tensor<B, 1> {
///         rows.select(0, indices)
///     }
///     fn slice<B: Backend>(rows: Tensor<B, 1>, range: Range<usize>) -> Tensor<B, 1> {
///         rows.narrow(0, range.start, range.len())
///     }
///     fn cat<B: Backend>(batches: Vec<Tensor<B, 1>>) -> Tensor<B, 1> {
///         Tensor::cat(batches, 0)
///     }
///     fn to_device<B: Backend>(rows: Tensor<B, 1>, device: &B::Device) -> Tensor<B, 1> {
///         rows.to_device(device)
///     }
///     fn from_inner<B: AutodiffBackend>(rows: Tensor<B::InnerBackend, 1>) -> Tensor<B, 1> {
///         Tensor::from_inner(rows)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a kind of condition",
    note = "the kinds are in `reflow::condition`: `Labels`, `Features`, `Mask`, `Optional<Y>`, tuples of them, and `()` for none"
)]
pub trait Condition: Debug + Clone + Send + Sync + 'static {
    /// The conditions of a batch, one for each row.
    type Rows<B: Backend>: Debug + Clone + Send + Sync;

    /// The number of rows of each tensor; empty where there are no conditions to count.
    fn lengths<B: Backend>(rows: &Self::Rows<B>) -> Vec<usize>;

    /// The rows with these indices.
    fn select<B: Backend>(rows: Self::Rows<B>, indices: Tensor<B, 1, Int>) -> Self::Rows<B>;

    /// The rows of a range.
    fn slice<B: Backend>(rows: Self::Rows<B>, range: Range<usize>) -> Self::Rows<B>;

    /// Batches put one after the other.
    fn cat<B: Backend>(batches: Vec<Self::Rows<B>>) -> Self::Rows<B>;

    /// The rows on another device.
    fn to_device<B: Backend>(rows: Self::Rows<B>, device: &B::Device) -> Self::Rows<B>;

    /// The rows on the backend that records gradients.
    fn from_inner<B: AutodiffBackend>(rows: Self::Rows<B::InnerBackend>) -> Self::Rows<B>;

    /// Adds to each hash what makes the row's condition another class; waits for the device.
    ///
    /// Matchings exchange rows within a class alone. By default all rows are of one class.
    fn classes<B: Backend>(_rows: &Self::Rows<B>, _hashes: &mut [u64]) {}

    /// The condition of each row as a point, `[batch, features]`, where conditions can be near to one another.
    ///
    /// Matchings can count the distance of conditions. By default conditions have no distance.
    fn points<B: Backend>(_rows: &Self::Rows<B>) -> Option<Tensor<B, 2>> {
        None
    }
}

/// No condition.
impl Condition for () {
    type Rows<B: Backend> = ();

    fn lengths<B: Backend>((): &()) -> Vec<usize> {
        vec![]
    }

    fn select<B: Backend>((): (), _: Tensor<B, 1, Int>) {}

    fn slice<B: Backend>((): (), _: Range<usize>) {}

    fn cat<B: Backend>(_: Vec<()>) {}

    fn to_device<B: Backend>((): (), _: &B::Device) {}

    fn from_inner<B: AutodiffBackend>((): ()) {}
}

/// Refuses conditions that are not as many as the rows they belong to.
pub(crate) fn check_lengths<B: Backend, Y: Condition>(
    what: &'static str,
    batch: usize,
    rows: &Y::Rows<B>,
) -> Result<(), Error> {
    Y::lengths::<B>(rows).into_iter().try_for_each(|found| rows::check_length(what, batch, found))
}

/// Mixes a number into a hash, so that the order of numbers matters.
pub(crate) fn mix(hash: u64, number: u64) -> u64 {
    (hash.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
