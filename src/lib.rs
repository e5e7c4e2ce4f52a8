//! reflow
mod error;
mod rng;
pub mod rows;
pub use error::{ConfigError, Error};
pub use rng::Rng;
