//! A few fixed times.

use rand::seq::IndexedRandom;
use serde::Serialize;

use super::TimeDistribution;
use crate::{ConfigError, error::deserialize_checked};

/// One of a few times, each equally likely.
///
/// It has no density, so Proposition 1 does not hold: the flow is trained at these times only.
/// `Fixed::new(vec![1.0])` trains a one-step sampler.
///
/// # Example
/// ```
/// use reflow::{Key, TimeDistribution, time::Fixed};
///
/// let distribution = Fixed::new(vec![0.5, 1.0])?;
/// assert!([0.5, 1.0].contains(&distribution.sample(&mut Key::new(0).generator())));
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fixed {
    times: Vec<f64>,
}

deserialize_checked!(Fixed { times: Vec<f64> } via Fixed::new(times));

impl Fixed {
    /// The distribution on these times.
    ///
    /// # Errors
    /// If there are none, or one is not in `(0, 1]`.
    pub fn new(times: Vec<f64>) -> Result<Self, ConfigError> {
        if times.is_empty() {
            return Err(ConfigError::new("Fixed", "times", "at least one", times));
        }
        match times.iter().find(|&&t| !(t > 0.0 && t <= 1.0)) {
            Some(&t) => Err(ConfigError::new("Fixed", "times", "in (0, 1]", t)),
            None => Ok(Self { times }),
        }
    }
}

impl TimeDistribution for Fixed {
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
        *self.times.choose(rng).expect("the times were checked")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;

    #[test]
    fn each_time_is_as_likely() {
        let distribution = Fixed::new(vec![0.25, 0.5, 1.0]).unwrap();
        let key = Key::new(2);
        let draws: Vec<f64> = (0..30_000).map(|row| distribution.sample(&mut key.row(row))).collect();
        for t in [0.25, 0.5, 1.0] {
            let count = draws.iter().filter(|&&drawn| drawn == t).count();
            assert!((9_600..10_400).contains(&count), "{t} came {count} times");
        }
    }

    #[test]
    fn wrong_times_are_refused() {
        assert!(Fixed::new(vec![]).is_err());
        for t in [0.0, -0.5, 1.1, f64::NAN] {
            assert!(Fixed::new(vec![0.5, t]).unwrap_err().to_string().contains(&format!("{t:?}")));
        }
    }
}
