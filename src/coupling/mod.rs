//! Couplings: joint laws `Q` of data `x0` and noise `x1`, from which training pairs are drawn.
//!
//! | coupling | pairs |
//! |---|---|
//! | [`Independent`] | data and noise drawn apart: where every flow begins |
//! | [`MinibatchOt`] | the same, matched within the batch by optimal transport |
//! | [`Backward`] | noise and what a trained flow makes of it: ReFlow |
//! | [`Forward`] | data and the noise a trained flow inverts it to |
//! | [`Mixture`] | each row from one of several couplings |
//! | [`ConditionDropout`] | those of another, now and then without their condition |
//! | [`Pairs`] | pairs kept in memory |
//!
//! Stored pairs of a flow are moved to the right marginals by a [`Projection`].
//! Laws of data to draw from are [`Dataset`], [`NormalLaw`] and closures through [`law_fn`]; the noise is
//! [`Gaussian`] or any other law.

mod backward;
mod condition_dropout;
mod dataset;
mod forward;
mod gaussian;
mod independent;
mod law;
mod minibatch_ot;
mod mixture;
mod pair;
mod pairs;
mod projection;

pub use backward::Backward;
pub use condition_dropout::ConditionDropout;
pub use dataset::Dataset;
pub use forward::Forward;
pub use gaussian::{Gaussian, NormalLaw};
pub use independent::Independent;
pub use law::{Law, LawFn, Noise, Sample, law_fn};
pub use minibatch_ot::MinibatchOt;
pub use mixture::Mixture;
pub use pair::Pair;
pub use pairs::Pairs;
pub use projection::Projection;

use burn::tensor::backend::Backend;

use crate::{Condition, Error, Rng};

/// A joint law of data and noise one can draw from.
///
/// # Example
///
/// Two points, each with noise of its own:
///
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use reflow::{Coupling, Error, Pair, Rng};
///
/// struct TwoPoints;
///
/// impl<B: Backend> Coupling<B> for TwoPoints {
///     fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Pair<B>, Error> {
///         let x1 = rng.normal([batch, 1], device);
///         Pair::new(x1.clone().sign(), x1)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a coupling that draws pairs of rank {D} with conditions `{Y}`",
    label = "draws no pairs of rank {D} with conditions `{Y}`",
    note = "if this says `MissingCoupling`, call `.coupling(..)` on the builder",
    note = "training draws from `reflow::Coupling<B::InnerBackend, {D}, {Y}>`: the data lives on the inner backend"
)]
pub trait Coupling<B: Backend, const D: usize = 2, Y: Condition = ()> {
    /// Draws pairs; the same key draws the same pairs.
    ///
    /// # Shapes
    /// Result: `batch` rows of data, noise and conditions.
    ///
    /// # Errors
    /// Where the data does not fit or a flow cannot be solved.
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Pair<B, D, Y>, Error>;
}

macro_rules! coupling_through {
    ($($pointer:ty),*) => {$(
        impl<B, const D: usize, Y, Q> Coupling<B, D, Y> for $pointer
        where
            B: Backend,
            Y: Condition,
            Q: Coupling<B, D, Y> + ?Sized,
        {
            fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
                (**self).draw(batch, rng, device)
            }
        }
    )*};
}
coupling_through!(&Q, Box<Q>, std::rc::Rc<Q>, std::sync::Arc<Q>);
