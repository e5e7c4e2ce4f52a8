//! The uniform distribution of time.

use super::{ContinuousTime, TimeDistribution, by_quantile};
use crate::error::serialize_by_name;

/// Every time equally likely: `density(t) = 1`, the distribution of flow matching.
///
/// # Example
/// ```
/// use reflow::{ContinuousTime, time::Uniform};
/// assert_eq!(Uniform.quantile(0.3), 0.3);
/// ```
///
/// Source: Lipman et al., *Flow Matching for Generative Modeling*, 2023; `U(0, 1)` in Simple ReFlow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uniform;

serialize_by_name!(Uniform);

impl TimeDistribution for Uniform {
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
        by_quantile(self, rng)
    }
}

impl ContinuousTime for Uniform {
    fn density(&self, _: f64) -> f64 {
        1.0
    }

    fn cdf(&self, t: f64) -> f64 {
        t
    }

    fn quantile(&self, u: f64) -> f64 {
        u
    }
}
