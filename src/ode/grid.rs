//! Times to step through.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Direction, OdeSolver, Step, StepControl};
use crate::{
    ConfigError, Error, Flow,
    error::{at_least_one, deserialize_checked, positive, require},
};

/// Fixed times `t_0 > .. > t_N`, from noise to data; no step through them waits for the device.
///
/// | grid | for |
/// |---|---|
/// | [`uniform`](TimeGrid::uniform) | straight flows |
/// | [`sigmoid`](TimeGrid::sigmoid) | Simple ReFlow's: fine near both ends |
/// | [`edm`](TimeGrid::edm) | flows of diffusion models: fine near the data |
/// | [`shifted`](TimeGrid::shifted) | large images: fine near noise, or near data |
/// | [`new`](TimeGrid::new) | custom times |
/// | `tuning::GridSearch` | learned for one flow, solver and number of steps |
///
/// # Example
/// ```
/// use reflow::ode::TimeGrid;
/// assert_eq!(TimeGrid::uniform(4)?.times(), [1.0, 0.75, 0.5, 0.25, 0.0]);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeGrid {
    times: Vec<f64>,
}

deserialize_checked!(TimeGrid { times: Vec<f64> } via TimeGrid::new(times));

impl TimeGrid {
    /// The grid through these times, from noise to data.
    ///
    /// They need not reach 1 and 0: a solve then covers a part of the way.
    ///
    /// # Errors
    /// If there are fewer than two, one is not in `[0, 1]`, or they do not fall strictly.
    pub fn new(times: Vec<f64>) -> Result<Self, ConfigError> {
        if times.len() < 2 {
            return Err(ConfigError::new("TimeGrid", "times", "at least two", times));
        }
        if let Some(&t) = times.iter().find(|&t| !(0.0..=1.0).contains(t)) {
            return Err(ConfigError::new("TimeGrid", "times", "in [0, 1]", t));
        }
        match times.windows(2).find(|pair| pair[0] <= pair[1]) {
            Some(pair) => Err(ConfigError::new("TimeGrid", "times", "strictly falling", pair)),
            None => Ok(Self { times }),
        }
    }

    /// Equal steps: `t_i = 1 - i/N`.
    ///
    /// # Errors
    /// If `steps` is zero.
    pub fn uniform(steps: usize) -> Result<Self, ConfigError> {
        Self::from_fn(steps, |i| 1.0 - i)
    }

    /// Steps of equal size under a logistic curve of steepness `k`:
    ///
    /// ```text
    /// t = (s(k (1/2 - i/N)) - s(-k/2)) / (s(k/2) - s(-k/2)),   s(z) = 1 / (1 + e^-z)
    /// ```
    ///
    /// Fine at both ends, and finer the greater `k`; near 0 it is uniform. As `s(z) = (1 + tanh(z/2)) / 2`,
    /// this is `(1 + tanh(k (1/2 - i/N) / 2) / tanh(k / 4)) / 2`.
    ///
    /// Source: Simple ReFlow, improvement 6. The paper's `k` is not known to us; public code for another
    /// model, to which one of the paper's authors contributed, has this formula with `k = 10`, and may
    /// stretch it to the highest noise level, `sigma_max / (1 + sigma_max)`, as
    /// [`stretched`](TimeGrid::stretched) does.
    ///
    /// # Errors
    /// If `steps` is zero, `k` is not positive and finite, or so great that times coincide.
    pub fn sigmoid(steps: usize, k: f64) -> Result<Self, ConfigError> {
        let k = positive("TimeGrid", "k", k)?;
        Self::from_fn(steps, |i| 0.5 + 0.5 * (0.5 * k * (0.5 - i)).tanh() / (0.25 * k).tanh())
    }

    /// EDM's noise levels with `rho = 7` between 80 and 0.002; see [`edm_with`](TimeGrid::edm_with).
    ///
    /// # Errors
    /// If `steps` is zero.
    pub fn edm(steps: usize) -> Result<Self, ConfigError> {
        Self::edm_with(steps, 7.0, 0.002, 80.0)
    }

