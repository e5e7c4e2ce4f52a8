//! Noise and what a trained flow makes of it.

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

/// Backward pairs: standard normal noise and the data a flow carries it to, the deterministic coupling `Q^1` of ReFlow.
///
/// What carries is any [`Carry`], usually a sampler of many steps. Every draw solves the ODE: to train on, draw once into
/// [`Pairs`](super::Pairs).
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Sampler, coupling::{Backward, Pairs}, flow::GaussianFlow, ode::{Heun, TimeGrid}};
///
/// let teacher = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::edm(18)?);
/// let pairs = Pairs::<Flex>::generate(&Backward::new(teacher, vec![2])?, 0..100, &Key::new(0), &Default::default())?;
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
    /// Pairs of what `carrier` makes of noise, in rows of this shape (the batch axis left out).
    ///
    /// # Errors
    /// If the shape is empty or has a zero.
    pub fn new(carrier: G, row: Vec<usize>) -> Result<Self, ConfigError> {
        let ok = !row.is_empty() && !row.contains(&0);
        let row = require(ok, "Backward", "row", "a shape without zeros", row)?;
        Ok(Self { carrier, row, conditions: Unconditional, noise: Gaussian })
    }
}

impl<G, U, P1> Backward<G, U, P1> {
    /// Makes each row under a condition; a [`Dataset`](crate::data::Dataset) has those of its rows.
    pub fn with_conditions<U2>(self, conditions: U2) -> Backward<G, U2, P1> {
        let Self { carrier, row, noise, .. } = self;
        Backward { carrier, row, conditions, noise }
    }

    /// Starts from another distribution than standard normal noise, for flows between two sets of data.
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
