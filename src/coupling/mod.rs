//! Couplings: joint distributions `Q` of data `x0` and noise `x1`, from which training pairs are drawn.
//!
//! | coupling | pairs |
//! |---|---|
//! | [`Independent`] | data and noise drawn independently, to train a first flow on |
//! | [`MinibatchOt`] | the same, then matched in blocks by optimal transport, within each condition |
//! | [`Backward`] | noise and the data a trained flow carries it to: ReFlow |
//! | [`Forward`] | data and the noise a trained flow carries it back to |
//! | [`Pairs`] | pairs kept in memory |
//! | [`Mixture`] | rows from several couplings, in proportion to their weights |
//! | [`ConditionDropout`] | the pairs of another coupling, some of them without their condition |
//! | [`SignalDropout`] | the same, with each signal of a condition dropped independently |
//!
//! A [`Projection`] moves the stored pairs of a flow to the right marginals. Data and noise are drawn from
//! the distributions in [`data`](crate::data).
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
/// Two points, each with its own noise:
///
/// ```
/// use std::ops::Range;
/// use burn::tensor::backend::Backend;
/// use burn_flex::Flex;
/// use reflow::{Coupling, Error, Key, Pair, rows::to_host};
///
/// struct TwoPoints;
///
/// impl<B: Backend> Coupling<B> for TwoPoints {
///     fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B>, Error> {
///         let x1 = key.normal_rows(rows, &[1], device)?;
///         Pair::new(x1.clone().sign(), x1)
///     }
/// }
///
/// let pair = Coupling::<Flex>::draw(&TwoPoints, 0..8, &Key::new(0), &Default::default())?;
/// assert_eq!(to_host(pair.x0().abs()), [1.0; 8]);
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a coupling that draws pairs of rank {D} with conditions `{Y}`",
    label = "draws no pairs of rank {D} with conditions `{Y}`",
    note = "if this says `MissingCoupling`, call `.coupling(..)` on the builder",
    note = "the network takes tensors of rank {D} and conditions `{Y}`: does the data have them? use `Dataset::with_labels(x, labels)` for labels, `Dataset::with_conditions(x, y)` for others, and `ConditionDropout` for optional ones",
    note = "training draws from `reflow::Coupling<B::InnerBackend, {D}, {Y}>`: the data lives on the inner backend"
)]
pub trait Coupling<B: Backend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// Draws a range of pairs; pair `i` is a function of the key and `i`.
    ///
    /// # Shapes
    /// Result: data, noise and a condition for each of `rows`.
    ///
    /// # Errors
    /// If the data does not fit, or a flow cannot be solved.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Coupling, Key, coupling::Independent, data::{Gaussian, Normal}, rows::to_host};
    ///
    /// let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// let draw = |rows| Coupling::<Flex>::draw(&coupling, rows, &Key::new(0), &Default::default());
    /// let (all, some) = (draw(0..8)?, draw(4..6)?);
    /// assert_eq!(to_host(all.slice(4..6)?.x0()), to_host(some.x0()));
    /// # Ok::<(), reflow::Error>(())
    /// ```
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
