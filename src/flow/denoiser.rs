//! A denoising network read as a velocity.

use burn::tensor::{Tensor, backend::Backend};

use crate::rows;

/// The smallest time at which a denoiser is asked for its velocity.
///
/// At `t = 0` the velocity `(x - D) / t` is zero over zero, so it is taken here instead, a step of `T_MIN` along a
/// smooth path away. Smaller would drown the residual in the rounding of `f32`. No solver of this crate evaluates a
/// flow at `t = 0` on its way to the data, except Runge-Kutta 4 and Dormand-Prince, whose last stage lies there.
pub const T_MIN: f64 = 1e-4;

/// The velocity `v = (x - D(x, t)) / t` of a denoiser, with `t` held at [`T_MIN`] or above in both places.
///
/// # Shapes
/// `x`: `[batch, ..]`, `t`: `[batch]`, `denoise`: from these to `[batch, ..]`, result: `[batch, ..]`.
///
/// # Example
///
/// A network that predicts the data is a flow through this function:
///
/// ```
/// use burn::{module::Module, nn::Linear, tensor::{Tensor, backend::Backend}};
/// use reflow::{Flow, flow::velocity_from_denoiser};
///
/// #[derive(Module, Debug)]
/// struct Denoiser<B: Backend> {
///     linear: Linear<B>,
/// }
///
/// impl<B: Backend> Flow<B> for Denoiser<B> {
///     fn velocity(&self, x: Tensor<B, 2>, t: Tensor<B, 1>) -> Tensor<B, 2> {
///         velocity_from_denoiser(x, t, |x, t| self.denoise(x, t))
///     }
///
///     fn denoise(&self, x: Tensor<B, 2>, t: Tensor<B, 1>) -> Tensor<B, 2> {
///         self.linear.forward(Tensor::cat(vec![x, t.unsqueeze_dim(1)], 1))
///     }
/// }
/// ```
#[must_use]
pub fn velocity_from_denoiser<B: Backend, const D: usize>(
    x: Tensor<B, D>,
    t: Tensor<B, 1>,
    denoise: impl FnOnce(Tensor<B, D>, Tensor<B, 1>) -> Tensor<B, D>,
) -> Tensor<B, D> {
    let t = t.clamp_min(T_MIN);
    rows::scale(x.clone() - denoise(x, t.clone()), t.recip())
}

/// [`velocity_from_denoiser`] where all rows share one time.
///
/// # Shapes
/// `x`: `[batch, ..]`, `denoise`: from these to `[batch, ..]`, result: `[batch, ..]`.
#[must_use]
pub fn velocity_from_denoiser_at<B: Backend, const D: usize>(
    x: Tensor<B, D>,
    t: f64,
    denoise: impl FnOnce(Tensor<B, D>, f64) -> Tensor<B, D>,
) -> Tensor<B, D> {
    let t = t.max(T_MIN);
    (x.clone() - denoise(x, t)) / t
}
