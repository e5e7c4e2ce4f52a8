//! The single-step DPM solver.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{
    OdeSolver, Step,
    exponential_step::{ExponentialStep, extrapolate},
};
use crate::{
    ConfigError, Flow,
    error::{deserialize_checked, require},
};

/// Second order, two evaluations a step, one in the step into the end: single-step DPM-Solver++(2S).
///
/// With `lambda(t) = ln((1 - t) / t)`, a step from `t` to `s` goes through `u`, a fraction `r` of the way in
/// `lambda`:
///
/// ```text
/// x_u = (u/t) x_t + (1 - u/t) D_t                 D_t = D(x_t, t),  D_u = D(x_u, u)
/// x_s = (s/t) x_t + (1 - s/t) (D_t + (D_u - D_t) / (2 r))
/// ```
///
/// From `t = 1`, where `lambda` is infinite, `u` lies the same fraction of the way in `t`.
/// [`DpmNoise`](super::DpmNoise) is the same solver in noise prediction. For both ends and the way back see
/// the [module](super#the-two-ends).
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{Dpm, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, Dpm::new(0.4)?, TimeGrid::sigmoid(5, 10.0)?);
/// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 2], &Default::default()))?;
/// assert_eq!(out.evaluations, 9);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Lu et al., *DPM-Solver++*, 2022, Algorithm 1, with `r = 1/2` (the [`Default`]); Simple ReFlow,
/// improvement 7, whose `r` is not known to us.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Dpm {
    r: f64,
}

deserialize_checked!(Dpm { r: f64 } via Dpm::new(r));

impl Dpm {
    /// The solver whose intermediate point lies at this fraction of the step.
    ///
    /// # Errors
    /// If the fraction is not in `(0, 1]`.
    pub fn new(r: f64) -> Result<Self, ConfigError> {
        Ok(Self { r: require(r > 0.0 && r <= 1.0, "Dpm", "r", "in (0, 1]", r)? })
    }
}

impl Default for Dpm {
    fn default() -> Self {
        Self { r: 0.5 }
    }
}

impl OdeSolver for Dpm {
    type State<B: Backend, const D: usize> = ();
    const ORDER: usize = 2;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        (): (),
    ) -> (Tensor<B, D>, ()) {
        let step = ExponentialStep::new(step);
        let first = step.predict(flow, &x, step.tau);
        if step.tau_to <= 0.0 {
            return (first, ());
        }
        let tau = step.intermediate(self.r);
        let between = step.toward(x.clone(), first.clone(), tau);
        let second = step.predict(flow, &between, tau);
        let prediction = extrapolate(&first, second, -0.5 / self.r);
        (step.toward(x, prediction, step.tau_to), ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_fractions_are_refused() {
        for r in [0.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
            assert!(Dpm::new(r).unwrap_err().to_string().contains(&format!("{r:?}")));
        }
    }
}
