//! One step in time.

use serde::{Deserialize, Serialize};

/// The direction of a solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Sampling: `t` falls from 1 to 0.
    ToData,
    /// Inversion: `t` rises from 0 to 1.
    ToNoise,
}

impl Direction {
    /// The times at which a whole solve starts and ends.
    ///
    /// # Example
    /// ```
    /// use reflow::ode::Direction;
    ///
    /// assert_eq!(Direction::ToData.times(), [1.0, 0.0]);
    /// ```
    #[must_use]
    pub fn times(self) -> [f64; 2] {
        match self {
            Self::ToData => [1.0, 0.0],
            Self::ToNoise => [0.0, 1.0],
        }
    }
}

/// A step from one time to another.
///
/// # Example
/// ```
/// use reflow::ode::{Direction, Step};
///
/// let step = Step::new(1.0, 0.75);
/// assert_eq!((step.from(), step.to(), step.size()), (1.0, 0.75, -0.25));
/// assert_eq!(step.direction(), Direction::ToData);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    from: f64,
    to: f64,
}

impl Step {
    /// The step between two times in `[0, 1]`.
    #[must_use]
    pub fn new(from: f64, to: f64) -> Self {
        Self { from, to }
    }

    /// The time at which the step starts.
    #[must_use]
    pub fn from(self) -> f64 {
        self.from
    }

    /// The time at which the step ends.
    #[must_use]
    pub fn to(self) -> f64 {
        self.to
    }

    /// `to - from`: negative on the way to the data.
    ///
    /// # Example
    /// ```
    /// use reflow::ode::Step;
    ///
    /// assert_eq!(Step::new(0.25, 0.75).size(), 0.5);
    /// assert_eq!(Step::new(0.75, 0.25).size(), -0.5);
    /// ```
    #[must_use]
    pub fn size(self) -> f64 {
        self.to - self.from
    }

    /// The time at a fraction of the step; exactly `to` for a fraction of 1.
    ///
    /// # Example
    /// ```
    /// use reflow::ode::Step;
    ///
    /// assert_eq!(Step::new(1.0, 0.5).at(0.25), 0.875);
    /// ```
    #[must_use]
    pub fn at(self, fraction: f64) -> f64 {
        (1.0 - fraction) * self.from + fraction * self.to
    }

    /// The direction of the step.
    ///
    /// # Example
    /// ```
    /// use reflow::ode::{Direction, Step};
    ///
    /// assert_eq!(Step::new(0.25, 0.75).direction(), Direction::ToNoise);
    /// ```
    #[must_use]
    pub fn direction(self) -> Direction {
        if self.to < self.from { Direction::ToData } else { Direction::ToNoise }
    }
}
