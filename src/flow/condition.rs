//! What a conditional network is told about each row: labels, embeddings, or nothing.

use std::{fmt::Debug, ops::Range};

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

use crate::{Error, rows};

/// A kind of condition: what travels with each data row to the network.
///
/// The kind is a type without a backend ([`Labels`], [`Embedding`]); its tensors are
/// [`Rows<B>`](Condition::Rows). Code without conditions uses `()`, the default everywhere, and never
/// mentions it. Implement it for a kind of your own by saying how its rows are picked, joined and moved,
/// and [`Informative`] with it.
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

/// A condition that tells a flow something: every kind but `()`.
///
/// It keeps flows that take conditions apart from those that take none, so that references, boxes and guidance are
/// flows of both. A kind of your own implements it with an empty body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a kind of condition that tells a flow something",
    note = "for a kind of your own write `impl reflow::flow::Informative for {Self} {{}}`"
)]
pub trait Informative: Condition {}

/// The conditions of a batch as a caller has them: tensors that tell which [`Condition`] they are.
///
/// Labels are `Tensor<B, 1, Int>`, embeddings `Tensor<B, 2>`; rows of a kind of your own are a type of your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not conditions of a batch",
    note = "labels are `Tensor<B, 1, Int>`, embeddings `Tensor<B, 2>`; implement `reflow::flow::ConditionRows<B>` for others"
)]
pub trait ConditionRows<B: Backend> {
    /// The kind of these conditions.
    type Kind: Condition;

    /// The rows as that kind has them.
    fn into_rows(self) -> <Self::Kind as Condition>::Rows<B>;
}

/// The one row that stands for no condition, refused if it is not one.
pub(crate) fn null_row<B: Backend, Y: Informative>(
    null: impl ConditionRows<B, Kind = Y>,
) -> Result<Y::Rows<B>, Error> {
    let null = null.into_rows();
    rows::check_length("the rows that stand for no condition", 1, Y::len(&null).unwrap_or(0))?;
    Ok(null)
}

impl<B: Backend> ConditionRows<B> for () {
    type Kind = ();

    fn into_rows(self) {}
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
        impl<B: Backend> ConditionRows<B> for $($tensor)* {
            type Kind = $kind;

            fn into_rows(self) -> Self {
                self
            }
        }

        impl Informative for $kind {}

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
