//! What a callback sees of each step.

use std::{fmt, ops::ControlFlow};

/// One training step, as a callback sees it; see [`fit_with`](super::ReflowTrainer::fit_with).
pub struct StepReport<'a, M, A> {
    /// The step, counted from 0.
    pub step: usize,
    /// The step at which this fit ends.
    pub until: usize,
    /// The learning rate of the step.
    pub rate: f64,
    /// The network with the weights after the step.
    pub flow: &'a M,
    /// The average of its weights, if one is kept.
    pub average: Option<&'a A>,
    /// The held-out score, if one was taken after this step.
    pub held_out: Option<f64>,
    /// The last loss that the trainer has read, which may be some steps old; looking at it costs nothing.
    pub last_loss: Option<f64>,
    pub(super) losses: &'a dyn Fn() -> [f64; 2],
    pub(super) plain: &'a dyn Fn() -> A,
}

impl<M, A> StepReport<'_, M, A> {
    /// The loss that was minimised; waits for the step to finish on the device.
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
    /// # use std::ops::ControlFlow;
    /// let mut losses = vec![];
    /// let report = trainer.fit_with(3, |step| {
    ///     losses.push(step.loss());
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert_eq!((losses.len(), losses[2]), (3, report.loss));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn loss(&self) -> f64 {
        (self.losses)()[0]
    }

    /// The mean loss without weights; waits for the step to finish on the device.
    ///
    /// # Example
    ///
    /// A [`Normalized`](crate::weight::Normalized) loss is always 1, whatever the flow has learned:
    ///
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// use std::ops::ControlFlow;
    /// use reflow::weight::Normalized;
    ///
    /// let mut trainer = builder.weight(Normalized::new(1e-12)?).build()?;
    /// trainer.fit_with(2, |step| {
    ///     assert!((step.loss() - 1.0).abs() < 1e-3);
    ///     assert!((step.unweighted_loss() - 1.0).abs() > 0.1);
    ///     ControlFlow::Continue(())
    /// })?;
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn unweighted_loss(&self) -> f64 {
        (self.losses)()[1]
    }

    /// The network to sample with, without gradients: the average if one is kept.
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
    /// # use std::ops::ControlFlow;
    /// # use reflow::{FlowExt, Key, rows::to_host};
    /// # let x = Key::new(0).normal::<Flex, 2>([4, 2], &Default::default());
    /// let mut velocities = vec![];
    /// trainer.fit_with(3, |step| {
    ///     velocities.push(to_host(step.sampling_flow().velocity(x.clone(), 0.5)));
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert_eq!(velocities[2], to_host(trainer.flow().velocity(x, 0.5)));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn sampling_flow(&self) -> A {
        (self.plain)()
    }
}

impl<M, A> fmt::Debug for StepReport<'_, M, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepReport")
            .field("step", &self.step)
            .field("until", &self.until)
            .field("rate", &self.rate)
            .field("held_out", &self.held_out)
            .finish_non_exhaustive()
    }
}

/// A callback that a trainer calls after every step, and that may end the fit.
pub(super) type Callback<M, A> = Box<dyn FnMut(&StepReport<'_, M, A>) -> ControlFlow<()> + Send>;
