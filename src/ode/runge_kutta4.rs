//! The classical Runge-Kutta method.

use burn::tensor::{Tensor, backend::Backend};

use super::{
    OdeSolver, Step,
    tableau::{Tableau, weighted},
};
use crate::{Flow, error::serialize_by_name};

/// Fourth order, four evaluations a step, the last at its end.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{RungeKutta4, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, RungeKutta4, TimeGrid::uniform(8)?);
/// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 1], &Default::default()))?;
/// assert!((out.x.into_scalar() - 1.5).abs() < 1e-3);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RungeKutta4;

serialize_by_name!(RungeKutta4);

const TABLEAU: Tableau =
    Tableau { nodes: &[0.5, 0.5, 1.0], stages: &[&[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]] };
const WEIGHTS: [f64; 4] = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];

impl OdeSolver for RungeKutta4 {
    type State<B: Backend, const D: usize> = ();
    const ORDER: usize = 4;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        (): (),
    ) -> (Tensor<B, D>, ()) {
        let velocities = TABLEAU.velocities(flow, &x, step, None);
        (x + weighted(&velocities, &WEIGHTS, step), ())
    }
}
