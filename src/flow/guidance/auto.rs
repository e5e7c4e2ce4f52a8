//! Guidance by a weaker flow.

use burn::tensor::{Tensor, backend::Backend};

use super::Guidance;
use crate::flow::{ConditionalFlow, Flow, Informative};

/// A flow guided by a worse version of itself: `v = v_guide + w (v_flow - v_guide)`.
///
/// The guide is smaller or trained for less long, on the same data; what the flow does better than it is done still more.
/// A flow of both kinds where the two are: [`Flow`], and [`ConditionalFlow`] under the same conditions. A solve counts each
/// evaluation of the pair as one, whatever it cost.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{
///     Rng, Sampler,
///     flow::{AutoGuidance, GaussianFlow, Guidance},
///     ode::{Heun, TimeGrid},
/// };
///
/// let (good, weak) = (GaussianFlow::new(3.0, 0.5)?, GaussianFlow::new(2.5, 0.7)?);
/// let guided = AutoGuidance::new(good, weak, Guidance::one_is_none(1.5)?);
/// let noise = Rng::new(0).normal::<Flex, 2>([16, 2], &Default::default());
/// let out = Sampler::new(guided, Heun, TimeGrid::edm(5)?).sample(noise)?;
/// assert_eq!(out.x.dims(), [16, 2]);
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

impl<B: Backend, const D: usize, F: Flow<B, D>, G: Flow<B, D>> Flow<B, D> for AutoGuidance<F, G> {
    fn velocity(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        let flow = || self.flow.velocity(x.clone(), t.clone());
        self.guidance.together(t.clone(), flow, || self.guide.velocity(x.clone(), t.clone()))
    }

    fn denoise(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        let flow = || self.flow.denoise(x.clone(), t.clone());
        self.guidance.together(t.clone(), flow, || self.guide.denoise(x.clone(), t.clone()))
    }

    fn velocity_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        let flow = || self.flow.velocity_at(x.clone(), t);
        self.guidance.together_at(t, flow, || self.guide.velocity_at(x.clone(), t))
    }

    fn denoise_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        let flow = || self.flow.denoise_at(x.clone(), t);
        self.guidance.together_at(t, flow, || self.guide.denoise_at(x.clone(), t))
    }
}

impl<B, const D: usize, Y, F, G> ConditionalFlow<B, D, Y> for AutoGuidance<F, G>
where
    B: Backend,
    Y: Informative,
    F: ConditionalFlow<B, D, Y>,
    G: ConditionalFlow<B, D, Y>,
{
    fn velocity_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D> {
        AutoGuidance::new(self.flow.given(y.clone()), self.guide.given(y), self.guidance).velocity(x, t)
    }

    fn denoise_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D> {
        AutoGuidance::new(self.flow.given(y.clone()), self.guide.given(y), self.guidance).denoise(x, t)
    }

    fn velocity_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
        AutoGuidance::new(self.flow.given(y.clone()), self.guide.given(y), self.guidance).velocity_at(x, t)
    }

    fn denoise_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
        AutoGuidance::new(self.flow.given(y.clone()), self.guide.given(y), self.guidance).denoise_at(x, t)
    }
}
