//! How far one sample is from another, and how far a coupling carries its rows.
//!
//! # From the top
//!
//! A metric takes tensors whose first axis is the sample, reads them to the host, and answers with one
//! `f64`. What is random is drawn from a key that is passed, and sums run in one order on any number of
//! cores, so an answer repeats.
//!
//! | question | metric | sizes | cost for `n` rows of `f` features |
//! |---|---|---|---|
//! | Is it the same distribution, whatever its form? | [`energy_distance`] | any | `n^2 f`, 4000 rows of 64 in a fraction of a second |
//! | How far would the mass have to move? | [`wasserstein2`] | equal | `n^2 f` and up to `n^3`, memory `n^2` |
//! | The same for samples too large for that | [`sliced_wasserstein2`] | any | `n (f + log n)` a projection |
//! | Do images agree, in features of a network? | [`frechet_distance`] | any, at least 2 | `n f^2 + f^3` |
//! | How far does this coupling carry its rows? | [`transport_cost`] | equal | `n f` |
//! | How straight are this flow's paths? | [`straightness`] | one | the solve |
//! | Is this noise still standard normal? | [`noise_marginal`] | one, at least 2 | `n f` a projection |
//! | Are these rows still the data? | [`data_marginal`] | any | `n^2` a permutation, `n^2 f` |
//! | How did this round of rectification go? | [`RoundReport`] | any | all but Wasserstein's and Frechet's |
//!
//! # Which one to use
//!
//! * Low dimensions, or a distribution one can sample: [`energy_distance`]. It is zero for equal distributions only, in any
//!   dimension and without a setting to choose.
//! * An answer in the units of the data: [`wasserstein2`]. Its value for two samples of one distribution shrinks as
//!   slowly as `n^(-1/f)`, so compare values at one `n` only; [`sliced_wasserstein2`] does not suffer
//!   from this, and sees differences that show along single directions well.
//! * Images: [`frechet_distance`] of the features of a network of your choice (the FID where that network
//!   is Inception-v3). It sees means and covariances alone, and is biased upwards for few rows, so
//!   compare values at one `n` here too.
//! * Rectification: [`straightness`] and [`transport_cost`] before and after. A rectified coupling costs no more than the one
//!   it came from.
//!
//! * A set of pairs, before training on it: [`noise_marginal`] and [`data_marginal`]. Their answer is a p-value: below
//!   0.01 means that a sound set would look so in one case of a hundred.
//!
//! The value to compare with is that of two samples of the data, not zero. For the energy distance
//! [`HeldOut::floor`] and [`DataMarginal::floor`] have it.

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
