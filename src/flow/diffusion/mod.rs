//! Diffusion models as flows: Proposition 2.
//!
//! A diffusion model denoises `x_sigma = x0 + sigma n`. With `sigma = t / (1 - t)` this is `x_t / (1 - t)`,
//! so
//!
//! ```text
//! D(x_t, t) = D_diffusion(x_t / (1 - t), t / (1 - t))
//! ```
//!
//! is the denoiser of a flow for the same data, and the two denoising losses are equal up to the weight and
//! the distribution of the noise level. A [`DiffusionFlow`] wraps the model's own network (a
//! [`DiffusionNetwork`]) with the [`Preconditioning`] it was trained with: [`EdmPreconditioning`] or
//! [`VariancePreserving`].

mod diffusion_flow;
mod edm;
mod network;
mod preconditioning;
mod variance_preserving;

pub use diffusion_flow::DiffusionFlow;
pub use edm::EdmPreconditioning;
pub use network::DiffusionNetwork;
pub use preconditioning::{Preconditioned, Preconditioning};
pub use variance_preserving::VariancePreserving;
