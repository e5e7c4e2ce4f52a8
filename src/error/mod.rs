//! What can go wrong, with the offending value in every message.
//!
//! [`ConfigError`] is a setting a part refuses when it is built or read back; [`Error`] is what a run
//! can end in.

mod config;
mod settings;

pub use config::ConfigError;
pub(crate) use config::{at_least_one, finite, not_negative, positive, require};
pub(crate) use settings::{deserialize_checked, serialize_by_name};

use std::{path::PathBuf, sync::Arc};

use burn::tensor::DType;

/// What a run can end in: data that does not fit, a solve that cannot end, training that diverged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting was refused.
    #[error(transparent)]
    Config(#[from] ConfigError),

    /// An error of a custom part, such as a file that its data is read from; see [`Error::custom`].
    #[error(transparent)]
    Custom(Cause),

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

    /// Rows of this shape do not make a batch of the rank that was asked for.
    #[error("{what}: rows of shape {row:?} make a batch of rank {found}, where rank {expected} is needed")]
    Rank {
        /// What has the wrong rank.
        what: &'static str,
        /// The rank that was needed.
        expected: usize,
        /// The rank that came.
        found: usize,
        /// The shape of a row, without the batch.
        row: Vec<usize>,
    },

    /// Numbers came in another type of float than the backend computes in.
    #[error(
        "{what}: {found:?} numbers, where the device computes in {expected:?}: \
         convert the tensor (`x.cast(..)`), or set the device's default type"
    )]
    FloatType {
        /// What has the wrong type.
        what: &'static str,
        /// The type that was needed.
        expected: DType,
        /// The type that came.
        found: DType,
    },

    /// Fewer than are needed.
    #[error("{what}: at least {least} are needed, got {found}")]
    TooFew {
        /// What was counted.
        what: &'static str,
        /// How many are needed.
        least: usize,
        /// How many came.
        found: usize,
    },

    /// A row of data has another length than the first.
    #[error("row {row} of the data has {found} values, where the first has {expected}")]
    RowLength {
        /// The row.
        row: usize,
        /// The length of the first row.
        expected: usize,
        /// Its length.
        found: usize,
    },

    /// A label is no class: classes count from 0.
    #[error("row {row} has the label {label}: labels count from 0")]
    Label {
        /// The row.
        row: usize,
        /// Its label.
        label: i64,
    },

    /// A solve was begun on a backend that records gradients, where every evaluation would be kept.
    #[error(
        "a solve on a backend that records gradients keeps all its evaluations: \
         sample `trainer.flow()` or `module.valid()`, which are on the plain backend"
    )]
    Recorded,

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

    /// A distribution of time drew something that is no time.
    #[error("a time distribution drew t = {value}, which is not in [0, 1]")]
    Time {
        /// What it drew.
        value: f64,
    },

    /// Adaptive steps got nowhere: the flow is not finite, or asks for ever smaller steps.
    #[error(
        "the solve stopped at t = {t} after {steps} steps with step size {step_size:e} (error {error}): {}",
        if error.is_nan() {
            "the flow is NaN there however short the step is"
        } else {
            "loosen the tolerances, or allow more steps"
        }
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

    /// A solve went a part of the way between noise and data, so its rows are no pairs.
    #[error(
        "the solve went from t = {from} to t = {to}, and pairs need the whole way: use a grid from 1 to 0"
    )]
    PartOfTheWay {
        /// The time it began at.
        from: f64,
        /// The time it ended at.
        to: f64,
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

impl Error {
    /// The error of a custom part.
    ///
    /// ```
    /// use std::io;
    /// let error = reflow::Error::custom(io::Error::other("shard 3 is gone"));
    /// assert_eq!(error.to_string(), "shard 3 is gone");
    /// ```
    pub fn custom(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Custom(Cause(Arc::from(error.into())))
    }
}

/// An error of a custom part, shared by the clones of an [`Error`]; it is equal to them alone.
#[derive(Debug, Clone)]
pub struct Cause(Arc<dyn std::error::Error + Send + Sync>);

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
