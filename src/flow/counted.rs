//! Counting evaluations.

use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::{Tensor, backend::Backend};

use super::{ConditionalFlow, Flow, Informative};

/// A flow that counts how often it is evaluated, whether for its velocity or its denoised batch.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Flow, flow::{Counted, GaussianFlow}};
///
/// let flow = Counted::new(GaussianFlow::new(0.0, 0.5)?);
/// let x = Tensor::<Flex, 2>::zeros([4, 3], &Default::default());
/// flow.velocity(x, Tensor::ones([4], &Default::default()));
/// assert_eq!(flow.evaluations(), 1);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Default)]
pub struct Counted<F> {
    flow: F,
    evaluations: AtomicUsize,
}

impl<F> Counted<F> {
    /// Counts from zero.
    pub fn new(flow: F) -> Self {
        Self { flow, evaluations: AtomicUsize::new(0) }
    }

    /// The number of evaluations so far, each of a whole batch.
    pub fn evaluations(&self) -> usize {
        self.evaluations.load(Ordering::Relaxed)
    }

    fn counted(&self) -> &F {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        &self.flow
    }
}

impl<B: Backend, const D: usize, F: Flow<B, D>> Flow<B, D> for Counted<F> {
    fn velocity(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        self.counted().velocity(x, t)
    }

    fn denoise(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        self.counted().denoise(x, t)
    }

    fn velocity_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        self.counted().velocity_at(x, t)
    }

    fn denoise_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        self.counted().denoise_at(x, t)
    }
}

impl<B, const D: usize, Y, F> ConditionalFlow<B, D, Y> for Counted<F>
where
    B: Backend,
    Y: Informative,
    F: ConditionalFlow<B, D, Y>,
{
    fn velocity_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D> {
        self.counted().velocity_given(x, t, y)
    }

    fn denoise_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D> {
        self.counted().denoise_given(x, t, y)
    }

    fn velocity_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
        self.counted().velocity_given_at(x, t, y)
    }

    fn denoise_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
        self.counted().denoise_given_at(x, t, y)
    }
}
