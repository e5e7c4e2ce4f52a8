//! A time grid learned for a flow, a solver and a number of steps.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{LearnedGrid, Reference, Start, descent::Descent};
use crate::{
    ConfigError, Error, Flow, OdeSolver, Sampler,
    error::{at_least_one, deserialize_checked, positive, require},
    flow::Counted,
    ode::{Direction, Heun, TimeGrid},
    sampler::Trajectory,
};

/// The number of steps of the reference that [`GridSearch::find`] makes.
const REFERENCE_STEPS: usize = 128;

/// Finds the time grid whose few-step samples are closest to many-step samples from the same noise.
///
/// ```text
/// min over t_1 > .. > t_(N-1) of E |x0(t) - x0|^2,   t_0 = 1, t_N = 0
/// ```
///
/// `x0(t)` is where `N` steps of the solver carry the noise, and `x0` is where many steps carry it; see
/// [`Reference::error_of`]. The search starts from the best of some fixed grids (uniform, sigmoid, EDM's,
/// shifted), moves one time after another in its log-odds between its neighbours, and keeps each move that
/// lowers the error. So on the noise that it was learned on, the grid is never worse than a fixed one;
/// measure it on held-out noise as well. A few hundred rows are enough, since a grid has few parameters.
///
/// A grid belongs to one flow, one solver and one number of steps. Learn it once, and save it with serde.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Sampler, flow::GaussianFlow, ode::{Dpm, TimeGrid}, tuning::{GridSearch, Reference}};
///
/// let flow = GaussianFlow::new(3.0, 0.2)?;
/// let solver = Dpm::default();
/// let noise = |seed| Key::new(seed).normal::<Flex, 2>([64, 2], &Default::default());
/// let learned = GridSearch::new(5)?.find(&flow, &solver, noise(0))?;
/// assert_eq!(learned.evaluations, 9);
/// assert!(learned.error < 0.9 * learned.starts[0].error);
///
/// let held_out = Reference::of(&Sampler::new(&flow, solver, TimeGrid::uniform(200)?), noise(1))?;
/// let uniform = Sampler::new(&flow, solver, TimeGrid::uniform(5)?);
/// let sampler = Sampler::new(&flow, solver, learned.grid);
/// assert!(held_out.error_of(&sampler)? < held_out.error_of(&uniform)?);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: ours. The method is compass search with the pattern moves of Hooke and Jeeves, *"Direct Search"
/// Solution of Numerical and Statistical Problems*, 1961.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GridSearch {
    steps: usize,
    tolerance: f64,
    max_sweeps: usize,
    descents: usize,
    starts: Vec<TimeGrid>,
}

deserialize_checked!(GridSearch {
    steps: usize,
    tolerance: f64,
    max_sweeps: usize,
    descents: usize,
    starts: Vec<TimeGrid>,
} via GridSearch::from_settings(steps, tolerance, max_sweeps, descents, starts));

impl GridSearch {
    /// Searches for a grid of `steps` steps.
    ///
    /// # Errors
    /// If `steps` is zero.
    pub fn new(steps: usize) -> Result<Self, ConfigError> {
        let steps = at_least_one("GridSearch", "steps", steps)?;
        Ok(Self { steps, tolerance: 0.01, max_sweeps: 100, descents: 3, starts: vec![] })
    }

