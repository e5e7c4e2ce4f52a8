//! Sampling: noise to data, data back to noise, and the trajectory between.

mod carry;
mod preset;
mod trajectory;
mod watched;

pub use carry::{Carry, Solution};
pub use preset::Sampling;
pub use trajectory::{Trajectory, TrajectoryPoint};

use burn::tensor::{Tensor, backend::Backend};

use crate::{
    Condition, Error, Flow, FlowExt, OdeSolver, StepControl,
    condition::check_lengths,
    flow::{Given, Split, SplitFlow},
    ode::Direction,
    rows,
};

/// A flow, a solver and what chooses its steps: what carries noise to data.
///
/// Give it the network on the plain backend (`trainer.flow()` is one, and so is `module.valid()`): on an autodiff backend
/// every evaluation would be recorded.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Key, Sampler, flow::GaussianFlow, ode::{Dpm, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Dpm::new(0.4)?, TimeGrid::uniform(5)?);
/// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
/// let out = sampler.sample(noise)?;
/// assert_eq!((out.x.dims(), out.evaluations, out.steps), ([16, 2], 9, 5));
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
    /// Samples `flow` by `solver`, with steps chosen by `control`.
    pub fn new(flow: F, solver: S, control: C) -> Self {
        Self { flow, solver, control, split: None }
    }

    /// The same sampler, its batches cut into parts that threads work on side by side.
    ///
    /// Samples are carried part by part, each to the end; a trajectory is split step by step.
    #[must_use]
    pub fn split(self, split: Split) -> Self {
        Self { split: Some(split), ..self }
    }

    /// The flow that is sampled.
    pub fn flow(&self) -> &F {
        &self.flow
    }
}

impl<F, S, C> Sampler<F, S, C> {
    /// Carries noise to data.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, result: the same.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::Recorded`] on a backend that records gradients, [`Error::Unfinished`] if
    /// adaptive steps cannot keep to their tolerances, [`Error::Shape`] if the flow predicts another shape than its rows',
    /// [`Error::NotFinite`] if a row ends in NaN or an infinity.
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

    /// The trajectory from noise to data, step by step, both ends included.
    ///
    /// Dropping it stops the solve, so it is also how a long solve is watched and cancelled.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, each point: the same.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::Recorded`] on a backend that records gradients.
    pub fn trajectory<B: Backend, const D: usize>(
        &self,
        x1: Tensor<B, D>,
    ) -> Result<FlowTrajectory<'_, B, D, (), F, S, C>, Error>
    where
        F: Flow<B, D>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        self.follow::<B, D, ()>(x1, (), Direction::ToData)
    }

    /// The trajectory from noise to data, each row under its condition.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, `y`: one condition a row, each point: as `x1`.
    ///
    /// # Errors
    /// As [`trajectory`](Sampler::trajectory), and [`Error::Length`] if rows and conditions differ in number.
    pub fn trajectory_given<B: Backend, const D: usize, Y: Condition>(
        &self,
        x1: Tensor<B, D>,
        y: impl Into<Y::Rows<B>>,
    ) -> Result<FlowTrajectory<'_, B, D, Y, F, S, C>, Error>
    where
        F: Flow<B, D, Y>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        self.follow::<B, D, Y>(x1, y.into(), Direction::ToData)
    }

    /// The trajectory from data back to noise; see [`trajectory`](Sampler::trajectory).
    ///
    /// # Shapes
    /// `x0`: `[batch, ..]`, each point: the same.
    ///
    /// # Errors
    /// As [`trajectory`](Sampler::trajectory).
    pub fn inverse_trajectory<B: Backend, const D: usize>(
        &self,
        x0: Tensor<B, D>,
    ) -> Result<FlowTrajectory<'_, B, D, (), F, S, C>, Error>
    where
        F: Flow<B, D>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        self.follow::<B, D, ()>(x0, (), Direction::ToNoise)
    }

    fn follow<B: Backend, const D: usize, Y: Condition>(
        &self,
        x: Tensor<B, D>,
        y: Y::Rows<B>,
        direction: Direction,
    ) -> Result<FlowTrajectory<'_, B, D, Y, F, S, C>, Error>
    where
        F: Flow<B, D, Y>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        check_batch(&x)?;
        check_lengths::<B, Y>("the conditions of a batch", x.dims()[0], &y)?;
        // The conditions outside the split, so that they are cut with the rows.
        let flow = Given::new(SplitFlow::new(&self.flow, self.split), y);
        Ok(Trajectory::new(flow, &self.solver, &self.control, x, direction))
    }
}

/// A trajectory of a sampler's flow.
pub type FlowTrajectory<'a, B, const D: usize, Y, F, S, C> =
    Trajectory<'a, B, D, Given<SplitFlow<&'a F>, B, Y>, S, C>;

impl<B, const D: usize, Y, F, S, C> Carry<B, D, Y> for Sampler<F, S, C>
where
    B: Backend,
    Y: Condition,
    F: Flow<B, D, Y>,
    S: OdeSolver,
    C: StepControl<S>,
{
    fn carry(&self, x: Tensor<B, D>, y: Y::Rows<B>, direction: Direction) -> Result<Solution<B, D>, Error> {
        check_batch(&x)?;
        check_lengths::<B, Y>("the conditions of a batch", x.dims()[0], &y)?;
        let solve = |x: Tensor<B, D>, y: Y::Rows<B>| {
            let flow = self.flow.given::<B, D, Y>(y);
            Trajectory::new(flow, &self.solver, &self.control, x, direction).finish()
        };
        let solution = match self.split {
            None => solve(x.clone(), y)?,
            Some(split) => {
                let parts = split.map::<B, D, Y, _>(&x, &y, |x, _, y| solve(x, y));
                Solution::cat(parts.into_iter().collect::<Result<_, Error>>()?)?
            }
        };
        if rows::is_finite(&solution.x) {
            return Ok(solution);
        }
        rows::check_finite("the batch to solve", &x)?;
        rows::check_finite("the end of a solve, whose flow is not finite on the way,", &solution.x)?;
        Ok(solution)
    }
}

/// Refuses an empty batch, and a backend on which each evaluation would be recorded.
fn check_batch<B: Backend, const D: usize>(x: &Tensor<B, D>) -> Result<(), Error> {
    if B::ad_enabled(&x.device()) {
        return Err(Error::Recorded);
    }
    if x.dims().contains(&0) { Err(Error::Empty { what: "the batch to solve" }) } else { Ok(()) }
}
