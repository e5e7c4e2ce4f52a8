//! What the trainer minimises: a coupling and a recipe, or a custom objective.

use burn::tensor::backend::AutodiffBackend;

use super::ReflowTrainerBuilder;
use crate::objective::{FlowMatching, Objective, Recipe, Settle};

/// A custom objective, in place of [`FlowMatching`].
#[derive(Debug, Clone, Copy)]
pub struct Custom<J>(J);

/// A custom objective chooses its rank and conditions itself.
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

impl<M, A, O, J> ReflowTrainerBuilder<M, A, O, J> {
    /// Sets a custom [`Objective`], in place of the coupling, the time distribution, the loss and the weight.
    ///
    /// # Example
    /// ```
    /// # use std::ops::Range;
    /// # use burn::{optim::AdamConfig, tensor::{Tensor, backend::AutodiffBackend}};
    /// # use {burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{Error, Flow, FlowExt, Key, ReflowTrainer, models::MlpConfig, objective::StepLoss};
    /// use reflow::Objective;
    ///
    /// /// Keeps rows where they are.
    /// struct Still;
    ///
    /// impl<B: AutodiffBackend, M: Flow<B>> Objective<B, M> for Still {
    ///     // .. as in the example of `Objective` ..
    ///     # fn loss(
    ///     #     &self, flow: &M, rows: Range<usize>, key: &Key, device: &B::Device,
    ///     # ) -> Result<StepLoss<B>, Error> {
    ///     #     let x = Tensor::from_inner(key.normal_rows::<B::InnerBackend, 2>(rows, &[2], device)?);
    ///     #     let loss = flow.velocity(x, 0.5).square().mean();
    ///     #     Ok(StepLoss { unweighted: loss.clone().inner(), weighted: loss })
    ///     # }
    /// }
    ///
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// # let builder = ReflowTrainer::builder().flow(net).optimizer(AdamConfig::new().init());
    /// let mut trainer = builder.objective(Still).build()?;
    /// let before = trainer.fit(1)?.loss;
    /// assert!(trainer.fit(10)?.loss < before);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn objective<J2>(self, objective: J2) -> ReflowTrainerBuilder<M, A, O, Custom<J2>> {
        self.map(|_| Custom(objective))
    }

    fn map<J2>(self, map: impl FnOnce(J) -> J2) -> ReflowTrainerBuilder<M, A, O, J2> {
        let Self { flow, optimizer, objective, run, start } = self;
        ReflowTrainerBuilder { flow, optimizer, objective: map(objective), run, start }
    }
}

impl<M, A, O, Q, R> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, R>> {
    /// Sets where the pairs come from: any [`Coupling`](crate::Coupling) on the inner backend.
    ///
    /// The trainer keeps the coupling, so the coupling must own or share what it draws from. A clone of a
    /// data set shares its tensors, and an `Arc` lets several trainers share a coupling.
    ///
    /// # Example
    /// ```
    /// # use {burn::{optim::AdamConfig, tensor::Tensor}, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{ReflowTrainer, models::MlpConfig};
    /// use reflow::{coupling::MinibatchOt, data::{Dataset, Gaussian}};
    ///
    /// # let device = Default::default();
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&device);
    /// # let builder = ReflowTrainer::builder().flow(net).optimizer(AdamConfig::new().init());
    /// let data = Dataset::new(Tensor::<Flex, 2>::from_data([[0.0, 1.0], [1.0, 0.0]], &device))?;
    /// let mut trainer = builder.coupling(MinibatchOt::new(data, Gaussian)).build()?;
    /// assert_eq!(trainer.fit(2)?.steps, 2);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn coupling<Q2>(self, coupling: Q2) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q2, R>> {
        self.map(|FlowMatching { recipe, .. }| FlowMatching { coupling, recipe })
    }

    /// The coupling and the recipe set so far.
    ///
    /// After [`Round::rectify`](crate::train::Round::rectify), the coupling is the pairs that it drew.
    ///
    /// # Example
    /// ```
    /// # use {burn_autodiff::Autodiff, burn_flex::Flex};
    /// use reflow::{Sampling, models::MlpConfig, train::Round};
    ///
    /// let teacher = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// let student = Round::new(100, vec![2])?.rectify(teacher, Sampling::simple_reflow(5)?)?;
    /// assert_eq!(student.matching().coupling.pair().x0().dims(), [100, 2]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn matching(&self) -> &FlowMatching<Q, R> {
        &self.objective
    }

    /// Sets the time distribution, the loss and the weight together.
    ///
    /// # Example
    /// ```
    /// use reflow::{ReflowTrainer, objective::Recipe};
    ///
    /// let builder = ReflowTrainer::builder().recipe(Recipe::simple_reflow());
    /// assert_eq!(builder.matching().recipe, Recipe::simple_reflow());
    /// ```
    pub fn recipe<R2>(self, recipe: R2) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, R2>> {
        self.map(|FlowMatching { coupling, .. }| FlowMatching { coupling, recipe })
    }
}

impl<M, A, O, Q, T, L, W> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, Recipe<T, L, W>>> {
    /// Sets the distribution of the training time; see [`time`](crate::time) for all of them.
    ///
    /// # Example
    /// ```
    /// use reflow::{ReflowTrainer, time::LogitNormal};
    ///
    /// let builder = ReflowTrainer::builder().time(LogitNormal::new(-0.5, 1.0)?);
    /// assert_eq!(builder.matching().recipe.time, LogitNormal::new(-0.5, 1.0)?);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn time<T2>(self, time: T2) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, Recipe<T2, L, W>>> {
        self.map_recipe(|Recipe { loss, weight, .. }| Recipe { time, loss, weight })
    }

    /// Sets the loss of a row; see [`loss`](crate::loss) for all of them.
    ///
    /// # Example
    /// ```
    /// use reflow::{ReflowTrainer, loss::PseudoHuber};
    ///
    /// let builder = ReflowTrainer::builder().loss(PseudoHuber::default());
    /// assert_eq!(builder.matching().recipe.loss, PseudoHuber::default());
    /// ```
    pub fn loss<L2>(self, loss: L2) -> ReflowTrainerBuilder<M, A, O, FlowMatching<Q, Recipe<T, L2, W>>> {
        self.map_recipe(|Recipe { time, weight, .. }| Recipe { time, loss, weight })
    }

    /// Sets the weight of a row; see [`weight`](crate::weight) for all of them.
    ///
    /// # Example
    /// ```
    /// use reflow::{ReflowTrainer, weight::Power};
    ///
    /// let builder = ReflowTrainer::builder().weight(Power::new(-1.0)?);
    /// assert_eq!(builder.matching().recipe.weight, Power::inverse());
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
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
