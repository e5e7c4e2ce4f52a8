//! EDM's preconditioning.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Preconditioned, Preconditioning};
use crate::{
    ConfigError,
    error::{deserialize_checked, positive},
};

/// EDM's preconditioning, for variance-exploding models. The network's inputs and targets have variance one.
///
/// ```text
/// c_skip = s^2 / (sigma^2 + s^2)        c_out = sigma s / (sigma^2 + s^2)^(1/2)
/// c_in = (sigma^2 + s^2)^(-1/2)         c_noise = ln(sigma) / 4
/// ```
///
/// where `s` is the standard deviation of the data.
///
/// # Example
/// ```
/// use reflow::flow::EdmPreconditioning;
///
/// let error = EdmPreconditioning::new(0.0).unwrap_err();
/// assert_eq!(error.to_string(), "EdmPreconditioning: sigma_data must be positive and finite, got 0.0");
/// ```
///
/// Source: Karras et al., *Elucidating the Design Space of Diffusion-Based Generative Models* (EDM), 2022,
/// table 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EdmPreconditioning {
    sigma_data: f64,
}

deserialize_checked!(EdmPreconditioning { sigma_data: f64 } via EdmPreconditioning::new(sigma_data));

impl EdmPreconditioning {
    /// The preconditioning for data with this standard deviation; EDM uses 0.5.
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

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;
    use crate::rows::{from_host, to_host};

    type F64 = NdArray<f64>;

    const LEVELS: [f64; 5] = [1e-3, 0.02, 0.5, 3.0, 70.0];

    #[test]
    fn edm_keeps_inputs_and_targets_at_variance_one() {
        let s: f64 = 0.7;
        let at = EdmPreconditioning::new(s)
            .unwrap()
            .at(from_host::<F64, f64>(LEVELS.to_vec(), &Default::default()));
        let [skip, out, scale] = [at.skip, at.out, at.scale].map(to_host::<F64, 1>);
        for (i, sigma) in LEVELS.into_iter().enumerate() {
            assert_relative_eq!((s * s + sigma * sigma) * scale[i].powi(2), 1.0, max_relative = 1e-12);
            // The target (x0 - c_skip (x0 + sigma n)) / c_out.
            let target = ((1.0 - skip[i]).powi(2) * s * s + (skip[i] * sigma).powi(2)) / out[i].powi(2);
            assert_relative_eq!(target, 1.0, max_relative = 1e-9);
        }
    }

    #[test]
    fn wrong_deviations_are_refused() {
        assert!(EdmPreconditioning::new(f64::NAN).unwrap_err().to_string().contains("NaN"));
        assert!(EdmPreconditioning::new(0.0).unwrap_err().to_string().contains("0.0"));
    }
}
