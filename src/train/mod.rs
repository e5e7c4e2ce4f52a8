//! Training: a flow, an optimizer and an objective, stepped together.
//!
//! [`ReflowTrainer::builder`] takes the parts one by one; a trainer that lacks a part does not compile.
//! [`ReflowTrainer::simple_reflow`] starts from the paper's choices, and [`Round::rectify`] also from a
//! teacher's weights and pairs. Every part of a preset can be replaced.

mod bounds;
mod builder;
mod burn_schedule;
mod callback;
mod clip;
mod ema;
mod engine;
mod missing;
mod progress;
mod round;
mod run;
mod schedule;
mod settings;
mod state;
mod trainer;
mod watch;
mod weights;

pub use bounds::{Differentiable, FlowOptimizer, Network};
pub use builder::{Custom, ReflowTrainerBuilder};
pub use burn_schedule::{BurnSchedule, burn_schedule};
pub use callback::StepReport;
pub use clip::ClipNorm;
pub use ema::Ema;
pub use missing::{MissingFlow, MissingOptimizer};
pub use progress::{Progress, progress_bar};
pub use round::{Round, Student};
pub use schedule::{LearningRate, Schedule};
pub use settings::TrainSettings;
pub use state::State;
pub use trainer::{FitReport, ReflowTrainer, TrainerOf};
