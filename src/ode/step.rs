//! One step in time.

use serde::{Deserialize, Serialize};

/// The way a solve goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Sampling: `t` falls from 1 to 0.
    ToData,
    /// Inversion: `t` rises from 0 to 1.
    ToNoise,
}

impl Direction {
    /// The times that a whole solve begins and ends at.
    #[must_use]
    pub fn times(self) -> [f64; 2] {
        match self {
            Self::ToData => [1.0, 0.0],
            Self::ToNoise => [0.0, 1.0],
        }
    }
}

/// A step from one time to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    from: f64,
    to: f64,
}

impl Step {
    /// The step between two times of `[0, 1]`.
    #[must_use]
    pub fn new(from: f64, to: f64) -> Self {
        Self { from, to }
    }

    /// The time it starts at.
    #[must_use]
    pub fn from(self) -> f64 {
        self.from
    }

    /// The time it ends at.
    #[must_use]
    pub fn to(self) -> f64 {
        self.to
    }

    /// `to - from`: negative on the way to the data.
    #[must_use]
    pub fn size(self) -> f64 {
        self.to - self.from
    }

    /// The time a fraction of the step from its start; exactly `to` for 1.
    #[must_use]
    pub fn at(self, fraction: f64) -> f64 {
        (1.0 - fraction) * self.from + fraction * self.to
    }

    /// The way it goes.
    #[must_use]
    pub fn direction(self) -> Direction {
        if self.to < self.from { Direction::ToData } else { Direction::ToNoise }
    }
}
