//! Learning a time grid for a trained flow.
//!
//! A [`GridSearch`] finds the grid whose few-step samples are closest to those of a [`Reference`].

mod descent;
mod grid_search;
mod learned_grid;
mod reference;

pub use grid_search::GridSearch;
pub use learned_grid::{LearnedGrid, Start};
pub use reference::Reference;
