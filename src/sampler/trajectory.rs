//! A solve, one step at a time.

use std::fmt;

use burn::tensor::{Tensor, backend::Backend};

use super::{Solution, watched::Watched};
use crate::{Error, Flow, OdeSolver, StepControl, ode::Direction};

/// A point of a trajectory.
#[derive(Debug, Clone)]
pub struct TrajectoryPoint<B: Backend, const D: usize> {
    /// The time, the same for all rows.
    pub t: f64,
    /// The rows.
    pub x: Tensor<B, D>,
}

/// An iterator over the points of a trajectory along a flow, both ends included; see
/// [`Sampler::trajectory`](super::Sampler::trajectory).
///
/// It ends after an error.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{Euler, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Euler, TimeGrid::uniform(2)?);
/// let points = sampler.trajectory(Tensor::<Flex, 2>::ones([1, 1], &Default::default()))?;
/// let times: Result<Vec<f64>, _> = points.map(|point| point.map(|point| point.t)).collect();
/// assert_eq!(times?, [1.0, 0.5, 0.0]);
/// # Ok::<(), reflow::Error>(())
/// ```
pub struct Trajectory<'a, B: Backend, const D: usize, F, S: OdeSolver, C: StepControl<S>> {
    flow: Watched<F>,
    solver: &'a S,
    control: &'a C,
    cursor: C::Cursor,
    began: f64,
    x: Tensor<B, D>,
    state: S::State<B, D>,
    steps: usize,
    next: Next,
}

/// What the next call of the iterator does.
enum Next {
    Start,
    Step,
    Nothing,
}

impl<'a, B, const D: usize, F, S, C> Trajectory<'a, B, D, F, S, C>
where
    B: Backend,
    F: Flow<B, D>,
    S: OdeSolver,
    C: StepControl<S>,
{
    pub(crate) fn new(flow: F, solver: &'a S, control: &'a C, x: Tensor<B, D>, direction: Direction) -> Self {
        Self::resume(flow, solver, control, (x, S::State::default()), direction)
    }

    /// Continues from a point, with the solver's state after the previous step.
    pub(crate) fn resume(
        flow: F,
        solver: &'a S,
        control: &'a C,
        (x, state): (Tensor<B, D>, S::State<B, D>),
        direction: Direction,
    ) -> Self {
        let cursor = control.start(direction);
        Self {
            flow: Watched::new(flow),
            solver,
            control,
            began: control.time(&cursor),
            cursor,
            x,
            state,
            steps: 0,
            next: Next::Start,
        }
    }

    /// The number of network evaluations so far.
    ///
    /// # Example
    /// ```
    /// # use burn_flex::Flex;
    /// # use reflow::{Key, Sampler, flow::GaussianFlow, ode::{Euler, TimeGrid}};
    /// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Euler, TimeGrid::uniform(5)?);
    /// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let mut trajectory = sampler.trajectory(noise)?;
    /// for _ in 0..3 {
    ///     trajectory.next(); // the noise, and the points after one and two steps
    /// }
    /// assert_eq!(trajectory.evaluations(), 2);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.flow.evaluations()
    }

    /// Takes the remaining steps to the end, without checking that the rows there are finite.
    ///
    /// # Errors
    /// [`Error::Unfinished`] if adaptive steps cannot meet their tolerances, [`Error::Shape`] if a prediction
    /// of the flow has a different shape from its rows.
    ///
    /// # Example
    /// ```
    /// # use burn_flex::Flex;
    /// # use reflow::{Key, Sampler, flow::GaussianFlow, ode::{Euler, TimeGrid}};
    /// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Euler, TimeGrid::uniform(5)?);
    /// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let mut trajectory = sampler.trajectory(noise)?;
    /// let halfway = trajectory.find(|point| point.as_ref().is_ok_and(|point| point.t < 0.5));
    /// assert!(halfway.is_some());
    /// assert_eq!(trajectory.finish()?.steps, 5);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn finish(mut self) -> Result<Solution<B, D>, Error> {
        while !self.is_done() {
            self.advance()?;
        }
        let times = [self.began, self.control.time(&self.cursor)];
        Ok(Solution { x: self.x, evaluations: self.flow.evaluations(), steps: self.steps, times })
    }

    /// Whether the trajectory is at its end.
    pub(crate) fn is_done(&self) -> bool {
        self.control.is_done(&self.cursor)
    }

    /// The current point, with the solver's state for the next step.
    pub(crate) fn point(&self) -> (Tensor<B, D>, S::State<B, D>) {
        (self.x.clone(), self.state.clone())
    }

    /// Takes one step.
    pub(crate) fn advance(&mut self) -> Result<(), Error> {
        let (x, state) = (self.x.clone(), self.state.clone());
        (self.x, self.state) = self.control.advance(self.solver, &self.flow, x, state, &mut self.cursor)?;
        self.steps += 1;
        self.flow.check()
    }
}

impl<B, const D: usize, F, S, C> Iterator for Trajectory<'_, B, D, F, S, C>
where
    B: Backend,
    F: Flow<B, D>,
    S: OdeSolver,
    C: StepControl<S>,
{
    type Item = Result<TrajectoryPoint<B, D>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let advanced = match self.next {
            Next::Start => Ok(()),
            Next::Step if !self.is_done() => self.advance(),
            Next::Step | Next::Nothing => return None,
        };
        self.next = if advanced.is_ok() { Next::Step } else { Next::Nothing };
        Some(advanced.map(|()| TrajectoryPoint { t: self.control.time(&self.cursor), x: self.x.clone() }))
    }
}

impl<B: Backend, const D: usize, F, S: OdeSolver, C: StepControl<S>> fmt::Debug
    for Trajectory<'_, B, D, F, S, C>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trajectory")
            .field("cursor", &self.cursor)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
