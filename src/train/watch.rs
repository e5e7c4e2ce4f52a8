//! Losses read seldom, and weights to go back to.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Error, rows};

/// Losses not read yet, and the state before the last one that was read and found finite.
#[derive(Debug)]
pub(super) struct Watch<B: Backend, S> {
    unread: Vec<Tensor<B, 1>>,
    first_unread: usize,
    good: S,
    good_step: usize,
}

impl<B: Backend, S: Clone> Watch<B, S> {
    pub(super) fn new(state: &S, step: usize) -> Self {
        Self { unread: Vec::new(), first_unread: step, good: state.clone(), good_step: step }
    }

    /// Takes in the loss of the next step.
    pub(super) fn push(&mut self, loss: Tensor<B, 1>) {
        self.unread.push(loss);
    }

    pub(super) fn unread(&self) -> usize {
        self.unread.len()
    }

    /// Reads the losses not read yet, in one transfer.
    ///
    /// Returns the last one if there is any, or the error that names the first that is not finite.
    pub(super) fn check(&mut self) -> Result<Option<f64>, Error> {
        if self.unread.is_empty() {
            return Ok(None);
        }
        let losses = rows::to_host(Tensor::cat(std::mem::take(&mut self.unread), 0));
        if let Some(at) = losses.iter().position(|loss| !loss.is_finite()) {
            let step = self.first_unread + at;
            return Err(Error::Diverged { step, loss: losses[at], kept: self.good_step });
        }
        self.first_unread += losses.len();
        Ok(losses.last().copied())
    }

    /// Keeps a state that produced a finite loss at this step.
    pub(super) fn keep(&mut self, state: &S, step: usize) {
        self.good = state.clone();
        self.good_step = step;
    }

    /// The state to go back to.
    pub(super) fn into_good(self) -> S {
        self.good
    }

    /// The step that state comes before.
    pub(super) fn good_step(&self) -> usize {
        self.good_step
    }
}
