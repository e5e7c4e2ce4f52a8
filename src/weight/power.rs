//! Weight by time.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::Weight;
use crate::{
    ConfigError,
    error::{deserialize_checked, finite},
};

/// A power of the time: `w = t^p`.
///
/// With the squared error of the denoiser, `p = -2` (the [`Default`]) is flow matching's
/// `|x1 - x0 - v|^2`, since `x0 - D = t (v - (x1 - x0))`; `p = -1` is another common choice.
///
/// Below -2 the loss of a network whose denoiser is off at the data end need not be finite.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Weight, weight::Power};
///
/// let t = Tensor::<Flex, 1>::from_data([0.5, 1.0], &Default::default());
/// let w = Power::default().weights(&t.clone().unsqueeze_dim::<2>(1), &t, &t);
/// assert_eq!(w.into_data().to_vec::<f32>().unwrap(), [4.0, 1.0]);
/// ```
///
/// Source: Simple ReFlow, the weights before improvement 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Power {
    exponent: f64,
}

deserialize_checked!(Power { exponent: f64 } via Power::new(exponent));

impl Power {
    /// The weight with this exponent.
    ///
    /// # Errors
    /// If the exponent is not finite.
    pub fn new(exponent: f64) -> Result<Self, ConfigError> {
        Ok(Self { exponent: finite("Power", "exponent", exponent)? })
    }

    /// `w = 1/t`, the weight of [`Recipe::baseline`](crate::objective::Recipe::baseline).
    ///
    /// # Example
    /// ```
    /// use reflow::weight::Power;
    ///
    /// assert_eq!(Power::inverse(), Power::new(-1.0)?);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    #[must_use]
    pub fn inverse() -> Self {
        Self { exponent: -1.0 }
    }
}

impl Default for Power {
    fn default() -> Self {
        Self { exponent: -2.0 }
    }
}

impl Weight for Power {
    fn weights<B: Backend, const D: usize>(
        &self,
        _: &Tensor<B, D>,
        t: &Tensor<B, 1>,
        _: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        t.clone().powf_scalar(self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_exponents_are_refused() {
        assert!(Power::new(f64::NAN).unwrap_err().to_string().contains("NaN"));
        assert!(Power::new(f64::INFINITY).unwrap_err().to_string().contains("inf"));
    }
}
