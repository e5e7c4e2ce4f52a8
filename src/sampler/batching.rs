//! Whether a batch is solved whole or in parts on several threads.

use std::ops::Range;

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Path, Solution};
use crate::{
    Condition, ConditionalFlow, ConfigError, Error, OdeSolver, StepControl,
    error::{at_least_one, deserialize_checked, serialize_by_name},
    ode::Direction,
    threads,
};

/// How a sampler runs over a batch: [`Whole`] or [`Split`].
pub trait Batching<F, S, C> {
    /// Solves every row of `x` under its condition.
    ///
    /// # Errors
    /// As the step control's.
    fn solve<B: Backend, const D: usize, Y: Condition>(
        &self,
        flow: &F,
        solver: &S,
        control: &C,
        x: Tensor<B, D>,
        y: Y::Rows<B>,
        direction: Direction,
    ) -> Result<Solution<B, D>, Error>
    where
        F: ConditionalFlow<B, D, Y>,
        S: OdeSolver,
        C: StepControl<S>;
}

/// The batch at once: what a GPU wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whole;

serialize_by_name!(Whole);

impl<F, S, C> Batching<F, S, C> for Whole {
    fn solve<B: Backend, const D: usize, Y: Condition>(
        &self,
        flow: &F,
        solver: &S,
        control: &C,
        x: Tensor<B, D>,
        y: Y::Rows<B>,
        direction: Direction,
    ) -> Result<Solution<B, D>, Error>
    where
        F: ConditionalFlow<B, D, Y>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        Path::new(flow.given(y), solver, control, x, direction).finish()
    }
}

/// The batch in parts of a few rows, on threads: what a CPU wants, as its element-wise work uses one core and
/// small parts stay in its caches.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Rng, Sampler, flow::GaussianFlow, ode::{Heun, TimeGrid}, sampler::Split};
///
/// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::uniform(5)?)
///     .split(Split::new(2, 64)?);
/// let out = sampler.sample(Rng::new(0).normal::<Flex, 2>([1000, 2], &Default::default()))?;
/// assert_eq!(out.x.dims(), [1000, 2]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Split {
    threads: usize,
    rows: usize,
}

deserialize_checked!(Split { threads: usize, rows: usize } via Split::new(threads, rows));

impl Split {
    /// Parts of at most `rows` rows, solved by `threads` threads.
    ///
    /// # Errors
    /// If either is zero.
    pub fn new(threads: usize, rows: usize) -> Result<Self, ConfigError> {
        Ok(Self {
            threads: at_least_one("Split", "threads", threads)?,
            rows: at_least_one("Split", "rows", rows)?,
        })
    }

    /// Parts of at most `rows` rows, on as many threads as the machine runs at once.
    ///
    /// # Errors
    /// If `rows` is zero.
    pub fn across_cores(rows: usize) -> Result<Self, ConfigError> {
        Self::new(threads::cores(), rows)
    }

    fn parts(self, batch: usize) -> Vec<Range<usize>> {
        (0..batch).step_by(self.rows).map(|start| start..(start + self.rows).min(batch)).collect()
    }
}

impl<F: Sync, S: Sync, C: Sync> Batching<F, S, C> for Split {
    fn solve<B: Backend, const D: usize, Y: Condition>(
        &self,
        flow: &F,
        solver: &S,
        control: &C,
        x: Tensor<B, D>,
        y: Y::Rows<B>,
        direction: Direction,
    ) -> Result<Solution<B, D>, Error>
    where
        F: ConditionalFlow<B, D, Y>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        let parts = self.parts(x.dims()[0]);
        let inputs: Vec<_> = parts
            .into_iter()
            .map(|part| (x.clone().narrow(0, part.start, part.len()), Y::slice(y.clone(), part)))
            .collect();
        let solutions = threads::map(self.threads, inputs, |(x, y)| {
            Whole.solve::<B, D, Y>(flow, solver, control, x, y, direction)
        });
        join(solutions.into_iter().collect::<Result<_, Error>>()?)
    }
}

fn join<B: Backend, const D: usize>(parts: Vec<Solution<B, D>>) -> Result<Solution<B, D>, Error> {
    let evaluations = parts.iter().map(|part| part.evaluations).max();
    let steps = parts.iter().map(|part| part.steps).max();
    let (Some(evaluations), Some(steps)) = (evaluations, steps) else {
        return Err(Error::Empty { what: "the batch to solve" });
    };
    let x = Tensor::cat(parts.into_iter().map(|part| part.x).collect(), 0);
    Ok(Solution { x, evaluations, steps })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_batch_once() {
        assert_eq!(Split::new(2, 4).unwrap().parts(10), [0..4, 4..8, 8..10]);
        assert_eq!(Split::new(2, 4).unwrap().parts(4).len(), 1);
    }

    #[test]
    fn wrong_settings_are_refused() {
        assert!(Split::new(0, 4).unwrap_err().to_string().contains("threads"));
        assert!(Split::new(2, 0).unwrap_err().to_string().contains("rows"));
    }
}
