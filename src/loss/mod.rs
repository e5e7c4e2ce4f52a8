//! Losses: how far a flow's answer is from the pair it was asked about, one number for each row.
//!
//! | loss | Proposition 1 |
//! |---|---|
//! | [`Mse`] | holds |
//! | [`Mapped`]: the squared error after an invertible linear map such as [`HighPass`] | holds |
//! | [`PseudoHuber`] | does not hold: the minimiser moves |
//! | `Lpips`: a trained network's distance between images (feature `lpips`) | does not hold: the minimiser is not a mean |
//! | [`InVelocity`]: a distance between velocities instead of data | if it holds for the distance |
//! | [`Masked`]: a loss with some values of each row left out | if it holds for the loss, for the values that count |
//! | [`Blend`]: two losses, each with a [`Share`] that depends on the time | if it holds for both |
//!
//! [`Mse`], [`Mapped`] and [`PseudoHuber`] compare rows of any quantity: each is a [`Distance`], and as a
//! [`Loss`] it compares the denoised rows with the data.
//!
//! [`HighPass`] is `(I + lambda HPF) / (1 + lambda)` for a high-pass [`Filter`]:
//!
//! | filter | passes | spectrum |
//! |---|---|---|
//! | [`Laplacian`] | the difference of a pixel from the mean of its four neighbours | in `[0, 1)` |
//! | [`IdealCut`] | every frequency above a cutoff | 0 and 1 |
//! | [`UnsharpMask`] | what a Gaussian blur removes, with sigma in pixels | in `[0, 1]` |
//!
//! The [objective](crate::objective) multiplies these numbers by weights and takes their mean, once.

mod blend;
mod cosine;
mod distance;
mod filter;
mod high_pass;
mod ideal_cut;
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
pub use ideal_cut::IdealCut;
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

/// How far a flow's answer is from the pair it was asked about.
///
/// A loss that ignores conditions works with all of them: implement it for every `Y`.
///
/// # Example
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use burn_flex::Flex;
/// use reflow::{Condition, FlowExt, Loss, Pair, flow::{Answer, GaussianFlow}, rows};
///
/// struct Absolute;
///
/// impl<B: Backend, const D: usize, Y: Condition> Loss<B, D, Y> for Absolute {
///     fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1> {
///         rows::mean((said.data() - pair.x0()).abs())
///     }
/// }
///
/// let zeros = Tensor::<Flex, 2>::zeros([2, 1], &Default::default());
/// let answer = GaussianFlow::new(3.0, 0.5)?.ask(zeros.clone(), 1.0, ()); // at noise, the mean of the data
/// assert_eq!(rows::to_host(Absolute.rows(&answer, &Pair::new(zeros.clone(), zeros)?)), [3.0, 3.0]);
/// # Ok::<(), reflow::Error>(())
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
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{FlowExt, Loss, Pair, flow::GaussianFlow, loss::Mse, rows::to_host};
    ///
    /// let zeros = Tensor::<Flex, 2>::zeros([2, 4], &Default::default());
    /// let answer = GaussianFlow::new(3.0, 0.5)?.ask(zeros.clone(), 1.0, ());
    /// let rows = Mse.rows(&answer, &Pair::new(zeros.clone(), zeros)?);
    /// assert_eq!(to_host(rows), [9.0, 9.0]); // at noise the answer is the mean of the data, 3
    /// # Ok::<(), reflow::Error>(())
    /// ```
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
