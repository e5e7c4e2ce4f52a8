//! Fast generative flows: train a flow (flow matching), rectify it (ReFlow), and sample it in 1 to 9 network
//! evaluations.
//!
//! The first public implementation of *Simple ReFlow: Improved Techniques for Fast Flow Models* (Kim et al.,
//! ICLR 2025), on [burn](https://burn.dev) 0.21, for any of its backends.
//!
//! # From the top
//!
//! A [`Flow`] is a network that predicts which way each row moves. Time runs from data to noise: **`t = 0` is
//! data, `t = 1` is noise**, the opposite of most other libraries.
//!
//! ```text
//! training   Coupling -> (x0, x1, y) -> TimeDistribution t -> x_t -> Flow -> Loss -> Weight -> mean
//! sampling   x1 -> OdeSolver, stepped by a TimeGrid or Adaptive, along a Flow -> x0
//! reflow     pairs from sampling are the Coupling of the next round
//! ```
//!
//! | to | start with |
//! |---|---|
//! | turn your network into a flow | [`Flow`], [`Prediction`], [`Time`], [`flow_fn`] |
//! | condition it on labels, features, masks | [`condition`] |
//! | train it on your data | [`ReflowTrainer`], [`data::Dataset`], [`coupling::Independent`] |
//! | rectify it | [`train::Round`]; in parts, [`coupling::Backward`], [`coupling::Pairs`], [`coupling::Projection`] |
//! | sample it | [`Sampler`], [`ode::Dpm`], [`ode::TimeGrid`] |
//! | evaluate it at a point | [`FlowExt`] |
//! | start from a diffusion model | [`flow::DiffusionFlow`] |
//! | save it and serve it | `docs/service.md` |
//! | guide it | [`flow::ClassifierFree`], [`flow::SignalGuidance`], [`flow::AutoGuidance`] |
//! | learn a time grid for it | [`tuning::GridSearch`] |
//! | measure how good it is | [`metric`], [`metric::RoundReport`] |
//! | minimise something else | [`Objective`] |
//! | train without the trainer | [`generalized_loss`] |
//!
//! Every arrow above is a trait, so you can replace each part with your own: [`Coupling`],
//! [`TimeDistribution`], [`Loss`], [`Weight`], [`OdeSolver`], [`StepControl`]. Randomness is a function of a
//! [`Key`] and the index of a row, so a row does not depend on the batch it is drawn in.
//!
//! The perceptual loss LPIPS is behind the feature `lpips`.
//!
//! # Backends
//!
//! The crate depends on no backend. Training runs on an autodiff backend; everything else (data, pairs,
//! sampling, metrics) runs on its inner backend, where no gradients are recorded.

pub mod condition;
pub mod coupling;
pub mod data;
mod error;
pub mod flow;
pub mod key;
pub mod loss;
pub mod metric;
pub mod models;
pub mod objective;
pub mod ode;
pub mod rows;
pub mod sampler;
mod threads;
pub mod time;
pub mod train;
mod transport;
pub mod tuning;
mod vectors;
pub mod weight;

pub use condition::{Condition, Labels};
pub use coupling::{Coupling, Pair};
pub use data::{Data, Noise};
pub use error::{Cause, ConfigError, Error};
pub use flow::{Flow, FlowExt, Prediction, flow_fn};
pub use key::Key;
pub use loss::{LinearMap, Loss};
pub use objective::{Objective, generalized_loss};
pub use ode::{EmbeddedSolver, OdeSolver, StepControl};
pub use sampler::{Carry, Sampler, Sampling};
pub use time::{ContinuousTime, Time, TimeDistribution};
pub use train::{ReflowTrainer, Schedule};
pub use weight::Weight;

/// The README and the guides, whose code is compiled and run with the tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/choosing.md")]
    struct Choosing;
    #[doc = include_str!("../docs/extending.md")]
    struct Extending;
    #[doc = include_str!("../docs/service.md")]
    struct Service;
}
