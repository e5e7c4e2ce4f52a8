//! The default objective: a coupling and a recipe.

use std::{marker::PhantomData, ops::Range};

use burn::tensor::backend::{AutodiffBackend, Backend};

use super::{Objective, Recipe, Scores, StepLoss};
use crate::{Condition, Coupling, Error, Flow, Key, loss::Mse, time::Uniform, weight::Power};

/// No coupling yet: call `.coupling(Independent::new(data, Gaussian))`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MissingCoupling;

/// The generalised loss on the pairs of a coupling.
///
/// The builder makes one from its parts. A custom [`Objective`] can hold one and add to its
/// [`loss`](FlowMatching::loss).
#[derive(Debug, Clone, Copy)]
pub struct FlowMatching<Q = MissingCoupling, R = Recipe<Uniform, Mse, Power>> {
    /// Where the pairs come from, on the inner backend.
    pub coupling: Q,
    /// The time distribution, the loss and the weight.
    pub recipe: R,
}

impl<Q, R> FlowMatching<Q, R> {
    /// The loss on a range of pairs, at times drawn for them.
    ///
    /// # Errors
    /// Those of the coupling and of the time distribution.
    ///
    /// # Example
    /// ```
    /// # use {burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{Key, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
    /// use reflow::objective::{FlowMatching, Recipe};
    ///
    /// # let device = Default::default();
    /// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&device);
    /// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// let matching = FlowMatching { coupling, recipe: Recipe::flow_matching() };
    /// let loss = matching.loss::<Autodiff<Flex>, 2, (), _>(&net, 0..256, &Key::new(0), &device)?;
    /// loss.weighted.backward();
    /// assert!(loss.unweighted.into_scalar() > 0.0);
    /// # Ok::<(), reflow::Error>(())
    /// ```
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

/// What the builder turns into an [`Objective`] once rank and conditions are known.
///
/// [`FlowMatching`] and every custom objective implement it.
pub trait Settle<B: AutodiffBackend, I, M, const D: usize, Y> {
    /// The objective.
    type Objective: Objective<B, M> + 'static;

    /// Returns the objective for this rank and these conditions.
    fn settle(self) -> Self::Objective;
}

// The bound on the flow comes before that on the coupling: it determines rank and conditions, which the
// message about a coupling that does not fit can then name. `I` is a parameter rather than a projection, so
// that data on the wrong backend fails with the message of its own trait.
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

/// Flow matching for one rank and kind of condition, which a [`FlowMatching`] on its own leaves open.
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

    fn cause(&self, flow: &M, rows: Range<usize>, key: &Key, device: &B::Device) -> Option<Error> {
        let FlowMatching { coupling, recipe } = &self.matching;
        let pair = coupling.draw(rows.clone(), &key.fork("pairs"), device).ok()?;
        recipe.check(flow, pair, rows, &key.fork("times")).err()
    }
}
