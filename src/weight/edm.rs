//! The weight of EDM.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::Weight;
use crate::{
    ConfigError,
    error::{deserialize_checked, positive},
};

/// EDM's weight in a flow's time: `w = 1/s^2 + 1/sigma^2`, `sigma = t / (1 - t)`, `s` the deviation of the
/// data.
///
/// With it, squared errors and times of [`LogitNormal::new(-1.2, 1.2)`](crate::time::LogitNormal), the
/// generalised loss is that of EDM (Proposition 2): EDM draws `ln sigma`, which is the logit of `t`, from
/// `N(-1.2, 1.2^2)`.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Weight, weight::Edm};
///
/// let t = Tensor::<Flex, 1>::from_data([0.5, 1.0], &Default::default());
/// let w = Edm::new(0.5)?.weights(&t.clone().unsqueeze_dim::<2>(1), &t, &t);
/// assert_eq!(w.into_data().to_vec::<f32>().unwrap(), [5.0, 4.0]);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Karras et al. (EDM), 2022, table 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Edm {
    sigma_data: f64,
}

deserialize_checked!(Edm { sigma_data: f64 } via Edm::new(sigma_data));

impl Edm {
    /// The weight for data of this standard deviation; EDM's is 0.5.
    ///
    /// # Errors
    /// If it is not positive and finite.
    pub fn new(sigma_data: f64) -> Result<Self, ConfigError> {
        Ok(Self { sigma_data: positive("Edm", "sigma_data", sigma_data)? })
    }
}

impl Weight for Edm {
    fn weights<B: Backend, const D: usize>(
        &self,
        _: &Tensor<B, D>,
        t: &Tensor<B, 1>,
        _: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        (t.clone().recip() - 1.0).square() + self.sigma_data.powi(-2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_deviations_are_refused() {
        for sigma_data in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Edm::new(sigma_data).unwrap_err().to_string().contains(&format!("{sigma_data:?}")));
        }
    }
}
