//! Couplings: joint distributions `Q` of data `x0` and noise `x1`, from which training pairs are drawn.
//!
//! | coupling | pairs |
//! |---|---|
//! | [`Independent`] | data and noise drawn apart: where every flow begins |
//! | [`MinibatchOt`] | the same, matched in blocks by optimal transport, within conditions |
//! | [`Backward`] | noise and what a trained flow makes of it: ReFlow |
//! | [`Forward`] | data and the noise a trained flow inverts it to |
//! | [`Pairs`] | pairs kept in memory |
//! | [`Mixture`] | rows from several couplings, in proportion to their weights |
//! | [`ConditionDropout`] | the pairs of another coupling, some of them without their condition |
//! | [`SignalDropout`] | the same for each signal of a condition by itself |
//!
//! Stored pairs of a flow are moved to the right marginals by a [`Projection`]. Data and noise are drawn from the
//! distributions of [`data`](crate::data).
//!
//! Pairs are addressed by index: pair `i` is a function of a key and `i`, whatever batch it is drawn in.

mod backward;
mod condition_dropout;
mod forward;
mod independent;
mod minibatch_ot;
mod mixture;
mod pair;
mod pairs;
mod projection;
mod signal_dropout;

pub use backward::Backward;
pub use condition_dropout::ConditionDropout;
pub use forward::Forward;
pub use independent::Independent;
pub use minibatch_ot::MinibatchOt;
pub use mixture::Mixture;
pub use pair::Pair;
pub use pairs::{Pairs, batches};
pub use projection::Projection;
pub use signal_dropout::SignalDropout;

use std::ops::Range;

use burn::tensor::backend::Backend;

use crate::{Condition, Error, Key};

/// A joint distribution of data and noise.
///
/// # Example
///
/// Two points, each with noise of its own:
///
/// ```
/// use std::ops::Range;
/// use burn::tensor::{Tensor, backend::Backend};
/// use reflow::{Coupling, Error, Key, Pair};
///
/// struct TwoPoints;
///
/// impl<B: Backend> Coupling<B> for TwoPoints {
///     fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B>, Error> {
///         let x1 = key.normal_rows(rows, &[1], device)?;
///         Pair::new(x1.clone().sign(), x1)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a coupling that draws pairs of rank {D} with conditions `{Y}`",
    label = "draws no pairs of rank {D} with conditions `{Y}`",
    note = "if this says `MissingCoupling`, call `.coupling(..)` on the builder",
    note = "the network takes tensors of rank {D} and conditions `{Y}`: does the data have them? labels come by `Dataset::with_labels(x, labels)`, others by `Dataset::with_conditions(x, y)`, optional ones by `ConditionDropout`",
    note = "training draws from `reflow::Coupling<B::InnerBackend, {D}, {Y}>`: the data lives on the inner backend"
)]
pub trait Coupling<B: Backend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// Draws the pairs of a range, pair `i` a function of the key and `i`.
    ///
    /// # Shapes
    /// Result: data, noise and a condition for each of `rows`.
    ///
    /// # Errors
    /// Where the data does not fit or a flow cannot be solved.
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error>;
}

macro_rules! coupling_through {
    ($($pointer:ty),*) => {$(
        impl<B, const D: usize, Y, Q> Coupling<B, D, Y> for $pointer
        where
            B: Backend,
            Y: Condition,
            Q: Coupling<B, D, Y> + ?Sized,
        {
            fn draw(
                &self,
                rows: Range<usize>,
                key: &Key,
                device: &B::Device,
            ) -> Result<Pair<B, D, Y>, Error> {
                (**self).draw(rows, key, device)
            }
        }
    )*};
}
coupling_through!(&Q, Box<Q>, std::sync::Arc<Q>);
