//! Flows that can be trained.

use burn::{module::AutodiffModule, tensor::backend::AutodiffBackend};

use super::{Condition, ConditionalFlow};

/// A network that is a flow with gradients, and without them on the inner backend.
///
/// Nobody implements it: every burn module that implements [`Flow`](super::Flow) (or
/// [`ConditionalFlow`]) for all backends has it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be trained as a flow of rank {D} with conditions `{Y}`",
    label = "not a trainable flow of rank {D}",
    note = "derive `burn::module::Module` for it and implement `reflow::Flow<B, {D}>` for every backend `B`",
    note = "a coupling of rank {D} draws this flow's data: is it the rank the network takes?"
)]
pub trait TrainableFlow<B: AutodiffBackend, const D: usize, Y: Condition>:
    ConditionalFlow<B, D, Y> + AutodiffModule<B, InnerModule: ConditionalFlow<B::InnerBackend, D, Y>>
{
}

impl<B, const D: usize, Y, M> TrainableFlow<B, D, Y> for M
where
    B: AutodiffBackend,
    Y: Condition,
    M: ConditionalFlow<B, D, Y> + AutodiffModule<B, InnerModule: ConditionalFlow<B::InnerBackend, D, Y>>,
{
}
