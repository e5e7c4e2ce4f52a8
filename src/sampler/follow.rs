//! A solve to watch and to stop.

use burn::tensor::{Tensor, backend::Backend};

use super::{Sampler, Trajectory, solve::check_batch};
use crate::{
    Condition, Error, Flow, OdeSolver, StepControl,
    flow::{Given, SplitFlow},
    ode::Direction,
};

/// The trajectory of a [`Sampler`].
pub type FlowTrajectory<'a, B, const D: usize, Y, F, S, C> =
    Trajectory<'a, B, D, Given<SplitFlow<&'a F>, B, Y>, S, C>;

impl<F, S, C> Sampler<F, S, C> {
    /// Iterates over the trajectory from noise to data, step by step, both ends included.
    ///
    /// Dropping the trajectory stops the solve, so you can watch a long solve and cancel it.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, each point: the same.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::Recorded`] on an autodiff backend, [`Error::FloatType`] for
    /// rows of another float type than the device's.
    ///
    /// # Example
    /// ```
    /// # use burn_flex::Flex;
    /// # use reflow::{Key, Sampler, flow::GaussianFlow, ode::{Euler, TimeGrid}};
    /// # let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Euler, TimeGrid::uniform(4)?);
    /// let points = sampler.trajectory(noise)?.take(3).collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(points[2].t, 0.5); // cancelled after two of four steps
    /// # Ok::<(), reflow::Error>(())
    /// ```
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

    /// Iterates over the trajectory from noise to data, each row under its condition.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, `y`: one condition a row, each point: as `x1`.
    ///
    /// # Errors
    /// As [`trajectory`](Sampler::trajectory), and [`Error::Length`] if rows and conditions differ in number.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::{Int, Tensor};
    /// # use burn_flex::Flex;
    /// # use reflow::{Key, Sampling, models::MlpConfig};
    /// # let device = Default::default();
    /// let net = MlpConfig::new(2)?.init_with_classes::<Flex>(10, &device)?;
    /// let labels = Tensor::<Flex, 1, Int>::from_ints([3, 1], &device);
    /// let noise = Key::new(0).normal::<Flex, 2>([2, 2], &device);
    /// let sampler = Sampling::simple_reflow(5)?.of(net);
    /// assert_eq!(sampler.trajectory_given(noise, labels)?.count(), 6);
    /// # Ok::<(), reflow::Error>(())
    /// ```
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

    /// Iterates over the trajectory from data back to noise; see [`trajectory`](Sampler::trajectory).
    ///
    /// # Shapes
    /// `x0`: `[batch, ..]`, each point: the same.
    ///
    /// # Errors
    /// As [`trajectory`](Sampler::trajectory).
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// # use reflow::{Sampling, flow::GaussianFlow};
    /// let sampler = Sampling::baseline(4)?.of(GaussianFlow::new(3.0, 0.5)?);
    /// let data = Tensor::<Flex, 2>::from_data([[4.0]], &Default::default());
    /// let last = sampler.inverse_trajectory(data)?.last().unwrap()?;
    /// assert_eq!(last.t, 1.0);
    /// # Ok::<(), reflow::Error>(())
    /// ```
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
        check_batch::<B, D, Y>(&x, &y)?;
        // The conditions are fixed outside the split, so that they are split with the rows.
        let flow = Given::new(SplitFlow::new(&self.flow, self.split), y);
        Ok(Trajectory::new(flow, &self.solver, &self.control, x, direction))
    }
}
