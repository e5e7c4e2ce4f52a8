//! Optimal one-to-one matchings of rows, under metrics and couplings alike.

mod assignment;
mod classes;
mod matching;
mod search;
mod sinkhorn;

pub(crate) use assignment::match_exactly;
pub(crate) use classes::{Classes, Sides};
pub(crate) use matching::Matching;
