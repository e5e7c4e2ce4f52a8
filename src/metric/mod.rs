//! Distances between samples, costs of couplings, and tests of generated pairs.
//!
//! # From the top
//!
//! A metric takes tensors whose first axis counts the rows of a sample, reads them to the host, and returns
//! one `f64` or a struct of several. Random metrics take a key, and sums run in the same order on any number
//! of cores, so a result is reproducible.
//!
//! | question | metric | rows | cost for `n` rows of `f` features |
//! |---|---|---|---|
//! | Do these samples have the same distribution? | [`energy_distance`] | any | `n^2 f`: 4000 rows of 64 features take a fraction of a second |
//! | How far would the mass have to move? | [`wasserstein2`] | equal | `n^2 f` and up to `n^3`, memory `n^2` |
//! | The same, for samples too large for that | [`sliced_wasserstein2`] | any | `n (f + log n)` per projection |
//! | Do images agree, in the features of a network? | [`frechet_distance`] | any, at least 2 | `n f^2 + f^3` |
//! | How far does this coupling carry its rows? | [`transport_cost`] | equal | `n f` |
//! | How straight are the paths of this flow? | [`straightness`] | one sample | the solve |
//! | Is this noise still standard normal? | [`noise_marginal`] | one sample, at least 2 | `n f` per projection |
//! | Are these rows still draws of the data? | [`data_marginal`] | any | `n^2 f`, and `n^2` per permutation |
//! | How did this round of rectification go? | [`RoundReport`] | any | all of these but the Wasserstein and Frechet distances |
//!
//! # Which one to use
//!
//! * In low dimensions, or for a distribution you can sample: [`energy_distance`]. It detects any difference
//!   between distributions, in any dimension, and has no settings.
//! * For a result in the units of the data: [`wasserstein2`]. Between two samples of the same distribution it
//!   shrinks only as `n^(-1/f)`, so compare values at the same `n`. [`sliced_wasserstein2`] does not have
//!   this problem, and is good at differences along single directions.
//! * For images: [`frechet_distance`] of the features of a network of your choice (the FID if it is
//!   Inception-v3). It compares only means and covariances, and is biased upwards for few rows, so again
//!   compare values at the same `n`.
//! * For rectification: [`straightness`] and [`transport_cost`], before and after. A rectified coupling costs
//!   no more than the one it came from.
//! * For a set of pairs, before training on it: [`noise_marginal`] and [`data_marginal`]. They return a
//!   p-value: sound pairs fall below 0.01 in one case in a hundred.
//!
//! Compare a distance with that between two samples of the data, not with zero. For the energy distance this
//! is [`HeldOut::floor`] and [`DataMarginal::floor`].

mod data_marginal;
mod energy;
mod frechet;
mod held_out;
mod host;
mod noise_marginal;
mod normality;
mod round;
mod significance;
mod sliced;
mod straightness;
mod transport;
mod wasserstein;

pub use data_marginal::{DataMarginal, data_marginal};
pub use energy::energy_distance;
pub use frechet::frechet_distance;
pub use held_out::HeldOut;
pub use noise_marginal::{NoiseMarginal, noise_marginal};
pub use round::{RoundReport, SampleDistance};
pub use significance::Evidence;
pub use sliced::sliced_wasserstein2;
pub use straightness::straightness;
pub use transport::transport_cost;
pub use wasserstein::wasserstein2;
