//! The builder of a trainer.

use std::marker::PhantomData;

use burn::{module::AutodiffModule, optim::Optimizer, tensor::backend::AutodiffBackend};

use super::{
    Callback, ClipNorm, Ema, Kind, LearningRate, MissingCoupling, MissingFlow, MissingOptimizer, Progress,
    Recipe, ReflowTrainer, Schedule, TrainSettings, trainer::State,
};
use crate::{
    Condition, ConfigError, Coupling, Loss, TimeDistribution, TrainableFlow, Weight, loss::Mse,
    time::Uniform, weight::Power,
};

/// The trainer that a builder with these parts makes.
type Trainer<B, const D: usize, Y, M, O, Q, T, L, W, S, K> =
    ReflowTrainer<M, <M as AutodiffModule<B>>::InnerModule, O, Q, Recipe<T, L, W>, S, K, Kind<B, D, Y>>;

/// An optimizer of burn that steps the weights of a flow.
///
/// Nobody implements it: every [`Optimizer`] has it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an optimizer of `{M}`",
    label = "not an optimizer of this flow",
    note = "call `.optimizer(AdamConfig::new().init())` on the builder, or take another of `burn::optim`"
)]
pub trait FlowOptimizer<M: AutodiffModule<B>, B: AutodiffBackend>: Optimizer<M, B> {}

impl<M: AutodiffModule<B>, B: AutodiffBackend, O: Optimizer<M, B>> FlowOptimizer<M, B> for O {}

/// Takes the parts of a [`ReflowTrainer`] one by one.
///
/// Each setter changes the builder's type, and a part that is not set yet is a named type
/// ([`MissingFlow`], [`MissingOptimizer`], [`MissingCoupling`]); so a trainer that lacks a part, or whose parts do
/// not fit, does not compile.
#[derive(Debug, Clone)]
pub struct ReflowTrainerBuilder<
    M = MissingFlow,
    O = MissingOptimizer,
    Q = MissingCoupling,
    T = Uniform,
    L = Mse,
    W = Power,
    S = LearningRate,
    K = (),
> {
    flow: M,
    optimizer: O,
    coupling: Q,
    recipe: Recipe<T, L, W>,
    schedule: S,
    callback: K,
    settings: TrainSettings,
}

impl<T, L, W> ReflowTrainerBuilder<MissingFlow, MissingOptimizer, MissingCoupling, T, L, W> {
    pub(super) fn new(recipe: Recipe<T, L, W>) -> Self {
        Self {
            flow: MissingFlow,
            optimizer: MissingOptimizer,
            coupling: MissingCoupling,
            recipe,
            schedule: LearningRate::default(),
            callback: (),
            settings: TrainSettings::default(),
        }
    }
}

impl<M, O, Q, T, L, W, S, K> ReflowTrainerBuilder<M, O, Q, T, L, W, S, K> {
    /// The network to train: any burn module that is a [`Flow`](crate::Flow) or a
    /// [`ConditionalFlow`](crate::ConditionalFlow).
    pub fn flow<M2>(self, flow: M2) -> ReflowTrainerBuilder<M2, O, Q, T, L, W, S, K> {
        let Self { optimizer, coupling, recipe, schedule, callback, settings, .. } = self;
        ReflowTrainerBuilder { flow, optimizer, coupling, recipe, schedule, callback, settings }
    }

    /// The optimizer, such as `AdamConfig::new().init()`.
    pub fn optimizer<O2>(self, optimizer: O2) -> ReflowTrainerBuilder<M, O2, Q, T, L, W, S, K> {
        let Self { flow, coupling, recipe, schedule, callback, settings, .. } = self;
        ReflowTrainerBuilder { flow, optimizer, coupling, recipe, schedule, callback, settings }
    }

    /// Where the pairs come from: any [`Coupling`] on the inner backend.
    pub fn coupling<Q2>(self, coupling: Q2) -> ReflowTrainerBuilder<M, O, Q2, T, L, W, S, K> {
        let Self { flow, optimizer, recipe, schedule, callback, settings, .. } = self;
        ReflowTrainerBuilder { flow, optimizer, coupling, recipe, schedule, callback, settings }
    }

    /// Law of time, loss and weight together.
    pub fn recipe<T2, L2, W2>(
        self,
        recipe: Recipe<T2, L2, W2>,
    ) -> ReflowTrainerBuilder<M, O, Q, T2, L2, W2, S, K> {
        self.map_recipe(|_| recipe)
    }

