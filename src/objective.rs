//! The generalised loss of the paper:
//!
//! ```text
//! L = E_{t ~ T} E_{(x0, x1) ~ Q} [ w(x_t, t) l(D(x_t, t), x0) ],   x_t = (1 - t) x0 + t x1
//! ```

use burn::tensor::{Tensor, backend::AutodiffBackend};

use crate::{Condition, ConditionalFlow, Loss, Pair, Weight, flow::interpolate};

/// The generalised loss of a flow on a batch of pairs at given times, ready for `backward`.
///
/// The mean over the batch estimates the expectation above. Only the flow and the loss are on the backend that
/// records gradients; pairs, times and weights come from the inner one.
///
/// # Shapes
/// `t`: `[batch]`, result: `[1]`.
///
/// # Example
///
/// Training without the trainer is a loop around this function; see `examples/own_loop.rs`. Call `backward` on every
/// loss: a recorded forward pass that is never run backward is not freed in burn 0.21.
///
/// Source: Simple ReFlow, the generalised loss; with [`Mse`](crate::loss::Mse), [`Power`](crate::weight::Power)
/// and uniform times it is flow matching.
pub fn generalized_loss<B, const D: usize, Y, F, L, W>(
    flow: &F,
    pair: Pair<B::InnerBackend, D, Y>,
    t: Tensor<B::InnerBackend, 1>,
    loss: &L,
    weight: &W,
) -> Tensor<B, 1>
where
    B: AutodiffBackend,
    Y: Condition,
    F: ConditionalFlow<B, D, Y>,
    L: Loss<B, D>,
    W: Weight,
{
    let (x0, x1, y) = pair.into_parts();
    let x_t = interpolate(x0.clone(), x1, t.clone());
    let denoised = flow.denoise_given(
        Tensor::from_inner(x_t.clone()),
        Tensor::from_inner(t.clone()),
        Y::from_inner::<B>(y),
    );
    let losses = loss.rows(denoised, Tensor::from_inner(x0), &Tensor::from_inner(t.clone()));
    let weights = weight.weights(&x_t, &t, &losses.clone().inner());
    (losses * Tensor::from_inner(weights)).mean()
}
