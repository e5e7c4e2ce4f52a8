//! Heun's method in the noise level.

use burn::tensor::{Tensor, backend::Backend};

use super::{Heun, OdeSolver, Step};
use crate::{Flow, FlowExt, error::serialize_by_name};

/// Heun's method in the noise level `sigma = t / (1 - t)`: EDM's own steps.
///
/// ```text
/// n(x, t) = (x - (1 - t) D(x, t)) / t                    the noise a diffusion model predicts
/// x' = (s/t) x_t + (1 - s/t) D(x_t, t)
/// x_s = x' + (1 - s) (s/(1 - s) - t/(1 - t)) (n(x', s) - n(x_t, t)) / 2
/// ```
///
/// [`Heun`] in `t` takes the same first-order step and corrects it by a different amount, also of second
/// order in the step. A step that touches `t = 1`, where `sigma` is infinite, is Heun's; a step into the data
/// is first order, like EDM's last. To repeat EDM's samples up to rounding, start where EDM does: at
/// `t = 80/81` instead of 1, from noise times `80/81`.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{EdmHeun, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, EdmHeun, TimeGrid::edm(5)?);
/// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 2], &Default::default()))?;
/// assert_eq!(out.evaluations, 9);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Karras et al. (EDM), 2022, Algorithm 1, in a flow's variables by Proposition 2 of Simple ReFlow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EdmHeun;

serialize_by_name!(EdmHeun);

impl OdeSolver for EdmHeun {
    type State<B: Backend, const D: usize> = ();
    const ORDER: usize = 2;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        (): (),
    ) -> (Tensor<B, D>, ()) {
        let (t, s) = (step.from(), step.to());
        if s <= 0.0 || t.max(s) >= 1.0 {
            return Heun.step(flow, x, step, ());
        }
        // n = x + (1 - t) v, which is finite at t = 0 too.
        let v = flow.velocity(x.clone(), t);
        let noise = x.clone() + v.clone() * (1.0 - t);
        let ahead = x + v * step.size();
        let noise_ahead = ahead.clone() + flow.velocity(ahead.clone(), s) * (1.0 - s);
        let half = 0.5 * (1.0 - s) * (s / (1.0 - s) - t / (1.0 - t));
        (ahead + (noise_ahead - noise) * half, ())
    }
}
