//! What rounds of rectification are measured on.

use burn::tensor::{Tensor, backend::Backend};

use super::{energy::mean_within, host::HostRows};
use crate::{
    ConfigError, Error,
    error::at_least_one,
    rows::{check_at_least, check_row_shape},
};

/// Data and noise that no round trains on; every round is measured on the same, so that rounds compare.
///
/// See [`RoundReport`](super::RoundReport).
#[derive(Debug, Clone)]
pub struct HeldOut<B: Backend, const D: usize = 2> {
    pub(super) data: Tensor<B, D>,
    pub(super) noise: Tensor<B, D>,
    pub(super) floor: f64,
    pub(super) permutations: usize,
    pub(super) projections: usize,
}

impl<B: Backend, const D: usize> HeldOut<B, D> {
    /// Measures on this data, and on samples from this noise. A few thousand rows of each are enough.
    ///
    /// # Shapes
    /// `data`: `[m, ..]`, at least two rows, `noise`: `[n, ..]` with the same row shape.
    ///
    /// # Errors
    /// If the noise is empty, there are fewer than two rows of data, the row shapes differ, or data are not finite.
    pub fn new(data: Tensor<B, D>, noise: Tensor<B, D>) -> Result<Self, Error> {
        check_row_shape("the held-out noise", &data.dims()[1..], &noise.dims()[1..])?;
        let rows = HostRows::read("the held-out data", data.clone())?;
        let n = HostRows::read("the held-out noise", noise.clone())?.count as f64;
        check_at_least("the rows of held-out data", 2, rows.count)?;
        let m = rows.count as f64;
        let gap = mean_within(&rows) * m / (m - 1.0);
        Ok(Self { data, noise, floor: (1.0 / n + 1.0 / m) * gap, permutations: 199, projections: 64 })
    }

    /// Sets how many permutations [`data_marginal`](super::data_marginal) makes: 199 by default.
    ///
    /// # Errors
    /// If it is zero.
    pub fn with_permutations(self, permutations: usize) -> Result<Self, ConfigError> {
        Ok(Self { permutations: at_least_one("HeldOut", "permutations", permutations)?, ..self })
    }

    /// Sets how many projections [`noise_marginal`](super::noise_marginal) takes: 64 by default.
    ///
    /// # Errors
    /// If it is zero.
    pub fn with_projections(self, projections: usize) -> Result<Self, ConfigError> {
        Ok(Self { projections: at_least_one("HeldOut", "projections", projections)?, ..self })
    }

    /// The energy distance that a perfect sampler would have on average, `(1/n + 1/m) E |X - X'|`, with the mean from
    /// the data.
    #[must_use]
    pub fn floor(&self) -> f64 {
        self.floor
    }
}
