//! The midpoint method.

use burn::tensor::{Tensor, backend::Backend};

use super::{OdeSolver, Step};
use crate::{Flow, FlowExt, error::serialize_by_name};

/// Second order, two evaluations a step, neither at its end.
///
/// ```text
/// x' = x_t + h/2 v(x_t, t)
/// x_s = x_t + h v(x', t + h/2),   h = s - t
/// ```
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{Midpoint, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, Midpoint, TimeGrid::uniform(4)?);
/// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 2], &Default::default()))?;
/// assert_eq!(out.evaluations, 8);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Midpoint;

serialize_by_name!(Midpoint);

impl OdeSolver for Midpoint {
    type State<B: Backend, const D: usize> = ();
    const ORDER: usize = 2;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        (): (),
    ) -> (Tensor<B, D>, ()) {
        let v = flow.velocity(x.clone(), step.from());
        let middle = x.clone() + v * (0.5 * step.size());
        let v_middle = flow.velocity(middle, step.at(0.5));
        (x + v_middle * step.size(), ())
    }
}
