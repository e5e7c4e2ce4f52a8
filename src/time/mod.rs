//! Times at which a flow is asked, and distributions of the times at which it is trained.
//!
//! A flow is asked at a [`Time`]. A [`TimeDistribution`] decides where between data (`t = 0`) and noise
//! (`t = 1`) it is trained:
//!
//! | distribution | density | trains more |
//! |---|---|---|
//! | [`Uniform`] | `1` | evenly |
//! | [`Exponential`] | `~ b^t`, the paper's with `b = 10` | near noise |
//! | [`Cosh`] | `~ cosh(a (t - 1/2))` | at both ends |
//! | [`LogitNormal`] | of `1 / (1 + e^-z)`, `z ~ N(m, s^2)` | in the middle |
//! | [`Fixed`] | none: a few times | at those times |
//! | [`Stratified`] | that of another distribution, spread evenly over each block of rows | like the other |
//!
//! A custom distribution implements [`TimeDistribution`] with one method.

mod cosh;
mod exponential;
mod fixed;
mod logit_normal;
mod precision;
mod stratified;
mod uniform;
mod value;

pub use cosh::Cosh;
pub use exponential::Exponential;
pub use fixed::Fixed;
pub use logit_normal::LogitNormal;
pub(crate) use precision::TIME_ROUNDING;
pub use precision::least_time;
pub use stratified::Stratified;
pub use uniform::Uniform;
pub use value::{IntoTime, Time};

use std::{ops::Range, sync::Arc};

use burn::tensor::{Tensor, backend::Backend};
use rand::RngExt;
use rand_distr::Open01;

use crate::{Error, Key, rows};

/// A distribution of the training time `t` on `[0, 1]`.
///
/// # Example
/// ```
/// use rand::RngExt;
/// use reflow::{Key, TimeDistribution};
///
/// struct Early;
///
/// impl TimeDistribution for Early {
///     fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
///         rng.random::<f64>().powi(2)
///     }
/// }
///
/// let t = Early.sample(&mut Key::new(0).generator());
/// assert!((0.0..=1.0).contains(&t));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a distribution of the training time",
    note = "implement `reflow::TimeDistribution` for it; the crate's own distributions are in `reflow::time`"
)]
pub trait TimeDistribution: Send + Sync {
    /// Draws one time.
    ///
    /// # Example
    /// ```
    /// use reflow::{Key, TimeDistribution, time::Exponential};
    ///
    /// let mut generator = Key::new(0).generator();
    /// let times: Vec<f64> = (0..1000).map(|_| Exponential::default().sample(&mut generator)).collect();
    /// assert!(times.iter().sum::<f64>() / 1000.0 > 0.6); // more near noise
    /// ```
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64;

    /// Draws the time of a row; by default from the row's own stream of the key.
    ///
    /// # Example
    /// ```
    /// use reflow::{Key, TimeDistribution, time::Uniform};
    ///
    /// let key = Key::new(0);
    /// assert_eq!(Uniform.sample_row(7, &key), Uniform.sample(&mut key.row(7)));
    /// ```
    fn sample_row(&self, row: usize, key: &Key) -> f64 {
        self.sample(&mut key.row(row))
    }

    /// Draws the times of a range of rows; the time of row `i` is a function of the key and `i` alone.
    ///
    /// Times that are too small to divide by are raised to [`least_time`].
    ///
    /// # Shapes
    /// Result: one time for each of `rows`.
    ///
    /// # Errors
    /// [`Error::Time`] if a draw is not in `[0, 1]`.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, TimeDistribution, rows::to_host, time::Uniform};
    ///
    /// let draw = |rows| Uniform.draw::<Flex>(rows, &Key::new(0), &Default::default());
    /// assert_eq!(to_host(draw(0..8)?)[4..6], to_host(draw(4..6)?));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    fn draw<B: Backend>(
        &self,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<Tensor<B, 1>, Error>
    where
        Self: Sized,
    {
        let times = rows.map(|row| match self.sample_row(row, key) {
            t if (0.0..=1.0).contains(&t) => Ok(t),
            value => Err(Error::Time { value }),
        });
        let t: Tensor<B, 1> = rows::from_host(times.collect::<Result<Vec<f64>, Error>>()?, device);
        let least = least_time(t.dtype());
        Ok(t.clamp_min(least))
    }
}

macro_rules! times_through {
    ($($pointer:ty),*) => {$(
        impl<T: TimeDistribution + ?Sized> TimeDistribution for $pointer {
            fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
                (**self).sample(rng)
            }

            fn sample_row(&self, row: usize, key: &Key) -> f64 {
                (**self).sample_row(row, key)
            }
        }
    )*};
}
times_through!(&T, Box<T>, Arc<T>);

