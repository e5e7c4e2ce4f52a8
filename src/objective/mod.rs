//! What training minimises: by default the generalised loss of the paper on the pairs of a coupling.
//!
//! ```text
//! L = E_{t ~ T} E_{(x0, x1) ~ Q} [ w(x_t, t) l(D(x_t, t), x0) ],   x_t = (1 - t) x0 + t x1
//! ```
//!
//! | part | is |
//! |---|---|
//! | [`Recipe`] | the time distribution, the loss and the weight |
//! | [`FlowMatching`] | a coupling and a recipe: the [`Objective`] above |
//! | [`HeldOutLoss`] | the same loss without weights, on pairs that are not trained on |
//! | [`generalized_loss`] | the loss of one batch, for a custom training loop |
//!
//! A custom objective, such as a distillation, implements [`Objective`] and is passed to the builder with
//! `.objective(..)`.

mod cause;
mod flow_matching;
mod held_out;
mod recipe;

pub use flow_matching::{FlowMatching, MissingCoupling, Settle, Settled};
pub use held_out::{HeldOutLoss, Validate};
pub use recipe::{Recipe, Scores};

use std::ops::Range;

use burn::tensor::{Tensor, backend::AutodiffBackend};

use crate::{
    Condition, Error, Flow, FlowExt, Key, Loss, Pair, Weight,
    flow::{Answer, interpolate},
    rows,
};

/// The loss of a batch.
#[derive(Debug, Clone)]
pub struct StepLoss<B: AutodiffBackend> {
    /// The loss to minimise, `[1]`, ready for `backward`.
    pub weighted: Tensor<B, 1>,
    /// The mean loss without weights, `[1]`: the one to watch if weights depend on the loss.
    pub unweighted: Tensor<B::InnerBackend, 1>,
}

/// What training minimises for the network `M`. An objective chooses its rank and conditions itself.
///
/// # Example
///
/// Flow matching, plus a pull towards the velocity of a teacher at `t = 0.5`:
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
///     fn loss(
///         &self,
///         flow: &M,
///         rows: Range<usize>,
///         key: &Key,
///         device: &B::Device,
///     ) -> Result<StepLoss<B>, Error> {
///         let x: Tensor<B::InnerBackend, 2> = key.fork("points").normal_rows(rows.clone(), &[2], device)?;
///         let target = Tensor::from_inner(self.teacher.velocity(x.clone(), 0.5));
///         let StepLoss { weighted, unweighted } = self.matching.loss(flow, rows, key, device)?;
///         let pull = (flow.velocity(Tensor::from_inner(x), 0.5) - target).square().mean();
///         Ok(StepLoss { weighted: weighted + pull, unweighted })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an objective for `{M}`",
    note = "implement `reflow::objective::Objective<B, {M}>` for it, or leave `.objective(..)` out and give the builder a coupling"
)]
pub trait Objective<B: AutodiffBackend, M>: Send + Sync {
    /// The loss on a range of rows; row `i` is a function of the key and `i`.
    ///
    /// Do not call `backward`, and do not keep anything recorded: the trainer runs the returned loss
    /// backward, which frees what was recorded for it.
    ///
    /// # Errors
    /// If the rows cannot be drawn.
    fn loss(&self, flow: &M, rows: Range<usize>, key: &Key, device: &B::Device)
    -> Result<StepLoss<B>, Error>;

    /// The first part whose numbers are not finite on these rows: asked for once, after their loss was not.
    ///
    /// By default none is named. What is recorded here must be run backward here.
    fn cause(&self, flow: &M, rows: Range<usize>, key: &Key, device: &B::Device) -> Option<Error> {
        let _ = (flow, rows, key, device);
        None
    }
}

/// The generalised loss of a flow on a batch of pairs at given times.
///
/// The mean over the batch estimates the expectation in the [module documentation](self). Only the flow and
/// the loss are on the backend that records gradients; pairs, times and weights are on the inner one.
///
/// # Shapes
/// `t`: `[batch]`.
///
/// # Errors
/// [`Error::Shape`] if a prediction of the flow has a different shape from its rows, or if the loss or the
/// weight is not one number a row. [`Error::FloatType`] if any of them, or the pairs, are of another float type
/// than the device computes in.
///
/// # Example
///
/// A custom training loop, such as `examples/own_loop.rs`, repeats a step like this one. Call `backward` on
/// every loss: burn 0.21 never frees a recorded forward pass that is not run backward.
///
/// ```
/// # use burn::optim::{AdamConfig, GradientsParams, Optimizer};
/// # use {burn_autodiff::Autodiff, burn_flex::Flex};
/// # use reflow::{Coupling, Key, Pair, TimeDistribution, coupling::Independent, models::MlpConfig};
/// # use reflow::data::{Gaussian, Normal};
/// use reflow::{generalized_loss, loss::Mse, time::Uniform, weight::Power};
///
/// # let (key, device) = (Key::new(0), Default::default());
/// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&device);
/// # let mut optimizer = AdamConfig::new().init();
/// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
/// let pair: Pair<Flex> = coupling.draw(0..256, &key.fork("pairs"), &device)?;
/// let t = Uniform.draw(0..256, &key.fork("times"), &device)?;
/// let loss = generalized_loss(&net, pair, t, &Mse, &Power::default())?;
/// let gradients = GradientsParams::from_grads(loss.weighted.backward(), &net);
/// let net = optimizer.step(1e-3, net, gradients);
/// assert!(loss.unweighted.into_scalar() > 0.0);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Simple ReFlow, the generalised loss. With [`Mse`](crate::loss::Mse),
/// [`Power`](crate::weight::Power) and uniform times it is flow matching.
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
    rows::check_float("the data of the pairs", &pair.x0())?;
    rows::check_float("the noise of the pairs", &pair.x1())?;
    rows::check_numbers("the time of each row", &t, pair.len())?;
    let (x_t, pair, said) = asked::<B, D, Y, F>(flow, pair, t.clone());
    // Only a backward pass frees what was recorded, so it runs before an error too.
    said.check().inspect_err(|_| drop(said.sum_of_values().backward()))?;
    let losses = loss.rows(&said, &pair);
    let free = |losses: &Tensor<B, 1>| drop(losses.clone().sum().backward());
    rows::check_numbers("the loss of each row", &losses, pair.len()).inspect_err(|_| free(&losses))?;
    let plain = losses.clone().inner();
    let weights = weight.weights(&x_t, &t, &plain);
    rows::check_numbers("the weight of each row", &weights, pair.len()).inspect_err(|_| free(&losses))?;
    Ok(StepLoss { weighted: (losses * Tensor::from_inner(weights)).mean(), unweighted: plain.mean() })
}

/// The points of pairs at these times, the pairs on the recording backend, and what a flow says at the points.
fn asked<B: AutodiffBackend, const D: usize, Y: Condition, F: Flow<B, D, Y>>(
    flow: &F,
    pair: Pair<B::InnerBackend, D, Y>,
    t: Tensor<B::InnerBackend, 1>,
) -> (Tensor<B::InnerBackend, D>, Pair<B, D, Y>, Answer<B, D>) {
    let x_t = interpolate(pair.x0(), pair.x1(), t.clone());
    let pair = Pair::<B, D, Y>::from_inner(pair);
    let time: Tensor<B, 1> = Tensor::from_inner(t);
    let said = flow.ask::<B, D, Y>(Tensor::from_inner(x_t.clone()), time, pair.y());
    (x_t, pair, said)
}
