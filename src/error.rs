//! What can go wrong, with the offending value in every message.
//!
//! [`ConfigError`] is a setting a part refuses when it is built or read back; [`Error`] is what a run
//! can end in.

use std::path::PathBuf;

use thiserror::Error;

/// A setting that a part refuses, found when the part is built or read back with serde.
///
/// ```
/// let error = reflow::time::Exponential::new(f64::NAN).unwrap_err();
/// assert_eq!(error.to_string(), "Exponential: base must be positive, finite and not 1, got NaN");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{part}: {setting} must be {rule}, got {value}")]
pub struct ConfigError {
    part: &'static str,
    setting: &'static str,
    rule: &'static str,
    value: String,
}

impl ConfigError {
    /// Says that `setting` of `part` must follow `rule`, and what it was instead.
    ///
    /// Parts of your own use it as the crate's parts do.
    pub fn new(
        part: &'static str,
        setting: &'static str,
        rule: &'static str,
        value: impl std::fmt::Debug,
    ) -> Self {
        Self { part, setting, rule, value: format!("{value:?}") }
    }

    /// The part that refused.
    #[must_use]
    pub fn part(&self) -> &'static str {
        self.part
    }

    /// The setting it refused.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}

/// What a run can end in: data that does not fit, a solve that cannot end, training that diverged.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting was refused.
    #[error(transparent)]
    Config(#[from] ConfigError),

    /// Something that needs rows has none.
    #[error("{what} is empty: at least one row is needed")]
    Empty {
        /// What was empty.
        what: &'static str,
    },

    /// Shapes that must agree do not.
    #[error("{what}: expected shape {expected:?}, got {found:?}")]
    Shape {
        /// What has the wrong shape.
        what: &'static str,
        /// The shape that was needed.
        expected: Vec<usize>,
        /// The shape that came.
        found: Vec<usize>,
    },

    /// Two things that go together differ in number.
    #[error("{what}: expected {expected}, got {found}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// How many were needed.
        expected: usize,
        /// How many came.
        found: usize,
    },

    /// Data holds a NaN or an infinity.
    #[error("{what}: row {row} holds {value}, which is not finite")]
    NotFinite {
        /// What holds the value.
        what: &'static str,
        /// The first row that holds one.
        row: usize,
        /// The value.
        value: f64,
    },

    /// A law of time drew something that is no time.
    #[error("a time distribution drew t = {value}, which is not in [0, 1]")]
    Time {
        /// What it drew.
        value: f64,
    },

    /// Adaptive steps got nowhere: the flow is not finite, or asks for ever smaller steps.
    #[error(
        "the solve stopped at t = {t} after {steps} steps with step size {step_size:e} (error {error}): \
         loosen the tolerances, allow more steps, or look for NaN in the flow"
    )]
    Unfinished {
        /// The time reached.
        t: f64,
        /// Accepted and rejected steps together.
        steps: usize,
        /// The size of the step that was tried last.
        step_size: f64,
        /// The last error in units of the tolerance; at most 1 would have been accepted.
        error: f64,
    },

    /// A training loss was not finite. The weights of step `kept` are in place again.
    #[error("the loss was {loss} at step {step}; the weights from before step {kept} are back in place")]
    Diverged {
        /// The first step (from 0) whose loss was not finite.
        step: usize,
        /// That loss.
        loss: f64,
        /// The step whose incoming weights, the last known to be good, the trainer holds again.
        kept: usize,
    },

    /// A file of weights cannot be read, or its tensors are not those of the network.
    #[error("{}: {what}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the name of the tensor if it is one.
        what: String,
    },

    /// A weight was not finite when a fit ended. The weights of step `kept` are in place again.
    #[error(
        "a weight was not finite after step {step}; the weights from before step {kept} are back in place"
    )]
    Overflowed {
        /// The last step (from 0) of the fit.
        step: usize,
        /// The step whose incoming weights, the last known to be good, the trainer holds again.
        kept: usize,
    },
}

/// Refuses anything but a positive, finite number.
pub(crate) fn positive(part: &'static str, setting: &'static str, value: f64) -> Result<f64, ConfigError> {
    require(value > 0.0 && value.is_finite(), part, setting, "positive and finite", value)
}

/// Refuses anything but a finite number of at least zero.
pub(crate) fn not_negative(
    part: &'static str,
    setting: &'static str,
    value: f64,
) -> Result<f64, ConfigError> {
    require(value >= 0.0 && value.is_finite(), part, setting, "at least 0 and finite", value)
}

/// Refuses NaN and the infinities.
pub(crate) fn finite(part: &'static str, setting: &'static str, value: f64) -> Result<f64, ConfigError> {
    require(value.is_finite(), part, setting, "finite", value)
}

/// Refuses zero.
pub(crate) fn at_least_one(
    part: &'static str,
    setting: &'static str,
    value: usize,
) -> Result<usize, ConfigError> {
    require(value > 0, part, setting, "at least 1", value)
}

/// Returns the value if `ok`, else the error that names it.
pub(crate) fn require<T: std::fmt::Debug>(
    ok: bool,
    part: &'static str,
    setting: &'static str,
    rule: &'static str,
    value: T,
) -> Result<T, ConfigError> {
    if ok { Ok(value) } else { Err(ConfigError::new(part, setting, rule, value)) }
}

/// Reads a part back through its constructor, so that settings from a file are checked as in code.
macro_rules! deserialize_checked {
    ($part:ident $(<$inner:ident>)? { $($field:ident : $type:ty),* $(,)? } via $build:expr) => {
        impl<'de $(, $inner: serde::Deserialize<'de>)?> serde::Deserialize<'de> for $part $(<$inner>)? {
            fn deserialize<De: serde::Deserializer<'de>>(source: De) -> Result<Self, De::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Unchecked $(<$inner>)? { $($field: $type),* }
                let Unchecked { $($field),* } = serde::Deserialize::deserialize(source)?;
                $build.map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use deserialize_checked;

/// Writes a part without settings as its name, and reads back that name alone.
macro_rules! serialize_by_name {
    ($part:ident) => {
        impl serde::Serialize for $part {
            fn serialize<Se: serde::Serializer>(&self, target: Se) -> Result<Se::Ok, Se::Error> {
                target.serialize_str(stringify!($part))
            }
        }

        impl<'de> serde::Deserialize<'de> for $part {
            fn deserialize<De: serde::Deserializer<'de>>(source: De) -> Result<Self, De::Error> {
                let name = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(source)?;
                match name.as_ref() {
                    stringify!($part) => Ok($part),
                    other => Err(serde::de::Error::custom(format!(
                        "expected the part {}, got {other}",
                        stringify!($part)
                    ))),
                }
            }
        }
    };
}
pub(crate) use serialize_by_name;
