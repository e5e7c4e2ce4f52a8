//! Learning rates by step.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ConfigError,
    error::{at_least_one, deserialize_checked, positive, require},
};

/// The learning rate of each step.
///
/// Closures `Fn(usize) -> f64` implement it, and [`burn_schedule`](super::burn_schedule) makes one of each of
/// burn's schedulers.
///
/// # Example
///
/// A rate that falls in stairs:
///
/// ```
/// use reflow::Schedule;
///
/// struct Stairs;
///
/// impl Schedule for Stairs {
///     fn rate(&self, step: usize) -> f64 {
///         1e-3 * 0.5_f64.powi((step / 1000) as i32)
///     }
/// }
///
/// assert_eq!([0, 999, 1000].map(|step| Stairs.rate(step)), [1e-3, 1e-3, 5e-4]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a learning-rate schedule",
    note = "use `train::LearningRate`, a closure `|step: usize| -> f64`, or `train::burn_schedule(scheduler)` for one of burn's"
)]
pub trait Schedule: Send {
    /// The rate of a step, counted from 0.
    ///
    /// # Example
    /// ```
    /// use reflow::Schedule;
    ///
    /// let schedule = |step: usize| 1.0 / (1 + step) as f64;
    /// assert_eq!(schedule.rate(3), 0.25);
    /// ```
    fn rate(&self, step: usize) -> f64;
}

impl<F: Fn(usize) -> f64 + Send> Schedule for F {
    fn rate(&self, step: usize) -> f64 {
        self(step)
    }
}

// References and boxes of closures are closures themselves, so these two are all that can be added.
impl Schedule for Box<dyn Schedule> {
    fn rate(&self, step: usize) -> f64 {
        (**self).rate(step)
    }
}

impl<S: Schedule + Sync + ?Sized> Schedule for Arc<S> {
    fn rate(&self, step: usize) -> f64 {
        (**self).rate(step)
    }
}

/// A rate that warms up linearly, and then stays or decays.
///
/// # Example
/// ```
/// use reflow::train::{LearningRate, Schedule};
///
/// let schedule = LearningRate::new(1e-3)?.warm_up(100)?.cosine(1000, 1e-5)?;
/// assert_eq!(schedule.rate(0), 1e-5); // the first of 100 warm-up steps
/// assert_eq!(schedule.rate(99), 1e-3);
/// assert_eq!(schedule.rate(1000), 1e-5);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LearningRate {
    peak: f64,
    warm_up: usize,
    decay: Decay,
}

deserialize_checked!(LearningRate { peak: f64, warm_up: usize, decay: Decay } via {
    LearningRate::new(peak).and_then(|rate| rate.warm_up(warm_up)).and_then(|rate| rate.decay(decay))
});

/// What the rate does after its warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Decay {
    /// Stays as it is.
    Hold,
    /// Falls along half a cosine to `floor` at step `steps`, and stays there.
    Cosine {
        /// The step at which the floor is reached.
        steps: usize,
        /// The final rate.
        floor: f64,
    },
    /// Falls as one over the square root of the step, from step `reference` on.
    InverseRoot {
        /// The step up to which the rate stays.
        reference: usize,
    },
}

impl LearningRate {
    /// A constant rate.
    ///
    /// # Errors
    /// If the rate is not positive and finite.
    pub fn new(peak: f64) -> Result<Self, ConfigError> {
        Ok(Self { peak: positive("LearningRate", "peak", peak)?, warm_up: 0, decay: Decay::Hold })
    }

