//! Sampling: from noise to data, from data back to noise, and the trajectory between them.

mod carry;
mod follow;
mod preset;
mod solve;
mod trajectory;
mod watched;

pub use carry::{Carry, Solution};
pub use follow::FlowTrajectory;
pub use preset::Sampling;
pub use trajectory::{Trajectory, TrajectoryPoint};

use burn::tensor::{Tensor, backend::Backend};

use crate::{Condition, Error, Flow, OdeSolver, StepControl, flow::Split, ode::Direction};

/// Carries noise to data and back: a flow, a solver, and what controls its steps.
///
/// The network must be on the plain backend, as `trainer.flow()` and `module.valid()` are: an autodiff
/// backend would record every evaluation.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Sampler, flow::GaussianFlow, ode::{Dpm, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Dpm::new(0.4)?, TimeGrid::uniform(5)?);
/// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
/// let out = sampler.sample(noise.clone())?;
/// assert_eq!((out.x.dims(), out.evaluations, out.steps), ([16, 2], 9, 5));
/// // The way there, both ends included, and the way back.
/// assert_eq!(sampler.trajectory(noise)?.count(), 6);
/// assert_eq!(sampler.invert(out.x)?.times, [0.0, 1.0]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sampler<F, S, C> {
    flow: F,
    solver: S,
    control: C,
    split: Option<Split>,
}

impl<F, S, C> Sampler<F, S, C> {
    /// Samples `flow` with `solver`, in the steps that `control` chooses.
    pub fn new(flow: F, solver: S, control: C) -> Self {
        Self { flow, solver, control, split: None }
    }

    /// Splits batches into parts that threads work on in parallel; see [`Split`] for an example.
    ///
    /// Sampling carries each part to the end by itself; a trajectory splits every evaluation.
    #[must_use]
    pub fn split(self, split: Split) -> Self {
        Self { split: Some(split), ..self }
    }

    /// The flow being sampled.
    ///
    /// # Example
    /// ```
    /// # use reflow::{Sampling, flow::GaussianFlow};
    /// let flow = GaussianFlow::new(3.0, 0.5)?;
    /// assert_eq!(*Sampling::simple_reflow(5)?.of(flow).flow(), flow);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn flow(&self) -> &F {
        &self.flow
    }

    /// Carries noise to data.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, result: the same.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::Recorded`] on an autodiff backend, [`Error::Unfinished`] if
    /// adaptive steps cannot meet their tolerances, [`Error::Shape`] if a prediction of the flow has a
    /// different shape from its rows, [`Error::FloatType`] for rows of another float type than the device's,
    /// [`Error::NotFinite`] if a row ends in NaN or an infinity, and the error of a prediction that carries
    /// one.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// # use reflow::{Sampler, flow::GaussianFlow, ode::{Heun, TimeGrid}};
    /// // The data is N(3, 0.5^2), so the ODE carries x1 to 3 + x1 / 2.
    /// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::uniform(20)?);
    /// let x0 = sampler.sample(Tensor::<Flex, 2>::from_data([[2.0]], &Default::default()))?.x;
    /// assert!((x0.into_scalar() - 4.0).abs() < 0.01);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn sample<B: Backend, const D: usize>(&self, x1: Tensor<B, D>) -> Result<Solution<B, D>, Error>
    where
        F: Flow<B, D>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        self.carry(x1, (), Direction::ToData)
    }

    /// Carries noise to data, each row under its condition.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, `y`: one condition a row, result: as `x1`.
    ///
    /// # Errors
    /// As [`sample`](Sampler::sample), and [`Error::Length`] if rows and conditions differ in number.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::{Int, Tensor};
    /// # use burn_flex::Flex;
    /// # use reflow::{Key, Sampling, models::MlpConfig};
    /// # let device = Default::default();
    /// let net = MlpConfig::new(2)?.init_with_classes::<Flex>(10, &device)?;
    /// let labels = Tensor::<Flex, 1, Int>::from_ints([3, 1, 4], &device);
    /// let noise = Key::new(0).normal::<Flex, 2>([3, 2], &device);
    /// let out = Sampling::simple_reflow(5)?.of(net).sample_given(noise, labels)?;
    /// assert_eq!(out.x.dims(), [3, 2]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn sample_given<B: Backend, const D: usize, Y: Condition>(
        &self,
        x1: Tensor<B, D>,
        y: impl Into<Y::Rows<B>>,
    ) -> Result<Solution<B, D>, Error>
    where
        F: Flow<B, D, Y>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        Carry::<B, D, Y>::carry(self, x1, y.into(), Direction::ToData)
    }

    /// Carries data back to noise along the same flow.
    ///
    /// # Shapes
    /// `x0`: `[batch, ..]`, result: the same.
    ///
    /// # Errors
    /// As [`sample`](Sampler::sample).
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// # use reflow::{Sampler, flow::GaussianFlow, ode::{Heun, TimeGrid}};
    /// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::uniform(20)?);
    /// let x1 = sampler.invert(Tensor::<Flex, 2>::from_data([[4.0]], &Default::default()))?.x;
    /// assert!((x1.into_scalar() - 2.0).abs() < 0.01);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn invert<B: Backend, const D: usize>(&self, x0: Tensor<B, D>) -> Result<Solution<B, D>, Error>
    where
        F: Flow<B, D>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        self.carry(x0, (), Direction::ToNoise)
    }

    /// Carries data back to noise, each row under its condition.
    ///
    /// # Shapes
    /// `x0`: `[batch, ..]`, `y`: one condition a row, result: as `x0`.
    ///
    /// # Errors
    /// As [`sample_given`](Sampler::sample_given).
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::{Int, Tensor};
    /// # use burn_flex::Flex;
    /// # use reflow::{Sampling, models::MlpConfig};
    /// # let device = Default::default();
    /// let net = MlpConfig::new(2)?.init_with_classes::<Flex>(10, &device)?;
    /// let labels = Tensor::<Flex, 1, Int>::from_ints([3, 1], &device);
    /// let data = Tensor::<Flex, 2>::zeros([2, 2], &device);
    /// let noise = Sampling::baseline(18)?.of(net).invert_given(data, labels)?.x;
    /// assert_eq!(noise.dims(), [2, 2]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn invert_given<B: Backend, const D: usize, Y: Condition>(
        &self,
        x0: Tensor<B, D>,
        y: impl Into<Y::Rows<B>>,
    ) -> Result<Solution<B, D>, Error>
    where
        F: Flow<B, D, Y>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        Carry::<B, D, Y>::carry(self, x0, y.into(), Direction::ToNoise)
    }
}
