//! Distributions of data and of noise, and what prepares data for them.
//!
//! | part | is |
//! |---|---|
//! | [`Dataset`] | rows in memory, drawn with replacement or in epochs, with a condition each |
//! | [`Normal`] | Gaussian data, to try things on |
//! | [`data_fn`] | a closure |
//! | [`Gaussian`] | standard normal noise |
//! | [`Standardize`] | values shifted and scaled to mean 0 and deviation 1, and back |
//!
//! Rows are addressed by index: row `i` is a function of a key and `i`, whatever batch it is drawn in.

mod conditions;
mod dataset;
mod distribution;
mod gaussian;
mod order;
mod standardize;

pub use conditions::{Conditions, Unconditional};
pub use dataset::Dataset;
pub use distribution::{Data, DataFn, Noise, Sample, data_fn};
pub use gaussian::{Gaussian, Normal};
pub use order::Order;
pub use standardize::{Axis, Standardize};
