//! Noise and what a trained flow makes of it.

use burn::tensor::backend::Backend;

use super::{Coupling, Gaussian, Law, Noise, Pair};
use crate::{
    Condition, ConditionalFlow, Error, OdeSolver, Rng, Sampler, StepControl, ode::Direction,
    sampler::Batching,
};

/// Backward pairs: standard normal noise and the data a flow's ODE carries it to, the coupling `Q^1` of
/// ReFlow.
///
/// A law of data tells the shape of a row, and the conditions to generate under; its rows are not used. Every
/// draw solves the ODE: to train on, draw once into [`Pairs`](super::Pairs).
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Rng, Sampler, coupling::{Backward, NormalLaw, Pairs}, flow::GaussianFlow, ode::{Heun, TimeGrid}};
///
/// let teacher = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::edm(18)?);
/// let backward = Backward::new(teacher, NormalLaw::new(vec![2], 3.0, 0.5)?);
/// let pairs = Pairs::<Flex>::generate(&backward, 100, 64, &Rng::new(0), &Default::default())?;
/// assert_eq!(pairs.pair().x0().dims(), [100, 2]);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Liu, Gong & Liu, *Flow Straight and Fast*, 2023; Simple ReFlow, improvement 5.
#[derive(Debug, Clone)]
pub struct Backward<G, P0, P1 = Gaussian> {
    sampler: G,
    data: P0,
    noise: P1,
}

impl<G, P0> Backward<G, P0> {
    /// Pairs of the sampler's flow, in the shape and under the conditions of the data.
    pub fn new(sampler: G, data: P0) -> Self {
        Self { sampler, data, noise: Gaussian }
    }
}

impl<G, P0, P1> Backward<G, P0, P1> {
    /// Starts from another law than standard normal noise, for flows between two sets of data.
    pub fn with_noise<P2>(self, noise: P2) -> Backward<G, P0, P2> {
        Backward { sampler: self.sampler, data: self.data, noise }
    }
}

impl<B, const D: usize, Y, F, S, C, R, P0, P1> Coupling<B, D, Y> for Backward<Sampler<F, S, C, R>, P0, P1>
where
    B: Backend,
    Y: Condition,
    F: ConditionalFlow<B, D, Y>,
    S: OdeSolver,
    C: StepControl<S>,
    R: Batching<F, S, C>,
    P0: Law<B, D, Y>,
    P1: Noise<B, D>,
{
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let data = self.data.draw(batch, &rng.fork("data"), device)?;
        let x1 = self.noise.draw_like(data.x.dims(), &rng.fork("noise"), device)?;
        let x0 = self.sampler.solve::<B, D, Y>(x1.clone(), data.y.clone(), Direction::ToData)?.x;
        Pair::with_conditions(x0, x1, data.y)
    }
}
