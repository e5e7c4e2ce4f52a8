//! Counting evaluations.

use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::{Tensor, backend::Backend};

use super::{Flow, Prediction};
use crate::{Condition, time::Time};

/// A flow that counts how many times its networks are evaluated.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{FlowExt, flow::{AutoGuidance, Counted, GaussianFlow, Guidance}};
///
/// let (flow, weak) = (GaussianFlow::new(0.0, 0.5)?, GaussianFlow::new(0.0, 0.6)?);
/// let counted = Counted::new(AutoGuidance::new(flow, weak, Guidance::one_is_none(2.0)?));
/// counted.velocity(Tensor::<Flex, 2>::zeros([4, 3], &Default::default()), 1.0);
/// assert_eq!(counted.evaluations(), 2);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Default)]
pub struct Counted<F> {
    flow: F,
    evaluations: AtomicUsize,
}

impl<F> Counted<F> {
    /// Wraps a flow, and starts counting at zero.
    pub fn new(flow: F) -> Self {
        Self { flow, evaluations: AtomicUsize::new(0) }
    }

    /// The number of evaluations so far; evaluating a whole batch counts as one.
    ///
    /// # Example
    /// ```
    /// # use burn_flex::Flex;
    /// use reflow::{Key, Sampling, flow::{Counted, GaussianFlow}};
    ///
    /// let flow = Counted::new(GaussianFlow::new(3.0, 0.5)?);
    /// let sampler = Sampling::simple_reflow(5)?.of(&flow);
    /// for seed in 0..3 {
    ///     sampler.sample(Key::new(seed).normal::<Flex, 2>([16, 2], &Default::default()))?;
    /// }
    /// assert_eq!(flow.evaluations(), 3 * 9);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn evaluations(&self) -> usize {
        self.evaluations.load(Ordering::Relaxed)
    }
}

impl<B: Backend, const D: usize, Y: Condition, F: Flow<B, D, Y>> Flow<B, D, Y> for Counted<F> {
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D> {
        let prediction = self.flow.predict(x, t, y);
        self.evaluations.fetch_add(prediction.evaluations(), Ordering::Relaxed);
        prediction
    }
}
