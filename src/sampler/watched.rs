//! A flow that is checked while a solve evaluates it.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use burn::tensor::{Tensor, backend::Backend};

use crate::{
    Condition, Error,
    flow::{Flow, Prediction},
    time::Time,
};

/// Counts evaluations, and records the error of the first prediction that carries one or has the wrong shape or
/// float type: burn would broadcast it over the batch, or panic.
pub(super) struct Watched<F> {
    flow: F,
    evaluations: AtomicUsize,
    fault: OnceLock<Error>,
}

impl<F> Watched<F> {
    pub(super) fn new(flow: F) -> Self {
        Self { flow, evaluations: AtomicUsize::new(0), fault: OnceLock::new() }
    }

    pub(super) fn evaluations(&self) -> usize {
        self.evaluations.load(Ordering::Relaxed)
    }

    /// Returns the error, if there was one.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.fault.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }
}

impl<B: Backend, const D: usize, Y: Condition, F: Flow<B, D, Y>> Flow<B, D, Y> for Watched<F> {
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D> {
        let prediction = self.flow.predict(x.clone(), t, y);
        self.evaluations.fetch_add(prediction.evaluations(), Ordering::Relaxed);
        match prediction.check(&x) {
            Ok(()) => prediction,
            Err(fault) => {
                self.fault.get_or_init(|| fault);
                Prediction::velocity(x.zeros_like())
            }
        }
    }
}
