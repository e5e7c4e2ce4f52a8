//! What lies between a diffusion model's network and its denoiser.

use std::fmt::Debug;

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use crate::{
    ConfigError,
    error::{deserialize_checked, not_negative, positive},
};

/// The four numbers of a preconditioning at the noise level of each row: `[batch]` each.
#[derive(Debug, Clone)]
pub struct Preconditioned<B: Backend> {
    /// What the noisy batch is multiplied by in the denoiser, `c_skip`.
    pub skip: Tensor<B, 1>,
    /// What the network's prediction is multiplied by, `c_out`.
    pub out: Tensor<B, 1>,
    /// What the noisy batch is multiplied by before the network, `c_in`.
    pub scale: Tensor<B, 1>,
    /// What the network is told of the noise level, `c_noise`.
    pub noise: Tensor<B, 1>,
}

/// How a network `F` is made a denoiser: `D(x, sigma) = c_skip x + c_out F(c_in x; c_noise)`.
///
/// Source: Karras et al. (EDM), 2022, equation 7 and table 1.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the preconditioning of a diffusion model",
    note = "use `flow::EdmPreconditioning` or `flow::VariancePreserving`, or implement `reflow::flow::Preconditioning` for it"
)]
pub trait Preconditioning: Debug + Clone + Send {
    /// The least and the greatest noise level that models under it are trained on; EDM's 0.002 and 80 unless told.
    fn noise_levels(&self) -> [f64; 2] {
        [0.002, 80.0]
    }

    /// The four numbers at each noise level.
    ///
    /// # Shapes
    /// `sigma`: `[batch]`, positive.
    fn at<B: Backend>(&self, sigma: Tensor<B, 1>) -> Preconditioned<B>;
}

/// EDM's preconditioning, for variance-exploding models: inputs, outputs and targets of variance one.
///
/// ```text
/// c_skip = s^2 / (sigma^2 + s^2)        c_out = sigma s / (sigma^2 + s^2)^(1/2)
/// c_in = (sigma^2 + s^2)^(-1/2)         c_noise = ln(sigma) / 4
/// ```
///
/// with `s` the standard deviation of the data.
///
/// # Example
/// ```
/// use reflow::flow::EdmPreconditioning;
/// assert!(EdmPreconditioning::new(0.0).is_err());
/// ```
///
/// Source: Karras et al., *Elucidating the Design Space of Diffusion-Based Generative Models* (EDM), 2022, table 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EdmPreconditioning {
    sigma_data: f64,
}

deserialize_checked!(EdmPreconditioning { sigma_data: f64 } via EdmPreconditioning::new(sigma_data));

impl EdmPreconditioning {
    /// The preconditioning for data of this standard deviation; EDM's is 0.5.
    ///
    /// # Errors
    /// If it is not positive and finite.
    pub fn new(sigma_data: f64) -> Result<Self, ConfigError> {
        Ok(Self { sigma_data: positive("EdmPreconditioning", "sigma_data", sigma_data)? })
    }
}

impl Preconditioning for EdmPreconditioning {
    fn at<B: Backend>(&self, sigma: Tensor<B, 1>) -> Preconditioned<B> {
        let variance = self.sigma_data.powi(2);
        let total = sigma.clone().square() + variance;
        let scale = total.clone().sqrt().recip();
        Preconditioned {
            skip: total.recip() * variance,
            out: sigma.clone() * scale.clone() * self.sigma_data,
            scale,
            noise: sigma.log() * 0.25,
        }
    }
}

