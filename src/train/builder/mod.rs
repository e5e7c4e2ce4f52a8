//! The builder of a trainer.

mod objective;
mod run;
mod settings;

pub use objective::Custom;

use std::fmt;

use burn::{module::Module, tensor::backend::AutodiffBackend};

use super::{
    Differentiable, Ema, FlowOptimizer, LearningRate, MissingFlow, MissingOptimizer, Network, ReflowTrainer,
    State, TrainSettings, engine::Steps, run::Run, weights::check_parameters,
};
use crate::{
    ConfigError,
    error::require,
    flow::SetDropout,
    objective::{FlowMatching, MissingCoupling, Settle},
};

/// Takes the parts of a [`ReflowTrainer`] one by one.
///
/// `M` is the network, `A` the same network without gradients, `O` the optimizer, `J` the objective. Each
/// setter changes the builder's type, and a part that has not been set is a named type ([`MissingFlow`],
/// [`MissingOptimizer`], [`MissingCoupling`]). So a trainer that lacks a part, or whose parts do not fit,
/// does not compile.
///
/// # Example
///
/// In the examples of the methods, `builder` is this one:
///
/// ```
/// use burn::optim::AdamConfig;
/// use burn_autodiff::Autodiff;
/// use burn_flex::Flex;
/// use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
///
/// let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
/// let builder = ReflowTrainer::builder()
///     .flow(net)
///     .coupling(Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian))
///     .optimizer(AdamConfig::new().init());
///
/// let mut trainer = builder.batch_size(32).seed(1).build()?;
/// assert_eq!(trainer.fit(2)?.steps, 2);
/// # Ok::<(), reflow::Error>(())
/// ```
pub struct ReflowTrainerBuilder<M = MissingFlow, A = MissingFlow, O = MissingOptimizer, J = FlowMatching> {
    flow: M,
    optimizer: O,
    objective: J,
    run: Run<M, A>,
    start: usize,
}

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
    /// Sets the network to train: any burn module that is a [`Flow`](crate::Flow).
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}};
    /// use reflow::models::{Mlp, MlpConfig};
    ///
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// let net: Mlp<Autodiff<Flex>> = MlpConfig::new(2)?.init(&Default::default());
    /// let trainer = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam).build()?;
    /// let net: Mlp<Flex> = trainer.flow(); // the network to sample with, on the plain backend
    /// # Ok::<(), reflow::Error>(())
    /// ```
    // `A` is a parameter rather than a projection, so that a type that is not a network fails with the
    // message of `Network`.
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
    /// Sets the optimizer, such as `AdamConfig::new().init()`.
    ///
    /// # Example
    /// ```
    /// # use {burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// use burn::optim::AdamWConfig;
    ///
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling);
    /// let adam_w = AdamWConfig::new().with_weight_decay(0.01).init();
    /// let mut trainer = builder.optimizer(adam_w).build()?;
    /// assert!(trainer.fit(2)?.loss.is_finite());
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn optimizer<O2>(self, optimizer: O2) -> ReflowTrainerBuilder<M, A, O2, J> {
        let Self { flow, objective, run, start, .. } = self;
        ReflowTrainerBuilder { flow, optimizer, objective, run, start }
    }

    /// Sets the dropout of the network, whose weights stay. Set the flow first.
    ///
    /// # Errors
    /// If the probability is not in `[0, 1)`.
    ///
    /// # Example
    ///
    /// A student with less dropout than its teacher:
    ///
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{loss::Mse, models::MlpConfig};
    /// use reflow::{Sampling, train::Round};
    ///
    /// let teacher = MlpConfig::new(2)?.with_dropout(0.1)?.init::<Autodiff<Flex>>(&Default::default());
    /// let student = Round::new(100, vec![2])?.rectify(teacher, Sampling::baseline(18)?)?.dropout(0.01)?;
    /// # student.loss(Mse).optimizer(AdamConfig::new().init()).build()?.fit(1)?;
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn dropout(mut self, probability: f64) -> Result<Self, ConfigError>
    where
        M: SetDropout,
    {
        let ok = (0.0..1.0).contains(&probability);
        let probability = require(ok, "ReflowTrainer", "dropout", "in [0, 1)", probability)?;
        self.flow = self.flow.with_dropout(probability)?;
        Ok(self)
    }

    /// Builds the trainer.
    ///
    /// # Errors
    /// If `batch_size`, `accumulate` or `check_every` is zero, a batch has more parts than rows, two
    /// parameters of the network share an id, or none of them is trained.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// let error = builder.batch_size(0).build().map(drop).unwrap_err();
    /// assert_eq!(error.to_string(), "ReflowTrainer: batch_size must be at least 1, got 0");
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn build<B, I, const D: usize, Y>(self) -> Result<ReflowTrainer<M, A, O>, ConfigError>
    where
        B: AutodiffBackend,
        M: Network<B, Plain = A>,
        O: FlowOptimizer<M, B>,
        J: Settle<B, I, M, D, Y>,
    {
        let Self { flow, optimizer, objective, mut run, start } = self;
        run.settings = run.settings.checked()?;
        // Fresh parameters are drawn when first touched; a clone made before that would draw different ones.
        flow.num_params();
        check_parameters::<B, M>(&flow)?;
        let average = run.settings.ema.map(|_| Ema::begin::<B, M>(&flow));
        let state = State { flow, average, optimizer, step: start, seed: run.settings.seed };
        Ok(ReflowTrainer { state, run, engine: Box::new(Steps::<B, _>::new(objective.settle())) })
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
