//! reflow
mod assignment;
mod error;
pub mod metric;
mod rng;
pub mod rows;
pub mod flow;
pub mod time;
pub use error::{ConfigError, Error};
pub use flow::{Condition, ConditionalFlow, Embedding, Flow, Labels, TrainableFlow, flow_fn};
pub use rng::Rng;
pub use time::{ContinuousTime, TimeDistribution};
pub mod ode;
pub mod sampler;
pub use ode::{EmbeddedSolver, OdeSolver, StepControl};
pub use sampler::{Sampler, Sampling};
