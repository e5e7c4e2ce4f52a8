//! A flow that is looked at while a solve asks it.

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

/// A flow whose evaluations are counted, and the first of whose predictions that has not the shape of its rows is kept as
/// an error: burn would broadcast it over the batch, or panic.
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

    /// The fault, if there was one.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.fault.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }
}

impl<B: Backend, const D: usize, Y: Condition, F: Flow<B, D, Y>> Flow<B, D, Y> for Watched<F> {
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D> {
        let prediction = self.flow.predict(x.clone(), t, y);
        self.evaluations.fetch_add(prediction.evaluations(), Ordering::Relaxed);
        match prediction.check_shape(&x.dims()) {
            Ok(()) => prediction,
            Err(fault) => {
                self.fault.get_or_init(|| fault);
                Prediction::velocity(x.zeros_like())
            }
        }
    }
}
