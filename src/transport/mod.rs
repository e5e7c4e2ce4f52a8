//! Optimal one-to-one matchings of rows, under metrics and couplings alike.

mod assignment;
mod matching;
mod sinkhorn;

pub(crate) use assignment::match_exactly;
pub(crate) use matching::Matching;
