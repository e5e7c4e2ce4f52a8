//! The preconditioning of variance-preserving models.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Preconditioned, Preconditioning};
use crate::{
    ConfigError,
    error::{deserialize_checked, not_negative, positive, require},
};

/// The preconditioning of variance-preserving models that predict the noise, with linear betas (the score
/// SDE's).
///
/// ```text
/// c_skip = 1     c_out = -sigma     c_in = (1 + sigma^2)^(-1/2)     c_noise = (M - 1) u
/// sigma(u)^2 = exp(beta_d u^2 / 2 + beta_min u) - 1,   u in (0, 1]
/// ```
///
/// The model's own variable is `c_in x_sigma`, which has variance one if the data has. The network receives
/// its step, out of `M`. DDPM, whose steps are whole numbers, has these noise levels to within one step.
///
/// # Example
/// ```
/// use reflow::flow::VariancePreserving;
///
/// let song = VariancePreserving::new(19.9, 0.1, 1000)?;
/// assert_eq!(song, VariancePreserving::default());
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Song et al., *Score-Based Generative Modeling through Stochastic Differential Equations*, 2021, in
/// the form of Karras et al. (EDM), 2022, table 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VariancePreserving {
    beta_d: f64,
    beta_min: f64,
    steps: usize,
}

deserialize_checked!(VariancePreserving { beta_d: f64, beta_min: f64, steps: usize } via
    VariancePreserving::new(beta_d, beta_min, steps));

impl Default for VariancePreserving {
    fn default() -> Self {
        Self { beta_d: 19.9, beta_min: 0.1, steps: 1000 }
    }
}

impl VariancePreserving {
    /// The preconditioning for betas that rise from `beta_min` by `beta_d`, over `steps` steps.
    ///
    /// # Errors
    /// If `beta_d` is not positive, `beta_min` is negative, either is not finite, or there are fewer than two
    /// steps.
    pub fn new(beta_d: f64, beta_min: f64, steps: usize) -> Result<Self, ConfigError> {
        let part = "VariancePreserving";
        Ok(Self {
            beta_d: positive(part, "beta_d", beta_d)?,
            beta_min: not_negative(part, "beta_min", beta_min)?,
            steps: require(steps > 1, part, "steps", "at least 2", steps)?,
        })
    }
}

impl Preconditioning for VariancePreserving {
    /// The noise levels at `u = 0.001` and `u = 1`: 0.01 and 152 with the default betas.
    fn noise_levels(&self) -> [f64; 2] {
        [1e-3, 1.0].map(|u: f64| (0.5 * self.beta_d * u * u + self.beta_min * u).exp_m1().sqrt())
    }

    fn at<B: Backend>(&self, sigma: Tensor<B, 1>) -> Preconditioned<B> {
        let squared = sigma.clone().square();
        let total = squared.clone() + 1.0;
        // The inverse of sigma(u), as a quotient: `root - beta_min` would cancel for small sigma.
        let log = squared.log1p() * 2.0;
        let root = (log.clone() * self.beta_d + self.beta_min.powi(2)).sqrt();
        let u = log / (root + self.beta_min);
        Preconditioned {
            skip: sigma.ones_like(),
            out: sigma.neg(),
            scale: total.sqrt().recip(),
            noise: u * (self.steps - 1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;
    use crate::rows::{from_host, to_host};

    type F64 = NdArray<f64>;

    const LEVELS: [f64; 5] = [1e-3, 0.02, 0.5, 3.0, 70.0];

    #[test]
    fn the_step_of_a_variance_preserving_model_has_its_noise_level() {
        let model = VariancePreserving::default();
        let [low, high] = model.noise_levels();
        assert_relative_eq!(low, 0.010_49, max_relative = 1e-3);
        assert_relative_eq!(high, (10.05_f64.exp() - 1.0).sqrt(), max_relative = 1e-9);
        let at = model.at(from_host::<F64, f64>(LEVELS.to_vec(), &Default::default()));
        for (step, sigma) in to_host(at.noise).into_iter().zip(LEVELS) {
            let u = step / 999.0;
            let squared = (0.5 * 19.9 * u * u + 0.1 * u).exp_m1();
            assert_relative_eq!(squared.sqrt(), sigma, max_relative = 1e-9);
        }
    }

    #[test]
    fn wrong_settings_are_refused() {
        assert!(VariancePreserving::new(0.0, 0.1, 10).unwrap_err().to_string().contains("beta_d"));
        assert!(VariancePreserving::new(1.0, -0.1, 10).unwrap_err().to_string().contains("-0.1"));
        assert!(VariancePreserving::new(1.0, 0.1, 1).unwrap_err().to_string().contains("steps"));
    }
}
