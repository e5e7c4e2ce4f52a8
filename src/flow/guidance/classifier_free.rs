//! Guidance by the same flow without its condition.

use burn::tensor::{Tensor, backend::Backend};

use super::Guidance;
use crate::{
    Condition,
    condition::Optional,
    flow::{Flow, FlowExt, Prediction},
    time::Time,
};

/// A conditional flow guided by itself without the condition: `v = v_none + w (v_y - v_none)`.
///
/// The flow takes [`Optional`] conditions and is trained on pairs of which some have lost their condition
/// ([`ConditionDropout`](crate::coupling::ConditionDropout)). The guided flow takes the conditions
/// themselves.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{
///     Key, Sampler,
///     flow::{ClassifierFree, Guidance},
///     models::MlpConfig,
///     ode::{Heun, TimeGrid},
/// };
///
/// let device = Default::default();
/// let net = MlpConfig::new(2)?.init_with_classes::<Flex>(10, &device)?;
/// let guided = ClassifierFree::new(net, Guidance::one_is_none(2.0)?.between(0.0, 0.8)?);
///
/// let labels = Tensor::<Flex, 1, Int>::from_ints([3, 1, 4], &device);
/// let noise = Key::new(0).normal::<Flex, 2>([3, 2], &device);
/// let out = Sampler::new(guided, Heun, TimeGrid::uniform(5)?).sample_given(noise, labels)?;
/// // Of the 9 evaluations the first, at t = 1, is not guided; the other 8 are doubled.
/// assert_eq!((out.x.dims(), out.evaluations), ([3, 2], 17));
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Ho & Salimans, *Classifier-Free Diffusion Guidance*, 2022, equation 6, whose scale is `w - 1`.
#[derive(Debug, Clone, Copy)]
pub struct ClassifierFree<F> {
    flow: F,
    guidance: Guidance,
}

impl<F> ClassifierFree<F> {
    /// Guides `flow`, which must take optional conditions.
    pub fn new(flow: F, guidance: Guidance) -> Self {
        Self { flow, guidance }
    }
}

impl<B, const D: usize, Y, F> Flow<B, D, Y> for ClassifierFree<F>
where
    B: Backend,
    Y: Condition,
    F: Flow<B, D, Optional<Y>>,
{
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D> {
        let ask = |y| self.flow.ask::<B, D, Optional<Y>>(x.clone(), t.clone(), y);
        let with = || ask(Optional::all(y.clone(), &x));
        let without = || ask(Optional::none(y.clone(), &x));
        self.guidance.together(&t, with, without)
    }
}
