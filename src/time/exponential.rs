//! The distribution of time that grows toward noise.

use serde::Serialize;

use super::{ContinuousTime, TimeDistribution, by_quantile};
use crate::{
    ConfigError,
    error::{deserialize_checked, positive},
};

/// Exponential in time, set by the ratio of its density at the two ends, `b = p(1) / p(0)`.
///
/// ```text
/// p(t) = b^t ln b / (b - 1)
/// cdf(t) = (b^t - 1) / (b - 1)        quantile(u) = ln(1 + (b - 1) u) / ln b
/// ```
///
/// A ratio above 1 trains more near noise, one below 1 more near data; 1 is uniform.
///
/// # Example
/// ```
/// use reflow::{ContinuousTime, time::Exponential};
/// let distribution = Exponential::new(10.0)?;
/// assert!((distribution.quantile(0.5) - 5.5_f64.log10()).abs() < 1e-12);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Simple ReFlow, improvement 2: density proportional to `10^t`, the ratio 10 (the [`Default`]).
/// Public code for another model, to which one of the paper's authors contributed, has the same family with
/// the ratio 4.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Exponential {
    ratio: f64,
}

deserialize_checked!(Exponential { ratio: f64 } via Exponential::new(ratio));

impl Exponential {
    /// The distribution with this ratio `p(1) / p(0)`.
    ///
    /// # Errors
    /// If the ratio is not positive and finite.
    pub fn new(ratio: f64) -> Result<Self, ConfigError> {
        Ok(Self { ratio: positive("Exponential", "ratio", ratio)? })
    }

    /// Whether the formulas would divide zero by zero.
    fn is_uniform(self) -> bool {
        (self.ratio - 1.0).abs() < 1e-9
    }
}

impl Default for Exponential {
    fn default() -> Self {
        Self { ratio: 10.0 }
    }
}

impl TimeDistribution for Exponential {
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
        by_quantile(self, rng)
    }
}

impl ContinuousTime for Exponential {
    fn density(&self, t: f64) -> f64 {
        if self.is_uniform() {
            return 1.0;
        }
        self.ratio.powf(t) * (self.ratio.ln() / (self.ratio - 1.0))
    }

    fn cdf(&self, t: f64) -> f64 {
        if self.is_uniform() {
            return t;
        }
        (t * self.ratio.ln()).exp_m1() / (self.ratio - 1.0)
    }

    fn quantile(&self, u: f64) -> f64 {
        if self.is_uniform() {
            return u;
        }
        (((self.ratio - 1.0) * u).ln_1p() / self.ratio.ln()).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;
    use crate::Key;

    #[test]
    fn ratio_ten_has_the_mean_and_median_of_the_paper() {
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
    fn the_ratio_is_that_of_the_ends_and_one_is_uniform() {
        for ratio in [1e-3, 0.5, 1.0, 1.0 + 1e-10, 1.0 + 1e-8, 4.0, 10.0, 1e6] {
            let distribution = Exponential::new(ratio).unwrap();
            assert_relative_eq!(
                distribution.density(1.0) / distribution.density(0.0),
                ratio,
                max_relative = 1e-6
            );
            for t in [0.0, 0.3, 1.0] {
                assert_relative_eq!(distribution.quantile(distribution.cdf(t)), t, epsilon = 1e-7);
                if (ratio - 1.0).abs() < 1e-7 {
                    assert_relative_eq!(distribution.cdf(t), t, epsilon = 1e-7);
                }
            }
        }
    }

    #[test]
    fn extreme_ratios_stay_in_range() {
        for ratio in [1e-300, 1e-20, 1e20, 1e306] {
            let distribution = Exponential::new(ratio).unwrap();
            assert!(distribution.density(0.0).is_finite() && distribution.density(1.0).is_finite());
            assert_eq!(distribution.quantile(0.0), 0.0);
            assert!((1.0 - 1e-12..=1.0).contains(&distribution.quantile(1.0)));
        }
    }

    #[test]
    fn wrong_ratios_are_refused() {
        for ratio in [0.0, -2.0, f64::NAN, f64::INFINITY] {
            let error = Exponential::new(ratio).unwrap_err();
            assert!(error.to_string().contains(&format!("{ratio:?}")), "{error}");
        }
        assert!(serde_json::from_str::<Exponential>(r#"{"ratio":0.0}"#).is_err());
    }
}
