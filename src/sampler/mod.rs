//! Sampling: noise to data, data back to noise, and the path between.

mod batching;
mod descent;
mod grid_search;
mod learned_grid;
mod path;
mod preset;
mod reference;

pub use batching::{Batching, Split, Whole};
pub use grid_search::GridSearch;
pub use learned_grid::{LearnedGrid, Start};
pub use path::{Path, PathPoint};
pub use preset::Sampling;
pub use reference::Reference;

use burn::tensor::{Tensor, backend::Backend};

use crate::{
    Condition, ConditionalFlow, Error, Flow, OdeSolver, StepControl, flow::ConditionRows, ode::Direction,
    rows,
};

/// Where a solve ended, and what it took.
#[derive(Debug, Clone)]
pub struct Solution<B: Backend, const D: usize> {
    /// The end of the path: samples, or the noise of an inversion.
    pub x: Tensor<B, D>,
    /// How often the flow was evaluated, counted as it happened. Of a [`Split`] batch, the most of any part.
    pub evaluations: usize,
    /// How many steps were accepted.
    pub steps: usize,
}

/// A flow, a solver and what chooses its steps: what carries noise to data.
///
/// Give it the network on the plain backend (`trainer.sampler(..)` does, `module.valid()` is one): on an
/// autodiff backend every evaluation would be recorded.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Rng, Sampler, flow::GaussianFlow, ode::{Dpm, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Dpm::new(0.4)?, TimeGrid::sigmoid(5, 20.0)?);
/// let noise = Rng::new(0).normal::<Flex, 2>([16, 2], &Default::default());
/// let out = sampler.sample(noise)?;
/// assert_eq!((out.x.dims(), out.evaluations, out.steps), ([16, 2], 9, 5));
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sampler<F, S, C, R = Whole> {
    flow: F,
    solver: S,
    control: C,
    batching: R,
}

impl<F, S, C> Sampler<F, S, C> {
    /// Samples `flow` by `solver`, with steps chosen by `control`.
    pub fn new(flow: F, solver: S, control: C) -> Self {
        Self { flow, solver, control, batching: Whole }
    }
}

impl<F, S, C, R> Sampler<F, S, C, R> {
    /// The same sampler, its batches cut into parts that threads solve side by side.
    pub fn split(self, split: Split) -> Sampler<F, S, C, Split> {
        let Self { flow, solver, control, .. } = self;
        Sampler { flow, solver, control, batching: split }
    }

    /// The flow that is sampled.
    pub fn flow(&self) -> &F {
        &self.flow
    }

    /// Carries noise to data.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, result: the same.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows; [`Error::Unfinished`] if adaptive steps cannot keep to their tolerances.
    pub fn sample<B: Backend, const D: usize>(&self, x1: Tensor<B, D>) -> Result<Solution<B, D>, Error>
    where
        F: Flow<B, D>,
        S: OdeSolver,
        C: StepControl<S>,
        R: Batching<F, S, C>,
    {
        self.sample_given(x1, ())
    }

    /// Carries noise to data, each row under its condition.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, `y`: one condition a row, result: as `x1`.
    ///
    /// # Errors
    /// As [`sample`](Sampler::sample), and [`Error::Length`] if rows and conditions differ in number.
    pub fn sample_given<B: Backend, const D: usize, Y: ConditionRows<B>>(
        &self,
        x1: Tensor<B, D>,
        y: Y,
    ) -> Result<Solution<B, D>, Error>
    where
        F: ConditionalFlow<B, D, Y::Kind>,
        S: OdeSolver,
        C: StepControl<S>,
        R: Batching<F, S, C>,
    {
        self.solve::<B, D, Y::Kind>(x1, y.into_rows(), Direction::ToData)
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
        R: Batching<F, S, C>,
    {
        self.invert_given(x0, ())
    }

    /// Carries data back to noise, each row under its condition.
    ///
    /// # Shapes
    /// `x0`: `[batch, ..]`, `y`: one condition a row, result: as `x0`.
    ///
    /// # Errors
    /// As [`sample_given`](Sampler::sample_given).
    pub fn invert_given<B: Backend, const D: usize, Y: ConditionRows<B>>(
        &self,
        x0: Tensor<B, D>,
        y: Y,
    ) -> Result<Solution<B, D>, Error>
    where
        F: ConditionalFlow<B, D, Y::Kind>,
        S: OdeSolver,
        C: StepControl<S>,
        R: Batching<F, S, C>,
    {
        self.solve::<B, D, Y::Kind>(x0, y.into_rows(), Direction::ToNoise)
    }

    /// The path from noise to data, step by step, both ends included.
    ///
    /// For the path of a conditional flow, sample [`flow.given(y)`](ConditionalFlow::given).
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`, each point: the same.
    pub fn path<B: Backend, const D: usize>(&self, x1: Tensor<B, D>) -> Path<'_, B, D, &F, S, C>
    where
        F: Flow<B, D>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        Path::new(&self.flow, &self.solver, &self.control, x1, Direction::ToData)
    }

    /// The path from data back to noise; see [`path`](Sampler::path).
    ///
    /// # Shapes
    /// `x0`: `[batch, ..]`, each point: the same.
    pub fn inverse_path<B: Backend, const D: usize>(&self, x0: Tensor<B, D>) -> Path<'_, B, D, &F, S, C>
    where
        F: Flow<B, D>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        Path::new(&self.flow, &self.solver, &self.control, x0, Direction::ToNoise)
    }

    /// Carries every row the given way, each under its condition.
    ///
    /// [`sample_given`](Sampler::sample_given) and [`invert_given`](Sampler::invert_given) for code that is generic
    /// over the condition.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `y`: one condition a row, result: as `x`.
    ///
    /// # Errors
    /// As [`sample_given`](Sampler::sample_given).
    pub fn solve<B: Backend, const D: usize, Y: Condition>(
        &self,
        x: Tensor<B, D>,
        y: Y::Rows<B>,
        direction: Direction,
    ) -> Result<Solution<B, D>, Error>
    where
        F: ConditionalFlow<B, D, Y>,
        S: OdeSolver,
        C: StepControl<S>,
        R: Batching<F, S, C>,
    {
        let dims = x.dims();
        if dims.contains(&0) {
            return Err(Error::Empty { what: "the batch to solve" });
        }
        if let Some(found) = Y::len(&y) {
            rows::check_length("the conditions of a batch", dims[0], found)?;
        }
        self.batching.solve::<B, D, Y>(&self.flow, &self.solver, &self.control, x, y, direction)
    }
}
