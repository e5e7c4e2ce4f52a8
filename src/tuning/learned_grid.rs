//! What a search for a grid found.

use serde::{Deserialize, Serialize};

use crate::ode::TimeGrid;

/// A grid that [`GridSearch`](super::GridSearch) found, and what it was found from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedGrid {
    /// The grid.
    pub grid: TimeGrid,
    /// Its mean squared distance from the reference, on the noise it learned on.
    pub error: f64,
    /// The evaluations of the flow that one solve on it takes, counted.
    pub evaluations: usize,
    /// The grids the search could begin at, the best first.
    pub starts: Vec<Start>,
    /// The rounds over all times that led to it.
    pub sweeps: usize,
    /// The evaluations of the flow that the search took, each on all the noise; the reference's are not among them.
    pub cost: usize,
}

/// A grid that a search could begin at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Its name, such as `sigmoid 20`; `given` for one of the caller's.
    pub name: String,
    /// The grid.
    pub grid: TimeGrid,
    /// Its mean squared distance from the reference.
    pub error: f64,
}

impl LearnedGrid {
    /// A start as it is, nothing learned yet.
    pub(super) fn at(start: &Start, evaluations: usize) -> Self {
        let Start { grid, error, .. } = start.clone();
        Self { grid, error, evaluations, starts: vec![], sweeps: 0, cost: 0 }
    }
}

impl burn::config::Config for LearnedGrid {}
