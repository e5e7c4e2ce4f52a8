//! Losses `l(D(x_t, t), x0)`: how far a denoised row is from its data, one number a row.
//!
//! | loss | Proposition 1 |
//! |---|---|
//! | [`Mse`] | holds |
//! | [`Mapped`]: the error after an invertible linear map such as [`HighPass`] | holds |
//! | [`PseudoHuber`] | does not: the minimiser moves |
//! | `Lpips`, a trained network's (feature `lpips`) | does not: the minimiser is no mean |
//! | [`InVelocity`]: a loss of the velocity instead | as for the loss within |
//! | [`Blend`]: two losses, each with a [`Share`] by time | where it does for both |
//!
//! [`HighPass`] is `I + lambda HPF` for a high-pass [`Filter`]:
//!
//! | filter | passes | spectrum |
//! |---|---|---|
//! | [`Laplacian`] | what a pixel has over its four neighbours | in `[0, 1)` |
//! | [`UnsharpMask`] | what a Gaussian blur takes away, sigma in pixels | in `[0, 1]` |
//!
//! Weights act on the rows and the mean is taken once, in the [objective](crate::objective).

mod blend;
mod cosine;
mod filter;
mod high_pass;
mod in_velocity;
mod laplacian;
#[cfg(feature = "lpips")]
mod lpips;
mod mapped;
mod mse;
mod pseudo_huber;
mod share;
mod unsharp_mask;

pub use blend::Blend;
pub use filter::Filter;
pub use high_pass::HighPass;
pub use in_velocity::InVelocity;
pub use laplacian::Laplacian;
#[cfg(feature = "lpips")]
pub use lpips::Lpips;
pub use mapped::{InvertibleMap, LinearMap, LinearMapFn, Mapped, linear_map_fn};
pub use mse::Mse;
pub use pseudo_huber::PseudoHuber;
pub use share::Share;
pub use unsharp_mask::UnsharpMask;

use burn::tensor::{Tensor, backend::Backend};

/// How far a denoised row is from its data.
///
/// # Example
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use reflow::{Loss, rows};
///
/// struct Absolute;
///
/// impl<B: Backend, const D: usize> Loss<B, D> for Absolute {
///     fn rows(&self, denoised: Tensor<B, D>, x0: Tensor<B, D>, _t: &Tensor<B, 1>) -> Tensor<B, 1> {
///         rows::mean((denoised - x0).abs())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a loss for tensors of rank {D}",
    note = "implement `reflow::Loss<B, {D}>` for it; the crate's own losses are in `reflow::loss`"
)]
pub trait Loss<B: Backend, const D: usize = 2> {
    /// The loss of each row, whose time only some losses look at.
    ///
    /// # Shapes
    /// `denoised`, `x0`: `[batch, ..]`, `t`: `[batch]`, result: `[batch]`.
    fn rows(&self, denoised: Tensor<B, D>, x0: Tensor<B, D>, t: &Tensor<B, 1>) -> Tensor<B, 1>;
}