/// The preconditioning of variance-preserving models that predict the noise (the score SDE's), with linear betas.
///
/// ```text
/// c_skip = 1     c_out = -sigma     c_in = (1 + sigma^2)^(-1/2)     c_noise = (M - 1) u
/// sigma(u)^2 = exp(beta_d u^2 / 2 + beta_min u) - 1,   u in (0, 1]
/// ```
///
/// The model's own variable is `c_in x_sigma`, of variance one for data of variance one; the network is told the step of `M`
/// it is at. DDPM, whose steps are whole, has these noise levels to within a step.
///
/// # Example
/// ```
/// use reflow::flow::VariancePreserving;
/// let song = VariancePreserving::new(19.9, 0.1, 1000)?;
/// assert_eq!(song, VariancePreserving::default());
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Song et al., *Score-Based Generative Modeling through Stochastic Differential Equations*, 2021, in the form of
/// Karras et al. (EDM), 2022, table 1.
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
    /// The preconditioning of betas that rise from `beta_min` by `beta_d` over `steps` steps.
    ///
    /// # Errors
    /// If `beta_d` is not positive, `beta_min` is negative, either is not finite, or there are fewer than two steps.
    pub fn new(beta_d: f64, beta_min: f64, steps: usize) -> Result<Self, ConfigError> {
        let part = "VariancePreserving";
        Ok(Self {
            beta_d: positive(part, "beta_d", beta_d)?,
            beta_min: not_negative(part, "beta_min", beta_min)?,
            steps: crate::error::require(steps > 1, part, "steps", "at least 2", steps)?,
        })
    }
}

impl Preconditioning for VariancePreserving {
    /// Those of `u` from 0.001 to 1; 0.01 and 152 by default.
    fn noise_levels(&self) -> [f64; 2] {
        [1e-3, 1.0].map(|u: f64| (0.5 * self.beta_d * u * u + self.beta_min * u).exp_m1().sqrt())
    }

    fn at<B: Backend>(&self, sigma: Tensor<B, 1>) -> Preconditioned<B> {
        let squared = sigma.clone().square();
        let total = squared.clone() + 1.0;
        // The inverse of sigma(u), as a quotient: the difference of root and beta_min would cancel for small sigma.
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

    fn levels() -> Vec<f64> {
        vec![1e-3, 0.02, 0.5, 3.0, 70.0]
    }

    #[test]
    fn edm_keeps_inputs_and_targets_at_variance_one() {
        let s: f64 = 0.7;
        let at = EdmPreconditioning::new(s).unwrap().at(from_host::<F64, f64>(levels(), &Default::default()));
        let [skip, out, scale] = [at.skip, at.out, at.scale].map(to_host::<F64, 1>);
        for (i, sigma) in levels().into_iter().enumerate() {
            assert_relative_eq!((s * s + sigma * sigma) * scale[i].powi(2), 1.0, max_relative = 1e-12);
            // The target (x0 - c_skip (x0 + sigma n)) / c_out.
            let target = ((1.0 - skip[i]).powi(2) * s * s + (skip[i] * sigma).powi(2)) / out[i].powi(2);
            assert_relative_eq!(target, 1.0, max_relative = 1e-9);
        }
    }

    #[test]
    fn the_step_of_a_variance_preserving_model_has_its_noise_level() {
        let model = VariancePreserving::default();
        let [low, high] = model.noise_levels();
        assert_relative_eq!(low, 0.010_49, max_relative = 1e-3);
        assert_relative_eq!(high, (10.05_f64.exp() - 1.0).sqrt(), max_relative = 1e-9);
        let at = model.at(from_host::<F64, f64>(levels(), &Default::default()));
        for (step, sigma) in to_host(at.noise).into_iter().zip(levels()) {
            let u = step / 999.0;
            let squared = (0.5 * 19.9 * u * u + 0.1 * u).exp_m1();
            assert_relative_eq!(squared.sqrt(), sigma, max_relative = 1e-9);
        }
    }

    #[test]
    fn wrong_settings_are_refused() {
        assert!(EdmPreconditioning::new(f64::NAN).unwrap_err().to_string().contains("NaN"));
        assert!(VariancePreserving::new(0.0, 0.1, 10).unwrap_err().to_string().contains("beta_d"));
        assert!(VariancePreserving::new(1.0, -0.1, 10).unwrap_err().to_string().contains("-0.1"));
        assert!(VariancePreserving::new(1.0, 0.1, 1).unwrap_err().to_string().contains("steps"));
    }
}
