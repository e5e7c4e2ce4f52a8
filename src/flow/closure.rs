//! Closures as flows.

use std::fmt;

use burn::tensor::{Tensor, backend::Backend};

use super::{Flow, velocity_from_denoiser, velocity_from_denoiser_at};

/// Makes a flow of a closure that computes the velocity `v(x, t)`.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Flow, flow_fn};
///
/// // Straight to the origin: D = 0, so v = x / t.
/// let flow = flow_fn(|x: Tensor<Flex, 2>, t: Tensor<Flex, 1>| x / t.unsqueeze_dim(1));
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 2.0]], &Default::default());
/// let t = Tensor::<Flex, 1>::from_data([0.5], &Default::default());
/// assert_eq!(flow.denoise(x, t).into_data().to_vec::<f32>().unwrap(), [0.0, 0.0]);
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
    F: Fn(Tensor<B, D>, Tensor<B, 1>) -> Tensor<B, D>,
{
    fn velocity(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        (self.velocity)(x, t)
    }

    fn denoise_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        x.clone() - self.velocity_at(x, t) * t
    }
}

/// Makes a flow of a closure that computes the denoiser `D(x, t)`.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Flow, flow::denoiser_fn};
///
/// let flow = denoiser_fn(|x: Tensor<Flex, 2>, _t: Tensor<Flex, 1>| x.zeros_like());
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 2.0]], &Default::default());
/// let t = Tensor::<Flex, 1>::from_data([0.5], &Default::default());
/// assert_eq!(flow.velocity(x, t).into_data().to_vec::<f32>().unwrap(), [2.0, 4.0]);
/// ```
pub fn denoiser_fn<F>(denoise: F) -> DenoiserFn<F> {
    DenoiserFn { denoise }
}

/// A denoising closure as a flow; see [`denoiser_fn`].
#[derive(Clone, Copy)]
pub struct DenoiserFn<F> {
    denoise: F,
}

impl<B: Backend, const D: usize, F> Flow<B, D> for DenoiserFn<F>
where
    F: Fn(Tensor<B, D>, Tensor<B, 1>) -> Tensor<B, D>,
{
    fn velocity(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        velocity_from_denoiser(x, t, |x, t| self.denoise(x, t))
    }

    fn denoise(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        (self.denoise)(x, t)
    }

    fn velocity_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        velocity_from_denoiser_at(x, t, |x, t| self.denoise_at(x, t))
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
