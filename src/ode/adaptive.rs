//! Steps chosen by the solver's estimate of its own error.

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
/// The error of a step is divided, value by value, by `atol + rtol max(|x|, |x_new|)`. A step is accepted if
/// the root mean square of that over the values of a row is at most 1 for the row where it is largest. The
/// next step is `0.9 error^(-1/p)` times as large, with this factor held between 0.2 and 5 and `p` the order
/// of the solver. Each step waits for the device.
///
/// The rows of a batch share their steps, so within the tolerances a row's result depends on its batch; with
/// a [`TimeGrid`](super::TimeGrid) it does not.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{Adaptive, DormandPrince}};
///
/// let control = Adaptive::new(1e-4, 1e-5)?.with_max_steps(500)?;
/// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, DormandPrince, control);
/// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 1], &Default::default()))?;
/// assert!((out.x.into_scalar() - 1.5).abs() < 1e-2);
/// # Ok::<(), reflow::Error>(())
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
    /// Steps with a relative and an absolute tolerance.
    ///
    /// The absolute tolerance cannot be zero, because a value can be.
    ///
    /// # Errors
    /// If the relative tolerance is negative, the absolute one is not positive, or one of them is not finite.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Error, Sampler, flow::GaussianFlow, ode::{Adaptive, DormandPrince}};
    ///
    /// let steps = |tolerance| -> Result<usize, Error> {
    ///     let control = Adaptive::new(tolerance, tolerance)?;
    ///     let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, DormandPrince, control);
    ///     Ok(sampler.sample(Tensor::<Flex, 2>::ones([1, 1], &Default::default()))?.steps)
    /// };
    /// assert!(steps(1e-5)? > steps(1e-1)?);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn new(rtol: f64, atol: f64) -> Result<Self, ConfigError> {
        not_negative("Adaptive", "rtol", rtol)?;
        positive("Adaptive", "atol", atol)?;
        Ok(Self { rtol, atol, first_step: 0.05, max_steps: 1000 })
    }

    /// Sets the size of the first step that is tried; 0.05 by default.
    ///
    /// # Errors
    /// If it is not in `(0, 1]`.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Sampler, Time, flow_fn, ode::{Adaptive, DormandPrince}};
    ///
    /// let straight = flow_fn(|x: Tensor<Flex, 2>, _: Time<Flex>| x.ones_like());
    /// let control = Adaptive::new(1e-4, 1e-4)?.with_first_step(1.0)?;
    /// let sampler = Sampler::new(straight, DormandPrince, control);
    /// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 1], &Default::default()))?;
    /// assert_eq!(out.steps, 1); // a straight path needs no more
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_first_step(mut self, first_step: f64) -> Result<Self, ConfigError> {
        let ok = first_step > 0.0 && first_step <= 1.0;
        self.first_step = require(ok, "Adaptive", "first_step", "in (0, 1]", first_step)?;
        Ok(self)
    }

    /// Sets how many steps a solve may try, including rejected ones; 1000 by default.
    ///
    /// # Errors
    /// If it is zero.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Error, Sampler, flow::GaussianFlow, ode::{Adaptive, DormandPrince}};
    ///
    /// let control = Adaptive::new(1e-4, 1e-4)?.with_max_steps(2)?;
    /// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, DormandPrince, control);
    /// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 1], &Default::default()));
    /// assert!(matches!(out, Err(Error::Unfinished { steps: 2, .. })));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_max_steps(mut self, max_steps: usize) -> Result<Self, ConfigError> {
        self.max_steps = at_least_one("Adaptive", "max_steps", max_steps)?;
        Ok(self)
    }

    /// The error in units of the tolerance, for the row where it is largest.
    fn scaled_error<B: Backend, const D: usize>(
        &self,
        error: Tensor<B, D>,
        before: Tensor<B, D>,
        after: &Tensor<B, D>,
    ) -> f64 {
        let tolerance = before.abs().max_pair(after.clone().abs()) * self.rtol + self.atol;
        let rows = rows::to_host(rows::mean((error / tolerance).square()));
        // `f64::max` ignores NaN, which must win here.
        rows.into_iter()
            .fold(0.0, |most: f64, row| if most.is_nan() || row <= most { most } else { row })
            .sqrt()
    }
}

/// The position of a solve with [`Adaptive`] steps.
#[derive(Debug, Clone)]
pub struct AdaptiveCursor {
    direction: Direction,
    t: f64,
    step_size: f64,
    steps: usize,
}

impl AdaptiveCursor {
    /// The next step to try, cut off at the end.
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
            // A trial step may leave the region where the flow is defined. A shorter one may not, so NaN
            // counts as a large error.
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
