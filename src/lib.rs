//! reflow
mod assignment;
mod error;
pub mod metric;
mod rng;
pub mod rows;
pub use error::{ConfigError, Error};
pub use rng::Rng;
