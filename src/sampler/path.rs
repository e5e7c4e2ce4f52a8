//! A solve, one step at a time.

use std::fmt;

use burn::tensor::{Tensor, backend::Backend};

use super::Solution;
use crate::{Error, Flow, OdeSolver, StepControl, flow::Counted, ode::Direction};

/// One point of a path.
#[derive(Debug, Clone)]
pub struct PathPoint<B: Backend, const D: usize> {
    /// The time of every row.
    pub t: f64,
    /// The rows.
    pub x: Tensor<B, D>,
}

/// A path along a flow as an iterator of its points, both ends included; see
/// [`Sampler::path`](super::Sampler::path).
///
/// After an error it yields nothing more.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{Euler, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Euler, TimeGrid::uniform(2)?);
/// let path = sampler.path(Tensor::<Flex, 2>::ones([1, 1], &Default::default()));
/// let times: Result<Vec<f64>, _> = path.map(|point| point.map(|point| point.t)).collect();
/// assert_eq!(times?, [1.0, 0.5, 0.0]);
/// # Ok::<(), reflow::Error>(())
/// ```
pub struct Path<'a, B: Backend, const D: usize, F, S: OdeSolver, C: StepControl<S>> {
    flow: Counted<F>,
    solver: &'a S,
    control: &'a C,
    cursor: C::Cursor,
    /// The point to go on from; none after an error.
    here: Option<(Tensor<B, D>, S::State<B, D>)>,
    steps: usize,
    started: bool,
}

impl<'a, B, const D: usize, F, S, C> Path<'a, B, D, F, S, C>
where
    B: Backend,
    F: Flow<B, D>,
    S: OdeSolver,
    C: StepControl<S>,
{
    pub(super) fn new(flow: F, solver: &'a S, control: &'a C, x: Tensor<B, D>, direction: Direction) -> Self {
        Self {
            flow: Counted::new(flow),
            solver,
            control,
            cursor: control.start(direction),
            here: Some((x, S::State::default())),
            steps: 0,
            started: false,
        }
    }

    /// How often the flow has been evaluated so far.
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.flow.evaluations()
    }

    /// Goes to the end of the path.
    ///
    /// # Errors
    /// [`Error::Unfinished`] if adaptive steps cannot keep to their tolerances.
    pub fn finish(mut self) -> Result<Solution<B, D>, Error> {
        loop {
            let (x, state) = self.here.take().expect("only an error leaves the path, and it is returned");
            if self.control.is_done(&self.cursor) {
                return Ok(Solution { x, evaluations: self.flow.evaluations(), steps: self.steps });
            }
            self.advance(x, state)?;
        }
    }

    fn advance(&mut self, x: Tensor<B, D>, state: S::State<B, D>) -> Result<(), Error> {
        self.here = Some(self.control.advance(self.solver, &self.flow, x, state, &mut self.cursor)?);
        self.steps += 1;
        Ok(())
    }
}

impl<B, const D: usize, F, S, C> Iterator for Path<'_, B, D, F, S, C>
where
    B: Backend,
    F: Flow<B, D>,
    S: OdeSolver,
    C: StepControl<S>,
{
    type Item = Result<PathPoint<B, D>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.started {
            if self.control.is_done(&self.cursor) {
                return None;
            }
            let (x, state) = self.here.take()?;
            if let Err(error) = self.advance(x, state) {
                return Some(Err(error));
            }
        }
        self.started = true;
        let (x, _) = self.here.as_ref()?;
        Some(Ok(PathPoint { t: self.control.time(&self.cursor), x: x.clone() }))
    }
}

impl<B: Backend, const D: usize, F, S: OdeSolver, C: StepControl<S>> fmt::Debug for Path<'_, B, D, F, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Path")
            .field("cursor", &self.cursor)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
