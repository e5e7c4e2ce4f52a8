//! Data and the noise a trained flow inverts it to.

use burn::tensor::backend::Backend;

use super::{Coupling, Law, Pair};
use crate::{
    Condition, ConditionalFlow, Error, OdeSolver, Rng, Sampler, StepControl, ode::Direction,
    sampler::Batching,
};

/// Forward pairs: real data and the noise a flow's ODE carries it back to.
///
/// Mixed into [`Backward`](super::Backward) pairs they keep a rectified flow near the data. Their data end is
/// exact; their noise end is normal only as far as the flow is right. Every draw solves the ODE: to train on,
/// draw once into [`Pairs`](super::Pairs).
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Coupling, Rng, Sampler, coupling::{Forward, NormalLaw}, flow::GaussianFlow, ode::{Heun, TimeGrid}};
///
/// let teacher = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::uniform(20)?);
/// let forward = Forward::new(teacher, NormalLaw::new(vec![2], 3.0, 0.5)?);
/// let pair = Coupling::<Flex>::draw(&forward, 1000, &Rng::new(0), &Default::default())?;
/// assert!(pair.x1().mean().into_scalar().abs() < 0.1);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Simple ReFlow, improvement 5.
#[derive(Debug, Clone)]
pub struct Forward<G, P0> {
    sampler: G,
    data: P0,
}

impl<G, P0> Forward<G, P0> {
    /// Pairs of the data and its inversions along the sampler's flow.
    pub fn new(sampler: G, data: P0) -> Self {
        Self { sampler, data }
    }
}

impl<B, const D: usize, Y, F, S, C, R, P0> Coupling<B, D, Y> for Forward<Sampler<F, S, C, R>, P0>
where
    B: Backend,
    Y: Condition,
    F: ConditionalFlow<B, D, Y>,
    S: OdeSolver,
    C: StepControl<S>,
    R: Batching<F, S, C>,
    P0: Law<B, D, Y>,
{
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let data = self.data.draw(batch, &rng.fork("data"), device)?;
        let x1 = self.sampler.solve::<B, D, Y>(data.x.clone(), data.y.clone(), Direction::ToNoise)?.x;
        Pair::with_conditions(data.x, x1, data.y)
    }
}
