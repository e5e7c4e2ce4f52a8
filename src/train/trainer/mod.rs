//! The trainer.

mod trained;

use std::{fmt, ops::ControlFlow};

use burn::module::AutodiffModule;

use super::{
    Differentiable, MissingFlow, MissingOptimizer, Network, ReflowTrainerBuilder, State, StepReport,
    engine::Engine, run::Run,
};
use crate::{
    Error,
    loss::{HighPass, Mapped},
    objective::{FlowMatching, MissingCoupling, Recipe},
    time::Exponential,
    weight::Normalized,
};

/// Trains a flow on the pairs of a coupling, or on a custom [`Objective`](crate::objective::Objective).
///
/// `M` is the network, `A` the same network without gradients, `O` the optimizer; [`TrainerOf`] is the type
/// of a trainer in terms of its backend, network and optimizer. With batch size `b`, step `s` takes the rows
/// `s b .. (s + 1) b` of the coupling.
///
/// # Example
///
/// In the examples of the methods, `trainer` is one like this:
///
/// ```
/// use burn::{optim::AdamConfig, tensor::Tensor};
/// use burn_autodiff::Autodiff;
/// use burn_flex::Flex;
/// use reflow::{
///     Key, ReflowTrainer,
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
/// let noise = Key::new(0).normal::<Flex, 2>([3, 2], &device);
/// assert_eq!(sampler.sample(noise)?.evaluations, 9);
/// # Ok::<(), reflow::Error>(())
/// ```
pub struct ReflowTrainer<M = MissingFlow, A = MissingFlow, O = MissingOptimizer> {
    pub(super) state: State<M, A, O>,
    pub(super) run: Run<M, A>,
    pub(super) engine: Box<dyn Engine<M, A, O>>,
}

/// The type of a trainer in terms of its backend, network and optimizer, for a struct that holds one.
///
/// # Example
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

/// The result of a fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitReport {
    /// The steps that this trainer has taken in total.
    pub steps: usize,
    /// The loss of the last step, as it was minimised.
    pub loss: f64,
    /// The mean loss of the last step, without weights.
    pub unweighted_loss: f64,
    /// The last held-out score of the fit, if one was taken.
    pub held_out: Option<f64>,
}

impl ReflowTrainer {
    /// Starts a builder with the recipe of flow matching, [`Recipe::flow_matching`]: uniform times, squared
    /// error, weight `t^-2`.
    ///
    /// # Example
    /// ```
    /// use reflow::{ReflowTrainer, objective::Recipe};
    ///
    /// assert_eq!(ReflowTrainer::builder().matching().recipe, Recipe::flow_matching());
    /// ```
    #[must_use]
    pub fn builder() -> ReflowTrainerBuilder {
        ReflowTrainerBuilder::new(Recipe::flow_matching())
    }

    /// Starts a builder with a flow and the recipe of Simple ReFlow, [`Recipe::simple_reflow`].
    ///
    /// The loss of the recipe is for images and sequences; for rows of rank 2 set another, as
    /// [`Recipe::simple_reflow`] says.
    ///
    /// # Example
    /// ```
    /// # use {burn_autodiff::Autodiff, burn_flex::Flex};
    /// use reflow::{ReflowTrainer, loss::Mse, models::MlpConfig, objective::Recipe};
    ///
    /// let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// let builder = ReflowTrainer::simple_reflow(net).loss(Mse);
    /// assert_eq!(builder.matching().recipe.weight, Recipe::simple_reflow().weight);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
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
    /// [`Error::Diverged`] or [`Error::Overflowed`] if a loss or a weight is not finite; the weights of the
    /// last check are then restored. [`Error::Config`] if `steps` is zero. Otherwise the errors of the
    /// objective and of the held-out score; the steps taken so far are kept.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// # let mut trainer = builder.build()?;
    /// assert_eq!(trainer.fit(3)?.steps, 3);
    /// assert_eq!(trainer.fit(2)?.steps, 5);
    /// let error = trainer.fit(0).unwrap_err();
    /// assert_eq!(error.to_string(), "ReflowTrainer: steps must be at least 1, got 0");
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn fit(&mut self, steps: usize) -> Result<FitReport, Error> {
        self.fit_with(steps, |_| ControlFlow::Continue(()))
    }

    /// The same as [`fit`](ReflowTrainer::fit), with one more callback, which may borrow.
    ///
    /// # Errors
    /// Those of [`fit`](ReflowTrainer::fit).
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// # let mut trainer = builder.build()?;
    /// use std::ops::ControlFlow;
    ///
    /// let mut losses = vec![];
    /// let report = trainer.fit_with(10, |step| {
    ///     losses.push(step.loss());
    ///     if losses.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    /// })?;
    /// assert_eq!((report.steps, report.loss), (3, losses[2]));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn fit_with(
        &mut self,
        steps: usize,
        mut callback: impl FnMut(&StepReport<'_, M, A>) -> ControlFlow<()>,
    ) -> Result<FitReport, Error> {
        self.engine.fit(&mut self.state, &mut self.run, steps, &mut callback)
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
