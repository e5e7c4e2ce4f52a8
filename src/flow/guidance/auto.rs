//! Guidance by a weaker flow.

use burn::tensor::{Tensor, backend::Backend};

use super::Guidance;
use crate::{
    Condition,
    flow::{Flow, FlowExt, Prediction},
    time::Time,
};

/// A flow guided by a worse version of itself: `v = v_guide + w (v_flow - v_guide)`.
///
/// The guide is a smaller or less trained model of the same data; guidance amplifies whatever the flow does
/// better than it. Both take the same conditions, or none.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{
///     Key, Sampler,
///     flow::{AutoGuidance, GaussianFlow, Guidance},
///     ode::{Heun, TimeGrid},
/// };
///
/// let (good, weak) = (GaussianFlow::new(3.0, 0.5)?, GaussianFlow::new(2.5, 0.7)?);
/// let guided = AutoGuidance::new(good, weak, Guidance::one_is_none(1.5)?);
/// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
/// let out = Sampler::new(guided, Heun, TimeGrid::edm(5)?).sample(noise)?;
/// assert_eq!((out.x.dims(), out.evaluations), ([16, 2], 2 * 9));
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Karras et al., *Guiding a Diffusion Model with a Bad Version of Itself*, 2024, equation 3.
#[derive(Debug, Clone, Copy)]
pub struct AutoGuidance<F, G> {
    flow: F,
    guide: G,
    guidance: Guidance,
}

impl<F, G> AutoGuidance<F, G> {
    /// Guides `flow` by `guide`.
    pub fn new(flow: F, guide: G, guidance: Guidance) -> Self {
        Self { flow, guide, guidance }
    }
}

impl<B, const D: usize, Y, F, G> Flow<B, D, Y> for AutoGuidance<F, G>
where
    B: Backend,
    Y: Condition,
    F: Flow<B, D, Y>,
    G: Flow<B, D, Y>,
{
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D> {
        let flow = || self.flow.ask::<B, D, Y>(x.clone(), t.clone(), y.clone());
        let guide = || self.guide.ask::<B, D, Y>(x.clone(), t.clone(), y.clone());
        self.guidance.together(&t, flow, guide)
    }
}

#[cfg(test)]
mod tests {
    use burn_ndarray::NdArray;

    use super::*;
    use crate::flow::{DiffusionFlow, DiffusionNetwork, EdmPreconditioning, Guidance, denoiser_fn};

    type F64 = NdArray<f64>;

    /// A network whose error is one everywhere.
    struct Off;

    impl DiffusionNetwork<F64> for Off {
        fn predict(&self, x: Tensor<F64, 2>, _: Tensor<F64, 1>, (): ()) -> Tensor<F64, 2> {
            x.ones_like()
        }
    }

    // Each network has its own least time, and neither of the two suits both.
    #[test]
    fn networks_that_hold_the_time_apart_are_combined_in_velocity() {
        let denoiser = denoiser_fn(|x: Tensor<F64, 2>, _: Time<F64>| x * 0.5);
        let diffusion = DiffusionFlow::<F64, _, _>::new(Off, EdmPreconditioning::new(0.5).unwrap());
        let guidance = Guidance::one_is_none(2.0).unwrap();
        let x = Tensor::<F64, 2>::full([3, 1], 0.1, &Default::default());
        for t in [0.0, 1e-5, 1e-3, 0.4] {
            let (a, b) = (denoiser.velocity(x.clone(), t), diffusion.velocity(x.clone(), t));
            let expected = crate::rows::to_host(a.clone() * 2.0 - b.clone())[0];
            let found = AutoGuidance::new(denoiser, &diffusion, guidance).velocity(x.clone(), t);
            approx::assert_relative_eq!(crate::rows::to_host(found)[0], expected, max_relative = 1e-9);
            let found = AutoGuidance::new(&diffusion, denoiser, guidance).velocity(x.clone(), t);
            let expected = crate::rows::to_host(b * 2.0 - a)[0];
            approx::assert_relative_eq!(crate::rows::to_host(found)[0], expected, max_relative = 1e-9);
        }
    }
}
