//! Guidance by the flow without its condition.

use burn::tensor::{Int, Tensor, backend::Backend};

use super::{AutoGuidance, Guidance};
use crate::{
    Error,
    flow::{ConditionRows, ConditionalFlow, Flow, Given, Informative, null_row},
};

/// A conditional flow guided by itself without the condition: `v = v_null + w (v_y - v_null)`.
///
/// The network is one that was trained with the condition dropped now and then: the row that stands for none, such as the
/// null class of [`ClassMlp`](crate::models::ClassMlp), is given here. A solve counts each evaluation of the pair as one,
/// whatever it cost.
///
/// # Panics
/// When evaluated, as the network does, if `null` has another row shape than the conditions.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{
///     Rng, Sampler,
///     flow::{ClassifierFree, Guidance},
///     models::MlpConfig,
///     ode::{Heun, TimeGrid},
/// };
///
/// let device = Default::default();
/// let net = MlpConfig::new(2)?.init_with_classes::<Flex>(10, &device)?;
/// let null = Tensor::<Flex, 1, Int>::from_ints([10], &device);
/// let guided = ClassifierFree::new(net, null, Guidance::one_is_none(2.0)?.between(0.0, 0.8)?)?;
///
/// let labels = Tensor::<Flex, 1, Int>::from_ints([3, 1, 4], &device);
/// let noise = Rng::new(0).normal::<Flex, 2>([3, 2], &device);
/// let out = Sampler::new(guided, Heun, TimeGrid::uniform(5)?).sample_given(noise, labels)?;
/// assert_eq!(out.x.dims(), [3, 2]);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Ho & Salimans, *Classifier-Free Diffusion Guidance*, 2022, equation 6, whose scale is `w - 1`.
#[derive(Debug, Clone)]
pub struct ClassifierFree<F, B: Backend, Y: Informative> {
    flow: F,
    null: Y::Rows<B>,
    guidance: Guidance,
}

impl<F, B: Backend, Y: Informative> ClassifierFree<F, B, Y> {
    /// Guides `flow`, for which the one row of `null` stands for no condition.
    ///
    /// # Errors
    /// [`Error::Length`] if `null` is not one row.
    pub fn new(flow: F, null: impl ConditionRows<B, Kind = Y>, guidance: Guidance) -> Result<Self, Error> {
        Ok(Self { flow, null: null_row(null)?, guidance })
    }

    /// The flow under its conditions, guided by the flow under none.
    fn guided<const D: usize>(
        &self,
        x: &Tensor<B, D>,
        y: Y::Rows<B>,
    ) -> AutoGuidance<Given<'_, F, B, Y>, Given<'_, F, B, Y>>
    where
        F: ConditionalFlow<B, D, Y>,
    {
        let first = Tensor::<B, 1, Int>::zeros([x.dims()[0]], &x.device());
        let null = Y::select(Y::to_device(self.null.clone(), &x.device()), first);
        AutoGuidance::new(self.flow.given(y), self.flow.given(null), self.guidance)
    }
}

impl<B, const D: usize, Y, F> ConditionalFlow<B, D, Y> for ClassifierFree<F, B, Y>
where
    B: Backend,
    Y: Informative,
    F: ConditionalFlow<B, D, Y>,
{
    fn velocity_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D> {
        self.guided(&x, y).velocity(x, t)
    }

    fn denoise_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D> {
        self.guided(&x, y).denoise(x, t)
    }

    fn velocity_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
        self.guided(&x, y).velocity_at(x, t)
    }

    fn denoise_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
        self.guided(&x, y).denoise_at(x, t)
    }
}
