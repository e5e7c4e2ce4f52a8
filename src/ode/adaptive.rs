//! Steps chosen by the solver's own error.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Direction, EmbeddedSolver, Step, StepControl};
use crate::{
    ConfigError, Error, Flow,
    error::{at_least_one, deserialize_checked, not_negative, positive, require},
    rows,
};

/// Steps as large as the tolerances allow.
///
/// A step is accepted when its error, scaled by `atol + rtol max(|x|, |x_new|)` value by value, is at most 1 in
/// the root mean square over the row where it is largest. The next step is
/// `0.9 error^(-1/p)` times as large, held between 0.2 and 5. Each step waits for the device.
///
/// The rows of a batch share their steps, so a row's result depends on its batch by as much as the
/// tolerances allow; a [`TimeGrid`](super::TimeGrid) has no such bond.
///
/// # Example
/// ```
/// use reflow::ode::Adaptive;
/// let control = Adaptive::new(1e-4, 1e-5)?.with_max_steps(500)?;
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Hairer, Nørsett & Wanner, *Solving Ordinary Differential Equations I*, II.4.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Adaptive {
    rtol: f64,
    atol: f64,
    first_step: f64,
    max_steps: usize,
}

deserialize_checked!(Adaptive { rtol: f64, atol: f64, first_step: f64, max_steps: usize } via
    Adaptive::new(rtol, atol)
        .and_then(|control| control.with_first_step(first_step))
        .and_then(|control| control.with_max_steps(max_steps)));

impl Adaptive {
    /// Steps that keep to a relative and an absolute tolerance.
    ///
    /// The absolute one cannot be zero, as a value can.
    ///
    /// # Errors
    /// If the relative tolerance is negative, the absolute one not positive, or one not finite.
    pub fn new(rtol: f64, atol: f64) -> Result<Self, ConfigError> {
        not_negative("Adaptive", "rtol", rtol)?;
        positive("Adaptive", "atol", atol)?;
        Ok(Self { rtol, atol, first_step: 0.05, max_steps: 1000 })
    }

    /// The size of the first step tried; 0.05 by default.
    ///
    /// # Errors
    /// If it is not in `(0, 1]`.
    pub fn with_first_step(mut self, first_step: f64) -> Result<Self, ConfigError> {
        let ok = first_step > 0.0 && first_step <= 1.0;
        self.first_step = require(ok, "Adaptive", "first_step", "in (0, 1]", first_step)?;
        Ok(self)
    }

    /// How many steps a solve may try, the rejected ones counted; 1000 by default.
    ///
    /// # Errors
    /// If it is zero.
    pub fn with_max_steps(mut self, max_steps: usize) -> Result<Self, ConfigError> {
        self.max_steps = at_least_one("Adaptive", "max_steps", max_steps)?;
        Ok(self)
    }

    /// The error in units of the tolerance, of the row that has most.
    fn scaled_error<B: Backend, const D: usize>(
        &self,
        error: Tensor<B, D>,
        before: Tensor<B, D>,
        after: &Tensor<B, D>,
    ) -> f64 {
        let tolerance = before.abs().max_pair(after.clone().abs()) * self.rtol + self.atol;
        let rows = rows::to_host(rows::mean((error / tolerance).square()));
        // `f64::max` drops a NaN, which here must win.
        rows.into_iter()
            .fold(0.0, |most: f64, row| if most.is_nan() || row <= most { most } else { row })
            .sqrt()
    }
}

/// Where a solve with [`Adaptive`] steps stands.
#[derive(Debug, Clone)]
pub struct AdaptiveCursor {
    direction: Direction,
    t: f64,
    step_size: f64,
    steps: usize,
}

impl AdaptiveCursor {
    /// The next step to try, which does not pass the end.
    fn step(&self) -> Step {
        match self.direction {
            Direction::ToData => Step::new(self.t, (self.t - self.step_size).max(0.0)),
            Direction::ToNoise => Step::new(self.t, (self.t + self.step_size).min(1.0)),
        }
    }
}

impl<S: EmbeddedSolver> StepControl<S> for Adaptive {
    type Cursor = AdaptiveCursor;

    fn start(&self, direction: Direction) -> AdaptiveCursor {
        let t = match direction {
            Direction::ToData => 1.0,
            Direction::ToNoise => 0.0,
        };
        AdaptiveCursor { direction, t, step_size: self.first_step, steps: 0 }
    }

    fn time(&self, cursor: &AdaptiveCursor) -> f64 {
        cursor.t
    }

    fn is_done(&self, cursor: &AdaptiveCursor) -> bool {
        match cursor.direction {
            Direction::ToData => cursor.t <= 0.0,
            Direction::ToNoise => cursor.t >= 1.0,
        }
    }

    fn advance<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        solver: &S,
        flow: &F,
        x: Tensor<B, D>,
        state: S::State<B, D>,
        cursor: &mut AdaptiveCursor,
    ) -> Result<(Tensor<B, D>, S::State<B, D>), Error> {
        let (mut error, mut tried) = (f64::NAN, cursor.step_size);
        while cursor.steps < self.max_steps && cursor.step_size > 1e-12 {
            let step = cursor.step();
            tried = step.size().abs();
            let (next, next_state, difference) = solver.step_with_error(flow, x.clone(), step, state.clone());
            cursor.steps += 1;
            error = self.scaled_error(difference, x.clone(), &next);
            // A trial step that left where the flow is defined is as good as one with a large error: a shorter one may not.
            let factor = if error.is_nan() { 0.2 } else { 0.9 * error.powf(-1.0 / S::ORDER as f64) };
            cursor.step_size = tried * factor.clamp(0.2, 5.0);
            if error <= 1.0 {
                cursor.t = step.to();
                return Ok((next, next_state));
            }
        }
        Err(Error::Unfinished { t: cursor.t, steps: cursor.steps, step_size: tried, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_refused() {
        assert!(Adaptive::new(1e-3, 0.0).unwrap_err().to_string().contains("0.0"));
        assert!(Adaptive::new(f64::NAN, 1e-3).unwrap_err().to_string().contains("NaN"));
        assert!(Adaptive::new(1e-3, f64::INFINITY).unwrap_err().to_string().contains("inf"));
        let control = Adaptive::new(1e-3, 1e-3).unwrap();
        assert!(control.with_max_steps(0).unwrap_err().to_string().contains('0'));
        assert!(control.with_first_step(-1.0).unwrap_err().to_string().contains("-1"));
    }
}
