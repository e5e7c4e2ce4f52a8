//! A coupling and a recipe.

use std::{marker::PhantomData, ops::Range};

use burn::tensor::backend::{AutodiffBackend, Backend};

use super::{Objective, Recipe, Scores, StepLoss};
use crate::{Condition, Coupling, Error, Flow, Key, loss::Mse, time::Uniform, weight::Power};

/// No coupling yet: call `.coupling(Independent::new(data, Gaussian))`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MissingCoupling;

/// The generalised loss on the pairs of a coupling.
///
/// The builder makes it of its parts; a custom [`Objective`] can hold one and add to its [`loss`](FlowMatching::loss).
#[derive(Debug, Clone, Copy)]
pub struct FlowMatching<Q = MissingCoupling, R = Recipe<Uniform, Mse, Power>> {
    /// Where the pairs come from, on the inner backend.
    pub coupling: Q,
    /// The distribution of time, the loss and the weight.
    pub recipe: R,
}

impl<Q, R> FlowMatching<Q, R> {
    /// The loss on the pairs of a range, with their times.
    ///
    /// # Errors
    /// As the coupling's and the distribution of time's.
    pub fn loss<B, const D: usize, Y, M>(
        &self,
        flow: &M,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<StepLoss<B>, Error>
    where
        B: AutodiffBackend,
        Y: Condition,
        M: Flow<B, D, Y>,
        Q: Coupling<B::InnerBackend, D, Y>,
        R: Scores<B, D, Y>,
    {
        let pair = self.coupling.draw(rows.clone(), &key.fork("pairs"), device)?;
        crate::rows::check_length("the pairs that a coupling drew", rows.len(), pair.len())?;
        self.recipe.score(flow, pair, rows, &key.fork("times"))
    }
}

/// What a builder can make an [`Objective`] of, once rank and conditions are settled.
///
/// Nobody implements it: [`FlowMatching`] has it, and so has a custom objective.
pub trait Settle<B: AutodiffBackend, I, M, const D: usize, Y> {
    /// The objective.
    type Objective: Objective<B, M> + 'static;

    /// The objective for this rank and these conditions.
    fn settle(self) -> Self::Objective;
}

// The flow before the coupling: it settles rank and conditions, and a coupling that does not fit is told so. `I` is a
// parameter and no projection, so that data on another backend fails with the message of its own trait.
impl<B, I, M, Q, R, const D: usize, Y> Settle<B, I, M, D, Y> for FlowMatching<Q, R>
where
    B: AutodiffBackend<InnerBackend = I>,
    I: Backend,
    M: Flow<B, D, Y>,
    Y: Condition,
    Q: Coupling<I, D, Y> + 'static,
    R: Scores<B, D, Y> + 'static,
{
    type Objective = Settled<Q, R, D, Y>;

    fn settle(self) -> Settled<Q, R, D, Y> {
        Settled { matching: self, conditions: PhantomData }
    }
}

/// Flow matching for one rank and kind of condition, which its type alone does not tell.
#[derive(Debug)]
pub struct Settled<Q, R, const D: usize, Y> {
    matching: FlowMatching<Q, R>,
    conditions: PhantomData<fn() -> Y>,
}

impl<B, M, Q, R, const D: usize, Y> Objective<B, M> for Settled<Q, R, D, Y>
where
    B: AutodiffBackend,
    Y: Condition,
    M: Flow<B, D, Y>,
    Q: Coupling<B::InnerBackend, D, Y>,
    R: Scores<B, D, Y>,
{
    fn loss(
        &self,
        flow: &M,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<StepLoss<B>, Error> {
        self.matching.loss::<B, D, Y, M>(flow, rows, key, device)
    }
}
