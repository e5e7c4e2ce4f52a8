//! Training: a flow, an optimizer and a coupling, stepped along the generalised loss.
//!
//! [`ReflowTrainer::builder`] takes the parts one by one and knows at compile time which are missing;
//! [`ReflowTrainer::baseline`] and [`ReflowTrainer::simple_reflow`] begin with the paper's two columns. Each
//! part of a preset can be replaced.

mod builder;
mod callback;
mod clip;
mod ema;
mod missing;
mod progress;
mod recipe;
mod schedule;
mod settings;
mod trainer;
mod watch;
mod weights;

pub use builder::{FlowOptimizer, ReflowTrainerBuilder};
pub use callback::{Callback, StepReport};
pub use clip::ClipNorm;
pub use ema::Ema;
pub use missing::{MissingCoupling, MissingFlow, MissingOptimizer};
pub use progress::Progress;
pub use recipe::Recipe;
pub use schedule::{Decay, LearningRate, Schedule};
pub use settings::TrainSettings;
pub use trainer::{FitReport, Kind, ReflowTrainer};
