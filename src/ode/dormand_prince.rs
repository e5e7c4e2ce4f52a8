//! The method of Dormand and Prince.

use burn::tensor::{Tensor, backend::Backend};

use super::{
    EmbeddedSolver, OdeSolver, Step,
    tableau::{Tableau, weighted},
};
use crate::{Flow, error::serialize_by_name};

/// Fifth order with a fourth-order error estimate: Dormand-Prince 5(4).
///
/// It takes six evaluations a step and one more at the start, since the last stage of a step is the first of
/// the next. With [`Adaptive`](super::Adaptive) it chooses its own steps.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{Adaptive, DormandPrince}};
///
/// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, DormandPrince, Adaptive::new(1e-5, 1e-5)?);
/// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 1], &Default::default()))?;
/// assert!((out.x.into_scalar() - 1.5).abs() < 1e-4);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Dormand & Prince, *A family of embedded Runge-Kutta formulae*, 1980.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DormandPrince;

serialize_by_name!(DormandPrince);

const TABLEAU: Tableau = Tableau {
    nodes: &[1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0],
    stages: &[
        &[1.0 / 5.0],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        &WEIGHTS,
    ],
};
const WEIGHTS: [f64; 6] = [35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0];
/// The fifth-order weights minus the fourth-order ones.
const ERROR_WEIGHTS: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -1.0 / 40.0];

impl OdeSolver for DormandPrince {
    /// The velocity at the end of the previous step.
    type State<B: Backend, const D: usize> = Option<Tensor<B, D>>;
    const ORDER: usize = 5;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        state: Self::State<B, D>,
    ) -> (Tensor<B, D>, Self::State<B, D>) {
        let mut velocities = TABLEAU.velocities(flow, &x, step, state);
        (x + weighted(&velocities, &WEIGHTS, step), velocities.pop())
    }
}

impl EmbeddedSolver for DormandPrince {
    fn step_with_error<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        state: Self::State<B, D>,
    ) -> (Tensor<B, D>, Self::State<B, D>, Tensor<B, D>) {
        let mut velocities = TABLEAU.velocities(flow, &x, step, state);
        let error = weighted(&velocities, &ERROR_WEIGHTS, step);
        (x + weighted(&velocities, &WEIGHTS, step), velocities.pop(), error)
    }
}
