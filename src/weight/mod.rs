//! Weights `w(x_t, t)`: how much each row counts in the objective.
//!
//! | weight | `w` |
//! |---|---|
//! | [`Constant`] | 1 |
//! | [`Power`] | `t^p`; `p = -2` with [`Mse`](crate::loss::Mse) is flow matching |
//! | [`Edm`] | EDM's, in a flow's time |
//! | [`Normalized`] | one over the row's own loss: Simple ReFlow's, for deterministic couplings |
//! | [`Predicted`] | one over the loss predicted for the row's time: for every coupling |
//!
//! A weight is computed on the inner backend, so no gradient passes through it.

mod constant;
mod edm;
mod normalized;
mod power;
mod predicted;

pub use constant::Constant;
pub use edm::Edm;
pub use normalized::Normalized;
pub use power::Power;
pub use predicted::Predicted;

use burn::tensor::{Tensor, backend::Backend};

/// How much each row counts.
///
/// # Example
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use reflow::Weight;
///
/// struct Middle;
///
/// impl Weight for Middle {
///     fn weights<B: Backend, const D: usize>(
///         &self,
///         _x_t: &Tensor<B, D>,
///         t: &Tensor<B, 1>,
///         _losses: &Tensor<B, 1>,
///     ) -> Tensor<B, 1> {
///         t.clone() * (t.clone() * -1.0 + 1.0) + 0.1
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a weight",
    note = "implement `reflow::Weight` for it; the crate's own weights are in `reflow::weight`"
)]
pub trait Weight: Send + Sync {
    /// The weight of each row; positive, for Proposition 1 to hold.
    ///
    /// # Shapes
    /// `x_t`: `[batch, ..]`, `t`, `losses`: `[batch]`, result: `[batch]`.
    fn weights<B: Backend, const D: usize>(
        &self,
        x_t: &Tensor<B, D>,
        t: &Tensor<B, 1>,
        losses: &Tensor<B, 1>,
    ) -> Tensor<B, 1>;
}
