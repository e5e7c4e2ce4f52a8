//! What a training minimises: by default the generalised loss of the paper on the pairs of a coupling.
//!
//! ```text
//! L = E_{t ~ T} E_{(x0, x1) ~ Q} [ w(x_t, t) l(D(x_t, t), x0) ],   x_t = (1 - t) x0 + t x1
//! ```
//!
//! | part | is |
//! |---|---|
//! | [`Recipe`] | the distribution of time, the loss and the weight |
//! | [`FlowMatching`] | a coupling and a recipe: the [`Objective`] above |
//! | [`HeldOutLoss`] | the same loss without weights, on pairs that are not trained on |
//! | [`generalized_loss`] | the loss of one batch, for a custom training loop |
//!
//! A custom objective, such as a distillation, implements [`Objective`] and is given to the builder by `.objective(..)`.

mod flow_matching;
mod held_out;
mod recipe;

pub use flow_matching::{FlowMatching, MissingCoupling, Settle, Settled};
pub use held_out::{HeldOutLoss, Validate};
pub use recipe::{Recipe, Scores};

use std::ops::Range;

use burn::tensor::{Tensor, backend::AutodiffBackend};

use crate::{Condition, Error, Flow, FlowExt, Key, Loss, Pair, Weight, flow::interpolate, rows};

/// The loss of a batch.
#[derive(Debug, Clone)]
pub struct StepLoss<B: AutodiffBackend> {
    /// What is minimised, `[1]`, ready for `backward`.
    pub weighted: Tensor<B, 1>,
    /// The mean loss without weights, `[1]`: what to watch where weights depend on the loss.
    pub unweighted: Tensor<B::InnerBackend, 1>,
}

/// What a training minimises for the network `M`. It chooses rank and conditions itself.
///
/// # Example
///
/// Flow matching, and a pull towards what a teacher says at the middle time:
///
/// ```
/// use std::ops::Range;
/// use burn::tensor::{Tensor, backend::AutodiffBackend};
/// use reflow::{
///     Coupling, Error, Flow, FlowExt, Key,
///     objective::{FlowMatching, Objective, Recipe, Scores, StepLoss},
/// };
///
/// struct Distil<T, Q, R> {
///     teacher: T,
///     matching: FlowMatching<Q, R>,
/// }
///
/// impl<B, M, T, Q, R> Objective<B, M> for Distil<T, Q, R>
/// where
///     B: AutodiffBackend,
///     M: Flow<B>,
///     T: Flow<B::InnerBackend>,
///     Q: Coupling<B::InnerBackend>,
///     R: Scores<B>,
/// {
///     fn loss(&self, flow: &M, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<StepLoss<B>, Error> {
///         let x: Tensor<B::InnerBackend, 2> = key.fork("points").normal_rows(rows.clone(), &[2], device)?;
///         let taught = Tensor::from_inner(self.teacher.velocity(x.clone(), 0.5));
///         let StepLoss { weighted, unweighted } = self.matching.loss(flow, rows, key, device)?;
///         let apart = (flow.velocity(Tensor::from_inner(x), 0.5) - taught).square().mean();
///         Ok(StepLoss { weighted: weighted + apart, unweighted })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an objective for `{M}`",
    note = "implement `reflow::objective::Objective<B, {M}>` for it, or leave `.objective(..)` out and give the builder a coupling"
)]
pub trait Objective<B: AutodiffBackend, M>: Send + Sync {
    /// The loss on the rows of a range, each a function of the key and its index.
    ///
    /// Call `backward` on nothing and keep nothing recorded: the trainer runs what is returned backward, which frees it.
    ///
    /// # Errors
    /// Where the rows cannot be drawn.
    fn loss(&self, flow: &M, rows: Range<usize>, key: &Key, device: &B::Device)
    -> Result<StepLoss<B>, Error>;
}

/// The generalised loss of a flow on a batch of pairs at given times.
///
/// The mean over the batch estimates the expectation above. Only the flow and the loss are on the backend that
/// records gradients; pairs, times and weights come from the inner one.
///
/// # Shapes
/// `t`: `[batch]`.
///
/// # Errors
/// [`Error::Shape`] if the flow predicts another shape than its rows', or the loss or the weight is not one number a row.
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
) -> Result<StepLoss<B>, Error>
where
    B: AutodiffBackend,
    Y: Condition,
    F: Flow<B, D, Y>,
    L: Loss<B, D, Y>,
    W: Weight,
{
    rows::check_numbers("the time of each row", &t, pair.len())?;
    let x_t = interpolate(pair.x0(), pair.x1(), t.clone());
    let pair = Pair::<B, D, Y>::from_inner(pair);
    let time: Tensor<B, 1> = Tensor::from_inner(t.clone());
    let said = flow.ask::<B, D, Y>(Tensor::from_inner(x_t.clone()), time, pair.y());
    // What was recorded is freed by running it backward, also before an error.
    said.check_shape().inspect_err(|_| drop(said.sum_of_values().backward()))?;
    let losses = loss.rows(&said, &pair);
    let free = |losses: &Tensor<B, 1>| drop(losses.clone().sum().backward());
    rows::check_numbers("the loss of each row", &losses, pair.len()).inspect_err(|_| free(&losses))?;
    let plain = losses.clone().inner();
    let weights = weight.weights(&x_t, &t, &plain);
    rows::check_numbers("the weight of each row", &weights, pair.len()).inspect_err(|_| free(&losses))?;
    Ok(StepLoss { weighted: (losses * Tensor::from_inner(weights)).mean(), unweighted: plain.mean() })
}
