//! Errors, with the offending value in every message.
//!
//! A [`ConfigError`] is a setting that a part refuses when it is built or deserialized. An [`Error`] is
//! anything that can go wrong in a run.

mod config;
mod settings;

pub use config::ConfigError;
pub(crate) use config::{at_least_one, finite, not_negative, positive, require};
pub(crate) use settings::{deserialize_checked, serialize_by_name};

use std::{path::PathBuf, sync::Arc};

use burn::tensor::DType;

/// Anything that can go wrong in a run: data that does not fit, a solve that cannot finish, training that
/// diverges.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Error, data::Dataset};
///
/// let x = Tensor::<Flex, 2>::from_data([[0.0, 1.0], [2.0, f32::NAN]], &Default::default());
/// let error = Dataset::new(x).unwrap_err();
/// assert!(matches!(error, Error::NotFinite { row: 1, .. }));
/// assert_eq!(error.to_string(), "the data: row 1 holds NaN, which is not finite");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting was refused.
    #[error(transparent)]
    Config(#[from] ConfigError),

    /// An error of a custom part, such as a failure to read its data; see [`Error::custom`].
    #[error(transparent)]
    Custom(Cause),

    /// Something that needs rows has none.
    #[error("{what} is empty: at least one row is needed")]
    Empty {
        /// What was empty.
        what: &'static str,
    },

    /// Two shapes that must agree do not.
    #[error("{what}: expected shape {expected:?}, got {found:?}")]
    Shape {
        /// What has the wrong shape.
        what: &'static str,
        /// The shape that was needed.
        expected: Vec<usize>,
        /// The shape that was given.
        found: Vec<usize>,
    },

    /// Rows of this shape do not form a batch of the requested rank.
    #[error("{what}: rows of shape {row:?} make a batch of rank {found}, where rank {expected} is needed")]
    Rank {
        /// What has the wrong rank.
        what: &'static str,
        /// The rank that was needed.
        expected: usize,
        /// The rank that was given.
        found: usize,
        /// The shape of a row, without the batch.
        row: Vec<usize>,
    },

    /// The float type of a tensor is not the one the device computes in.
    #[error(
        "{what}: {found:?} numbers, where the device computes in {expected:?}: \
         convert the tensor (`x.cast(..)`), or set the device's default type"
    )]
    FloatType {
        /// What has the wrong type.
        what: &'static str,
        /// The type that was needed.
        expected: DType,
        /// The type that was given.
        found: DType,
    },

    /// There are too few of something.
    #[error("{what}: at least {least} are needed, got {found}")]
    TooFew {
        /// What was counted.
        what: &'static str,
        /// How many are needed.
        least: usize,
        /// How many there are.
        found: usize,
    },

    /// The length of a row of data differs from that of the first row.
    #[error("row {row} of the data has {found} values, where the first has {expected}")]
    RowLength {
        /// The row.
        row: usize,
        /// The length of the first row.
        expected: usize,
        /// The length of this row.
        found: usize,
    },

    /// A label is negative.
    #[error("row {row} has the label {label}: labels count from 0")]
    Label {
        /// The row.
        row: usize,
        /// Its label.
        label: i64,
    },

    /// A label is beyond the classes of a network.
    #[error("row {row} has the label {label}, but the network knows the labels 0 to {}", classes - 1)]
    Class {
        /// The row.
        row: usize,
        /// Its label.
        label: i64,
        /// How many classes the network has.
        classes: usize,
    },

    /// A solve was started on an autodiff backend, which would record every evaluation.
    #[error(
        "a solve on an autodiff backend would record every evaluation: \
         sample `trainer.flow()` or `module.valid()`, which are on the plain backend"
    )]
    Recorded,

    /// Two counts that must agree do not.
    #[error("{what}: expected {expected}, got {found}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// How many were needed.
        expected: usize,
        /// How many were given.
        found: usize,
    },

    /// A value is NaN or infinite.
    #[error("{what}: row {row} holds {value}, which is not finite")]
    NotFinite {
        /// What holds the value.
        what: &'static str,
        /// The first row with such a value.
        row: usize,
        /// The value.
        value: f64,
    },

    /// A time distribution drew a time outside `[0, 1]`.
    #[error("a time distribution drew t = {value}, which is not in [0, 1]")]
    Time {
        /// What it drew.
        value: f64,
    },

    /// Adaptive stepping gave up: the flow is not finite, or needs ever smaller steps.
    #[error(
        "the solve stopped at t = {t} after {steps} steps with step size {step_size:e} (error {error}): {}",
        if error.is_nan() {
            "the flow is NaN there however short the step is"
        } else {
            "loosen the tolerances, or allow more steps"
        }
    )]
    Unfinished {
        /// The time that was reached.
        t: f64,
        /// The number of steps, accepted and rejected.
        steps: usize,
        /// The size of the last step that was tried.
        step_size: f64,
        /// The error of that step in units of the tolerance; at most 1 would have been accepted.
        error: f64,
    },

    /// A solve covered only part of the way between noise and data, so its two ends do not form pairs.
    #[error(
        "the solve went from t = {from} to t = {to}, but pairs need the whole way: use a grid from 1 to 0"
    )]
    PartOfTheWay {
        /// The time at which it started.
        from: f64,
        /// The time at which it ended.
        to: f64,
    },

    /// A training loss was not finite. The weights from before step `kept` have been restored.
    #[error(
        "the loss was {loss} at step {step}; the weights from before step {kept} are back in place{}",
        cause.as_ref().map_or_else(String::new, |cause| format!("; {cause}"))
    )]
    Diverged {
        /// The first step (from 0) whose loss was not finite.
        step: usize,
        /// That loss.
        loss: f64,
        /// The step whose incoming weights, the last known to be good, have been restored.
        kept: usize,
        /// The part whose numbers were not finite, if one is found on the rows of that step.
        cause: Option<Box<Error>>,
    },

    /// A weights file cannot be read, or its tensors do not match the network.
    #[error("{}: {what}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the name of the tensor if there is one.
        what: String,
    },

    /// A weight was not finite when a fit ended. The weights from before step `kept` have been restored.
    #[error(
        "a weight was not finite after step {step}; the weights from before step {kept} are back in place"
    )]
    Overflowed {
        /// The last step (from 0) of the fit.
        step: usize,
        /// The step whose incoming weights, the last known to be good, have been restored.
        kept: usize,
    },
}

impl Error {
    /// Wraps the error of a custom part.
    ///
    /// # Example
    /// ```
    /// use std::io;
    /// use reflow::Error;
    ///
    /// let error = Error::custom(io::Error::other("shard 3 is gone"));
    /// assert_eq!(error.to_string(), "shard 3 is gone");
    /// assert!(matches!(error, Error::Custom(_)));
    /// ```
    pub fn custom(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Custom(Cause(Arc::from(error.into())))
    }
}

/// An error of a custom part, shared by the clones of an [`Error`] and equal only to them.
#[derive(Debug, Clone)]
pub struct Cause(Arc<dyn std::error::Error + Send + Sync>);

impl Cause {
    /// The error itself, to be downcast to its type.
    ///
    /// # Example
    /// ```
    /// use std::io;
    /// use reflow::Error;
    ///
    /// let Error::Custom(cause) = Error::custom(io::Error::from(io::ErrorKind::NotFound)) else { unreachable!() };
    /// let error: &io::Error = cause.get().downcast_ref().unwrap();
    /// assert_eq!(error.kind(), io::ErrorKind::NotFound);
    /// ```
    #[must_use]
    pub fn get(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