    /// EDM's noise levels as times of a flow, `t = sigma / (1 + sigma)`:
    ///
    /// ```text
    /// sigma_i = (max^(1/rho) + i/(N-1) (min^(1/rho) - max^(1/rho)))^rho,   sigma_N = 0
    /// ```
    ///
    /// The first time is 1 rather than `max / (1 + max)`, as a flow's noise is free of data. The first step
    /// therefore does not shrink as the number of steps grows, and neither does its error: as a reference for
    /// other solves take [`sigmoid`](TimeGrid::sigmoid) with a small `k`, or [`uniform`](TimeGrid::uniform).
    ///
    /// Source: Karras et al. (EDM), 2022, equation 5; the times by Proposition 2 of Simple ReFlow.
    ///
    /// # Errors
    /// If `steps` is zero, or a setting is not positive and finite, or `sigma_min >= sigma_max`.
    pub fn edm_with(steps: usize, rho: f64, sigma_min: f64, sigma_max: f64) -> Result<Self, ConfigError> {
        let inverse = positive("TimeGrid", "rho", rho)?.recip();
        let low = positive("TimeGrid", "sigma_min", sigma_min)?.powf(inverse);
        let high = positive("TimeGrid", "sigma_max", sigma_max)?.powf(inverse);
        require(sigma_min < sigma_max, "TimeGrid", "sigma_min", "below sigma_max", sigma_min)?;
        let last = (steps.max(2) - 1) as f64 / steps.max(1) as f64;
        Self::from_fn(steps, |i| {
            let sigma = (high + i / last * (low - high)).powf(rho);
            sigma / (1.0 + sigma)
        })
    }

    /// Uniform times bent by `t -> a t / (1 + (a - 1) t)`.
    ///
    /// A shift `a` above 1 spends its steps near noise, below 1 near data; 1 is uniform.
    ///
    /// Source: Esser et al. (Stable Diffusion 3), 2024, equation 23, with `a = 3`.
    ///
    /// # Errors
    /// If `steps` is zero or the shift is not positive and finite.
    pub fn shifted(steps: usize, shift: f64) -> Result<Self, ConfigError> {
        let a = positive("TimeGrid", "shift", shift)?;
        Self::from_fn(steps, |i| a * (1.0 - i) / (1.0 + (a - 1.0) * (1.0 - i)))
    }

    /// The grid with its times mapped linearly so that the first is `from` and the last `to`.
    ///
    /// A solve then starts at `from` and treats its input as a point `x_t` of that time, so scale the noise by
    /// `from` where that is close to 1.
    ///
    /// # Errors
    /// If `1 >= from > to >= 0` does not hold, or times coincide.
    ///
    /// # Example
    /// ```
    /// use reflow::ode::TimeGrid;
    ///
    /// let grid = TimeGrid::sigmoid(5, 10.0)?.stretched(80.0 / 81.0, 0.0)?; // sigma_max = 80
    /// assert_eq!((grid.times()[0], grid.times()[5]), (80.0 / 81.0, 0.0));
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn stretched(self, from: f64, to: f64) -> Result<Self, ConfigError> {
        require((0.0..=1.0).contains(&from), "TimeGrid", "from", "in [0, 1]", from)?;
        require(to >= 0.0 && to < from, "TimeGrid", "to", "in [0, from)", to)?;
        let (first, last) = (self.times[0], self.times[self.steps()]);
        let place = |t: f64| (t - last) / (first - last);
        Self::new(self.times.iter().map(|&t| place(t) * from + (1.0 - place(t)) * to).collect())
    }

    /// The times, from noise to data.
    #[must_use]
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The number of steps.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.times.len() - 1
    }

    /// Times by the fraction of the steps done; the two ends are exact whatever the rounding.
    fn from_fn(steps: usize, time: impl Fn(f64) -> f64) -> Result<Self, ConfigError> {
        let steps = at_least_one("TimeGrid", "steps", steps)?;
        let mut times: Vec<f64> = (0..=steps).map(|i| time(i as f64 / steps as f64)).collect();
        times[0] = 1.0;
        times[steps] = 0.0;
        Self::new(times)
    }
}

/// Where a solve through a [`TimeGrid`] stands.
#[derive(Debug, Clone)]
pub struct GridCursor {
    direction: Direction,
    steps_done: usize,
}

impl TimeGrid {
    /// The time after some steps in a direction.
    fn time_after(&self, steps: usize, direction: Direction) -> f64 {
        match direction {
            Direction::ToData => self.times[steps],
            Direction::ToNoise => self.times[self.steps() - steps],
        }
    }
}

