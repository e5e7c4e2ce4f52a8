//! The paper's two columns.

use serde::{Deserialize, Serialize};

use crate::{
    loss::{HighPass, Mapped, Mse},
    time::{Exponential, Uniform},
    weight::{Normalized, Power},
};

/// What a flow is trained on: a law of time, a loss and a weight, as settings that can be written down and read
/// back.
///
/// | | `baseline` | `simple_reflow` |
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
/// use reflow::train::Recipe;
///
/// let text = serde_json::to_string(&Recipe::simple_reflow()).unwrap();
/// assert_eq!(serde_json::from_str::<Recipe<_, _, _>>(&text).unwrap(), Recipe::simple_reflow());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe<T, L, W> {
    /// The law of the training time.
    pub time: T,
    /// The loss of a row.
    pub loss: L,
    /// The weight of a row.
    pub weight: W,
}

impl Recipe<Uniform, Mse, Power> {
    /// Flow matching, as rectified flows were trained before.
    #[must_use]
    pub fn baseline() -> Self {
        Self { time: Uniform, loss: Mse, weight: Power::default() }
    }
}

impl Recipe<Exponential, Mapped<HighPass>, Normalized> {
    /// Simple ReFlow's improvements 1 to 3.
    ///
    /// For images that were flattened to rows of rank 2, replace the loss by one that knows their sides:
    /// `Mapped::new(HighPass::new(1.0)?.on_grid(height, width)?)`.
    #[must_use]
    pub fn simple_reflow() -> Self {
        Self {
            time: Exponential::default(),
            loss: Mapped::new(HighPass::default()),
            weight: Normalized::default(),
        }
    }
}
