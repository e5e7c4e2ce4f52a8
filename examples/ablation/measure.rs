//! How far samples are from the data, and a few-step solve from the exact one.

use std::cell::OnceCell;

use burn::tensor::Tensor;
use reflow::{
    Carry, OdeSolver, Sampler, Sampling, StepControl,
    flow::Split,
    metric::energy_distance,
    models::Mlp,
    ode::{Direction, Euler, RungeKutta4, TimeGrid},
    tuning::Reference,
};

use super::{
    common::{self, Plain},
    training::{PART, Training},
};

/// Rows of noise from which the solver's error is measured.
const ROWS: usize = 500;
/// Steps of a solve whose own error does not show.
const EXACT_STEPS: usize = 100;

/// A flow, with the noise to sample it from.
pub struct Measured<'a> {
    training: Training<'a>,
    flow: &'a Mlp<Plain>,
    noise: Tensor<Plain, 2>,
    exact: OnceCell<Reference<Plain>>,
}

impl<'a> Measured<'a> {
    pub fn new(training: Training<'a>, flow: &'a Mlp<Plain>) -> Self {
        let shape = [training.budget.samples, training.images.pixels()];
        let noise = training.key("samples").normal(shape, &Default::default());
        Self { training, flow, noise, exact: OnceCell::new() }
    }

    /// The distance to the held-out data in 9 evaluations, and the error of the solver: the root mean square of what the
    /// values are off the exact solve from the same noise.
    pub fn nine<S: OdeSolver, C: StepControl<S>>(
        &self,
        sampling: Sampling<S, C>,
    ) -> common::Result<[f64; 2]> {
        let sampler = sampling.of(self.flow).split(Split::across_cores(PART)?);
        let error = (self.exact()?.error_of(&sampler)? / self.training.images.pixels() as f64).sqrt();
        Ok([self.distance(self.solve(&sampler)?)?, error])
    }

    /// The distance in 9 evaluations of the baseline's solver on its grid, and in one.
    pub fn both(&self) -> common::Result<[f64; 2]> {
        let sampler = Sampling::baseline(5)?.of(self.flow).split(Split::across_cores(PART)?);
        Ok([self.distance(self.solve(&sampler)?)?, self.one()?])
    }

    fn solve(&self, sampler: &impl Carry<Plain>) -> common::Result<Tensor<Plain, 2>> {
        let solved = sampler.carry(self.noise.clone(), (), Direction::ToData)?;
        assert_eq!(solved.evaluations, 9, "the tables are of 9 evaluations");
        Ok(solved.x)
    }

    fn exact(&self) -> common::Result<&Reference<Plain>> {
        if let Some(exact) = self.exact.get() {
            return Ok(exact);
        }
        let sampler = Sampler::new(self.flow, RungeKutta4, TimeGrid::uniform(EXACT_STEPS)?);
        let sampler = sampler.split(Split::across_cores(PART)?);
        let exact = Reference::of(&sampler, self.noise.clone().narrow(0, 0, ROWS))?;
        Ok(self.exact.get_or_init(|| exact))
    }

    fn distance(&self, x: Tensor<Plain, 2>) -> common::Result<f64> {
        Ok(energy_distance(x, self.training.images.held_out.clone())?)
    }

    /// The distance to the held-out data in one evaluation.
    pub fn one(&self) -> common::Result<f64> {
        let sampler = Sampler::new(self.flow, Euler, TimeGrid::uniform(1)?);
        self.distance(sampler.split(Split::across_cores(PART)?).sample(self.noise.clone())?.x)
    }
}
