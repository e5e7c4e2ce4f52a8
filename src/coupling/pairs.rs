//! Pairs in memory.

use burn::tensor::backend::Backend;

use super::{Coupling, Pair};
use crate::{Condition, Error, Rng, error::at_least_one, rows};

/// Pairs kept in memory; drawn evenly, with replacement.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Coupling, Pair, Rng, coupling::Pairs};
///
/// let device = Default::default();
/// let x0 = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &device);
/// let x1 = Tensor::from_data([[-0.3], [0.4]], &device);
/// let pairs = Pairs::new(Pair::new(x0, x1)?)?;
/// assert_eq!(pairs.draw(16, &Rng::new(0), &device)?.len(), 16);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pairs<B: Backend, const D: usize = 2, Y: Condition = ()> {
    pair: Pair<B, D, Y>,
}

impl<B: Backend, const D: usize, Y: Condition> Pairs<B, D, Y> {
    /// Keeps these pairs.
    ///
    /// # Errors
    /// [`Error::Empty`] without pairs, [`Error::NotFinite`] if one holds NaN or an infinity, as the pairs of a
    /// flow that diverged do.
    pub fn new(pair: Pair<B, D, Y>) -> Result<Self, Error> {
        rows::check_data("the data of the pairs", &pair.x0())?;
        rows::check_data("the noise of the pairs", &pair.x1())?;
        Ok(Self { pair })
    }

    /// Draws `count` pairs from a coupling, in batches of at most `batch`, and keeps them.
    ///
    /// # Errors
    /// As the coupling's, and as [`new`](Pairs::new); [`Error::Config`] if `count` or `batch` is zero.
    pub fn generate(
        coupling: &impl Coupling<B, D, Y>,
        count: usize,
        batch: usize,
        rng: &Rng,
        device: &B::Device,
    ) -> Result<Self, Error> {
        at_least_one("Pairs", "count", count)?;
        at_least_one("Pairs", "batch", batch)?;
        let starts = (0..count).step_by(batch).enumerate();
        let batches =
            starts.map(|(number, start)| coupling.draw(batch.min(count - start), &rng.at(number), device));
        Self::new(Pair::cat(batches.collect::<Result<_, _>>()?)?)
    }

    /// All pairs.
    #[must_use]
    pub fn pair(&self) -> &Pair<B, D, Y> {
        &self.pair
    }

    /// Gives the pairs back.
    #[must_use]
    pub fn into_pair(self) -> Pair<B, D, Y> {
        self.pair
    }
}

impl<B: Backend, const D: usize, Y: Condition> Coupling<B, D, Y> for Pairs<B, D, Y> {
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let chosen = rng.indices(batch, self.pair.len());
        Ok(self.pair.select(rows::numbers(chosen, &self.pair.x0().device()))?.to_device(device))
    }
}
