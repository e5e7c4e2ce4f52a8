//! The builder of a trainer.

use std::{fmt, ops::ControlFlow};

use burn::{module::Module, tensor::backend::AutodiffBackend};

use super::{
    ClipNorm, Differentiable, Ema, FlowOptimizer, LearningRate, MissingFlow, MissingOptimizer, Network,
    ReflowTrainer, Schedule, State, StepReport, TrainSettings,
    callback::Callback,
    engine::Steps,
    run::{Run, Validation},
    weights::check_parameters,
};
use crate::{
    ConfigError,
    error::at_least_one,
    objective::{FlowMatching, MissingCoupling, Objective, Recipe, Settle, Validate},
};

/// Takes the parts of a [`ReflowTrainer`] one by one.
///
/// `M` is the network, `A` the same without gradients, `O` the optimizer, `J` the objective. Each setter changes the
/// builder's type, and a part that is not set yet is a named type ([`MissingFlow`], [`MissingOptimizer`],
/// [`MissingCoupling`]); so a trainer that lacks a part, or whose parts do not fit, does not compile.
pub struct ReflowTrainerBuilder<M = MissingFlow, A = MissingFlow, O = MissingOptimizer, J = FlowMatching> {
    flow: M,
    optimizer: O,
    objective: J,
    run: Run<M, A>,
    start: usize,
}

/// A custom objective, in the place of [`FlowMatching`].
#[derive(Debug, Clone, Copy)]
pub struct Custom<J>(J);

impl<R> ReflowTrainerBuilder<MissingFlow, MissingFlow, MissingOptimizer, FlowMatching<MissingCoupling, R>> {
    pub(super) fn new(recipe: R) -> Self {
        let run = Run {
            schedule: Box::new(LearningRate::default()),
            callbacks: vec![],
            validation: None,
            settings: TrainSettings::default(),
        };
        let objective = FlowMatching { coupling: MissingCoupling, recipe };
        Self { flow: MissingFlow, optimizer: MissingOptimizer, objective, run, start: 0 }
    }
}

impl<O, J> ReflowTrainerBuilder<MissingFlow, MissingFlow, O, J> {
    /// The network to train: any burn module that is a [`Flow`](crate::Flow).
    // `A` is a parameter and no projection, so that what is no network fails with the message of `Network`.
    pub fn flow<B, M, A>(self, flow: M) -> ReflowTrainerBuilder<M, A, O, J>
    where
        M: Module<B>,
        B: Differentiable,
        M: Network<B, Plain = A>,
    {
        let Self { optimizer, objective, run, start, .. } = self;
        let Run { schedule, settings, .. } = run;
        let run = Run { schedule, settings, callbacks: vec![], validation: None };
        ReflowTrainerBuilder { flow, optimizer, objective, run, start }
    }
}

impl<M, A, O, J> ReflowTrainerBuilder<M, A, O, J> {
    /// The optimizer, such as `AdamConfig::new().init()`.
    pub fn optimizer<O2>(self, optimizer: O2) -> ReflowTrainerBuilder<M, A, O2, J> {
        let Self { flow, objective, run, start, .. } = self;
        ReflowTrainerBuilder { flow, optimizer, objective, run, start }
    }

    /// A custom [`Objective`], in the place of coupling, distribution of time, loss and weight.
    pub fn objective<J2>(self, objective: J2) -> ReflowTrainerBuilder<M, A, O, Custom<J2>> {
        self.map(|_| Custom(objective))
    }

    /// The learning rate of each step: a [`LearningRate`], a closure from the step to the rate, or a scheduler of burn
    /// through [`burn_schedule`](super::burn_schedule).
    #[must_use]
    pub fn learning_rate(mut self, schedule: impl Schedule + 'static) -> Self {
        self.run.schedule = Box::new(schedule);
        self
    }

    /// One more function to call after every step, given after the flow; it ends the fit by `ControlFlow::Break(())`.
    ///
    /// A callback that borrows is given to [`fit_with`](ReflowTrainer::fit_with).
    #[must_use]
    pub fn callback<B: AutodiffBackend>(
        mut self,
        callback: impl FnMut(&StepReport<'_, M, A>) -> ControlFlow<()> + Send + 'static,
    ) -> Self
    where
        M: Network<B>,
    {
        let callback: Callback<M, A> = Box::new(callback);
        self.run.callbacks.push(callback);
        self
    }

    /// Scores the network that is sampled with on held-out data, after every `every` steps; given after the flow.
    ///
    /// # Errors
    /// If `every` is zero.
    pub fn held_out<B: AutodiffBackend>(
        mut self,
        every: usize,
        score: impl Validate<A> + 'static,
    ) -> Result<Self, ConfigError>
    where
        M: Network<B>,
    {
        let every = at_least_one("ReflowTrainer", "held_out", every)?;
        self.run.validation = Some(Validation { every, score: Box::new(score) });
        Ok(self)
    }

    /// The step to start at, 0 by default: rows, times and rates are those of this step on.
    #[must_use]
    pub fn start_at(mut self, step: usize) -> Self {
        self.start = step;
        self
    }

    /// All numbers of the run at once.
    #[must_use]
    pub fn settings(mut self, settings: TrainSettings) -> Self {
        self.run.settings = settings;
        self
    }

    /// Pairs in a step; 256 by default.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.run.settings.batch_size = batch_size;
        self
    }

