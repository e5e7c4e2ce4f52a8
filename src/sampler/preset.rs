//! The solver and grid of the paper, and of the practice before it.

use serde::{Deserialize, Serialize};

use super::Sampler;
use crate::{
    ConfigError,
    ode::{Dpm, Heun, TimeGrid},
};

/// A solver and what chooses its steps, as settings that can be written down and read back.
///
/// # Example
/// ```
/// use reflow::sampler::Sampling;
///
/// let sampling = Sampling::simple_reflow(5)?;
/// let text = serde_json::to_string(&sampling).unwrap();
/// assert_eq!(serde_json::from_str::<Sampling<_, _>>(&text).unwrap(), sampling);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling<S, C> {
    /// The solver.
    pub solver: S,
    /// What chooses its steps.
    pub control: C,
}

impl Sampling<Dpm, TimeGrid> {
    /// Simple ReFlow's solver and grid: [`Dpm`] with `r = 1/2` on a sigmoid grid with `k = 10`. Five steps
    /// take 9 evaluations.
    ///
    /// Both numbers are those of public code for another model, to which one of the paper's authors
    /// contributed; the paper's own are not known to us.
    ///
    /// # Errors
    /// If `steps` is zero.
    pub fn simple_reflow(steps: usize) -> Result<Self, ConfigError> {
        Ok(Self { solver: Dpm::default(), control: TimeGrid::sigmoid(steps, 10.0)? })
    }
}

impl Sampling<Heun, TimeGrid> {
    /// Earlier practice: [`Heun`] on EDM's grid with `rho = 7`.
    ///
    /// # Errors
    /// If `steps` is zero.
    pub fn baseline(steps: usize) -> Result<Self, ConfigError> {
        Ok(Self { solver: Heun, control: TimeGrid::edm(steps)? })
    }
}

impl<S, C> Sampling<S, C> {
    /// The sampler of a flow.
    pub fn of<F>(self, flow: F) -> Sampler<F, S, C> {
        Sampler::new(flow, self.solver, self.control)
    }
}

impl<S, C> burn::config::Config for Sampling<S, C> where
    Self: std::fmt::Debug + Serialize + serde::de::DeserializeOwned
{
}
