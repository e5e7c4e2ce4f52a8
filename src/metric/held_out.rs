//! The held-out rows that rounds of rectification are measured on.

use burn::tensor::{Tensor, backend::Backend};

use super::{energy::mean_within, host::HostRows};
use crate::{
    ConfigError, Error,
    error::at_least_one,
    rows::{check_at_least, check_row_shape},
};

/// Data and noise that no round trains on. All rounds are measured on the same rows, so that their reports
/// can be compared.
///
/// See [`RoundReport`](super::RoundReport).
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, metric::HeldOut};
///
/// let (key, device) = (Key::new(0), Default::default());
/// let data = key.fork("data").normal::<Flex, 2>([100, 2], &device) * 0.5 + 3.0;
/// let noise = key.fork("noise").normal([100, 2], &device);
/// let held_out = HeldOut::new(data, noise)?.with_permutations(99)?.with_projections(16)?;
/// assert!(held_out.floor() > 0.0);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HeldOut<B: Backend, const D: usize = 2> {
    pub(super) data: Tensor<B, D>,
    pub(super) noise: Tensor<B, D>,
    pub(super) floor: f64,
    pub(super) permutations: usize,
    pub(super) projections: usize,
}

impl<B: Backend, const D: usize> HeldOut<B, D> {
    /// Samples will start from `noise` and be compared with `data`. A few thousand rows of each are enough.
    ///
    /// # Shapes
    /// `data`: `[m, ..]`, at least two rows, `noise`: `[n, ..]` with the same row shape.
    ///
    /// # Errors
    /// If the noise is empty, there are fewer than two rows of data, the row shapes differ, or a value of
    /// either is not finite as `f32`.
    pub fn new(data: Tensor<B, D>, noise: Tensor<B, D>) -> Result<Self, Error> {
        check_row_shape("the held-out noise", &data.dims()[1..], &noise.dims()[1..])?;
        let rows = HostRows::read("the held-out data", data.clone())?;
        let n = HostRows::read("the held-out noise", noise.clone())?.count as f64;
        check_at_least("the rows of held-out data", 2, rows.count)?;
        let m = rows.count as f64;
        let gap = mean_within(&rows) * m / (m - 1.0);
        Ok(Self { data, noise, floor: (1.0 / n + 1.0 / m) * gap, permutations: 199, projections: 64 })
    }

    /// Sets the number of permutations of [`data_marginal`](super::data_marginal): 199 by default.
    ///
    /// # Errors
    /// If it is zero.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// # use reflow::metric::HeldOut;
    /// # let x = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &Default::default());
    /// let held_out = HeldOut::new(x.clone(), x)?.with_permutations(999)?; // p-values down to 0.001
    /// assert!(held_out.with_permutations(0).is_err());
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_permutations(self, permutations: usize) -> Result<Self, ConfigError> {
        Ok(Self { permutations: at_least_one("HeldOut", "permutations", permutations)?, ..self })
    }

    /// Sets the number of projections of [`noise_marginal`](super::noise_marginal): 64 by default.
    ///
    /// # Errors
    /// If it is zero.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// # use reflow::metric::HeldOut;
    /// # let x = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &Default::default());
    /// let held_out = HeldOut::new(x.clone(), x)?.with_projections(16)?;
    /// assert!(held_out.with_projections(0).is_err());
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_projections(self, projections: usize) -> Result<Self, ConfigError> {
        Ok(Self { projections: at_least_one("HeldOut", "projections", projections)?, ..self })
    }

    /// The mean energy distance of a perfect sampler, `(1/n + 1/m) E |X - X'|`, with the expectation
    /// estimated from the `m` rows of data.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::metric::HeldOut;
    ///
    /// let data = Tensor::<Flex, 2>::from_data([[0.0], [3.0]], &Default::default());
    /// let noise = data.zeros_like();
    /// assert_eq!(HeldOut::new(data, noise)?.floor(), 3.0); // (1/2 + 1/2) |0 - 3|
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn floor(&self) -> f64 {
        self.floor
    }
}
