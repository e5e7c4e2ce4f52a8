//! Pairs in memory.

use std::ops::Range;

use burn::tensor::backend::Backend;

use super::{Coupling, Pair};
use crate::{Condition, Error, Key, data::Order, error::at_least_one, rows};

/// Pairs kept in memory.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Coupling, Pair, Key, coupling::Pairs};
///
/// let device = Default::default();
/// let x0 = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &device);
/// let x1 = Tensor::from_data([[-0.3], [0.4]], &device);
/// let pairs = Pairs::new(Pair::new(x0, x1)?)?;
/// assert_eq!(pairs.draw(0..16, &Key::new(0), &device)?.len(), 16);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pairs<B: Backend, const D: usize = 2, Y: Condition = ()> {
    pair: Pair<B, D, Y>,
    order: Order,
}

/// The pairs that [`Pairs::generate`] draws at a time.
const BATCH: usize = 4096;

/// Draws the pairs of a range in batches, one at each call of `next`: to show how far a long generation is, or to stop it.
///
/// # Errors
/// As the coupling's; [`Error::Config`] if `batch` is zero.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Pair, Sampler, coupling::{Backward, Pairs, batches}, flow::GaussianFlow, ode::{Heun, TimeGrid}};
///
/// let teacher = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::edm(18)?);
/// let backward = Backward::new(teacher, vec![2])?;
/// let mut drawn = vec![];
/// for batch in batches::<Flex, 2, ()>(&backward, 0..1000, 100, &Key::new(0), &Default::default()) {
///     drawn.push(batch?);
///     println!("{} of 1000 pairs", 100 * drawn.len());
/// }
/// let pairs = Pairs::new(Pair::cat(drawn)?)?;
/// # Ok::<(), reflow::Error>(())
/// ```
pub fn batches<B: Backend, const D: usize, Y: Condition>(
    coupling: &impl Coupling<B, D, Y>,
    rows: Range<usize>,
    batch: usize,
    key: &Key,
    device: &B::Device,
) -> impl Iterator<Item = Result<Pair<B, D, Y>, Error>> {
    let end = rows.end;
    rows.step_by(batch.max(1)).map(move |start| {
        at_least_one("Pairs", "batch", batch)?;
        let part = start..end.min(start + batch);
        let pairs = coupling.draw(part.clone(), key, device)?;
        rows::check_length("the pairs that a coupling drew", part.len(), pairs.len())?;
        Ok(pairs)
    })
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
        Ok(Self { pair, order: Order::default() })
    }

    /// The same pairs, drawn in this order; with replacement by default.
    #[must_use]
    pub fn in_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// Draws the pairs of a range from a coupling and keeps them.
    ///
    /// Pair `i` is a function of the key and `i`, so ranges drawn by several processes make the pairs that one would draw.
    /// [`batches`] draws them step by step.
    ///
    /// # Errors
    /// As the coupling's, and as [`new`](Pairs::new); [`Error::Empty`] if the range is.
    pub fn generate(
        coupling: &impl Coupling<B, D, Y>,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<Self, Error> {
        let drawn = batches(coupling, rows, BATCH, key, device).collect::<Result<_, _>>()?;
        Self::new(Pair::cat(drawn)?)
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
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let chosen = self.order.draw(rows, self.pair.len(), key);
        Ok(self.pair.select(rows::indices(chosen, &self.pair.x0().device()))?.to_device(device))
    }
}
