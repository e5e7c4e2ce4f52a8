//! The numbers of a training run.

use std::ops::Range;

use serde::Serialize;

use super::{ClipNorm, Ema};
use crate::{
    ConfigError,
    error::{at_least_one, deserialize_checked, require},
};

/// The numbers of a training run, as settings that can be saved and loaded.
///
/// # Example
/// ```
/// use reflow::train::TrainSettings;
///
/// let text = serde_json::to_string(&TrainSettings::default()).unwrap();
/// assert_eq!(serde_json::from_str::<TrainSettings>(&text).unwrap(), TrainSettings::default());
/// assert!(serde_json::from_str::<TrainSettings>(&text.replace("256", "0")).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrainSettings {
    /// The number of pairs in a step; 256 by default.
    pub batch_size: usize,
    /// The seed of all pairs and times; 0 by default.
    pub seed: u64,
    /// The average of the weights to sample with; a decay of 0.999 by default.
    pub ema: Option<Ema>,
    /// The norm at which gradients are clipped; none by default.
    pub clip: Option<ClipNorm>,
    /// How often the losses are read and checked; every 20 steps by default.
    ///
    /// Each check waits for the device. If a loss is not finite, the weights go back to those of the last
    /// check.
    pub check_every: usize,
    /// The maximum number of parts that each batch is cut into; 1 by default.
    ///
    /// The gradients of the parts are added, so more parts take less memory and give the same step up to
    /// rounding, without dropout and unless the weight is [`Predicted`](crate::weight::Predicted), which sees
    /// one part at a time.
    pub accumulate: usize,
}

impl TrainSettings {
    /// The rows of a step, in the parts that its gradients are accumulated over.
    pub(super) fn parts(&self, step: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let batch = self.batch_size;
        let (first, part) = (step * batch, batch.div_ceil(self.accumulate));
        (0..batch).step_by(part).map(move |start| first + start..first + (start + part).min(batch))
    }

    /// Checks the settings.
    pub(super) fn checked(self) -> Result<Self, ConfigError> {
        at_least_one("ReflowTrainer", "batch_size", self.batch_size)?;
        at_least_one("ReflowTrainer", "check_every", self.check_every)?;
        let parts = at_least_one("ReflowTrainer", "accumulate", self.accumulate)?;
        require(parts <= self.batch_size, "ReflowTrainer", "accumulate", "at most the batch size", parts)?;
        Ok(self)
    }
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            batch_size: 256,
            seed: 0,
            ema: Some(Ema::new(0.999).expect("a decay below one")),
            clip: None,
            check_every: 20,
            accumulate: 1,
        }
    }
}

deserialize_checked!(TrainSettings {
    batch_size: usize,
    seed: u64,
    ema: Option<Ema>,
    clip: Option<ClipNorm>,
    check_every: usize,
    accumulate: usize,
} via TrainSettings { batch_size, seed, ema, clip, check_every, accumulate }.checked());
