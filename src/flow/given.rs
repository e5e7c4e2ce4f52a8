//! A flow under fixed conditions.

use burn::tensor::{Tensor, backend::Backend};

use super::{Flow, Prediction};
use crate::{Condition, time::Time};

/// A conditional flow under fixed conditions; see [`FlowExt::given`](super::FlowExt::given).
#[derive(Debug, Clone)]
pub struct Given<F, B: Backend, Y: Condition> {
    flow: F,
    y: Y::Rows<B>,
}

impl<F, B: Backend, Y: Condition> Given<F, B, Y> {
    /// Fixes the conditions of the batches that `flow` will see.
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
    /// If the batch has not as many rows as there are conditions.
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