    /// Warms up over `steps` steps, linearly from zero.
    ///
    /// # Errors
    /// If a cosine decay does not end after the warm-up.
    ///
    /// # Example
    /// ```
    /// use reflow::train::{LearningRate, Schedule};
    ///
    /// let schedule = LearningRate::new(1.0)?.warm_up(4)?;
    /// assert_eq!([0, 1, 2, 3, 4].map(|step| schedule.rate(step)), [0.25, 0.5, 0.75, 1.0, 1.0]);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn warm_up(self, steps: usize) -> Result<Self, ConfigError> {
        Self { warm_up: steps, ..self }.checked()
    }

    /// Decays along half a cosine, from the end of the warm-up to `floor` at step `steps`.
    ///
    /// # Errors
    /// If `steps` is not beyond the warm-up, or the floor is negative or above the peak.
    ///
    /// # Example
    /// ```
    /// use reflow::train::{LearningRate, Schedule};
    ///
    /// let schedule = LearningRate::new(1.0)?.cosine(100, 0.0)?;
    /// assert_eq!([0, 50, 100, 200].map(|step| schedule.rate(step)), [1.0, 0.5, 0.0, 0.0]);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn cosine(self, steps: usize, floor: f64) -> Result<Self, ConfigError> {
        self.decay(Decay::Cosine { steps, floor })
    }

    /// Decays as `peak sqrt(reference / step)` from step `reference` on.
    ///
    /// With a warm-up longer than `reference`, the rate never reaches its peak.
    ///
    /// Source: Karras et al. (EDM2), 2024, equation 67.
    ///
    /// # Errors
    /// If `reference` is zero.
    ///
    /// # Example
    /// ```
    /// use reflow::train::{LearningRate, Schedule};
    ///
    /// let schedule = LearningRate::new(1.0)?.inverse_root(100)?;
    /// assert_eq!([50, 100, 400].map(|step| schedule.rate(step)), [1.0, 1.0, 0.5]);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn inverse_root(self, reference: usize) -> Result<Self, ConfigError> {
        self.decay(Decay::InverseRoot { reference })
    }

    fn decay(mut self, decay: Decay) -> Result<Self, ConfigError> {
        match decay {
            Decay::Hold => {}
            Decay::Cosine { steps, floor } => {
                at_least_one("LearningRate", "cosine steps", steps)?;
                let ok = (0.0..=self.peak).contains(&floor);
                require(ok, "LearningRate", "cosine floor", "between 0 and the peak", floor)?;
            }
            Decay::InverseRoot { reference } => {
                at_least_one("LearningRate", "reference", reference)?;
            }
        }
        self.decay = decay;
        self.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        match self.decay {
            Decay::Cosine { steps, .. } => {
                require(
                    steps > self.warm_up,
                    "LearningRate",
                    "cosine steps",
                    "more than the warm-up's",
                    steps,
                )?;
            }
            Decay::Hold | Decay::InverseRoot { .. } => {}
        }
        Ok(self)
    }
}

impl Default for LearningRate {
    /// A constant `1e-3`.
    fn default() -> Self {
        Self { peak: 1e-3, warm_up: 0, decay: Decay::Hold }
    }
}

impl Schedule for LearningRate {
    fn rate(&self, step: usize) -> f64 {
        let warm = if step < self.warm_up { (step + 1) as f64 / self.warm_up as f64 } else { 1.0 };
        warm * match self.decay {
            Decay::Hold => self.peak,
            Decay::Cosine { steps, floor } => {
                let done = (step.saturating_sub(self.warm_up) as f64
                    / steps.saturating_sub(self.warm_up).max(1) as f64)
                    .min(1.0);
                floor + (self.peak - floor) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
            Decay::InverseRoot { reference } => {
                self.peak * (reference as f64 / step.max(reference) as f64).sqrt()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn rates_warm_up_and_decay() {
        let cosine = LearningRate::new(2.0).unwrap().warm_up(10).unwrap().cosine(110, 0.5).unwrap();
        let rates: Vec<f64> = [0, 4, 9, 10, 60, 110, 500].iter().map(|&step| cosine.rate(step)).collect();
        for (rate, expected) in rates.into_iter().zip([0.2, 1.0, 2.0, 2.0, 1.25, 0.5, 0.5]) {
            assert_relative_eq!(rate, expected, epsilon = 1e-12);
        }
        let root = LearningRate::new(1.0).unwrap().inverse_root(100).unwrap();
        assert_relative_eq!(root.rate(50), 1.0);
        assert_relative_eq!(root.rate(400), 0.5);
    }

    #[test]
    fn pointers_are_schedules() {
        fn at<S: Schedule>(schedule: S) -> f64 {
            schedule.rate(4)
        }
        let rate = LearningRate::new(2.0).unwrap().warm_up(10).unwrap();
        let closure = |step: usize| step as f64;
        let boxed: Box<dyn Schedule> = Box::new(rate);
        assert_eq!([at(boxed), at(Arc::new(rate)), at(Box::new(closure)), at(closure)], [1.0, 1.0, 4.0, 4.0]);
    }

    #[test]
    fn wrong_settings_are_refused() {
        for peak in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(LearningRate::new(peak).unwrap_err().to_string().contains(&format!("{peak:?}")));
        }
        let rate = LearningRate::default();
        assert!(rate.cosine(0, 0.0).unwrap_err().to_string().contains('0'));
        assert!(rate.cosine(10, 2.0).unwrap_err().to_string().contains("2.0"));
        assert!(rate.cosine(10, f64::NAN).unwrap_err().to_string().contains("NaN"));
        assert!(rate.inverse_root(0).is_err());
        assert!(rate.warm_up(100).unwrap().cosine(50, 0.0).unwrap_err().to_string().contains("50"));
        assert!(rate.cosine(50, 0.0).unwrap().warm_up(100).unwrap_err().to_string().contains("50"));
        let text = r#"{"peak":1e-3,"warm_up":100,"decay":{"Cosine":{"steps":50,"floor":0.0}}}"#;
        assert!(serde_json::from_str::<LearningRate>(text).is_err());
        let text = r#"{"peak":1e-3,"warm_up":5,"decay":{"Cosine":{"steps":0,"floor":0.0}}}"#;
        assert!(serde_json::from_str::<LearningRate>(text).is_err());
    }
}
