//! The protocol: each request and each reply is a line with one JSON object. Closing the connection cancels a
//! request.

use serde::{Deserialize, Serialize};

/// The most rows a request may ask for.
pub const MAX_ROWS: usize = 16_384;
/// The longest time limit in milliseconds, and the default.
const LIMIT: u64 = 60_000;

/// Samples to draw. The same request always gets the same samples.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub seed: u64,
    #[serde(default = "one")]
    pub rows: usize,
    /// The class; without one, digits of any class.
    #[serde(default)]
    pub label: Option<usize>,
    /// The time limit, in milliseconds.
    #[serde(default = "limit")]
    pub within: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    Samples {
        /// The values of each row, in the units of the data.
        rows: Vec<Vec<f32>>,
        evaluations: usize,
        /// From the arrival of the request to the end of its solve.
        milliseconds: f64,
    },
    Refused {
        error: String,
    },
}

impl Request {
    /// Reads a line and checks its numbers.
    pub fn read(line: &str, classes: usize) -> Result<Self, String> {
        let request: Self = serde_json::from_str(line).map_err(|error| format!("not a request: {error}"))?;
        let Self { rows, label, within, .. } = request;
        if !(1..=MAX_ROWS).contains(&rows) {
            return Err(format!("rows must be from 1 to {MAX_ROWS}, got {rows}"));
        }
        if let Some(label) = label.filter(|label| *label >= classes) {
            return Err(format!("label must be less than {classes}, got {label}"));
        }
        if !(1..=LIMIT).contains(&within) {
            return Err(format!("within must be from 1 to {LIMIT}, got {within}"));
        }
        Ok(request)
    }
}

impl Reply {
    pub fn refused(error: impl Into<String>) -> Self {
        Self::Refused { error: error.into() }
    }
}

fn one() -> usize {
    1
}

fn limit() -> u64 {
    LIMIT
}
