//! The single-step DPM solver in noise prediction.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{OdeSolver, Step, exponential_step::ExponentialStep};
use crate::{
    ConfigError, Flow,
    error::{deserialize_checked, require},
};

/// Second order, two evaluations a step, one in the step into the end: single-step DPM-Solver-2.
///
/// With `lambda(t) = ln((1 - t) / t)`, a step from `t` to `s` goes through `u`, a fraction `r` of the way in
/// `lambda`:
///
/// ```text
/// x_u = x_t + (u - t) v_t                                     v_t = v(x_t, t),  v_u = v(x_u, u)
/// x_s = x_t + (s - t) (v_t + (1 - u) / (1 - t) (v_u - v_t) / (2 r))
/// ```
///
/// This is the published update for the noise `e = x_t + (1 - t) v` that a flow predicts, since on the
/// straight path its first-order terms are Euler's steps and `e_u - e_t = (1 - u) (v_u - v_t)`.
/// [`Dpm`](super::Dpm), in data prediction, differs in one factor: `u / t` for `(1 - u) / (1 - t)`. From `t =
/// 1`, where `lambda` is infinite, `u` lies the same fraction of the way in `t` and the factor is 1. For both
/// ends and the way back see the [module](super#the-two-ends).
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{DpmNoise, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, DpmNoise::default(), TimeGrid::sigmoid(5, 10.0)?);
/// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 2], &Default::default()))?;
/// assert_eq!(out.evaluations, 9);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Lu et al., *DPM-Solver*, 2022, Algorithm 1 (DPM-Solver-2), with `r = 1/2` (the [`Default`]).
/// Public code for another model, to which one of the authors of Simple ReFlow contributed, uses this form
/// for the paper's improvement 7.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DpmNoise {
    r: f64,
}

deserialize_checked!(DpmNoise { r: f64 } via DpmNoise::new(r));

impl DpmNoise {
    /// The solver whose intermediate point lies at this fraction of the step.
    ///
    /// # Errors
    /// If the fraction is not in `(0, 1]`.
    pub fn new(r: f64) -> Result<Self, ConfigError> {
        Ok(Self { r: require(r > 0.0 && r <= 1.0, "DpmNoise", "r", "in (0, 1]", r)? })
    }
}

impl Default for DpmNoise {
    fn default() -> Self {
        Self { r: 0.5 }
    }
}

impl OdeSolver for DpmNoise {
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
        let (tau, size) = (step.tau, step.tau_to - step.tau);
        let first = step.rate(flow, &x, tau);
        if step.tau_to <= 0.0 {
            return (x + first * size, ());
        }
        let tau_between = step.intermediate(self.r);
        let between = x.clone() + first.clone() * (tau_between - tau);
        let second = step.rate(flow, &between, tau_between);
        let factor = if tau >= 1.0 { 1.0 } else { (1.0 - tau_between) / (1.0 - tau) };
        let share = factor / (2.0 * self.r);
        (x + first * (size * (1.0 - share)) + second * (size * share), ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_fractions_are_refused() {
        for r in [0.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
            assert!(DpmNoise::new(r).unwrap_err().to_string().contains(&format!("{r:?}")));
        }
    }
}
