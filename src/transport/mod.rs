//! Optimal one-to-one matchings of rows, for metrics and couplings.

mod assignment;
mod auction;
mod blocks;
mod cells;
mod classes;
mod market;
mod matching;
mod near;
mod order;
mod places;
mod scale;
mod search;
mod shortlist;

pub(crate) use assignment::match_exactly;
pub(crate) use classes::{Classes, Sides};
pub(crate) use matching::Matching;
