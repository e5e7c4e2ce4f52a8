//! Distributions of data and noise, and the scaling of data.
//!
//! | part | is |
//! |---|---|
//! | [`Dataset`] | rows in memory with a condition each, drawn with replacement or in epochs |
//! | [`Normal`] | Gaussian data, for experiments |
//! | [`data_fn`] | a closure that draws data |
//! | [`Gaussian`] | standard normal noise |
//! | [`Unconditional`] | no conditions, for generated pairs |
//! | [`Standardize`] | scales data to mean 0 and standard deviation 1, and samples back |
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
