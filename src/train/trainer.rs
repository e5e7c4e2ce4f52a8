//! The trainer.

use std::{fmt, marker::PhantomData, ops::ControlFlow};

use burn::{
    optim::{GradientsParams, Optimizer},
    tensor::{Tensor, backend::AutodiffBackend},
};

use super::{
    Callback, MissingCoupling, MissingFlow, MissingOptimizer, Recipe, ReflowTrainerBuilder, Schedule,
    StepReport, TrainSettings,
    watch::Watch,
    weights::{weights_are_finite, with_weights_of},
};
use crate::{
    Condition, Coupling, Error, Loss, Rng, Sampler, TimeDistribution, TrainableFlow, Weight,
    error::{at_least_one, finite},
    generalized_loss,
    loss::{HighPass, Mapped, Mse},
    time::{Exponential, Uniform},
    weight::{Normalized, Power},
};

/// Trains a flow on the pairs of a coupling.
///
/// # Example
/// ```
/// use burn::{optim::AdamConfig, tensor::Tensor};
/// use burn_autodiff::Autodiff;
/// use burn_flex::Flex;
/// use reflow::{
///     ReflowTrainer,
///     coupling::{Dataset, Gaussian, Independent},
///     models::MlpConfig,
///     ode::{Heun, TimeGrid},
///     train::{LearningRate, Progress},
/// };
///
/// let device = Default::default();
/// let data = Dataset::new(Tensor::<Flex, 2>::from_data([[0.0, 1.0], [1.0, 0.0]], &device))?;
/// let net = MlpConfig::new(2)?.with_hidden(32)?.init::<Autodiff<Flex>>(&device);
///
/// let mut trainer = ReflowTrainer::builder()
///     .flow(net)
///     .optimizer(AdamConfig::new().init())
///     .coupling(Independent::new(data, Gaussian))
///     .learning_rate(LearningRate::new(2e-3)?)
///     .progress(Progress::Hidden)
///     .build()?;
/// let report = trainer.fit(20)?;
/// assert!(report.loss.is_finite());
///
/// let sampler = trainer.sampler(Heun, TimeGrid::uniform(5)?);
/// let x = sampler.sample(Tensor::<Flex, 2>::zeros([3, 2], &device))?.x;
/// # Ok::<(), reflow::Error>(())
/// ```
pub struct ReflowTrainer<
    M = MissingFlow,
    A = (),
    O = MissingOptimizer,
    Q = MissingCoupling,
    R = (),
    S = (),
    K = (),
    X = (),
> {
    pub(super) state: State<M, A, O>,
    pub(super) coupling: Q,
    pub(super) recipe: R,
    pub(super) schedule: S,
    pub(super) callback: K,
    pub(super) settings: TrainSettings,
    pub(super) kind: PhantomData<fn() -> X>,
}

/// What a trainer's tensors are: their backend, rank and conditions.
#[derive(Debug)]
pub struct Kind<B, const D: usize, Y>(PhantomData<fn() -> (B, Y)>);

/// All that a step changes; a clone shares the tensors.
#[derive(Debug, Clone)]
pub(super) struct State<M, A, O> {
    pub(super) flow: M,
    pub(super) average: Option<A>,
    pub(super) optimizer: O,
    pub(super) step: usize,
}

/// How a fit ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitReport {
    /// The steps this trainer has taken in all.
    pub steps: usize,
    /// The loss of the last step.
    pub loss: f64,
}

impl ReflowTrainer {
    /// Begins with flow matching: uniform times, squared error, weight `t^-2` ([`Recipe::baseline`]).
    #[must_use]
    pub fn builder() -> ReflowTrainerBuilder {
        ReflowTrainerBuilder::new(Recipe::baseline())
    }

    /// Begins with a flow and the practice before the paper, [`Recipe::baseline`].
    pub fn baseline<M>(
        flow: M,
    ) -> ReflowTrainerBuilder<M, MissingOptimizer, MissingCoupling, Uniform, Mse, Power> {
        ReflowTrainerBuilder::new(Recipe::baseline()).flow(flow)
    }

    /// Begins with a flow and Simple ReFlow's choices for training, [`Recipe::simple_reflow`].
    pub fn simple_reflow<M>(
        flow: M,
    ) -> ReflowTrainerBuilder<M, MissingOptimizer, MissingCoupling, Exponential, Mapped<HighPass>, Normalized>
    {
        ReflowTrainerBuilder::new(Recipe::simple_reflow()).flow(flow)
    }
}

impl<B, const D: usize, Y, M, O, Q, T, L, W, S, K>
    ReflowTrainer<M, M::InnerModule, O, Q, Recipe<T, L, W>, S, K, Kind<B, D, Y>>
