//! What a caller sees of each step.

use std::{fmt, ops::ControlFlow};

/// One training step, as a callback sees it.
pub struct StepReport<'a, M, A> {
    /// The step, counted from 0.
    pub step: usize,
    /// The step at which this fit ends.
    pub until: usize,
    /// Its learning rate.
    pub rate: f64,
    /// The network with the weights after the step.
    pub flow: &'a M,
    /// The average of its weights, where one is kept.
    pub average: Option<&'a A>,
    /// The held-out score, at the steps that take one.
    pub held_out: Option<f64>,
    /// The last loss that the trainer has read, some steps old; reading it costs nothing.
    pub last_loss: Option<f64>,
    pub(super) losses: &'a dyn Fn() -> [f64; 2],
    pub(super) plain: &'a dyn Fn() -> A,
}

impl<M, A> StepReport<'_, M, A> {
    /// The loss that was minimised; waits for the step to finish on the device.
    #[must_use]
    pub fn loss(&self) -> f64 {
        (self.losses)()[0]
    }

    /// The mean loss without weights; waits for the step to finish on the device.
    #[must_use]
    pub fn unweighted_loss(&self) -> f64 {
        (self.losses)()[1]
    }

    /// The network to sample with, without gradients: the average where there is one.
    #[must_use]
    pub fn sampling_flow(&self) -> A {
        (self.plain)()
    }
}

impl<M, A> fmt::Debug for StepReport<'_, M, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepReport")
            .field("step", &self.step)
            .field("until", &self.until)
            .field("rate", &self.rate)
            .field("held_out", &self.held_out)
            .finish_non_exhaustive()
    }
}

/// A callback of a trainer: called after every step, it may end the fit.
pub(super) type Callback<M, A> = Box<dyn FnMut(&StepReport<'_, M, A>) -> ControlFlow<()> + Send>;
