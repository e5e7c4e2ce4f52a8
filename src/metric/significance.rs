//! P-values.

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// The result of a test: a statistic, and the probability of one at least as extreme under the null
/// hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The statistic.
    pub statistic: f64,
    /// Its p-value.
    pub p: f64,
}

/// The chi-square distribution.
pub(super) struct ChiSquare {
    distribution: ChiSquared,
    /// Beyond it the upper tail is zero in `f64`, and the series of the distribution would overflow.
    largest: f64,
}

impl ChiSquare {
    pub(super) fn new(freedom: usize) -> Self {
        let freedom = freedom as f64;
        let distribution = ChiSquared::new(freedom).expect("there is at least one degree of freedom");
        Self { distribution, largest: 1e4 * (freedom + 1.0) }
    }

    /// The probability of a value below `x`.
    pub(super) fn lower(&self, x: f64) -> f64 {
        self.distribution.cdf(x.min(self.largest))
    }

    /// The probability of a value above `x`.
    pub(super) fn upper(&self, x: f64) -> f64 {
        self.distribution.sf(x.min(self.largest))
    }

    /// The two-sided p-value of `x`.
    pub(super) fn two_sided(&self, x: f64) -> f64 {
        (2.0 * self.lower(x).min(self.upper(x))).min(1.0)
    }
}

/// The p-value of the smallest of `count` independent p-values: `1 - (1 - p)^count` (Sidak, 1967).
pub(super) fn of_smallest(p: f64, count: usize) -> f64 {
    -(count.max(1) as f64 * (-p).ln_1p()).exp_m1()
}

/// Up to this many numbers, the distribution of the Kolmogorov-Smirnov distance is computed exactly.
const FEW: usize = 20;

/// The Kolmogorov-Smirnov distance of numbers from the uniform distribution, and its p-value. The p-value is
/// exact for few numbers. For more it is Kolmogorov's limit with the correction of Stephens (1970), whose
/// error is at most 0.001 for p-values below 0.1, and at most 0.02 above.
pub(super) fn kolmogorov(mut numbers: Vec<f64>) -> Evidence {
    numbers.sort_unstable_by(f64::total_cmp);
    let n = numbers.len() as f64;
    let gap = |(i, u): (usize, &f64)| (u - i as f64 / n).max((i as f64 + 1.0) / n - u);
    let statistic = numbers.iter().enumerate().map(gap).fold(0.0, f64::max);
    let p = match numbers.len() {
        few @ ..=FEW => exact_upper(statistic, few),
        _ => kolmogorov_upper(statistic * (n.sqrt() + 0.12 + 0.11 / n.sqrt())),
    };
    Evidence { statistic, p }
}

/// The probability that the distance of `n` numbers is above `d`, as in Marsaglia, Tsang and Wang,
/// *Evaluating Kolmogorov's distribution*, 2003.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "n d is between 1/2 and n")]
fn exact_upper(d: f64, n: usize) -> f64 {
    let k = (n as f64 * d).ceil() as usize;
    let (size, h) = (2 * k - 1, k as f64 - n as f64 * d);
    let power = |exponent: usize| h.powi(exponent as i32);
    let factorial = |count: usize| (1..=count).map(|i| i as f64).product::<f64>();
    let entry = |i: usize, j: usize| {
        if i + 1 < j {
            return 0.0;
        }
        let from_left = if j == 0 { power(i + 1) } else { 0.0 };
        let from_below = if i + 1 == size { power(size - j) } else { 0.0 };
        let twice = if j == 0 && i + 1 == size { (2.0 * h - 1.0).max(0.0).powi(size as i32) } else { 0.0 };
        (1.0 - from_left - from_below + twice) / factorial(i + 1 - j)
    };
    let inside = DMatrix::from_fn(size, size, entry).pow(n as u32)[(k - 1, k - 1)];
    let scale: f64 = (1..=n).map(|i| i as f64 / n as f64).product();
    (1.0 - scale * inside).clamp(0.0, 1.0)
}