/// A distribution of time with a density, a cumulative distribution function and its inverse.
///
/// # Example
/// ```
/// use rand::RngExt;
/// use reflow::{ContinuousTime, TimeDistribution};
///
/// struct Late;
///
/// impl TimeDistribution for Late {
///     fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
///         self.quantile(rng.random())
///     }
/// }
///
/// impl ContinuousTime for Late {
///     fn density(&self, t: f64) -> f64 {
///         2.0 * t
///     }
///     fn cdf(&self, t: f64) -> f64 {
///         t * t
///     }
///     fn quantile(&self, u: f64) -> f64 {
///         u.sqrt()
///     }
/// }
///
/// assert!((Late.quantile(Late.cdf(0.3)) - 0.3).abs() < 1e-12);
/// ```
pub trait ContinuousTime: TimeDistribution {
    /// The density at `t` in `[0, 1]`; it integrates to 1.
    ///
    /// # Example
    /// ```
    /// use reflow::{ContinuousTime, time::Cosh};
    ///
    /// assert!(Cosh::default().density(1.0) > Cosh::default().density(0.5));
    /// ```
    fn density(&self, t: f64) -> f64;

    /// The probability of a time of at most `t`, for `t` in `[0, 1]`.
    ///
    /// # Example
    /// ```
    /// use reflow::{ContinuousTime, time::LogitNormal};
    ///
    /// assert!((LogitNormal::default().cdf(0.5) - 0.5).abs() < 1e-12);
    /// ```
    fn cdf(&self, t: f64) -> f64;

    /// The time below which a draw falls with probability `u`, for `u` in `[0, 1]`: the inverse of
    /// [`cdf`](ContinuousTime::cdf).
    ///
    /// # Example
    /// ```
    /// use reflow::{ContinuousTime, time::Exponential};
    ///
    /// let times = Exponential::default();
    /// assert!((times.cdf(times.quantile(0.3)) - 0.3).abs() < 1e-12);
    /// ```
    fn quantile(&self, u: f64) -> f64;
}

/// Draws a time by inverting the distribution function.
fn by_quantile(time: &impl ContinuousTime, rng: &mut dyn rand::Rng) -> f64 {
    time.quantile(rng.sample(Open01))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    /// The largest gap between the empirical distribution function and the stated one.
    fn kolmogorov_smirnov(distribution: &impl ContinuousTime, draws: usize) -> f64 {
        let key = Key::new(11);
        let mut times: Vec<f64> = (0..draws).map(|row| distribution.sample(&mut key.row(row))).collect();
        times.sort_by(f64::total_cmp);
        let n = draws as f64;
        let gaps = times.iter().enumerate().map(|(i, &t)| {
            let below = distribution.cdf(t) - i as f64 / n;
            below.abs().max((below - 1.0 / n).abs())
        });
        gaps.fold(0.0, f64::max)
    }

    fn follows_its_distribution(distribution: &impl ContinuousTime) {
        // The 0.1 % point of the Kolmogorov-Smirnov statistic.
        assert!(kolmogorov_smirnov(distribution, 100_000) < 1.95 / 100_000_f64.sqrt());
        for i in 1..100 {
            let u = f64::from(i) / 100.0;
            let t = distribution.quantile(u);
            assert_relative_eq!(distribution.cdf(t), u, epsilon = 1e-9);
            let slope = (distribution.cdf(t + 1e-6) - distribution.cdf(t - 1e-6)) / 2e-6;
            assert_relative_eq!(distribution.density(t), slope, max_relative = 1e-5);
        }
        assert_relative_eq!(distribution.cdf(0.0), 0.0, epsilon = 1e-12);
        assert_relative_eq!(distribution.cdf(1.0), 1.0, epsilon = 1e-12);
    }

    #[test]
    fn every_distribution_draws_what_its_density_says() {
        follows_its_distribution(&Uniform);
        for base in [0.2, 2.0, 10.0, 100.0] {
            follows_its_distribution(&Exponential::new(base).unwrap());
        }
        for a in [0.1, 4.0, 20.0] {
            follows_its_distribution(&Cosh::new(a).unwrap());
        }
        for (mean, std) in [(0.0, 1.0), (-1.0, 0.5), (0.7, 2.0)] {
            follows_its_distribution(&LogitNormal::new(mean, std).unwrap());
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
            let drawn =
                Wrong(value).draw::<burn_ndarray::NdArray<f64>>(0..2, &Key::new(0), &Default::default());
            assert_eq!(drawn.unwrap_err(), Error::Time { value });
        }
        let drawn =
            Wrong(f64::NAN).draw::<burn_ndarray::NdArray<f64>>(0..2, &Key::new(0), &Default::default());
        assert!(drawn.unwrap_err().to_string().contains("NaN"));
    }
}
