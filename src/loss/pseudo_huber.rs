//! The Pseudo-Huber loss.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Distance, distance::loss_of_the_data};
use crate::{
    ConfigError,
    error::{deserialize_checked, positive},
    rows,
};

/// Quadratic for small errors, linear for large ones: `sqrt(|a - b|^2 + c^2) - c` with
/// `c = factor sqrt(dim)`.
///
/// Proposition 1 does not hold: the minimiser tends to the mean of the data as the factor grows, and to their
/// spatial median as it falls to 0.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::loss::{Distance, PseudoHuber};
///
/// let device = Default::default();
/// let (a, b) = (Tensor::<Flex, 2>::from_data([[3.0]], &device), Tensor::zeros([1, 1], &device));
/// let loss = PseudoHuber::new(4.0)?.between(a, b).into_scalar();
/// assert!((loss - 1.0).abs() < 1e-6); // sqrt(9 + 16) - 4
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Song & Dhariwal, *Improved Techniques for Training Consistency Models*, 2024, with the factor
/// 0.00054 (the [`Default`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PseudoHuber {
    factor: f64,
}

deserialize_checked!(PseudoHuber { factor: f64 } via PseudoHuber::new(factor));

impl PseudoHuber {
    /// The loss with `c = factor sqrt(dim)`, where `dim` is the number of values in a row.
    ///
    /// # Errors
    /// If the factor is not positive and finite.
    pub fn new(factor: f64) -> Result<Self, ConfigError> {
        Ok(Self { factor: positive("PseudoHuber", "factor", factor)? })
    }
}

impl Default for PseudoHuber {
    fn default() -> Self {
        Self { factor: 0.00054 }
    }
}

loss_of_the_data!([] PseudoHuber);

impl<B: Backend, const D: usize> Distance<B, D> for PseudoHuber {
    fn between(&self, a: Tensor<B, D>, b: Tensor<B, D>) -> Tensor<B, 1> {
        // From the mean, which half precision can hold: sqrt(dim) (sqrt(mean + factor^2) - factor).
        let root = (rows::width(&a.dims()) as f64).sqrt();
        let mean = rows::mean((a - b).square());
        // Written as a quotient, since the difference of the root and the factor would cancel for small
        // errors.
        mean.clone() / ((mean + self.factor.powi(2)).sqrt() + self.factor) * root
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;

    #[test]
    fn it_is_quadratic_near_zero_and_linear_far_out() {
        let loss = |d: f64, factor: f64| {
            let device = Default::default();
            let d = Tensor::<NdArray<f64>, 2>::from_data([[d, 0.0, 0.0, 0.0]], &device);
            PseudoHuber::new(factor).unwrap().between(d, Tensor::zeros([1, 4], &device)).into_scalar()
        };
        assert_relative_eq!(loss(1e-6, 0.5), 1e-12 / 2.0, max_relative = 1e-6);
        assert_relative_eq!(loss(1e6, 0.5), 1e6 - 1.0, max_relative = 1e-9);
        assert_relative_eq!(loss(3.0, 2.0), 1.0, max_relative = 1e-12);
    }

    #[test]
    fn wrong_factors_are_refused() {
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(PseudoHuber::new(factor).unwrap_err().to_string().contains(&format!("{factor:?}")));
        }
    }
}
