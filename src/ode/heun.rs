//! Heun's method.

use burn::tensor::{Tensor, backend::Backend};

use super::{Euler, OdeSolver, Step};
use crate::{Flow, FlowExt, error::serialize_by_name};

/// Second order, two evaluations a step, but only one in the step into the data.
///
/// ```text
/// x' = x_t + h v(x_t, t)
/// x_s = x_t + h (v(x_t, t) + v(x', s)) / 2,   h = s - t
/// ```
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{Heun, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, Heun, TimeGrid::uniform(5)?);
/// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 2], &Default::default()))?;
/// assert_eq!(out.evaluations, 9);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Karras et al., *Elucidating the Design Space of Diffusion-Based Generative Models* (EDM), 2022,
/// Algorithm 1, whose last step is also Euler's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heun;

serialize_by_name!(Heun);

impl OdeSolver for Heun {
    type State<B: Backend, const D: usize> = ();
    const ORDER: usize = 2;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        (): (),
    ) -> (Tensor<B, D>, ()) {
        if step.to() <= 0.0 {
            return Euler.step(flow, x, step, ());
        }
        let v = flow.velocity(x.clone(), step.from());
        let ahead = x.clone() + v.clone() * step.size();
        let v_ahead = flow.velocity(ahead, step.to());
        (x + (v + v_ahead) * (0.5 * step.size()), ())
    }
}