    /// Ends a descent once no time would move by more than `tolerance` in its log-odds; 0.01 by default.
    ///
    /// # Errors
    /// If it is not positive and finite.
    ///
    /// # Example
    /// ```
    /// # use {burn_flex::Flex, reflow::{Key, flow::GaussianFlow, ode::Euler, tuning::GridSearch}};
    /// # let flow = GaussianFlow::new(0.0, 0.5)?;
    /// # let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let coarse = GridSearch::new(3)?.with_tolerance(0.1)?.find(&flow, &Euler, noise.clone())?;
    /// let fine = GridSearch::new(3)?.with_tolerance(0.001)?.find(&flow, &Euler, noise)?;
    /// assert!(coarse.cost < fine.cost && coarse.error >= fine.error);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_tolerance(self, tolerance: f64) -> Result<Self, ConfigError> {
        Ok(Self { tolerance: positive("GridSearch", "tolerance", tolerance)?, ..self })
    }

    /// Ends a descent after `max_sweeps` sweeps over all times; 100 by default.
    ///
    /// # Errors
    /// If it is zero.
    ///
    /// # Example
    /// ```
    /// # use {burn_flex::Flex, reflow::{Key, flow::GaussianFlow, ode::Euler, tuning::GridSearch}};
    /// # let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let search = GridSearch::new(3)?.with_max_sweeps(1)?;
    /// assert_eq!(search.find(&GaussianFlow::new(0.0, 0.5)?, &Euler, noise)?.sweeps, 1);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_max_sweeps(self, max_sweeps: usize) -> Result<Self, ConfigError> {
        Ok(Self { max_sweeps: at_least_one("GridSearch", "max_sweeps", max_sweeps)?, ..self })
    }

    /// Descends from the `descents` best starts and keeps the best end, to avoid local minima; 3 by default.
    ///
    /// # Errors
    /// If it is zero.
    ///
    /// # Example
    /// ```
    /// # use {burn_flex::Flex, reflow::{Key, flow::GaussianFlow, ode::Euler, tuning::GridSearch}};
    /// # let flow = GaussianFlow::new(0.0, 0.5)?;
    /// # let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let one = GridSearch::new(3)?.with_descents(1)?.find(&flow, &Euler, noise.clone())?;
    /// let three = GridSearch::new(3)?.find(&flow, &Euler, noise)?;
    /// assert!(one.cost < three.cost && one.error >= three.error);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_descents(self, descents: usize) -> Result<Self, ConfigError> {
        Ok(Self { descents: at_least_one("GridSearch", "descents", descents)?, ..self })
    }

    /// Adds a grid to those that the search may start from.
    ///
    /// # Errors
    /// If the grid has a different number of steps, or does not go from 1 to 0.
    ///
    /// # Example
    /// ```
    /// # use {burn_flex::Flex, reflow::{Key, flow::GaussianFlow, ode::{Euler, TimeGrid}}};
    /// # use reflow::tuning::GridSearch;
    /// # let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let search = GridSearch::new(2)?.with_start(TimeGrid::new(vec![1.0, 0.05, 0.0])?)?;
    /// let learned = search.find(&GaussianFlow::new(0.0, 0.05)?, &Euler, noise)?;
    /// assert!(learned.starts.iter().any(|start| start.name == "given"));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_start(mut self, grid: TimeGrid) -> Result<Self, ConfigError> {
        let fits = grid.steps() == self.steps && grid.times()[0] == 1.0 && grid.times()[self.steps] == 0.0;
        self.starts.push(require(fits, "GridSearch", "start", "from 1 to 0 in as many steps", grid)?);
        Ok(self)
    }

    fn from_settings(
        steps: usize,
        tolerance: f64,
        max_sweeps: usize,
        descents: usize,
        starts: Vec<TimeGrid>,
    ) -> Result<Self, ConfigError> {
        let search = Self::new(steps)?
            .with_tolerance(tolerance)?
            .with_max_sweeps(max_sweeps)?
            .with_descents(descents)?;
        starts.into_iter().try_fold(search, Self::with_start)
    }

    /// Learns a grid from noise, against a reference of 128 steps of [`Heun`].
    ///
    /// For a conditional flow, pass [`flow.given(y)`](crate::FlowExt::given) with a condition for each row.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::NotFinite`] if a sample is not finite.
    ///
    /// # Example
    /// ```
    /// # use {burn_flex::Flex, reflow::{Key, flow::GaussianFlow, ode::Euler, tuning::GridSearch}};
    /// # let noise = Key::new(0).normal::<Flex, 2>([64, 2], &Default::default());
    /// // For data N(0, s^2), the best two steps of Euler meet at s / (1 + s).
    /// let learned = GridSearch::new(2)?.find(&GaussianFlow::new(0.0, 0.5)?, &Euler, noise)?;
    /// assert!((learned.grid.times()[1] - 1.0 / 3.0).abs() < 0.02);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn find<B: Backend, const D: usize, F: Flow<B, D>, S: OdeSolver>(
        &self,
        flow: &F,
        solver: &S,
        x1: Tensor<B, D>,
    ) -> Result<LearnedGrid, Error> {
        let many = Sampler::new(flow, Heun, TimeGrid::sigmoid(REFERENCE_STEPS, 6.0)?);
        self.find_for(flow, solver, &Reference::of(&many, x1)?)
    }

    /// Learns a grid against a given reference, which may come from another solver or another flow, or from a
    /// sampler that runs on threads.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if a sample on a fixed grid is not finite.
    ///
    /// # Example
    /// ```
    /// # use {burn_flex::Flex, reflow::{Key, Sampling, flow::GaussianFlow, ode::Dpm}};
    /// # use reflow::tuning::{GridSearch, Reference};
    /// # let (teacher, student) = (GaussianFlow::new(3.0, 0.5)?, GaussianFlow::new(3.0, 0.4)?);
    /// # let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let reference = Reference::of(&Sampling::simple_reflow(64)?.of(teacher), noise)?;
    /// let learned = GridSearch::new(2)?.find_for(&student, &Dpm::default(), &reference)?;
    /// assert_eq!((learned.grid.steps(), learned.evaluations), (2, 3));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn find_for<B: Backend, const D: usize, F: Flow<B, D>, S: OdeSolver>(
        &self,
        flow: &F,
        solver: &S,
        reference: &Reference<B, D>,
    ) -> Result<LearnedGrid, Error> {
        let flow = Counted::new(flow);
        let starts = self.starts(|grid| {
            reference
                .error_at(Trajectory::new(&flow, solver, grid, reference.x1(), Direction::ToData).finish()?.x)
        })?;
        let evaluations = flow.evaluations() / starts.len();
        let mut learned = LearnedGrid::at(&starts[0], evaluations);
        for start in &starts[..self.descents.min(starts.len())] {
            let mut descent = Descent::new(&flow, solver, reference, start.grid.times())?;
            let sweeps = self.descend(&mut descent, reference.rounding())?;
            if descent.error() < learned.error {
                let grid = TimeGrid::new(descent.times().to_vec())?;
                learned = LearnedGrid { grid, error: descent.error(), sweeps, ..learned };
            }
        }
        Ok(LearnedGrid { starts, cost: flow.evaluations(), ..learned })
    }

    /// Sweeps until moves are small, the error is within rounding, or sweeps run out; returns their number.
    fn descend<B: Backend, const D: usize, F: Flow<B, D>, S: OdeSolver>(
        &self,
        descent: &mut Descent<'_, B, D, F, S>,
        rounding: f64,
    ) -> Result<usize, Error> {
        let mut sweeps = 0;
        while sweeps < self.max_sweeps
            && descent.largest_move() > self.tolerance
            && descent.error() > rounding
        {
            descent.sweep()?;
            sweeps += 1;
        }
        Ok(sweeps)
    }

    /// The grids to start from with their errors, the best first.
    fn starts(&self, error_of: impl Fn(&TimeGrid) -> Result<f64, Error>) -> Result<Vec<Start>, Error> {
        let n = self.steps;
        let mut grids =
            vec![("uniform".to_owned(), TimeGrid::uniform(n)?), ("edm".to_owned(), TimeGrid::edm(n)?)];
        for k in [5.0, 10.0, 20.0] {
            grids.push((format!("sigmoid {k}"), TimeGrid::sigmoid(n, k)?));
        }
        for shift in [0.25, 4.0] {
            grids.push((format!("shifted {shift}"), TimeGrid::shifted(n, shift)?));
        }
        grids.extend(self.starts.iter().map(|grid| ("given".to_owned(), grid.clone())));
        let measured =
            grids.into_iter().map(|(name, grid)| Ok(Start { name, error: error_of(&grid)?, grid }));
        let mut starts: Vec<Start> = measured.collect::<Result<_, Error>>()?;
        starts.sort_by(|a, b| a.error.total_cmp(&b.error));
        Ok(starts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(steps: usize) -> GridSearch {
        GridSearch::new(steps).unwrap()
    }

    #[test]
    fn wrong_settings_are_refused() {
        let refused = |search: Result<GridSearch, ConfigError>, value: &str| {
            let message = search.unwrap_err().to_string();
            assert!(message.contains(value), "{message}");
        };
        refused(GridSearch::new(0), "steps must be at least 1, got 0");
        refused(search(3).with_tolerance(f64::NAN), "NaN");
        refused(search(3).with_tolerance(0.0), "0.0");
        refused(search(3).with_max_sweeps(0), "max_sweeps");
        refused(search(3).with_descents(0), "descents");
        refused(search(3).with_start(TimeGrid::uniform(4).unwrap()), "0.75");
        refused(search(1).with_start(TimeGrid::new(vec![0.9, 0.0]).unwrap()), "0.9");
    }
}
