//! Guidance: wrappers that extrapolate from a guide's prediction to the flow's, and beyond.
//!
//! | guidance | guide | flow |
//! |---|---|---|
//! | [`ClassifierFree`] | the flow without its condition | the flow with it |
//! | [`SignalGuidance`] | the flow without some signals | the flow with them, each with its own scale |
//! | [`AutoGuidance`] | a weaker flow | the flow |
//!
//! [`Guidance`] holds the scale and the times between which it applies.

mod auto;
mod classifier_free;
mod signals;

pub use auto::AutoGuidance;
pub use classifier_free::ClassifierFree;
pub use signals::{Nulls, SignalGuidance};

use burn::tensor::backend::Backend;
use serde::Serialize;

use super::{Answer, Prediction, answer::Factor};
use crate::{
    ConfigError,
    error::{deserialize_checked, not_negative, require},
    time::{TIME_ROUNDING, Time},
};

/// The scale `w` of guidance, and when it applies: `v = v_guide + w (v_flow - v_guide)`, where **`w = 1` is
/// no guidance**.
///
/// `w = 0` is the guide alone, and `w > 1` goes beyond the flow. Denoisers combine in the same way, since the
/// weights sum to one. Some papers count from zero, with a scale `s = w - 1`, so each constructor names its
/// convention: [`one_is_none`](Guidance::one_is_none) and [`zero_is_none`](Guidance::zero_is_none).
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
/// Source: Ho & Salimans, *Classifier-Free Diffusion Guidance*, 2022 (which counts from zero); Karras et al.,
/// *Guiding a Diffusion Model with a Bad Version of Itself*, 2024, equation 3 (from one); the interval:
/// Kynkäänniemi et al., *Applying Guidance in a Limited Interval*, 2024.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Guidance {
    scale: f64,
    interval: [f64; 2],
}

deserialize_checked!(Guidance { scale: f64, interval: [f64; 2] } via {
    Guidance::one_is_none(scale).and_then(|guidance| guidance.between(interval[0], interval[1]))
});

impl Guidance {
    /// No guidance: the flow as it is.
    ///
    /// # Example
    /// ```
    /// use reflow::flow::Guidance;
    ///
    /// assert_eq!(Guidance::none(), Guidance::one_is_none(1.0)?);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    #[must_use]
    pub fn none() -> Self {
        Self { scale: 1.0, interval: [0.0, 1.0] }
    }

    /// Guidance at all times with the scale `w`, where 1 is none.
    ///
    /// # Errors
    /// If the scale is negative or not finite.
    ///
    /// # Example
    /// ```
    /// use reflow::flow::Guidance;
    ///
    /// assert_eq!(Guidance::one_is_none(2.0)?.scale_at(0.5), 2.0);
    /// assert!(Guidance::one_is_none(-0.5).is_err());
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn one_is_none(scale: f64) -> Result<Self, ConfigError> {
        Ok(Self { scale: not_negative("Guidance", "scale", scale)?, interval: [0.0, 1.0] })
    }

