//! What a trainer has trained so far: reading it, and replacing it.

use super::ReflowTrainer;
use crate::{
    Sampler,
    train::{State, TrainSettings},
};

impl<M, A, O> ReflowTrainer<M, A, O> {
    /// The network to sample with, without gradients: the average if one is kept.
    ///
    /// The network in training is [`state().flow`](State::flow).
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
    /// use reflow::{Key, Sampling};
    ///
    /// trainer.fit(2)?;
    /// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let out = Sampling::simple_reflow(5)?.of(trainer.flow()).sample(noise)?;
    /// assert_eq!((out.x.dims(), out.evaluations), ([16, 2], 9));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn flow(&self) -> A {
        self.engine.plain(&self.state)
    }

    /// A sampler of the [`flow`](ReflowTrainer::flow) as trained so far.
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
    /// use reflow::{Key, ode::{Adaptive, DormandPrince}};
    ///
    /// let sampler = trainer.sampler(DormandPrince, Adaptive::new(1e-3, 1e-3)?);
    /// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// assert_eq!(sampler.sample(noise)?.times, [1.0, 0.0]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn sampler<S, C>(&self, solver: S, control: C) -> Sampler<A, S, C> {
        Sampler::new(self.flow(), solver, control)
    }

    /// Ends the training and returns the network, ready to be trained further: the average if one is kept.
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
    /// use reflow::{Sampling, models::Mlp, train::Round};
    ///
    /// trainer.fit(2)?;
    /// let teacher: Mlp<Autodiff<Flex>> = trainer.into_flow();
    /// let student = Round::new(100, vec![2])?.rectify(teacher, Sampling::simple_reflow(5)?)?;
    /// assert_eq!(student.matching().coupling.pair().len(), 100);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn into_flow(self) -> M {
        self.engine.trainable(self.state)
    }

    /// The steps taken so far.
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
    /// trainer.fit(3)?;
    /// assert_eq!(trainer.steps(), 3);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn steps(&self) -> usize {
        self.state.step
    }

    /// Everything that training changes.
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
    /// trainer.fit(3)?;
    /// let state = trainer.state();
    /// assert_eq!((state.step, state.seed, state.average.is_some()), (3, 0, true));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn state(&self) -> &State<M, A, O> {
        &self.state
    }

    /// A copy of everything that training changes, which stays as it is when training goes on.
    ///
    /// A clone of [`state`](ReflowTrainer::state) would share the running statistics of a network that has
    /// some, such as those of burn's batch norm.
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
    /// let start = trainer.snapshot();
    /// trainer.fit(3)?;
    /// trainer.set_state(start); // undoes the fit
    /// assert_eq!(trainer.steps(), 0);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn snapshot(&self) -> State<M, A, O> {
        self.engine.snapshot(&self.state)
    }

    /// Continues from another state, with its seed; the other settings stay.
    ///
    /// If the settings keep an average and the state has none, it starts at the state's weights. If they keep
    /// none, the state's is dropped.
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
    /// use reflow::train::State;
    ///
    /// let state = State { step: 100, seed: 7, ..trainer.snapshot() };
    /// trainer.set_state(state);
    /// assert_eq!((trainer.fit(2)?.steps, trainer.settings().seed), (102, 7));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn set_state(&mut self, state: State<M, A, O>) {
        self.state = state;
        self.engine.agree(&mut self.state, self.run.settings.ema);
    }

    /// The numbers of the run.
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
    /// use reflow::train::TrainSettings;
    ///
    /// assert_eq!(trainer.settings(), TrainSettings::default());
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn settings(&self) -> TrainSettings {
        TrainSettings { seed: self.state.seed, ..self.run.settings }
    }
}
