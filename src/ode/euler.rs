//! Euler's method.

use burn::tensor::{Tensor, backend::Backend};

use super::{OdeSolver, Step};
use crate::{Flow, FlowExt, error::serialize_by_name};

/// First order, one evaluation a step: `x_s = x_t + (s - t) v(x_t, t)`.
///
/// On the straight path this is also DDIM and first-order DPM-Solver++.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{flow::GaussianFlow, ode::{Euler, OdeSolver, Step}};
///
/// let flow = GaussianFlow::new(1.0, 0.5)?;
/// let x1 = Tensor::<Flex, 2>::ones([1, 2], &Default::default());
/// let (x0, ()) = Euler.step(&flow, x1, Step::new(1.0, 0.0), ());
/// assert_eq!(x0.into_data().to_vec::<f32>().unwrap(), [1.0, 1.0]); // D(x, 1), the mean of the data
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Euler;

serialize_by_name!(Euler);

impl OdeSolver for Euler {
    type State<B: Backend, const D: usize> = ();
    const ORDER: usize = 1;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        (): (),
    ) -> (Tensor<B, D>, ()) {
        let v = flow.velocity(x.clone(), step.from());
        (x + v * step.size(), ())
    }
}
