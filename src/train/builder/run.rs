//! How the fit proceeds: its rates, callbacks and held-out scores, and where it starts.

use std::ops::ControlFlow;

use burn::tensor::backend::AutodiffBackend;

use super::ReflowTrainerBuilder;
use crate::{
    ConfigError,
    error::at_least_one,
    objective::Validate,
    train::{Network, Schedule, StepReport, callback::Callback, run::Validation},
};

impl<M, A, O, J> ReflowTrainerBuilder<M, A, O, J> {
    /// Sets the learning rate of each step; a constant 0.001 by default.
    ///
    /// A [`LearningRate`](crate::train::LearningRate), a closure from the step to the rate, or one of burn's
    /// schedulers through [`burn_schedule`](crate::train::burn_schedule).
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # use std::ops::ControlFlow;
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// let mut trainer = builder.learning_rate(|step: usize| 1e-3 / (step + 1) as f64).build()?;
    /// let mut rates = vec![];
    /// trainer.fit_with(2, |report| {
    ///     rates.push(report.rate);
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert_eq!(rates, [1e-3, 5e-4]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn learning_rate(mut self, schedule: impl Schedule + 'static) -> Self {
        self.run.schedule = Box::new(schedule);
        self
    }

    /// Adds a function to call after every step; it ends the fit by returning `ControlFlow::Break(())`.
    ///
    /// Set the flow first. A callback that borrows goes to [`fit_with`](crate::ReflowTrainer::fit_with)
    /// instead.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// use std::{ops::ControlFlow, time::{Duration, Instant}};
    ///
    /// let end = Instant::now() + Duration::from_millis(50);
    /// let builder = builder.callback(move |_| {
    ///     if Instant::now() < end { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    /// });
    /// assert!(builder.build()?.fit(1_000_000)?.steps < 1_000_000);
    /// # Ok::<(), reflow::Error>(())
    /// ```
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

    /// Scores the sampling network on held-out data, after every `every` steps. Set the flow first.
    ///
    /// # Errors
    /// If `every` is zero.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// use reflow::{Key, objective::{HeldOutLoss, Recipe}};
    ///
    /// # let device = Default::default();
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&device);
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling.clone()).optimizer(adam);
    /// let score = HeldOutLoss::<Flex>::new(coupling, Recipe::flow_matching(), 0..64, Key::new(1), &device);
    /// let mut trainer = builder.held_out(5, score)?.build()?;
    /// assert!(trainer.fit(5)?.held_out.is_some_and(f64::is_finite));
    /// assert_eq!(trainer.fit(4)?.held_out, None); // the next score is due at step 10
    /// # Ok::<(), reflow::Error>(())
    /// ```
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

    /// Sets the step to start at, 0 by default: rows, times and learning rates are those of the steps from
    /// there on.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// let mut trainer = builder.start_at(1000).build()?;
    /// assert_eq!(trainer.fit(2)?.steps, 1002);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn start_at(mut self, step: usize) -> Self {
        self.start = step;
        self
    }
}
