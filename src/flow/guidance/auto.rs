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
/// The guide is a smaller or less trained model of the same data; guidance amplifies whatever the flow does better than
/// it. Both take the same conditions, or none.
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
