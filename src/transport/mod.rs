//! Optimal one-to-one matchings of rows, under metrics and couplings alike.

mod assignment;
mod matching;
mod sinkhorn;

pub(crate) use assignment::{assign, squared_distance, squared_distances};
pub(crate) use matching::Matching;
