//! Guidance: flows that wrap flows and go further in the direction one of them adds to another.
//!
//! | guidance | goes from | to |
//! |---|---|---|
//! | [`ClassifierFree`] | the flow without a condition | the flow with it |
//! | [`AutoGuidance`] | a weaker flow | the flow |
//!
//! [`Guidance`] says how far, and between which times.

mod auto;
mod classifier_free;

pub use auto::AutoGuidance;
pub use classifier_free::ClassifierFree;

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use crate::{
    ConfigError,
    error::{deserialize_checked, not_negative, require},
    rows,
};

/// How far guidance goes, and when: `v = v_guide + w (v_flow - v_guide)`, where **`w = 1` is no guidance**.
///
/// `w = 0` is the guide alone, `w > 1` goes beyond the flow. As the weights sum to one, the same holds of the denoisers.
/// Others count from zero: their scale `s` is `w - 1`. So the constructors say which they take,
/// [`one_is_none`](Guidance::one_is_none) and [`zero_is_none`](Guidance::zero_is_none).
///
/// # Example
/// ```
/// use reflow::flow::Guidance;
///
/// let guidance = Guidance::one_is_none(1.5)?.between(0.2, 0.9)?;
/// assert_eq!(guidance, Guidance::zero_is_none(0.5)?.between(0.2, 0.9)?);
/// assert_eq!((guidance.scale_at(0.5), guidance.scale_at(1.0)), (1.5, 1.0));
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Ho & Salimans, *Classifier-Free Diffusion Guidance*, 2022 (which counts from zero); Karras et al., *Guiding a
/// Diffusion Model with a Bad Version of Itself*, 2024, equation 3 (from one); the interval: Kynkäänniemi et al., *Applying
/// Guidance in a Limited Interval*, 2024.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Guidance {
    scale: f64,
    interval: [f64; 2],
}

deserialize_checked!(Guidance { scale: f64, interval: [f64; 2] } via {
    Guidance::one_is_none(scale).and_then(|guidance| guidance.between(interval[0], interval[1]))
});

impl Guidance {
    /// Guidance at all times by the scale `w`, of which 1 is none.
    ///
    /// # Errors
    /// If the scale is negative or not finite.
    pub fn one_is_none(scale: f64) -> Result<Self, ConfigError> {
        Ok(Self { scale: not_negative("Guidance", "scale", scale)?, interval: [0.0, 1.0] })
    }

    /// Guidance at all times by the scale `s = w - 1`, of which 0 is none.
    ///
    /// # Errors
    /// If the scale is below -1 or not finite.
    pub fn zero_is_none(scale: f64) -> Result<Self, ConfigError> {
        let ok = scale >= -1.0 && scale.is_finite();
        Self::one_is_none(require(ok, "Guidance", "scale from zero", "at least -1 and finite", scale)? + 1.0)
    }

    /// Guidance at times `t` from `low` to `high` alone, both included; at others the flow is left as it is, and the
    /// guide is not evaluated.
    ///
    /// # Errors
    /// If they are not in `[0, 1]`, or `low` is above `high`.
    pub fn between(mut self, low: f64, high: f64) -> Result<Self, ConfigError> {
        let ok = 0.0 <= low && low <= high && high <= 1.0;
        self.interval = require(ok, "Guidance", "interval", "times of [0, 1] in rising order", [low, high])?;
        Ok(self)
    }

    /// The scale at a time: 1 outside the interval.
    #[must_use]
    pub fn scale_at(&self, t: f64) -> f64 {
        if (self.interval[0]..=self.interval[1]).contains(&t) { self.scale } else { 1.0 }
    }

    /// What the flow and its guide give together where all rows share the time; neither is evaluated in vain.
    fn together_at<B: Backend, const D: usize>(
        &self,
        t: f64,
        flow: impl FnOnce() -> Tensor<B, D>,
        guide: impl FnOnce() -> Tensor<B, D>,
    ) -> Tensor<B, D> {
        let scale = self.scale_at(t);
        if scale == 1.0 {
            return flow();
        }
        let guide = guide();
        if scale == 0.0 {
            return guide;
        }
        (flow() - guide.clone()) * scale + guide
    }

    /// What the flow and its guide give together, each row at its own time.
    fn together<B: Backend, const D: usize>(
        &self,
        t: Tensor<B, 1>,
        flow: impl FnOnce() -> Tensor<B, D>,
        guide: impl FnOnce() -> Tensor<B, D>,
    ) -> Tensor<B, D> {
        if self.scale == 1.0 {
            return flow();
        }
        let [low, high] = self.interval;
        let inside = t.clone().greater_equal_elem(low).bool_and(t.clone().lower_equal_elem(high));
        let scale = t.ones_like().mask_fill(inside, self.scale);
        let guide = guide();
        rows::scale(flow() - guide.clone(), scale) + guide
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_refused() {
        for scale in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(Guidance::one_is_none(scale).unwrap_err().to_string().contains(&format!("{scale:?}")));
        }
        assert!(Guidance::zero_is_none(-1.5).unwrap_err().to_string().contains("-1.5"));
        let guidance = Guidance::one_is_none(2.0).unwrap();
        for (low, high) in [(-0.1, 0.5), (0.5, 1.1), (0.6, 0.5), (f64::NAN, 0.5), (0.5, f64::NAN)] {
            let message = guidance.between(low, high).unwrap_err().to_string();
            assert!(message.contains(&format!("[{low:?}, {high:?}]")), "{message}");
        }
    }
}