/// `P(K > z) = 2 sum_k (-1)^(k - 1) exp(-2 k^2 z^2)`, which is 1 in `f64` below 0.2.
fn kolmogorov_upper(z: f64) -> f64 {
    if z < 0.2 {
        return 1.0;
    }
    let term = |k: i32| (if k % 2 == 1 { 2.0 } else { -2.0 }) * (-2.0 * (f64::from(k) * z).powi(2)).exp();
    (1..=30).map(term).sum::<f64>().clamp(0.0, 1.0)
}

#[cfg(test)]
pub(super) mod testing {
    use super::kolmogorov;

    /// Asserts that p-values are uniform, at a level of one in a thousand.
    pub(crate) fn assert_uniform(name: &str, p: Vec<f64>) {
        let found = kolmogorov(p);
        assert!(found.p > 1e-3, "{name}: {found:?}");
    }
}

#[cfg(test)]
mod tests {
    use approx::{assert_abs_diff_eq, assert_relative_eq};

    use super::*;

    #[test]
    fn kolmogorov_has_its_quantiles() {
        assert_abs_diff_eq!(kolmogorov_upper(1.358_1), 0.05, epsilon = 1e-5);
        assert_abs_diff_eq!(kolmogorov_upper(1.627_6), 0.01, epsilon = 1e-5);
        assert_abs_diff_eq!(kolmogorov_upper(0.2), 1.0, epsilon = 1e-9);
    }

    // P(D > d) is 2 (1 - d) for one number and 2 (1 - d)^2 for two if d >= 1/2, and 1 - 2 (2 d - 1/2)^2 for
    // two if d <= 1/2.
    #[test]
    fn one_and_two_numbers_have_closed_forms() {
        for d in [0.5, 0.6, 0.7, 0.9, 1.0_f64] {
            assert_abs_diff_eq!(kolmogorov(vec![d]).p, 2.0 * (1.0 - d), epsilon = 1e-12);
            let found = kolmogorov(vec![d, d]);
            assert_relative_eq!(found.statistic, d);
            assert_abs_diff_eq!(found.p, 2.0 * (1.0 - d).powi(2), epsilon = 1e-12);
        }
        for d in [0.25, 0.3, 0.4, 0.5_f64] {
            assert_abs_diff_eq!(exact_upper(d, 2), 1.0 - 2.0 * (2.0 * d - 0.5).powi(2), epsilon = 1e-12);
        }
    }

    // The value published by Marsaglia, Tsang and Wang.
    #[test]
    fn ten_numbers_have_the_published_probability() {
        assert_abs_diff_eq!(1.0 - exact_upper(0.274, 10), 0.628_479_615_403_0, epsilon = 1e-10);
    }

    // Stephens fitted the tail. The bounds are those in the documentation of `kolmogorov`.
    #[test]
    fn the_limit_takes_over_without_a_jump() {
        for step in 5..=80 {
            let (d, root) = (f64::from(step) / 100.0, (FEW as f64).sqrt());
            let limit = kolmogorov_upper(d * (root + 0.12 + 0.11 / root));
            let epsilon = if limit < 0.1 { 0.001 } else { 0.02 };
            assert_abs_diff_eq!(exact_upper(d, FEW), limit, epsilon = epsilon);
        }
    }

    #[test]
    fn many_degrees_of_freedom_are_nearly_normal() {
        for freedom in [1e5, 3e7] {
            let distribution = ChiSquared::new(freedom).unwrap();
            // Wilson and Hilferty: the cube root of the chi-square over its freedom is normal.
            let at =
                |z: f64| freedom * (1.0 - 2.0 / (9.0 * freedom) + z * (2.0 / (9.0 * freedom)).sqrt()).powi(3);
            assert_relative_eq!(distribution.sf(at(3.0)), 0.001_349_898, max_relative = 1e-3);
            assert_relative_eq!(distribution.cdf(at(-3.0)), 0.001_349_898, max_relative = 1e-3);
        }
    }

    #[test]
    fn the_smallest_of_many_keeps_its_digits() {
        assert_relative_eq!(of_smallest(1e-20, 1000), 1e-17, max_relative = 1e-10);
        assert_relative_eq!(of_smallest(0.5, 2), 0.75);
        assert_eq!(of_smallest(1.0, 3), 1.0);
    }
}