    /// The law of the training time.
    pub fn time<T2>(self, time: T2) -> ReflowTrainerBuilder<M, O, Q, T2, L, W, S, K> {
        self.map_recipe(|Recipe { loss, weight, .. }| Recipe { time, loss, weight })
    }

    /// The loss of a row.
    pub fn loss<L2>(self, loss: L2) -> ReflowTrainerBuilder<M, O, Q, T, L2, W, S, K> {
        self.map_recipe(|Recipe { time, weight, .. }| Recipe { time, loss, weight })
    }

    /// The weight of a row.
    pub fn weight<W2>(self, weight: W2) -> ReflowTrainerBuilder<M, O, Q, T, L, W2, S, K> {
        self.map_recipe(|Recipe { time, loss, .. }| Recipe { time, loss, weight })
    }

    fn map_recipe<T2, L2, W2>(
        self,
        map: impl FnOnce(Recipe<T, L, W>) -> Recipe<T2, L2, W2>,
    ) -> ReflowTrainerBuilder<M, O, Q, T2, L2, W2, S, K> {
        let Self { flow, optimizer, coupling, recipe, schedule, callback, settings } = self;
        ReflowTrainerBuilder { flow, optimizer, coupling, recipe: map(recipe), schedule, callback, settings }
    }

    /// The learning rate of each step: a [`LearningRate`] or a closure from the step to the rate.
    pub fn learning_rate<S2>(self, schedule: S2) -> ReflowTrainerBuilder<M, O, Q, T, L, W, S2, K> {
        let Self { flow, optimizer, coupling, recipe, callback, settings, .. } = self;
        ReflowTrainerBuilder { flow, optimizer, coupling, recipe, schedule, callback, settings }
    }

    /// What is called after every step.
    pub fn callback<K2>(self, callback: K2) -> ReflowTrainerBuilder<M, O, Q, T, L, W, S, K2> {
        let Self { flow, optimizer, coupling, recipe, schedule, settings, .. } = self;
        ReflowTrainerBuilder { flow, optimizer, coupling, recipe, schedule, callback, settings }
    }

    /// All numbers of the run at once.
    #[must_use]
    pub fn settings(mut self, settings: TrainSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Pairs in a step; 256 unless told.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.settings.batch_size = batch_size;
        self
    }

    /// The seed of all pairs and times; 0 unless told.
    ///
    /// Fresh weights and dropout are drawn by burn, whose generator is seeded by `B::seed(&device, seed)`.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// The average of the weights to sample with, or `None` to sample with the weights as they are.
    #[must_use]
    pub fn ema(mut self, ema: impl Into<Option<Ema>>) -> Self {
        self.settings.ema = ema.into();
        self
    }

    /// The norm gradients are clipped at; they are not unless told.
    #[must_use]
    pub fn clip_norm(mut self, clip: impl Into<Option<ClipNorm>>) -> Self {
        self.settings.clip = clip.into();
        self
    }

    /// How often the losses are read and checked; every 20 steps unless told.
    #[must_use]
    pub fn check_every(mut self, steps: usize) -> Self {
        self.settings.check_every = steps;
        self
    }

    /// Whether a bar shows how far a fit is; it does unless told, on a terminal.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.settings.progress = progress;
        self
    }

    /// The trainer.
    ///
    /// # Errors
    /// If a number of the run cannot be: a batch or a check interval of zero.
    pub fn build<B, const D: usize, Y>(self) -> Result<Trainer<B, D, Y, M, O, Q, T, L, W, S, K>, ConfigError>
    where
        B: AutodiffBackend,
        Y: Condition,
        M: TrainableFlow<B, D, Y>,
        O: FlowOptimizer<M, B>,
        Q: Coupling<B::InnerBackend, D, Y>,
        T: TimeDistribution,
        L: Loss<B, D>,
        W: Weight,
        S: Schedule,
        K: Callback<B, M>,
    {
        let Self { flow, optimizer, coupling, recipe, schedule, callback, settings } = self;
        let settings = settings.checked()?;
        // Fresh parameters are drawn when first touched, and a clone made before that would draw its own.
        flow.num_params();
        let average = settings.ema.map(|_| flow.valid());
        Ok(ReflowTrainer {
            state: State { flow, average, optimizer, step: 0 },
            coupling,
            recipe,
            schedule,
            callback,
            settings,
            kind: PhantomData,
        })
    }
}
