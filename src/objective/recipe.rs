//! What a flow is trained on.

use std::ops::Range;

use burn::tensor::backend::AutodiffBackend;
use serde::{Deserialize, Serialize};

use super::{StepLoss, generalized_loss};
use crate::{
    Condition, Error, Flow, Key, Loss, Pair, TimeDistribution, Weight,
    loss::{HighPass, Mapped, Mse},
    time::{Exponential, Uniform},
    weight::{Normalized, Power},
};

/// What a flow is trained on: a distribution of time, a loss and a weight, as settings that can be written down and read
/// back.
///
/// | | `flow_matching` | `simple_reflow` |
/// |---|---|---|
/// | time | [`Uniform`] | [`Exponential`], base 10 |
/// | loss | [`Mse`] | [`Mse`] after [`HighPass`] |
/// | weight | [`Power`], `t^-2` | [`Normalized`] |
///
/// The rest of the paper's choices lie elsewhere: the pairs in the [coupling](crate::coupling), dropout in the
/// network, solver and grid in [`Sampling`](crate::Sampling).
///
/// # Example
/// ```
/// use reflow::objective::Recipe;
///
/// let text = serde_json::to_string(&Recipe::simple_reflow()).unwrap();
/// assert_eq!(serde_json::from_str::<Recipe<_, _, _>>(&text).unwrap(), Recipe::simple_reflow());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe<T, L, W> {
    /// The distribution of the training time.
    pub time: T,
    /// The loss of a row.
    pub loss: L,
    /// The weight of a row.
    pub weight: W,
}

impl Recipe<Uniform, Mse, Power> {
    /// Flow matching itself: the squared error of the velocity at uniform times.
    #[must_use]
    pub fn flow_matching() -> Self {
        Self { time: Uniform, loss: Mse, weight: Power::default() }
    }
}

impl Recipe<Exponential, Mapped<HighPass>, Normalized> {
    /// Simple ReFlow's improvements 1 to 3.
    ///
    /// The loss is one of images and sequences. For images that were flattened to rows of rank 2, replace it by one that
    /// knows their sides, `Mapped::new(HighPass::new(1.0)?.on_grid([height, width])?)`; for rows without neighbours, by
    /// [`Mse`].
    #[must_use]
    pub fn simple_reflow() -> Self {
        Self {
            time: Exponential::default(),
            loss: Mapped::new(HighPass::default()),
            weight: Normalized::default(),
        }
    }
}

/// A recipe that scores the pairs of one rank and kind of condition.
///
/// Nobody implements it: every [`Recipe`] of fitting parts has it. It stands for them where code is generic over recipes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot score pairs of rank {D} with conditions `{Y}`",
    note = "its `time`, `loss` and `weight` must be a `TimeDistribution`, a `Loss` of that rank and those conditions, and a `Weight`"
)]
pub trait Scores<B: AutodiffBackend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// The loss of a flow on pairs, at times drawn for their rows.
    ///
    /// # Errors
    /// As the distribution of time's.
    fn score<M: Flow<B, D, Y>>(
        &self,
        flow: &M,
        pair: Pair<B::InnerBackend, D, Y>,
        rows: Range<usize>,
        key: &Key,
    ) -> Result<StepLoss<B>, Error>;
}

impl<B, const D: usize, Y, T, L, W> Scores<B, D, Y> for Recipe<T, L, W>
where
    B: AutodiffBackend,
    Y: Condition,
    T: TimeDistribution,
    L: Loss<B, D, Y>,
    W: Weight,
{
    fn score<M: Flow<B, D, Y>>(
        &self,
        flow: &M,
        pair: Pair<B::InnerBackend, D, Y>,
        rows: Range<usize>,
        key: &Key,
    ) -> Result<StepLoss<B>, Error> {
        let t = self.time.draw(rows, key, &pair.x0().device())?;
        generalized_loss(flow, pair, t, &self.loss, &self.weight)
    }
}

impl<T, L, W> burn::config::Config for Recipe<T, L, W> where
    Self: std::fmt::Debug + Serialize + serde::de::DeserializeOwned
{
}
