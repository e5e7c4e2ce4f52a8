//! The flow between two Gaussians, in closed form.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Flow, Prediction};
use crate::{
    ConfigError,
    error::{deserialize_checked, finite, positive},
    rows,
    time::Time,
};

/// The exact flow for independent pairs of data `N(mean, std^2)` and noise `N(0, 1)`, feature by feature.
///
/// ```text
/// x_t ~ N((1 - t) m, S_t),   S_t = (1 - t)^2 s^2 + t^2
/// v(x, t) = (t - (1 - t) s^2) / S_t * (x - (1 - t) m) - m
/// ```
///
/// Its ODE carries `x1` to `m + s x1`, and its velocity is finite at both ends. Use it as a teacher that
/// needs no network, or to check solvers against.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::flow::GaussianFlow;
///
/// let flow = GaussianFlow::new(3.0, 0.5)?;
/// let x1 = Tensor::<Flex, 2>::from_data([[2.0]], &Default::default());
/// assert_eq!(flow.transport(x1, 1.0, 0.0).into_scalar(), 4.0);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GaussianFlow {
    mean: f64,
    std: f64,
}

deserialize_checked!(GaussianFlow { mean: f64, std: f64 } via GaussianFlow::new(mean, std));

impl GaussianFlow {
    /// The flow for data with this mean and standard deviation.
    ///
    /// # Errors
    /// If the mean is not finite, or the standard deviation is not positive and finite.
    pub fn new(mean: f64, std: f64) -> Result<Self, ConfigError> {
        Ok(Self { mean: finite("GaussianFlow", "mean", mean)?, std: positive("GaussianFlow", "std", std)? })
    }

    /// Carries `x` along the ODE from time `from` to time `to`, exactly.
    ///
    /// # Shapes
    /// `x`: any, result: the same.
    ///
    /// # Example
    ///
    /// The error of a solver:
    ///
    /// ```
    /// # use burn_flex::Flex;
    /// use reflow::{Key, Sampler, flow::GaussianFlow, ode::{Heun, TimeGrid}};
    ///
    /// let flow = GaussianFlow::new(3.0, 0.5)?;
    /// let x1 = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let out = Sampler::new(flow, Heun, TimeGrid::uniform(20)?).sample(x1.clone())?;
    /// let error = out.x - flow.transport(x1, 1.0, 0.0);
    /// assert!(error.abs().max().into_scalar() < 0.02);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn transport<B: Backend, const D: usize>(&self, x: Tensor<B, D>, from: f64, to: f64) -> Tensor<B, D> {
        let ratio = (self.variance(to) / self.variance(from)).sqrt();
        (x - (1.0 - from) * self.mean) * ratio + (1.0 - to) * self.mean
    }

    /// The variance `S_t` of `x_t`.
    fn variance(&self, t: f64) -> f64 {
        ((1.0 - t) * self.std).powi(2) + t.powi(2)
    }
}

impl<B: Backend, const D: usize> Flow<B, D> for GaussianFlow {
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, (): ()) -> Prediction<B, D> {
        if let Some(t) = t.shared() {
            let slope = (t - (1.0 - t) * self.std.powi(2)) / self.variance(t);
            return Prediction::velocity(x * slope - (slope * (1.0 - t) * self.mean + self.mean));
        }
        let variance = self.std.powi(2);
        let t = t.rows();
        let data = t.clone().neg() + 1.0;
        let total = data.clone().square() * variance + t.clone().square();
        let slope = (t - data.clone() * variance) / total;
        let offset = slope.clone() * data * self.mean + self.mean;
        Prediction::velocity(rows::scale(x, slope) - rows::expand(offset))
    }
}