where
    B: AutodiffBackend,
    Y: Condition,
    M: TrainableFlow<B, D, Y>,
    O: Optimizer<M, B>,
    Q: Coupling<B::InnerBackend, D, Y>,
    T: TimeDistribution,
    L: Loss<B, D>,
    W: Weight,
    S: Schedule,
    K: Callback<B, M>,
{
    /// Takes so many steps more, or fewer if the callback ends it.
    ///
    /// # Errors
    /// [`Error::Diverged`] or [`Error::Overflowed`] if a loss or a weight is not finite: the weights are then back
    /// at the last check. [`Error::Config`] for zero steps. What the coupling and the law of time return otherwise;
    /// the steps taken until then stay.
    pub fn fit(&mut self, steps: usize) -> Result<FitReport, Error> {
        at_least_one("ReflowTrainer", "steps", steps)?;
        let mut watch = Watch::new(&self.state, self.state.step);
        let loss = self.run(steps, &mut watch);
        // Losses still unread when something else failed tell whether the weights are worth keeping.
        if matches!(loss, Err(Error::Diverged { .. } | Error::Overflowed { .. })) || watch.check().is_err() {
            self.state = watch.into_good();
        }
        Ok(FitReport { steps: self.state.step, loss: loss? })
    }

    /// Steps under watch, to the last loss.
    fn run(
        &mut self,
        steps: usize,
        watch: &mut Watch<B::InnerBackend, State<M, M::InnerModule, O>>,
    ) -> Result<f64, Error> {
        let until = self.state.step.saturating_add(steps);
        let bar = self.settings.progress.start(steps);
        let mut last = f64::NAN;
        while self.state.step < until {
            let loss = self.loss(self.state.step)?;
            watch.push(loss.clone().inner());
            // What was recorded is freed by running it backward, so that comes before any error.
            let gradients = self.gradients(&loss);
            let rate = self.rate()?;
            if watch.unread() == self.settings.check_every {
                last = watch.check()?.unwrap_or(last);
                watch.keep(&self.state, self.state.step);
                bar.set_message(format!("loss {last:.4}"));
            }
            self.update(gradients, rate);
            let goes_on = self.report(&loss.inner(), rate, until);
            bar.inc(1);
            if goes_on.is_break() {
                break;
            }
        }
        last = watch.check()?.unwrap_or(last);
        if weights_are_finite::<B, M>(&self.state.flow) {
            return Ok(last);
        }
        Err(Error::Overflowed { step: self.state.step - 1, kept: watch.good_step() })
    }

    /// A sampler of the flow as trained so far: its average where there is one.
    pub fn sampler<S2, C>(&self, solver: S2, control: C) -> Sampler<M::InnerModule, S2, C> {
        Sampler::new(self.sampling_flow(), solver, control)
    }

    /// The network to sample with, without gradients: the average where there is one.
    pub fn sampling_flow(&self) -> M::InnerModule {
        self.state.average.clone().unwrap_or_else(|| self.state.flow.valid())
    }

    /// The network as the optimizer sees it.
    pub fn flow(&self) -> &M {
        &self.state.flow
    }

    /// The steps taken so far.
    pub fn steps(&self) -> usize {
        self.state.step
    }

    /// Ends training and returns the network, ready to be trained further: the average where there is one.
    pub fn into_flow(self) -> M {
        let State { flow, average, .. } = self.state;
        match average {
            Some(average) => with_weights_of::<B, M>(flow, &average),
            None => flow,
        }
    }

    /// The objective of one step, on pairs and times of its own.
    fn loss(&self, step: usize) -> Result<Tensor<B, 1>, Error> {
        let rng = Rng::new(self.settings.seed).fork("train").at(step);
        let device = self.state.flow.devices().into_iter().next().unwrap_or_default();
        let pair = self.coupling.draw(self.settings.batch_size, &rng.fork("pairs"), &device)?;
        let t = self.recipe.time.draw(pair.len(), &rng.fork("times"), &device)?;
        let Recipe { loss, weight, .. } = &self.recipe;
        Ok(generalized_loss(&self.state.flow, pair, t, loss, weight))
    }

    /// The gradients of a loss, clipped.
    fn gradients(&self, loss: &Tensor<B, 1>) -> GradientsParams {
        let gradients = GradientsParams::from_grads(loss.backward(), &self.state.flow);
        match self.settings.clip {
            Some(clip) => clip.clip::<B, M>(&self.state.flow, gradients),
            None => gradients,
        }
    }

    /// The learning rate of the next step.
    fn rate(&self) -> Result<f64, Error> {
        Ok(finite("Schedule", "rate", self.schedule.rate(self.state.step))?)
    }

    /// Steps the weights and their average.
    fn update(&mut self, gradients: GradientsParams, rate: f64) {
        let state = &mut self.state;
        state.flow = state.optimizer.step(rate, state.flow.clone(), gradients);
        if let (Some(ema), Some(average)) = (self.settings.ema, state.average.take()) {
            state.average = Some(ema.update(average, &state.flow.valid(), state.step));
        }
        state.step += 1;
    }

    /// Tells the callback of the step just taken.
    fn report(&mut self, loss: &Tensor<B::InnerBackend, 1>, rate: f64, until: usize) -> ControlFlow<()> {
        let State { flow, average, step, .. } = &self.state;
        let report = StepReport { step: step - 1, until, rate, loss, flow, average: average.as_ref() };
        self.callback.after_step(&report)
    }
}

impl<M, A, O, Q, R, S, K, X> fmt::Debug for ReflowTrainer<M, A, O, Q, R, S, K, X>
where
    M: fmt::Debug,
    R: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReflowTrainer")
            .field("flow", &self.state.flow)
            .field("steps", &self.state.step)
            .field("recipe", &self.recipe)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
