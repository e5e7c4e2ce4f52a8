//! Losses that are read once in a while, and weights to go back to.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Error, rows};

/// The two losses of a step: the one that is minimised, and the one without weights.
pub(super) type StepLosses<B> = [Tensor<B, 1>; 2];

/// The losses that have not been read yet, and a state to go back to: the one before the last step whose loss
/// was read and found finite.
#[derive(Debug)]
pub(super) struct Watch<B: Backend, S> {
    unread: Vec<StepLosses<B>>,
    first_unread: usize,
    last: Option<[f64; 2]>,
    good: S,
    good_step: usize,
}

impl<B: Backend, S> Watch<B, S> {
    pub(super) fn new(state: S, step: usize) -> Self {
        Self { unread: Vec::new(), first_unread: step, last: None, good: state, good_step: step }
    }

    /// Adds the losses of the next step.
    pub(super) fn push(&mut self, losses: StepLosses<B>) {
        self.unread.push(losses);
    }

    pub(super) fn unread(&self) -> usize {
        self.unread.len()
    }

    /// The last losses that were read: with weights, and without.
    pub(super) fn last(&self) -> Option<[f64; 2]> {
        self.last
    }

    /// Reads the unread losses in one transfer; an error names the first that is not finite.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        if self.unread.is_empty() {
            return Ok(());
        }
        let losses = std::mem::take(&mut self.unread).into_iter().flatten().collect();
        let losses = rows::to_host(Tensor::cat(losses, 0));
        if let Some(at) = losses.iter().step_by(2).position(|loss| !loss.is_finite()) {
            let step = self.first_unread + at;
            return Err(Error::Diverged { step, loss: losses[2 * at], kept: self.good_step, cause: None });
        }
        self.first_unread += losses.len() / 2;
        self.last = losses.last_chunk().copied();
        Ok(())
    }

    /// Keeps a state whose loss at this step was finite.
    pub(super) fn keep(&mut self, state: S, step: usize) {
        self.good = state;
        self.good_step = step;
    }

    /// The state to go back to.
    pub(super) fn into_good(self) -> S {
        self.good
    }

    /// The step before which the state to go back to was kept.
    pub(super) fn good_step(&self) -> usize {
        self.good_step
    }
}
