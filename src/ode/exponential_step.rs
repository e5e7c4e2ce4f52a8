//! What the DPM solvers share: steps that are exact for a constant prediction of their end.

use burn::tensor::{Tensor, backend::Backend};

use super::{Direction, Step};
use crate::{Flow, FlowExt};

/// A step seen from the end it goes to: `tau` is the distance to that end, 1 at the start of a solve
/// and 0 at its end, and the prediction is what the flow expects to find there.
///
/// To the data `tau = t` and the prediction is `D(x, t)`; to the noise `tau = 1 - t` and it is
/// `E[x1 | x_t] = x + (1 - t) v`.
pub(super) struct ExponentialStep {
    direction: Direction,
    pub(super) tau: f64,
    pub(super) tau_to: f64,
}

impl ExponentialStep {
    pub(super) fn new(step: Step) -> Self {
        let direction = step.direction();
        let tau = |t: f64| match direction {
            Direction::ToData => t,
            Direction::ToNoise => 1.0 - t,
        };
        Self { direction, tau: tau(step.from()), tau_to: tau(step.to()) }
    }

    /// What the flow expects at the end, seen from `x` at distance `tau`.
    pub(super) fn predict<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: &Tensor<B, D>,
        tau: f64,
    ) -> Tensor<B, D> {
        match self.direction {
            Direction::ToData => flow.denoise(x.clone(), tau),
            Direction::ToNoise => x.clone() + flow.velocity(x.clone(), 1.0 - tau) * tau,
        }
    }

    /// `dx/dtau` at distance `tau`.
    pub(super) fn rate<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: &Tensor<B, D>,
        tau: f64,
    ) -> Tensor<B, D> {
        match self.direction {
            Direction::ToData => flow.velocity(x.clone(), tau),
            Direction::ToNoise => flow.velocity(x.clone(), 1.0 - tau).neg(),
        }
    }

    /// The distance of the point a fraction `r` of the way, in the log-SNR where that is finite.
    pub(super) fn intermediate(&self, r: f64) -> f64 {
        if self.tau >= 1.0 {
            return 1.0 - r * (1.0 - self.tau_to);
        }
        let (from, to) = (Self::log_snr(self.tau), Self::log_snr(self.tau_to));
        Self::tau_of(from + r * (to - from))
    }

    /// Moves `x` from the step's start to distance `tau` as if the prediction were constant.
    pub(super) fn toward<B: Backend, const D: usize>(
        &self,
        x: Tensor<B, D>,
        prediction: Tensor<B, D>,
        tau: f64,
    ) -> Tensor<B, D> {
        if tau == 0.0 {
            return prediction;
        }
        let keep = tau / self.tau;
        x * keep + prediction * (1.0 - keep)
    }

    /// The log-SNR towards this end: it grows along the solve, from `-inf` to `inf`.
    pub(super) fn log_snr(tau: f64) -> f64 {
        ((1.0 - tau) / tau).ln()
    }

    /// The inverse of [`log_snr`](Self::log_snr).
    pub(super) fn tau_of(log_snr: f64) -> f64 {
        (1.0 + log_snr.exp()).recip()
    }
}

/// `prediction + weight (prediction - other)`.
pub(super) fn extrapolate<B: Backend, const D: usize>(
    prediction: &Tensor<B, D>,
    other: Tensor<B, D>,
    weight: f64,
) -> Tensor<B, D> {
    prediction.clone() + (prediction.clone() - other) * weight
}
