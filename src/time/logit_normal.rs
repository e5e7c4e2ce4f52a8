//! The bell-shaped distribution of time.

use serde::Serialize;
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use super::{ContinuousTime, TimeDistribution, by_quantile};
use crate::{
    ConfigError,
    error::{deserialize_checked, finite, positive},
};

/// Most in the middle: `t = 1 / (1 + e^-z)` with `z ~ N(mean, std^2)`.
///
/// ```text
/// density(t) = N(logit t; mean, std^2) / (t (1 - t)),   logit t = ln(t / (1 - t))
/// ```
///
/// A positive mean shifts it toward noise.
///
/// # Example
/// ```
/// use reflow::{ContinuousTime, time::LogitNormal};
///
/// let distribution = LogitNormal::new(0.0, 1.0)?;
/// assert!((distribution.quantile(0.5) - 0.5).abs() < 1e-12);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Esser et al., *Scaling Rectified Flow Transformers* (Stable Diffusion 3), 2024, with mean 0 and
/// standard deviation 1 (the [`Default`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LogitNormal {
    mean: f64,
    std: f64,
}

deserialize_checked!(LogitNormal { mean: f64, std: f64 } via LogitNormal::new(mean, std));

impl LogitNormal {
    /// The distribution whose logit has this mean and standard deviation.
    ///
    /// # Errors
    /// If the mean is not finite, or the standard deviation is not positive and finite.
    ///
    /// # Example
    /// ```
    /// use reflow::{ContinuousTime, time::LogitNormal};
    ///
    /// let (later, middle) = (LogitNormal::new(1.0, 1.0)?, LogitNormal::default());
    /// assert!(later.quantile(0.5) > middle.quantile(0.5));
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn new(mean: f64, std: f64) -> Result<Self, ConfigError> {
        Ok(Self { mean: finite("LogitNormal", "mean", mean)?, std: positive("LogitNormal", "std", std)? })
    }

    fn of_the_logit(&self) -> Normal {
        Normal::new(self.mean, self.std).expect("mean and std were checked")
    }
}

impl Default for LogitNormal {
    fn default() -> Self {
        Self { mean: 0.0, std: 1.0 }
    }
}

impl TimeDistribution for LogitNormal {
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
        by_quantile(self, rng)
    }
}

impl ContinuousTime for LogitNormal {
    fn density(&self, t: f64) -> f64 {
        if t <= 0.0 || t >= 1.0 {
            return 0.0;
        }
        self.of_the_logit().pdf(logit(t)) / (t * (1.0 - t))
    }

    fn cdf(&self, t: f64) -> f64 {
        self.of_the_logit().cdf(logit(t))
    }

    fn quantile(&self, u: f64) -> f64 {
        (1.0 + (-self.of_the_logit().inverse_cdf(u.clamp(0.0, 1.0))).exp()).recip()
    }
}

fn logit(t: f64) -> f64 {
    (t / (1.0 - t)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_refused() {
        assert!(LogitNormal::new(f64::NAN, 1.0).unwrap_err().to_string().contains("NaN"));
        for std in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(LogitNormal::new(0.0, std).unwrap_err().to_string().contains(&format!("{std:?}")));
        }
    }

    #[test]
    fn its_ends_are_never_out_of_range() {
        let distribution = LogitNormal::new(0.0, 50.0).unwrap();
        assert!([1e-300, 0.5, 1.0 - 1e-16].iter().all(|&u| (0.0..=1.0).contains(&distribution.quantile(u))));
    }
}
