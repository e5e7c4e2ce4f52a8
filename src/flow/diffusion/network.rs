//! The network of a diffusion model.

use burn::tensor::{Tensor, backend::Backend};

use crate::Condition;

/// The network of a diffusion model, as it was trained: what it predicts from a scaled batch and a number that tells the
/// noise level.
///
/// What goes in and comes out is for the [`Preconditioning`](super::Preconditioning) to say.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the network of a diffusion model of rank {D} with conditions `{Y}`",
    note = "implement `reflow::flow::DiffusionNetwork<B, {D}, {Y}>` for it"
)]
pub trait DiffusionNetwork<B: Backend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// The network's prediction for each row.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `noise`: `[batch]`, `y`: one condition a row, result: as `x`.
    ///
    /// # Panics
    /// As burn's tensors do, where a network is given a shape it was not made for.
    fn predict(&self, x: Tensor<B, D>, noise: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D>;
}
