//! Data and the noise a trained flow inverts it to.

use std::ops::Range;

use burn::tensor::backend::Backend;

use super::{Coupling, Pair};
use crate::{Condition, Error, Key, data::Data, ode::Direction, sampler::Carry};

/// Forward pairs: real data and the noise a flow carries it back to.
///
/// Mixed into [`Backward`](super::Backward) pairs they keep a rectified flow near the data. Their data end is exact; their
/// noise end is normal only as far as the flow is right. Every draw solves the ODE: to train on, draw once into
/// [`Pairs`](super::Pairs).
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Coupling, Key, Sampler, coupling::Forward, data::Normal, flow::GaussianFlow, ode::{Heun, TimeGrid}};
///
/// let teacher = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::uniform(20)?);
/// let forward = Forward::new(teacher, Normal::new(vec![2], 3.0, 0.5)?);
/// let pair = Coupling::<Flex>::draw(&forward, 0..1000, &Key::new(0), &Default::default())?;
/// assert!(pair.x1().mean().into_scalar().abs() < 0.1);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Simple ReFlow, improvement 5.
#[derive(Debug, Clone)]
pub struct Forward<G, P0> {
    carrier: G,
    data: P0,
}

impl<G, P0> Forward<G, P0> {
    /// Pairs of the data and where `carrier` takes it back to.
    pub fn new(carrier: G, data: P0) -> Self {
        Self { carrier, data }
    }
}

impl<B, const D: usize, Y, G, P0> Coupling<B, D, Y> for Forward<G, P0>
where
    B: Backend,
    Y: Condition,
    G: Carry<B, D, Y>,
    P0: Data<B, D, Y>,
{
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let data = self.data.draw(rows, &key.fork("data"), device)?;
        let end = self.carrier.carry(data.x.clone(), data.y.clone(), Direction::ToNoise)?;
        Pair::with_conditions(data.x, end.all_the_way(Direction::ToNoise)?, data.y)
    }
}
