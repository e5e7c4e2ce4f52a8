//! What a trainer uses besides its state.

use std::ops::ControlFlow;

use super::{Schedule, StepReport, TrainSettings, callback::Callback};
use crate::{Error, objective::Validate};

/// What a trainer uses besides its state.
pub(super) struct Run<M, A> {
    pub(super) schedule: Box<dyn Schedule>,
    pub(super) callbacks: Vec<Callback<M, A>>,
    pub(super) validation: Option<Validation<A>>,
    pub(super) settings: TrainSettings,
}

/// A score on held-out data, and how often it is taken.
pub(super) struct Validation<A> {
    pub(super) every: usize,
    pub(super) score: Box<dyn Validate<A>>,
}

impl<M, A> Run<M, A> {
    /// The held-out score after a step, if it is due.
    pub(super) fn validate(&self, step: usize, flow: impl FnOnce() -> A) -> Result<Option<f64>, Error> {
        let due = self.validation.as_ref().filter(|validation| step.is_multiple_of(validation.every));
        due.map(|validation| validation.score.score(&flow())).transpose()
    }

    /// Calls every callback, even if an earlier one ends the fit, and returns whether the fit goes on.
    pub(super) fn goes_on(&mut self, report: &StepReport<'_, M, A>, callback: Borrowed<'_, M, A>) -> bool {
        let mut goes_on = callback(report).is_continue();
        for callback in &mut self.callbacks {
            goes_on &= callback(report).is_continue();
        }
        goes_on
    }
}

/// A callback passed to a single fit.
pub(super) type Borrowed<'a, M, A> = &'a mut dyn FnMut(&StepReport<'_, M, A>) -> ControlFlow<()>;
