//! The numbers of a training run.

use serde::Serialize;

use super::{ClipNorm, Ema};
use crate::{
    ConfigError,
    error::{at_least_one, deserialize_checked, require},
};

/// The numbers of a training run, as settings that can be written down and read back.
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
    /// Pairs in a step; 256.
    pub batch_size: usize,
    /// The seed of all pairs and times; 0.
    pub seed: u64,
    /// The average that is sampled with; a decay of 0.999.
    pub ema: Option<Ema>,
    /// The norm gradients are clipped at; none.
    pub clip: Option<ClipNorm>,
    /// How often the losses are read and checked; every 20 steps.
    ///
    /// Reading waits for the device. If a loss was not finite, the weights go back to the last check.
    pub check_every: usize,
    /// The most parts each batch is cut into, whose gradients are added: 1. More take less memory and give the same step.
    pub accumulate: usize,
}

impl TrainSettings {
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
