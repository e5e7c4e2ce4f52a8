//! The numbers of the run.

use super::ReflowTrainerBuilder;
use crate::train::{ClipNorm, Ema, TrainSettings};

impl<M, A, O, J> ReflowTrainerBuilder<M, A, O, J> {
    /// Sets all numbers of the run at once.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// use reflow::train::TrainSettings;
    ///
    /// let settings = TrainSettings { batch_size: 64, seed: 3, ..TrainSettings::default() };
    /// let trainer = builder.settings(settings).build()?;
    /// assert_eq!(trainer.settings(), settings);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn settings(mut self, settings: TrainSettings) -> Self {
        self.run.settings = settings;
        self
    }

    /// Sets the number of pairs in a step; 256 by default.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// let trainer = builder.batch_size(64).build()?;
    /// assert_eq!(trainer.settings().batch_size, 64);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.run.settings.batch_size = batch_size;
        self
    }

    /// Sets the maximum number of parts that each batch is cut into; 1 by default.
    ///
    /// The gradients of the parts are added, so more parts take less memory and give the same step up to
    /// rounding, without dropout and unless the weight is [`Predicted`](crate::weight::Predicted), which sees
    /// one part at a time.
    ///
    /// # Example
    /// ```
    /// # use {burn::{module::Module, optim::AdamConfig}, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # net.num_params(); // draws the weights, so that the clones share them
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let flow_and_pairs = || ReflowTrainer::builder().flow(net.clone()).coupling(coupling.clone());
    /// # let builder = || flow_and_pairs().optimizer(AdamConfig::new().init());
    /// let loss = |parts| -> Result<f64, reflow::Error> {
    ///     Ok(builder().accumulate(parts).build()?.fit(2)?.loss)
    /// };
    /// let (whole, in_parts) = (loss(1)?, loss(4)?);
    /// assert!((whole - in_parts).abs() < 1e-3 * whole);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn accumulate(mut self, parts: usize) -> Self {
        self.run.settings.accumulate = parts;
        self
    }

    /// Sets the seed of all pairs and times; 0 by default.
    ///
    /// Fresh weights and dropout are drawn by burn, whose generator is seeded with `B::seed(&device, seed)`.
    ///
    /// # Example
    /// ```
    /// # use {burn::{module::Module, optim::AdamConfig}, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # net.num_params(); // draws the weights, so that the clones share them
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let flow_and_pairs = || ReflowTrainer::builder().flow(net.clone()).coupling(coupling.clone());
    /// # let builder = || flow_and_pairs().optimizer(AdamConfig::new().init());
    /// let loss = |seed| -> Result<f64, reflow::Error> { Ok(builder().seed(seed).build()?.fit(1)?.loss) };
    /// assert_ne!(loss(0)?, loss(1)?);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.run.settings.seed = seed;
        self
    }

    /// Sets the average of the weights to sample with; a decay of 0.999 by default.
    ///
    /// With `None`, the weights are sampled with as they are.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let flow_and_pairs = || ReflowTrainer::builder().flow(net.clone()).coupling(coupling.clone());
    /// # let builder = || flow_and_pairs().optimizer(AdamConfig::new().init());
    /// use reflow::train::Ema;
    ///
    /// let averaged = builder().ema(Ema::new(0.9999)?).build()?;
    /// assert!(averaged.state().average.is_some());
    /// let plain = builder().ema(None).build()?;
    /// assert!(plain.state().average.is_none());
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn ema(mut self, ema: impl Into<Option<Ema>>) -> Self {
        self.run.settings.ema = ema.into();
        self
    }

    /// Clips the gradients at a norm; by default they are not clipped.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// use reflow::train::ClipNorm;
    ///
    /// let trainer = builder.clip_norm(ClipNorm::new(1.0)?).build()?;
    /// assert_eq!(trainer.settings().clip, Some(ClipNorm::new(1.0)?));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn clip_norm(mut self, clip: impl Into<Option<ClipNorm>>) -> Self {
        self.run.settings.clip = clip.into();
        self
    }

    /// Sets how often the losses are read and checked; every 20 steps by default.
    ///
    /// Each check waits for the device. If a loss is not finite, the weights go back to those of the last
    /// check.
    ///
    /// # Example
    /// ```
    /// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// # let adam = AdamConfig::new().init();
    /// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
    /// use std::ops::ControlFlow;
    ///
    /// let mut trainer = builder.check_every(2).build()?;
    /// let mut read = vec![];
    /// trainer.fit_with(4, |report| {
    ///     read.push(report.last_loss.is_some());
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert_eq!(read, [false, true, true, true]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn check_every(mut self, steps: usize) -> Self {
        self.run.settings.check_every = steps;
        self
    }
}
