//! Losses: how far what a flow said is from the pair it was asked about, one number a row.
//!
//! | loss | Proposition 1 |
//! |---|---|
//! | [`Mse`] | holds |
//! | [`Mapped`]: the error after an invertible linear map such as [`HighPass`] | holds |
//! | [`PseudoHuber`] | does not: the minimiser moves |
//! | `Lpips`, a trained network's (feature `lpips`) | does not: the minimiser is no mean |
//! | [`InVelocity`]: one of the above between velocities instead of data | as for the one within |
//! | [`Masked`]: a mean over the values of a row, some left out | as for the one within, where values count |
//! | [`Blend`]: two losses, each with a [`Share`] by time | where it does for both |
//!
//! [`Mse`], [`Mapped`] and [`PseudoHuber`] compare rows of any quantity: each is a [`Distance`], and as a [`Loss`] compares
//! the denoised rows with the data.
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
mod distance;
mod filter;
mod high_pass;
mod in_velocity;
mod laplacian;
#[cfg(feature = "lpips")]
mod lpips;
mod mapped;
mod masked;
mod mse;
mod on_grid;
mod pseudo_huber;
mod share;
mod unsharp_mask;

pub use blend::Blend;
pub use distance::Distance;
pub use filter::Filter;
pub use high_pass::HighPass;
pub use in_velocity::InVelocity;
pub use laplacian::Laplacian;
#[cfg(feature = "lpips")]
pub use lpips::Lpips;
pub use mapped::{InvertibleMap, LinearMap, LinearMapFn, Mapped, linear_map_fn};
pub use masked::{Masked, MeanOverValues};
pub use mse::Mse;
pub use on_grid::OnGrid;
pub use pseudo_huber::PseudoHuber;
pub use share::Share;
pub use unsharp_mask::UnsharpMask;

use burn::tensor::{Tensor, backend::Backend};

use crate::{Condition, Pair, flow::Answer};

/// How far what a flow said is from the pair it was asked about.
///
/// A loss that does not look at conditions serves all of them: implement it for every `Y`.
///
/// # Example
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use reflow::{Condition, Loss, Pair, flow::Answer, rows};
///
/// struct Absolute;
///
/// impl<B: Backend, const D: usize, Y: Condition> Loss<B, D, Y> for Absolute {
///     fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1> {
///         rows::mean((said.data() - pair.x0()).abs())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a loss for tensors of rank {D} with conditions `{Y}`",
    note = "implement `reflow::Loss<B, {D}, Y>` for it, for every `Y: Condition` unless it looks at the conditions; the crate's own losses are in `reflow::loss`"
)]
pub trait Loss<B: Backend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// The loss of each row.
    ///
    /// # Shapes
    /// `said`, `pair`: `[batch, ..]`, result: `[batch]`.
    fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1>;
}

macro_rules! loss_through {
    ($($pointer:ty),*) => {$(
        impl<B: Backend, const D: usize, Y: Condition, L: Loss<B, D, Y> + ?Sized> Loss<B, D, Y> for $pointer {
            fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1> {
                (**self).rows(said, pair)
            }
        }
    )*};
}
loss_through!(&L, Box<L>, std::sync::Arc<L>);
