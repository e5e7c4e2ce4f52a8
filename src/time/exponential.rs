//! The distribution of time that grows toward noise.

use serde::Serialize;

use super::{ContinuousTime, TimeDistribution, by_quantile};
use crate::{
    ConfigError,
    error::{deserialize_checked, require},
};

/// More near noise: `density(t) = b^t ln b / (b - 1)`.
///
/// ```text
/// cdf(t) = (b^t - 1) / (b - 1)        quantile(u) = ln(1 + (b - 1) u) / ln b
/// ```
///
/// A base below one trains more near data.
///
/// # Example
/// ```
/// use reflow::{ContinuousTime, time::Exponential};
/// let distribution = Exponential::new(10.0)?;
/// assert!((distribution.quantile(0.5) - 5.5_f64.log10()).abs() < 1e-12);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Simple ReFlow, improvement 2, with base 10 (the [`Default`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Exponential {
    base: f64,
}

deserialize_checked!(Exponential { base: f64 } via Exponential::new(base));

impl Exponential {
    /// The distribution with this base.
    ///
    /// # Errors
    /// If the base is not positive and finite, or is 1 (that distribution is [`Uniform`](super::Uniform)).
    pub fn new(base: f64) -> Result<Self, ConfigError> {
        let ok = base > 0.0 && base.is_finite() && (base - 1.0).abs() > 1e-6;
        Ok(Self { base: require(ok, "Exponential", "base", "positive, finite and not 1", base)? })
    }
}

impl Default for Exponential {
    fn default() -> Self {
        Self { base: 10.0 }
    }
}

impl TimeDistribution for Exponential {
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
        by_quantile(self, rng)
    }
}

impl ContinuousTime for Exponential {
    fn density(&self, t: f64) -> f64 {
        self.base.powf(t) * self.base.ln() / (self.base - 1.0)
    }

    fn cdf(&self, t: f64) -> f64 {
        (t * self.base.ln()).exp_m1() / (self.base - 1.0)
    }

    fn quantile(&self, u: f64) -> f64 {
        ((self.base - 1.0) * u).ln_1p() / self.base.ln()
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;
    use crate::Key;

    #[test]
    fn base_ten_has_the_mean_and_median_of_the_paper() {
        let distribution = Exponential::default();
        let key = Key::new(5);
        let n = 400_000_u32;
        let mean: f64 =
            (0..n).map(|row| distribution.sample(&mut key.row(row as usize))).sum::<f64>() / f64::from(n);
        // 10/9 - 1/ln 10; the draws' mean has a standard error of 0.0004.
        assert_relative_eq!(10.0 / 9.0 - 10.0_f64.ln().recip(), 0.676_816_6, epsilon = 1e-7);
        assert_relative_eq!(mean, 0.676_816_6, epsilon = 0.002);
        assert_relative_eq!(distribution.quantile(0.5), 0.740_362_7, epsilon = 1e-7);
    }

    #[test]
    fn wrong_bases_are_refused() {
        for base in [0.0, -2.0, 1.0, f64::NAN, f64::INFINITY] {
            let error = Exponential::new(base).unwrap_err();
            assert!(error.to_string().contains(&format!("{base:?}")), "{error}");
        }
        assert!(serde_json::from_str::<Exponential>(r#"{"base":1.0}"#).is_err());
    }
}
