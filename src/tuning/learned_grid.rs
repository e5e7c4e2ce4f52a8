//! The result of a search for a grid.

use serde::{Deserialize, Serialize};

use crate::ode::TimeGrid;

/// A grid that a [`GridSearch`](super::GridSearch) found, and how it was found.
///
/// # Example
///
/// A grid is learned once and saved:
///
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, flow::GaussianFlow, ode::Euler, tuning::{GridSearch, LearnedGrid}};
///
/// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
/// let learned = GridSearch::new(3)?.find(&GaussianFlow::new(0.0, 0.5)?, &Euler, noise)?;
/// assert!(learned.error < learned.starts[0].error);
/// let text = serde_json::to_string(&learned).unwrap();
/// assert_eq!(serde_json::from_str::<LearnedGrid>(&text).unwrap(), learned);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedGrid {
    /// The grid.
    pub grid: TimeGrid,
    /// Its mean squared distance from the reference, on the noise that it was learned on.
    pub error: f64,
    /// The evaluations of the flow in one solve on the grid, as counted.
    pub evaluations: usize,
    /// The grids that the search could start from, the best first.
    pub starts: Vec<Start>,
    /// The number of sweeps over all times that led to the grid.
    pub sweeps: usize,
    /// The evaluations of the flow that the search took, each on all rows of noise, without those of the
    /// reference.
    pub cost: usize,
}

/// A grid that a search could start from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Its name, such as `sigmoid 20`; `given` for one that the caller added.
    pub name: String,
    /// The grid.
    pub grid: TimeGrid,
    /// Its mean squared distance from the reference.
    pub error: f64,
}

impl LearnedGrid {
    /// A start as it is, with nothing learned yet.
    pub(super) fn at(start: &Start, evaluations: usize) -> Self {
        let Start { grid, error, .. } = start.clone();
        Self { grid, error, evaluations, starts: vec![], sweeps: 0, cost: 0 }
    }
}

impl burn::config::Config for LearnedGrid {}
