//! Flows with fixed conditions.

use burn::tensor::{Tensor, backend::Backend};

use super::{Flow, Prediction};
use crate::{Condition, time::Time};

/// A conditional flow with fixed conditions, which makes it a flow without conditions.
///
/// [`FlowExt::given`](super::FlowExt::given) borrows the flow; [`new`](Given::new) takes it, so the result
/// can be stored.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{FlowExt, Labels, condition::Optional, flow::Given, models::MlpConfig};
///
/// let device = Default::default();
/// let net = MlpConfig::new(2)?.init_with_classes::<Flex>(10, &device)?;
/// let labels = Tensor::<Flex, 1, Int>::from_ints([3, 7], &device);
/// let flow = Given::<_, Flex, Optional<Labels>>::new(net, labels.into());
/// let x = Tensor::<Flex, 2>::zeros([2, 2], &device);
/// assert_eq!(flow.velocity(x, 0.5).dims(), [2, 2]);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Given<F, B: Backend, Y: Condition> {
    flow: F,
    y: Y::Rows<B>,
}

impl<F, B: Backend, Y: Condition> Given<F, B, Y> {
    /// Fixes the conditions of `flow` to `y`, one for each row of a batch.
    pub fn new(flow: F, y: Y::Rows<B>) -> Self {
        Self { flow, y }
    }
}

impl<F, B, const D: usize, Y> Flow<B, D> for Given<F, B, Y>
where
    F: Flow<B, D, Y>,
    B: Backend,
    Y: Condition,
{
    /// # Panics
    /// If the number of rows differs from the number of conditions.
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, (): ()) -> Prediction<B, D> {
        let batch = x.dims()[0];
        for found in Y::lengths::<B>(&self.y) {
            assert!(
                found == batch,
                "{found} fixed conditions for a batch of {batch}: a batch that is split takes its conditions through \
                 `sample_given` or `trajectory_given`"
            );
        }
        self.flow.predict(x, t, self.y.clone())
    }
}
