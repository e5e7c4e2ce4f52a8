//! What a flow is trained on.

use std::ops::Range;

use burn::tensor::backend::AutodiffBackend;
use serde::{Deserialize, Serialize};

use super::{StepLoss, cause::cause, generalized_loss};
use crate::{
    Condition, Error, Flow, Key, Loss, Pair, TimeDistribution, Weight,
    loss::{HighPass, Mapped, Mse},
    time::{Cosh, Exponential, Uniform},
    weight::{Normalized, Power},
};

/// What a flow is trained on: a distribution of time, a loss and a weight, as settings that can be written
/// down and read back.
///
/// | | `flow_matching` | `baseline` | `simple_reflow` |
/// |---|---|---|---|
/// | time | [`Uniform`] | [`Cosh`], `a = 4` | [`Exponential`], ratio 10 |
/// | loss | [`Mse`] | [`Mse`] | [`Mse`] after [`HighPass`] |
/// | weight | [`Power`], `t^-2` | [`Power`], `t^-1` | [`Normalized`] |
///
/// The paper's other choices are made elsewhere: the pairs in the [coupling](crate::coupling), dropout in the
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

impl Recipe<Cosh, Mse, Power> {
    /// ReFlow as practised before the paper, which improves on it: times at both ends, squared errors, the
    /// weight `1/t`.
    ///
    /// The paper names as its baseline the most recent techniques that keep to the theory; that these are the
    /// ones is our inference from its reviews.
    #[must_use]
    pub fn baseline() -> Self {
        Self { time: Cosh::default(), loss: Mse, weight: Power::inverse() }
    }
}

impl Recipe<Exponential, Mapped<HighPass>, Normalized> {
    /// Simple ReFlow's improvements 1 to 3.
    ///
    /// The loss is for images and sequences. For images flattened to rows of rank 2, replace it by one that
    /// knows their sides, `Mapped::new(HighPass::new(1.0)?.on_grid([height, width])?)`; for rows without
    /// neighbours, by [`Mse`].
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
/// Every [`Recipe`] whose parts fit implements it; it stands for them where code is generic over recipes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot score pairs of rank {D} with conditions `{Y}`",
    note = "its `time`, `loss` and `weight` must be a `TimeDistribution`, a `Loss` of that rank and those conditions, and a `Weight`"
)]
pub trait Scores<B: AutodiffBackend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// The loss of a flow on pairs, at times drawn for their rows.
    ///
    /// # Errors
    /// If the time distribution draws a time outside `[0, 1]`, or a part gives numbers of the wrong shape or
    /// type.
    fn score<M: Flow<B, D, Y>>(
        &self,
        flow: &M,
        pair: Pair<B::InnerBackend, D, Y>,
        rows: Range<usize>,
        key: &Key,
    ) -> Result<StepLoss<B>, Error>;

    /// Refuses pairs, times, predictions, losses or weights that are not finite.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for the first of them.
    fn check<M: Flow<B, D, Y>>(
        &self,
        flow: &M,
        pair: Pair<B::InnerBackend, D, Y>,
        rows: Range<usize>,
        key: &Key,
    ) -> Result<(), Error>;
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

    fn check<M: Flow<B, D, Y>>(
        &self,
        flow: &M,
        pair: Pair<B::InnerBackend, D, Y>,
        rows: Range<usize>,
        key: &Key,
    ) -> Result<(), Error> {
        let t = self.time.draw(rows, key, &pair.x0().device())?;
        cause(flow, pair, t, &self.loss, &self.weight)
    }
}

impl<T, L, W> burn::config::Config for Recipe<T, L, W> where
    Self: std::fmt::Debug + Serialize + serde::de::DeserializeOwned
{
}
