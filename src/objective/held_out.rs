//! The loss on pairs that are not trained on.

use std::{fmt, marker::PhantomData, ops::Range};

use burn::tensor::{Tensor, backend::Backend};

use super::Recipe;
use crate::{
    Condition, Coupling, Error, Flow, FlowExt, Key, Loss, TimeDistribution, coupling::batches,
    flow::interpolate, rows,
};

/// The number of pairs that are scored at a time.
const BATCH: usize = 512;

/// Scores a network during training, without gradients: a [`HeldOutLoss`], or a metric of its samples.
///
/// Closures `Fn(&A) -> Result<f64, Error>` implement it.
///
/// # Example
///
/// The energy distance between samples and data:
///
/// ```
/// # use burn_flex::Flex;
/// # use reflow::{Data, Key, data::Normal};
/// use reflow::{Error, Sampling, flow::GaussianFlow, metric::energy_distance, objective::Validate};
///
/// # let device = Default::default();
/// # let data = Data::<Flex>::draw(&Normal::new(vec![2], 3.0, 0.5)?, 0..500, &Key::new(0), &device)?.x;
/// # let noise = Key::new(1).normal::<Flex, 2>([500, 2], &device);
/// let distance = move |flow: &GaussianFlow| -> Result<f64, Error> {
///     let samples = Sampling::simple_reflow(5)?.of(flow).sample(noise.clone())?.x;
///     energy_distance(samples, data.clone())
/// };
/// let (exact, off) = (GaussianFlow::new(3.0, 0.5)?, GaussianFlow::new(2.0, 0.5)?);
/// assert!(distance.score(&exact)? < distance.score(&off)?);
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not score `{A}`",
    note = "use `objective::HeldOutLoss` with pairs of the network's rank and conditions on the inner backend, or a closure `|flow: &{A}| -> Result<f64, reflow::Error>`"
)]
pub trait Validate<A>: Send {
    /// The score of the network.
    ///
    /// # Errors
    /// If the network cannot be scored.
    fn score(&self, flow: &A) -> Result<f64, Error>;
}

impl<A, F: Fn(&A) -> Result<f64, Error> + Send> Validate<A> for F {
    fn score(&self, flow: &A) -> Result<f64, Error> {
        self(flow)
    }
}

/// The mean loss, without weights, of held-out pairs at fixed times.
///
/// Pairs and times are functions of a key, so the scores of different steps can be compared. The loss is
/// computed on the plain backend, where no gradient is recorded and networks have no dropout.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{
///     Key,
///     coupling::Independent,
///     data::{Gaussian, Normal},
///     flow::GaussianFlow,
///     objective::{HeldOutLoss, Recipe, Validate},
/// };
///
/// let device = Default::default();
/// let pairs = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
/// let held_out = HeldOutLoss::<Flex>::new(pairs, Recipe::flow_matching(), 0..500, Key::new(1), &device);
/// let (exact, off) = (GaussianFlow::new(3.0, 0.5)?, GaussianFlow::new(2.0, 0.5)?);
/// assert!(held_out.score(&exact)? < held_out.score(&off)?);
/// # Ok::<(), reflow::Error>(())
/// ```
pub struct HeldOutLoss<I: Backend, const D: usize = 2, Y: Condition = ()> {
    score: Box<dyn Fn(&dyn Flow<I, D, Y>) -> Result<f64, Error> + Send>,
    kind: PhantomData<fn() -> (I, Y)>,
}

impl<I: Backend, const D: usize, Y: Condition> HeldOutLoss<I, D, Y> {
    /// The loss of a recipe on a range of pairs that are not trained on: those of another data set, or drawn
    /// with another key.
    pub fn new<T, L, W>(
        coupling: impl Coupling<I, D, Y> + 'static,
        recipe: Recipe<T, L, W>,
        rows: Range<usize>,
        key: Key,
        device: &I::Device,
    ) -> Self
    where
        T: TimeDistribution + 'static,
        L: Loss<I, D, Y> + 'static,
    {
        let Recipe { time, loss, .. } = recipe;
        let device = device.clone();
        let score = move |flow: &dyn Flow<I, D, Y>| {
            let (mut total, mut start) = (0.0, rows.start);
            for pair in batches(&coupling, rows.clone(), BATCH, &key.fork("pairs"), &device) {
                let pair = pair?;
                let part = start..start + pair.len();
                start = part.end;
                let t: Tensor<I, 1> = time.draw(part, &key.fork("times"), &pair.x0().device())?;
                let said = flow.ask::<I, D, Y>(interpolate(pair.x0(), pair.x1(), t.clone()), t, pair.y());
                said.check()?;
                let losses = loss.rows(&said, &pair);
                rows::check_numbers("the loss of each row", &losses, pair.len())?;
                total += rows::to_host(losses).into_iter().sum::<f64>();
            }
            rows::check_at_least("the held-out pairs", 1, rows.len())?;
            Ok(total / rows.len() as f64)
        };
        Self { score: Box::new(score), kind: PhantomData }
    }
}

impl<A, I, const D: usize, Y> Validate<A> for HeldOutLoss<I, D, Y>
where
    A: Flow<I, D, Y>,
    I: Backend,
    Y: Condition,
{
    fn score(&self, flow: &A) -> Result<f64, Error> {
        (self.score)(flow)
    }
}

impl<I: Backend, const D: usize, Y: Condition> fmt::Debug for HeldOutLoss<I, D, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeldOutLoss")
    }
}
