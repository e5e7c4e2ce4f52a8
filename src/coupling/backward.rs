//! Noise and the data a trained flow carries it to.

use std::ops::Range;

use burn::tensor::backend::Backend;

use super::{Coupling, Pair};
use crate::{
    Condition, ConfigError, Error, Key,
    data::{Conditions, Gaussian, Noise, Unconditional},
    error::require,
    ode::Direction,
    sampler::Carry,
};

/// Backward pairs: standard normal noise and the data a flow carries it to, the deterministic coupling `Q^1`
/// of ReFlow.
///
/// Any [`Carry`] will do, usually a sampler with many steps. Each draw solves the ODE, so for training draw
/// the pairs once and keep them in [`Pairs`](super::Pairs).
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Sampler, coupling::{Backward, Pairs}, flow::GaussianFlow, ode::{Heun, TimeGrid}};
///
/// let teacher = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::edm(18)?);
/// let backward = Backward::new(teacher, vec![2])?;
/// let pairs = Pairs::<Flex>::generate(&backward, 0..100, &Key::new(0), &Default::default())?;
/// assert_eq!(pairs.pair().x0().dims(), [100, 2]);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Liu, Gong & Liu, *Flow Straight and Fast*, 2023; Simple ReFlow, improvement 5.
#[derive(Debug, Clone)]
pub struct Backward<G, U = Unconditional, P1 = Gaussian> {
    carrier: G,
    row: Vec<usize>,
    conditions: U,
    noise: P1,
}

impl<G> Backward<G> {
    /// Pairs noise with the data that `carrier` carries it to, in rows of this shape (without the batch
    /// axis).
    ///
    /// # Errors
    /// If the shape is empty or contains a zero.
    pub fn new(carrier: G, row: Vec<usize>) -> Result<Self, ConfigError> {
        let ok = !row.is_empty() && !row.contains(&0);
        let row = require(ok, "Backward", "row", "a shape without zeros", row)?;
        Ok(Self { carrier, row, conditions: Unconditional, noise: Gaussian })
    }
}

impl<G, U, P1> Backward<G, U, P1> {
    /// Carries each row under a condition, such as those of the rows of a [`Dataset`](crate::data::Dataset).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Int, Tensor};
    /// use burn_flex::Flex;
    /// # use reflow::{models::MlpConfig, ode::{Heun, TimeGrid}};
    /// use reflow::{
    ///     Coupling, Key, Labels, Pair, Sampler, condition::Optional, coupling::Backward, data::Dataset,
    /// };
    ///
    /// let device = Default::default();
    /// # let net = MlpConfig::new(2)?.init_with_classes::<Flex>(2, &device)?;
    /// # let teacher = Sampler::new(net, Heun, TimeGrid::uniform(2)?);
    /// let (x, y) = (Tensor::zeros([2, 2], &device), Tensor::<Flex, 1, Int>::from_ints([0, 1], &device));
    /// let data = Dataset::<Flex, 2, Optional<Labels>>::with_conditions(x, y)?;
    /// let backward = Backward::new(teacher, vec![2])?.with_conditions(data);
    /// let pair: Pair<Flex, 2, Optional<Labels>> = backward.draw(0..8, &Key::new(0), &device)?;
    /// assert_eq!(pair.y().y.dims(), [8]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_conditions<U2>(self, conditions: U2) -> Backward<G, U2, P1> {
        let Self { carrier, row, noise, .. } = self;
        Backward { carrier, row, conditions, noise }
    }

    /// Starts from another distribution than standard normal noise, for a flow between two sets of data.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// # use reflow::{flow::GaussianFlow, ode::{Heun, TimeGrid}};
    /// use reflow::{Coupling, Key, Pair, Sampler, coupling::Backward, data::Dataset, rows::to_host};
    ///
    /// let device = Default::default();
    /// # let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::uniform(4)?);
    /// let start = Dataset::<Flex>::from_rows(&[vec![1.0, 0.5]], &device)?;
    /// let backward = Backward::new(sampler, vec![2])?.with_noise(start);
    /// let pair: Pair<Flex> = backward.draw(0..2, &Key::new(0), &device)?;
    /// assert_eq!(to_host(pair.x1()), [1.0, 0.5, 1.0, 0.5]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_noise<P2>(self, noise: P2) -> Backward<G, U, P2> {
        let Self { carrier, row, conditions, .. } = self;
        Backward { carrier, row, conditions, noise }
    }
}

impl<B, const D: usize, Y, G, U, P1> Coupling<B, D, Y> for Backward<G, U, P1>
where
    B: Backend,
    Y: Condition,
    G: Carry<B, D, Y>,
    U: Conditions<B, Y>,
    P1: Noise<B, D>,
{
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let y = self.conditions.draw_conditions(rows.clone(), &key.fork("conditions"), device)?;
        let x1 = self.noise.draw_noise(rows, &self.row, &key.fork("noise"), device)?;
        let end = self.carrier.carry(x1.clone(), y.clone(), Direction::ToData)?;
        Pair::with_conditions(end.all_the_way(Direction::ToData)?, x1, y)
    }
}
