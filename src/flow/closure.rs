//! Closures as flows.

use std::fmt;

use burn::tensor::{Tensor, backend::Backend};

use super::{Flow, Prediction};
use crate::time::Time;

/// Makes a flow from a closure that computes the velocity `v(x, t)`.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{FlowExt, Time, flow_fn};
///
/// // All data is at the origin: D = 0, so v = x / t.
/// let flow = flow_fn(|x: Tensor<Flex, 2>, t: Time<Flex>| x / t.like());
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 2.0]], &Default::default());
/// assert_eq!(flow.denoise(x, 0.5).into_data().to_vec::<f32>().unwrap(), [0.0, 0.0]);
/// ```
pub fn flow_fn<F>(velocity: F) -> FlowFn<F> {
    FlowFn { velocity }
}

/// A closure as a flow; see [`flow_fn`].
#[derive(Clone, Copy)]
pub struct FlowFn<F> {
    velocity: F,
}

impl<B: Backend, const D: usize, F> Flow<B, D> for FlowFn<F>
where
    F: Fn(Tensor<B, D>, Time<B>) -> Tensor<B, D> + Send + Sync,
{
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, (): ()) -> Prediction<B, D> {
        Prediction::velocity((self.velocity)(x, t))
    }
}

/// Makes a flow from a closure that computes the denoiser `D(x, t)`.
///
/// The closure is never called with a time too small to divide by; see
/// [`least_time`](crate::time::least_time).
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{FlowExt, Time, flow::denoiser_fn};
///
/// let flow = denoiser_fn(|x: Tensor<Flex, 2>, _t: Time<Flex>| x.zeros_like());
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 2.0]], &Default::default());
/// assert_eq!(flow.velocity(x, 0.5).into_data().to_vec::<f32>().unwrap(), [2.0, 4.0]);
/// ```
pub fn denoiser_fn<F>(denoise: F) -> DenoiserFn<F> {
    DenoiserFn { denoise }
}

/// A closure that denoises, as a flow; see [`denoiser_fn`].
#[derive(Clone, Copy)]
pub struct DenoiserFn<F> {
    denoise: F,
}

impl<B: Backend, const D: usize, F> Flow<B, D> for DenoiserFn<F>
where
    F: Fn(Tensor<B, D>, Time<B>) -> Tensor<B, D> + Send + Sync,
{
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, (): ()) -> Prediction<B, D> {
        let t = t.divisible();
        Prediction::data((self.denoise)(x, t.clone()), t)
    }
}

impl<F> fmt::Debug for FlowFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FlowFn")
    }
}

impl<F> fmt::Debug for DenoiserFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DenoiserFn")
    }
}
