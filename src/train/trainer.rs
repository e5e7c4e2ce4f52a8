//! The trainer.

use std::{fmt, ops::ControlFlow};

use burn::module::AutodiffModule;

use super::{
    Differentiable, MissingFlow, MissingOptimizer, Network, ReflowTrainerBuilder, State, StepReport,
    TrainSettings, engine::Engine, run::Run,
};
use crate::{
    Error, Sampler,
    loss::{HighPass, Mapped},
    objective::{FlowMatching, MissingCoupling, Recipe},
    time::Exponential,
    weight::Normalized,
};

/// Trains a flow on the pairs of a coupling, or along another [`Objective`](crate::objective::Objective).
///
/// `M` is the network, `A` the same network without gradients, `O` the optimizer; [`TrainerOf`] names it from backend,
/// network and optimizer. Step `s` of a training with batch size `b` takes the rows `s b .. (s + 1) b` of its coupling.
///
/// # Example
/// ```
/// use burn::{optim::AdamConfig, tensor::Tensor};
/// use burn_autodiff::Autodiff;
/// use burn_flex::Flex;
/// use reflow::{
///     ReflowTrainer,
///     coupling::Independent,
///     data::{Dataset, Gaussian},
///     models::MlpConfig,
///     ode::{Heun, TimeGrid},
///     train::LearningRate,
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
///     .build()?;
/// let report = trainer.fit(20)?;
/// assert!(report.loss.is_finite());
///
/// let sampler = trainer.sampler(Heun, TimeGrid::uniform(5)?);
/// let x = sampler.sample(Tensor::<Flex, 2>::zeros([3, 2], &device))?.x;
/// # Ok::<(), reflow::Error>(())
/// ```
pub struct ReflowTrainer<M = MissingFlow, A = MissingFlow, O = MissingOptimizer> {
    pub(super) state: State<M, A, O>,
    pub(super) run: Run<M, A>,
    pub(super) engine: Box<dyn Engine<M, A, O>>,
}

/// The type of a trainer by its backend, network and optimizer, to be named in a field.
///
/// ```
/// use burn::optim::{Adam, adaptor::OptimizerAdaptor};
/// use burn_autodiff::Autodiff;
/// use burn_flex::Flex;
/// use reflow::{models::Mlp, train::TrainerOf};
///
/// type Train = Autodiff<Flex>;
/// struct App {
///     trainer: TrainerOf<Train, Mlp<Train>, OptimizerAdaptor<Adam, Mlp<Train>, Train>>,
/// }
/// ```
pub type TrainerOf<B, M, O> = ReflowTrainer<M, <M as AutodiffModule<B>>::InnerModule, O>;

/// How a fit ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitReport {
    /// The steps this trainer has taken in all.
    pub steps: usize,
    /// The loss of the last step, as it was minimised.
    pub loss: f64,
    /// The mean loss of the last step without weights.
    pub unweighted_loss: f64,
    /// The last held-out score of the fit, if one was taken.
    pub held_out: Option<f64>,
}

impl ReflowTrainer {
    /// Begins with flow matching: uniform times, squared error, weight `t^-2` ([`Recipe::flow_matching`]).
    #[must_use]
    pub fn builder() -> ReflowTrainerBuilder {
        ReflowTrainerBuilder::new(Recipe::flow_matching())
    }

    /// Begins with a flow and Simple ReFlow's choices for training, [`Recipe::simple_reflow`].
    ///
    /// Its loss is one of images and sequences; rows of rank 2 need another one, as [`Recipe::simple_reflow`] says.
    pub fn simple_reflow<B, M, A>(
        flow: M,
    ) -> ReflowTrainerBuilder<
        M,
        A,
        MissingOptimizer,
        FlowMatching<MissingCoupling, Recipe<Exponential, Mapped<HighPass>, Normalized>>,
    >
    where
        M: burn::module::Module<B>,
        B: Differentiable,
        M: Network<B, Plain = A>,
    {
        ReflowTrainerBuilder::new(Recipe::simple_reflow()).flow(flow)
    }
}

impl<M, A, O> ReflowTrainer<M, A, O> {
    /// Runs `steps` more steps, or fewer if a callback stops the fit.
    ///
    /// # Errors
    /// [`Error::Diverged`] or [`Error::Overflowed`] if a loss or a weight is not finite: the weights are then back
    /// at the last check. [`Error::Config`] for zero steps. Otherwise what the objective and the validation return; the
    /// steps taken until then stay.
    pub fn fit(&mut self, steps: usize) -> Result<FitReport, Error> {
        self.fit_with(steps, |_| ControlFlow::Continue(()))
    }

    /// The same with one more callback, which may borrow what is around it.
    ///
    /// # Errors
    /// As [`fit`](ReflowTrainer::fit).
    pub fn fit_with(
        &mut self,
        steps: usize,
        mut callback: impl FnMut(&StepReport<'_, M, A>) -> ControlFlow<()>,
    ) -> Result<FitReport, Error> {
        self.engine.fit(&mut self.state, &mut self.run, steps, &mut callback)
    }

    /// The network to sample with, without gradients: the average where there is one.
    ///
    /// The one in training is [`state().flow`](State::flow).
    pub fn flow(&self) -> A {
        self.engine.plain(&self.state)
    }

    /// A sampler of the flow as trained so far.
    pub fn sampler<S, C>(&self, solver: S, control: C) -> Sampler<A, S, C> {
        Sampler::new(self.flow(), solver, control)
    }

    /// Ends training and returns the network, ready to be trained further: the average where there is one.
    pub fn into_flow(self) -> M {
        self.engine.trainable(self.state)
    }

    /// The steps taken so far.
    pub fn steps(&self) -> usize {
        self.state.step
    }

    /// All that training changes.
    pub fn state(&self) -> &State<M, A, O> {
        &self.state
    }

    /// A copy of all that training changes, which stays as it is when training goes on.
    ///
    /// A clone of [`state`](ReflowTrainer::state) shares the running statistics of a network that has some, such as those
    /// of burn's batch norm.
    pub fn snapshot(&self) -> State<M, A, O> {
        self.engine.snapshot(&self.state)
    }

    /// Goes on from another state, whose seed is taken too; the other settings stay.
    ///
    /// An average begins at the state's weights if the settings keep one and the state has none, and is dropped if they
    /// keep none.
    pub fn set_state(&mut self, state: State<M, A, O>) {
        self.state = state;
        self.engine.agree(&mut self.state, self.run.settings.ema);
    }

    /// The numbers of the run.
    pub fn settings(&self) -> TrainSettings {
        TrainSettings { seed: self.state.seed, ..self.run.settings }
    }
}

impl<M: fmt::Debug, A, O> fmt::Debug for ReflowTrainer<M, A, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReflowTrainer")
            .field("flow", &self.state.flow)
            .field("steps", &self.state.step)
            .field("settings", &self.settings())
            .finish_non_exhaustive()
    }
}