    /// The most parts each batch is cut into, whose gradients are added; 1 by default. More take less memory and give the
    /// same step.
    #[must_use]
    pub fn accumulate(mut self, parts: usize) -> Self {
        self.run.settings.accumulate = parts;
        self
    }

    /// The seed of all pairs and times; 0 by default.
    ///
    /// Fresh weights and dropout are drawn by burn, whose generator is seeded by `B::seed(&device, seed)`.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.run.settings.seed = seed;
        self
    }

    /// The average of the weights to sample with, or `None` to sample with the weights as they are.
    #[must_use]
    pub fn ema(mut self, ema: impl Into<Option<Ema>>) -> Self {
        self.run.settings.ema = ema.into();
        self
    }

    /// The norm gradients are clipped at; none by default.
    #[must_use]
    pub fn clip_norm(mut self, clip: impl Into<Option<ClipNorm>>) -> Self {
        self.run.settings.clip = clip.into();
        self
    }

    /// How often the losses are read and checked; every 20 steps by default.
    #[must_use]
    pub fn check_every(mut self, steps: usize) -> Self {
        self.run.settings.check_every = steps;
        self
    }

    fn map<J2>(self, map: impl FnOnce(J) -> J2) -> ReflowTrainerBuilder<M, A, O, J2> {
        let Self { flow, optimizer, objective, run, start } = self;
        ReflowTrainerBuilder { flow, optimizer, objective: map(objective), run, start }
    }
}

impl<M, A, O, Q, R> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, R>> {
    /// Where the pairs come from: any [`Coupling`](crate::Coupling) on the inner backend.
    ///
    /// The trainer keeps it, so it owns or shares what it draws from: a clone of a data set shares its tensors, and several
    /// trainers share an `Arc`.
    pub fn coupling<Q2>(self, coupling: Q2) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q2, R>> {
        self.map(|FlowMatching { recipe, .. }| FlowMatching { coupling, recipe })
    }

    /// The coupling and the recipe so far: after a [`Round`](super::Round) the pairs it drew.
    pub fn matching(&self) -> &FlowMatching<Q, R> {
        &self.objective
    }

    /// Distribution of time, loss and weight together.
    pub fn recipe<R2>(self, recipe: R2) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, R2>> {
        self.map(|FlowMatching { coupling, .. }| FlowMatching { coupling, recipe })
    }
}

impl<M, A, O, J> ReflowTrainerBuilder<M, A, O, J> {
    /// The trainer.
    ///
    /// # Errors
    /// If `batch_size`, `accumulate` or `check_every` is zero, there are more parts than rows in a batch, two parameters of
    /// the network have one id, or none of them is trained.
    pub fn build<B, I, const D: usize, Y>(self) -> Result<ReflowTrainer<M, A, O>, ConfigError>
    where
        B: AutodiffBackend,
        M: Network<B, Plain = A>,
        O: FlowOptimizer<M, B>,
        J: Settle<B, I, M, D, Y>,
    {
        let Self { flow, optimizer, objective, mut run, start } = self;
        run.settings = run.settings.checked()?;
        // Fresh parameters are drawn when first touched, and a clone made before that would draw its own.
        flow.num_params();
        check_parameters::<B, M>(&flow)?;
        let average = run.settings.ema.map(|_| Ema::begin::<B, M>(&flow));
        let state = State { flow, average, optimizer, step: start, seed: run.settings.seed };
        Ok(ReflowTrainer { state, run, engine: Box::new(Steps::<B, _>::new(objective.settle())) })
    }
}

/// A custom objective settles rank and conditions itself.
impl<B, M, J> Settle<B, (), M, 0, ()> for Custom<J>
where
    B: AutodiffBackend,
    J: Objective<B, M> + 'static,
{
    type Objective = J;

    fn settle(self) -> J {
        self.0
    }
}

impl<M, A, O, Q, T, L, W> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, Recipe<T, L, W>>> {
    /// The distribution of the training time.
    pub fn time<T2>(self, time: T2) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, Recipe<T2, L, W>>> {
        self.map_recipe(|Recipe { loss, weight, .. }| Recipe { time, loss, weight })
    }

    /// The loss of a row.
    pub fn loss<L2>(self, loss: L2) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, Recipe<T, L2, W>>> {
        self.map_recipe(|Recipe { time, weight, .. }| Recipe { time, loss, weight })
    }

    /// The weight of a row.
    pub fn weight<W2>(self, weight: W2) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, Recipe<T, L, W2>>> {
        self.map_recipe(|Recipe { time, loss, .. }| Recipe { time, loss, weight })
    }

    fn map_recipe<R>(
        self,
        map: impl FnOnce(Recipe<T, L, W>) -> R,
    ) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, R>> {
        self.map(|FlowMatching { coupling, recipe }| FlowMatching { coupling, recipe: map(recipe) })
    }
}

impl<M: fmt::Debug, A, O, J> fmt::Debug for ReflowTrainerBuilder<M, A, O, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReflowTrainerBuilder")
            .field("flow", &self.flow)
            .field("settings", &self.run.settings)
            .finish_non_exhaustive()
    }
}
