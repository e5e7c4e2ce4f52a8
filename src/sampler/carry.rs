//! What carries rows along a flow.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Condition, Error, ode::Direction};

/// Where a solve ended, and what it took.
#[derive(Debug, Clone)]
pub struct Solution<B: Backend, const D: usize = 2> {
    /// The end of the trajectory: samples, or the noise of an inversion.
    pub x: Tensor<B, D>,
    /// How many networks were evaluated, counted as it happened. Of a batch that was split, the most of any part.
    pub evaluations: usize,
    /// How many steps were accepted.
    pub steps: usize,
    /// The times the solve began and ended at: 1 and 0 all the way to the data, 0 and 1 all the way to the noise.
    pub times: [f64; 2],
}

impl<B: Backend, const D: usize> Solution<B, D> {
    /// The solutions of the parts of a batch, put one after the other.
    pub(super) fn cat(parts: Vec<Self>) -> Result<Self, Error> {
        let Some(&Self { times, .. }) = parts.first() else {
            return Err(Error::Empty { what: "the batch to solve" });
        };
        let evaluations = parts.iter().map(|part| part.evaluations).max().unwrap_or(0);
        let steps = parts.iter().map(|part| part.steps).max().unwrap_or(0);
        let x = Tensor::cat(parts.into_iter().map(|part| part.x).collect(), 0);
        Ok(Self { x, evaluations, steps, times })
    }

    /// The rows, if the solve went all the way: pairs are made of such rows alone.
    pub(crate) fn all_the_way(self, direction: Direction) -> Result<Tensor<B, D>, Error> {
        let [from, to] = self.times;
        if self.times == direction.times() { Ok(self.x) } else { Err(Error::PartOfTheWay { from, to }) }
    }
}

/// What carries rows from noise to data or back: a [`Sampler`](super::Sampler), a cache, a one-step generator, a remote
/// teacher.
///
/// Couplings of a trained flow, references and reports take any. `Arc<dyn Carry<B>>` holds a sampler whatever its parts.
///
/// # Example
///
/// A generator of one step, with no flow in it:
///
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use reflow::{Error, ode::Direction, sampler::{Carry, Solution}};
///
/// struct Affine;
///
/// impl<B: Backend> Carry<B> for Affine {
///     fn carry(&self, x: Tensor<B, 2>, _: (), direction: Direction) -> Result<Solution<B>, Error> {
///         let x = match direction {
///             Direction::ToData => x * 0.5 + 3.0,
///             Direction::ToNoise => (x - 3.0) * 2.0,
///         };
///         Ok(Solution { x, evaluations: 1, steps: 1, times: direction.times() })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not carry rows of rank {D} with conditions `{Y}` along a flow",
    note = "a `Sampler` does, if its flow has that rank and those conditions"
)]
pub trait Carry<B: Backend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// Carries each row the given way, under its condition.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `y`: one condition a row, result: as `x`.
    ///
    /// # Errors
    /// Where the batch does not fit or cannot be carried.
    fn carry(&self, x: Tensor<B, D>, y: Y::Rows<B>, direction: Direction) -> Result<Solution<B, D>, Error>;
}

macro_rules! carry_through {
    ($($pointer:ty),*) => {$(
        impl<B: Backend, const D: usize, Y: Condition, G: Carry<B, D, Y> + ?Sized> Carry<B, D, Y> for $pointer {
            fn carry(
                &self,
                x: Tensor<B, D>,
                y: Y::Rows<B>,
                direction: Direction,
            ) -> Result<Solution<B, D>, Error> {
                (**self).carry(x, y, direction)
            }
        }
    )*};
}
carry_through!(&G, Box<G>, std::sync::Arc<G>);
