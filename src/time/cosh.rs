//! The U-shaped distribution of time.

use serde::Serialize;

use super::{ContinuousTime, TimeDistribution, by_quantile};
use crate::{
    ConfigError,
    error::{deserialize_checked, positive},
};

/// More at both ends: `density(t) = a cosh(a (t - 1/2)) / (2 sinh(a / 2))`.
///
/// ```text
/// cdf(t) = (1 + sinh(a (t - 1/2)) / sinh(a / 2)) / 2
/// quantile(u) = 1/2 + asinh((2u - 1) sinh(a / 2)) / a
/// ```
///
/// # Example
/// ```
/// use reflow::{ContinuousTime, time::Cosh};
/// let distribution = Cosh::new(4.0)?;
/// assert!(distribution.density(0.0) > 3.0 * distribution.density(0.5));
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Lee, Lin & Fanti, *Improving the Training of Rectified Flows*, 2024, with `a = 4` (the [`Default`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cosh {
    steepness: f64,
}

deserialize_checked!(Cosh { steepness: f64 } via Cosh::new(steepness));

impl Cosh {
    /// The distribution with this steepness `a`; near 0 it is uniform.
    ///
    /// # Errors
    /// If the steepness is not in `(0, 500]`, above which all weight sits at the ends.
    pub fn new(steepness: f64) -> Result<Self, ConfigError> {
        let steepness = positive("Cosh", "steepness", steepness)?;
        if steepness > 500.0 {
            return Err(ConfigError::new("Cosh", "steepness", "at most 500", steepness));
        }
        Ok(Self { steepness })
    }
}

impl Default for Cosh {
    fn default() -> Self {
        Self { steepness: 4.0 }
    }
}

impl TimeDistribution for Cosh {
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
        by_quantile(self, rng)
    }
}

impl ContinuousTime for Cosh {
    fn density(&self, t: f64) -> f64 {
        let a = self.steepness;
        a * (a * (t - 0.5)).cosh() / (2.0 * (a / 2.0).sinh())
    }

    fn cdf(&self, t: f64) -> f64 {
        let a = self.steepness;
        0.5 + 0.5 * (a * (t - 0.5)).sinh() / (a / 2.0).sinh()
    }

    fn quantile(&self, u: f64) -> f64 {
        let a = self.steepness;
        0.5 + ((2.0 * u - 1.0) * (a / 2.0).sinh()).asinh() / a
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_steepness_is_refused() {
        for steepness in [0.0, -1.0, 501.0, f64::NAN, f64::INFINITY] {
            assert!(Cosh::new(steepness).unwrap_err().to_string().contains(&format!("{steepness:?}")));
        }
    }
}
