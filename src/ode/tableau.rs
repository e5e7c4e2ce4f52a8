//! Explicit Runge-Kutta methods, given by their tables of coefficients.

use burn::tensor::{Tensor, backend::Backend};

use super::Step;
use crate::{Flow, FlowExt};

/// The stages after the first: where in the step each lies, and how much of the earlier stages leads there.
pub(super) struct Tableau {
    pub(super) nodes: &'static [f64],
    pub(super) stages: &'static [&'static [f64]],
}

impl Tableau {
    /// The velocities of all stages; the first is computed only if it is not given.
    pub(super) fn velocities<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: &Tensor<B, D>,
        step: Step,
        first: Option<Tensor<B, D>>,
    ) -> Vec<Tensor<B, D>> {
        let mut velocities = Vec::with_capacity(self.stages.len() + 1);
        velocities.push(first.unwrap_or_else(|| flow.velocity(x.clone(), step.from())));
        for (&node, weights) in self.nodes.iter().zip(self.stages) {
            let stage = x.clone() + weighted(&velocities, weights, step);
            velocities.push(flow.velocity(stage, step.at(node)));
        }
        velocities
    }
}

/// `h` times the weighted sum of the velocities, skipping those of weight zero.
///
/// # Panics
/// If all weights are zero; no method has such a row.
pub(super) fn weighted<B: Backend, const D: usize>(
    velocities: &[Tensor<B, D>],
    weights: &[f64],
    step: Step,
) -> Tensor<B, D> {
    let terms = velocities.iter().zip(weights).filter(|(_, weight)| **weight != 0.0);
    terms
        .map(|(velocity, weight)| velocity.clone() * (step.size() * weight))
        .reduce(|sum, term| sum + term)
        .expect("a Runge-Kutta stage uses some velocity")
}