impl<S: OdeSolver> StepControl<S> for TimeGrid {
    type Cursor = GridCursor;

    fn start(&self, direction: Direction) -> GridCursor {
        GridCursor { direction, steps_done: 0 }
    }

    fn time(&self, cursor: &GridCursor) -> f64 {
        self.time_after(cursor.steps_done, cursor.direction)
    }

    fn is_done(&self, cursor: &GridCursor) -> bool {
        cursor.steps_done == self.steps()
    }

    fn advance<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        solver: &S,
        flow: &F,
        x: Tensor<B, D>,
        state: S::State<B, D>,
        cursor: &mut GridCursor,
    ) -> Result<(Tensor<B, D>, S::State<B, D>), Error> {
        let from = self.time_after(cursor.steps_done, cursor.direction);
        cursor.steps_done += 1;
        let to = self.time_after(cursor.steps_done, cursor.direction);
        Ok(solver.step(flow, x, Step::new(from, to), state))
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    fn logistic(z: f64) -> f64 {
        (1.0 + (-z).exp()).recip()
    }

    #[test]
    fn sigmoid_is_the_papers_formula_and_uniform_for_small_k() {
        let (n, k) = (5_u32, 20.0);
        let grid = TimeGrid::sigmoid(n as usize, k).unwrap();
        for (i, &t) in (0..=n).rev().zip(grid.times()) {
            let position = f64::from(i) / f64::from(n) - 0.5;
            let expected =
                (logistic(k * position) - logistic(-k / 2.0)) / (logistic(k / 2.0) - logistic(-k / 2.0));
            assert_relative_eq!(t, expected, epsilon = 1e-12);
        }
        let flat = TimeGrid::sigmoid(4, 1e-4).unwrap();
        for (t, u) in flat.times().iter().zip(TimeGrid::uniform(4).unwrap().times()) {
            assert_relative_eq!(t, u, epsilon = 1e-8);
        }
    }

    #[test]
    fn edm_has_its_noise_levels() {
        let grid = TimeGrid::edm(18).unwrap();
        let sigma = |t: f64| t / (1.0 - t);
        let second =
            (80_f64.powf(1.0 / 7.0) + (0.002_f64.powf(1.0 / 7.0) - 80_f64.powf(1.0 / 7.0)) / 17.0).powi(7);
        assert_relative_eq!(sigma(grid.times()[1]), second, max_relative = 1e-9);
        assert_relative_eq!(sigma(grid.times()[17]), 0.002, max_relative = 1e-9);
        assert_eq!((grid.times()[0], grid.times()[18], grid.steps()), (1.0, 0.0, 18));
    }

    #[test]
    fn every_grid_goes_down_to_a_single_step() {
        for grid in
            [TimeGrid::uniform(1), TimeGrid::sigmoid(1, 20.0), TimeGrid::edm(1), TimeGrid::shifted(1, 3.0)]
        {
            assert_eq!(grid.unwrap().times(), [1.0, 0.0]);
        }
    }

    #[test]
    fn wrong_grids_are_refused() {
        let refused = |grid: Result<TimeGrid, ConfigError>, value: &str| {
            let message = grid.unwrap_err().to_string();
            assert!(message.contains(value), "{message}");
        };
        refused(TimeGrid::uniform(0), "0");
        refused(TimeGrid::sigmoid(5, f64::NAN), "NaN");
        refused(TimeGrid::sigmoid(5, 1000.0), "strictly falling");
        refused(TimeGrid::edm_with(5, 7.0, 90.0, 80.0), "90");
        refused(TimeGrid::edm_with(5, f64::INFINITY, 0.002, 80.0), "inf");
        refused(TimeGrid::shifted(5, -1.0), "-1");
        refused(TimeGrid::new(vec![1.0]), "[1.0]");
        refused(TimeGrid::new(vec![1.0, 0.5, 0.6, 0.0]), "[0.5, 0.6]");
        refused(TimeGrid::new(vec![1.2, 0.0]), "1.2");
        refused(TimeGrid::new(vec![1.0, f64::NAN]), "NaN");
        assert!(serde_json::from_str::<TimeGrid>(r#"{"times":[0.0,1.0]}"#).is_err());
    }
}