    /// Guidance at all times with the scale `s = w - 1`, where 0 is none.
    ///
    /// # Errors
    /// If the scale is below -1 or not finite.
    ///
    /// # Example
    /// ```
    /// use reflow::flow::Guidance;
    ///
    /// assert_eq!(Guidance::zero_is_none(1.0)?, Guidance::one_is_none(2.0)?);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn zero_is_none(scale: f64) -> Result<Self, ConfigError> {
        let ok = scale >= -1.0 && scale.is_finite();
        Self::one_is_none(require(ok, "Guidance", "scale from zero", "at least -1 and finite", scale)? + 1.0)
    }

    /// Limits guidance to times `t` from `low` to `high`, both included up to rounding.
    ///
    /// At other times the flow is left as it is, and the guide is not evaluated.
    ///
    /// # Errors
    /// If the two are not in `[0, 1]`, or `low` is above `high`.
    ///
    /// # Example
    /// ```
    /// use reflow::flow::Guidance;
    ///
    /// let guidance = Guidance::one_is_none(2.0)?.between(0.2, 0.8)?;
    /// assert_eq!([0.0, 0.2, 0.5, 0.8, 1.0].map(|t| guidance.scale_at(t)), [1.0, 2.0, 2.0, 2.0, 1.0]);
    /// assert!(guidance.between(0.8, 0.2).is_err());
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn between(mut self, low: f64, high: f64) -> Result<Self, ConfigError> {
        let ok = 0.0 <= low && low <= high && high <= 1.0;
        self.interval = require(ok, "Guidance", "interval", "times of [0, 1] in rising order", [low, high])?;
        Ok(self)
    }

    /// The scale at time `t`: 1 outside the interval.
    ///
    /// # Example
    /// ```
    /// use reflow::flow::Guidance;
    ///
    /// let guidance = Guidance::zero_is_none(0.5)?.between(0.0, 0.8)?;
    /// assert_eq!((guidance.scale_at(0.4), guidance.scale_at(0.9)), (1.5, 1.0));
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    #[must_use]
    pub fn scale_at(&self, t: f64) -> f64 {
        let [low, high] = self.interval;
        if (low - TIME_ROUNDING..=high + TIME_ROUNDING).contains(&t) { self.scale } else { 1.0 }
    }

    /// The scale at each row's time.
    fn factor<B: Backend>(&self, t: &Time<B>) -> Factor<B> {
        if let Some(t) = t.shared() {
            return Factor::Shared(self.scale_at(t));
        }
        if self.scale == 1.0 {
            return Factor::Shared(1.0);
        }
        let t = t.rows();
        // The times of rows are rounded to the float type of their tensor.
        let rounding = t.dtype().finfo().map_or(TIME_ROUNDING, |float| 2.0 * float.epsilon);
        let [low, high] = [self.interval[0] - rounding, self.interval[1] + rounding];
        let inside = t.clone().greater_equal_elem(low).bool_and(t.clone().lower_equal_elem(high));
        Factor::Rows(t.ones_like().mask_fill(inside, self.scale))
    }

    /// Combines a flow and its guide, skipping whichever cannot affect the result.
    fn together<B: Backend, const D: usize>(
        &self,
        t: &Time<B>,
        flow: impl FnOnce() -> Answer<B, D>,
        guide: impl FnOnce() -> Answer<B, D>,
    ) -> Prediction<B, D> {
        match self.factor(t) {
            Factor::Shared(1.0) => flow().into_prediction(),
            Factor::Shared(0.0) => guide().into_prediction(),
            factor => {
                let rest = factor.clone().neg().plus(Factor::Shared(1.0));
                Answer::combined(vec![(flow(), factor), (guide(), rest)])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // As documented, both ends are included, however the times are rounded.
    #[test]
    fn the_ends_of_an_interval_belong_to_it() {
        let guided = |low: f64, high: f64, steps: usize| {
            let guidance = Guidance::one_is_none(2.0).unwrap().between(low, high).unwrap();
            let grid = crate::ode::TimeGrid::uniform(steps).unwrap();
            grid.times()[..steps].iter().filter(|&&t| guidance.scale_at(t) == 2.0).count()
        };
        assert_eq!((guided(0.0, 0.3, 10), guided(0.2, 1.0, 10), guided(0.1, 0.1, 10)), (3, 9, 1));
    }

    #[test]
    fn a_row_at_the_edge_is_guided_as_a_batch_there_is() {
        use burn::tensor::Tensor;

        use crate::time::IntoTime;
        type B = burn_ndarray::NdArray<f64>;
        let x = Tensor::<B, 2>::zeros([2, 1], &Default::default());
        let t = Tensor::<B, 1>::from_data([0.1 + 0.2, 0.31], &Default::default()).into_time(&x);
        let guidance = Guidance::one_is_none(2.0).unwrap().between(0.0, 0.3).unwrap();
        let Factor::Rows(scale) = guidance.factor(&t) else { panic!("one factor a row") };
        assert_eq!(crate::rows::to_host(scale), [2.0, 1.0]);
        assert_eq!(guidance.scale_at(0.1 + 0.2), 2.0);
    }

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
