//! Laws of the training time: where between data (`t = 0`) and noise (`t = 1`) a flow is trained.
//!
//! | law | density | trains more |
//! |---|---|---|
//! | [`Uniform`] | `1` | evenly |
//! | [`Exponential`] | `~ b^t`, the paper's with `b = 10` | near noise |
//! | [`Cosh`] | `~ cosh(a (t - 1/2))` | at both ends |
//! | [`LogitNormal`] | of `1 / (1 + e^-z)`, `z ~ N(m, s^2)` | in the middle |
//! | [`Fixed`] | none: a few times | where it says |
//!
//! A law of your own implements [`TimeDistribution`] with one method.

mod cosh;
mod exponential;
mod fixed;
mod logit_normal;
mod uniform;

pub use cosh::Cosh;
pub use exponential::Exponential;
pub use fixed::Fixed;
pub use logit_normal::LogitNormal;
pub use uniform::Uniform;

use burn::tensor::{Tensor, backend::Backend};
use rand::RngExt;
use rand_distr::Open01;

use crate::{Error, Rng, flow::T_MIN, rows};

/// A law of the training time `t` on `[0, 1]`.
///
/// # Example
/// ```
/// use rand::RngExt;
/// use reflow::{Rng, TimeDistribution};
///
/// struct Early;
///
/// impl TimeDistribution for Early {
///     fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
///         rng.random::<f64>().powi(2)
///     }
/// }
///
/// let t = Early.sample(&mut Rng::new(0).generator());
/// assert!((0.0..=1.0).contains(&t));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a law of the training time",
    note = "implement `reflow::TimeDistribution` for it; the crate's own laws are in `reflow::time`"
)]
pub trait TimeDistribution {
    /// Draws one time.
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64;

    /// Draws a batch of times, the time of row `i` a function of the key and `i` alone.
    ///
    /// A time below [`T_MIN`] becomes it: weights divide by the time, and a smaller one would drown in rounding.
    ///
    /// # Shapes
    /// Result: `[batch]`.
    ///
    /// # Errors
    /// [`Error::Time`] if a draw is not in `[0, 1]`.
    fn draw<B: Backend>(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Tensor<B, 1>, Error>
    where
        Self: Sized,
    {
        let times = (0..batch).map(|row| match self.sample(&mut rng.row(row)) {
            t if (0.0..=1.0).contains(&t) => Ok(t.max(T_MIN)),
            value => Err(Error::Time { value }),
        });
        Ok(rows::from_host(times.collect::<Result<Vec<f64>, Error>>()?, device))
    }
}

/// A law of time with a density, its integral and the inverse of that.
pub trait ContinuousTime: TimeDistribution {
    /// The density at `t` in `[0, 1]`; it integrates to one.
    fn density(&self, t: f64) -> f64;

    /// The probability of a time at most `t`, for `t` in `[0, 1]`.
    fn cdf(&self, t: f64) -> f64;

    /// The time below which a draw lies with probability `u`, for `u` in `[0, 1]`: the inverse of
    /// [`cdf`](ContinuousTime::cdf).
    fn quantile(&self, u: f64) -> f64;
}

/// Draws by inverting the law's distribution function.
fn by_quantile(law: &impl ContinuousTime, rng: &mut dyn rand::Rng) -> f64 {
    law.quantile(rng.sample(Open01))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    /// The largest gap between the empirical and the stated distribution function.
    fn kolmogorov_smirnov(law: &impl ContinuousTime, draws: usize) -> f64 {
        let rng = Rng::new(11);
        let mut times: Vec<f64> = (0..draws).map(|row| law.sample(&mut rng.row(row))).collect();
        times.sort_by(f64::total_cmp);
        let n = draws as f64;
        let gaps = times.iter().enumerate().map(|(i, &t)| {
            let below = law.cdf(t) - i as f64 / n;
            below.abs().max((below - 1.0 / n).abs())
        });
        gaps.fold(0.0, f64::max)
    }

    fn follows_its_law(law: &impl ContinuousTime) {
        // The 0.1 % point of the Kolmogorov-Smirnov statistic.
        assert!(kolmogorov_smirnov(law, 100_000) < 1.95 / 100_000_f64.sqrt());
        for i in 1..100 {
            let u = f64::from(i) / 100.0;
            let t = law.quantile(u);
            assert_relative_eq!(law.cdf(t), u, epsilon = 1e-9);
            let slope = (law.cdf(t + 1e-6) - law.cdf(t - 1e-6)) / 2e-6;
            assert_relative_eq!(law.density(t), slope, max_relative = 1e-5);
        }
        assert_relative_eq!(law.cdf(0.0), 0.0, epsilon = 1e-12);
        assert_relative_eq!(law.cdf(1.0), 1.0, epsilon = 1e-12);
    }

    #[test]
    fn every_law_draws_what_its_density_says() {
        follows_its_law(&Uniform);
        for base in [0.2, 2.0, 10.0, 100.0] {
            follows_its_law(&Exponential::new(base).unwrap());
        }
        for a in [0.1, 4.0, 20.0] {
            follows_its_law(&Cosh::new(a).unwrap());
        }
        for (mean, std) in [(0.0, 1.0), (-1.0, 0.5), (0.7, 2.0)] {
            follows_its_law(&LogitNormal::new(mean, std).unwrap());
        }
    }

    #[test]
    fn a_draw_outside_the_unit_interval_is_an_error() {
        struct Wrong(f64);
        impl TimeDistribution for Wrong {
            fn sample(&self, _: &mut dyn rand::Rng) -> f64 {
                self.0
            }
        }
        for value in [-0.1, 1.5, f64::INFINITY] {
            let drawn = Wrong(value).draw::<burn_ndarray::NdArray<f64>>(2, &Rng::new(0), &Default::default());
            assert_eq!(drawn.unwrap_err(), Error::Time { value });
        }
        let drawn = Wrong(f64::NAN).draw::<burn_ndarray::NdArray<f64>>(2, &Rng::new(0), &Default::default());
        assert!(drawn.unwrap_err().to_string().contains("NaN"));
    }
}
