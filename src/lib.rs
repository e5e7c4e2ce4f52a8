//! Fast generative flows: train a flow (flow matching), rectify it (ReFlow), and sample it in 1 to 9 network
//! evaluations.
//!
//! The first public implementation of *Simple ReFlow: Improved Techniques for Fast Flow Models* (Kim et al.,
//! ICLR 2025), on [burn](https://burn.dev) 0.21, for any of its backends.
//!
//! # From the top
//!
//! A [`Flow`] is a network that tells which way each row moves. Time runs from data to noise: **`t = 0` is data,
//! `t = 1` is noise**, the opposite of most other libraries.
//!
//! ```text
//! training   Coupling -> (x0, x1) -> TimeDistribution t -> x_t -> Flow D(x_t, t) -> Loss -> Weight -> mean
//! sampling   x1 -> OdeSolver, stepped by a TimeGrid or Adaptive, along a Flow -> x0
//! reflow     pairs from sampling are the Coupling of the next round
//! ```
//!
//! | you want to | begin with |
//! |---|---|
//! | make a flow of your network | [`Flow`], [`ConditionalFlow`], [`flow_fn`] |
//! | train it on your data | [`ReflowTrainer`], [`coupling::Dataset`], [`coupling::Independent`] |
//! | rectify it | [`coupling::Backward`], [`coupling::Pairs`], [`coupling::Projection`], [`ReflowTrainer::simple_reflow`] |
//! | sample it | [`Sampler`], [`ode::Dpm`], [`ode::TimeGrid`] |
//! | begin with a diffusion model | [`flow::DiffusionFlow`] |
//! | guide it | [`flow::ClassifierFree`], [`flow::AutoGuidance`] |
//! | learn the time grid for it | [`sampler::GridSearch`] |
//! | know how good it is | [`metric`], [`metric::RoundReport`] |
//! | train without the trainer | [`generalized_loss`] |
//!
//! Every arrow above is a trait, so each part can be one of yours: [`TimeDistribution`], [`Loss`], [`Weight`],
//! [`Coupling`], [`OdeSolver`], [`StepControl`].
//!
//! The perceptual loss LPIPS is behind the feature `lpips`.
//!
//! # Backends
//!
//! The crate depends on none. What is trained runs on an autodiff backend; all else (data, pairs, sampling,
//! metrics) runs on its inner backend, where no gradient is recorded.

pub mod coupling;
mod error;
pub mod flow;
pub mod loss;
pub mod metric;
pub mod models;
pub mod objective;
pub mod ode;
mod rng;
pub mod rows;
pub mod sampler;
mod threads;
pub mod time;
pub mod train;
mod transport;
mod vectors;
pub mod weight;

pub use coupling::{Coupling, Law, Noise, Pair};
pub use error::{ConfigError, Error};
pub use flow::{Condition, ConditionalFlow, Embedding, Flow, Labels, TrainableFlow, flow_fn};
pub use loss::{LinearMap, Loss};
pub use objective::generalized_loss;
pub use ode::{EmbeddedSolver, OdeSolver, StepControl};
pub use rng::Rng;
pub use sampler::{Sampler, Sampling};
pub use time::{ContinuousTime, TimeDistribution};
pub use train::{Callback, Recipe, ReflowTrainer, Schedule};
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
}
