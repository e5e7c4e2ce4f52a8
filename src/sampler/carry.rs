//! Carrying rows along a flow.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Condition, Error, ode::Direction};

/// Where a solve ended, and what it cost.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Sampling, flow::GaussianFlow, sampler::Solution};
///
/// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
/// let sampler = Sampling::simple_reflow(5)?.of(GaussianFlow::new(3.0, 0.5)?);
/// let Solution { x, evaluations, steps, times } = sampler.sample(noise)?;
/// assert_eq!((x.dims(), evaluations, steps, times), ([16, 2], 9, 5, [1.0, 0.0]));
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Solution<B: Backend, const D: usize = 2> {
    /// The end of the trajectory: samples, or noise when inverting.
    pub x: Tensor<B, D>,
    /// The number of network evaluations, counted as they happen. For a split batch, the largest of its
    /// parts.
    pub evaluations: usize,
    /// The number of accepted steps. For a split batch, the largest of its parts.
    pub steps: usize,
    /// The times the solve started and ended at: `[1, 0]` for all the way to data, `[0, 1]` for all the way
    /// to noise.
    pub times: [f64; 2],
}

impl<B: Backend, const D: usize> Solution<B, D> {
    /// Joins the solutions of the parts of a batch.
    pub(super) fn cat(parts: Vec<Self>) -> Result<Self, Error> {
        let Some(&Self { times, .. }) = parts.first() else {
            return Err(Error::Empty { what: "the batch to solve" });
        };
        let evaluations = parts.iter().map(|part| part.evaluations).max().unwrap_or(0);
        let steps = parts.iter().map(|part| part.steps).max().unwrap_or(0);
        let x = Tensor::cat(parts.into_iter().map(|part| part.x).collect(), 0);
        Ok(Self { x, evaluations, steps, times })
    }

    /// The rows, if the solve went all the way: only such rows form pairs.
    pub(crate) fn all_the_way(self, direction: Direction) -> Result<Tensor<B, D>, Error> {
        let [from, to] = self.times;
        if self.times == direction.times() { Ok(self.x) } else { Err(Error::PartOfTheWay { from, to }) }
    }
}

/// Carries rows from noise to data or back: a [`Sampler`](super::Sampler), a cache, a one-step generator, a
/// remote teacher.
///
/// Couplings, references and reports that use a trained flow take any `Carry`. An `Arc<dyn Carry<B>>` holds a
/// sampler of any type.
///
/// # Example
///
/// A one-step generator without a flow:
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
    /// Carries each row in the given direction, under its condition.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `y`: one condition a row, result: as `x`.
    ///
    /// # Errors
    /// If the batch does not fit or cannot be carried.
    ///
    /// # Example
    /// ```
    /// # use burn_flex::Flex;
    /// use std::sync::Arc;
    /// use reflow::{Carry, Key, Sampling, flow::GaussianFlow, ode::Direction};
    ///
    /// let sampler = Sampling::simple_reflow(5)?.of(GaussianFlow::new(3.0, 0.5)?);
    /// let carrier: Arc<dyn Carry<Flex>> = Arc::new(sampler);
    /// let x0 = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// assert_eq!(carrier.carry(x0, (), Direction::ToNoise)?.times, [0.0, 1.0]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
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
