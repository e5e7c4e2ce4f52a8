//! Gaussian noise, and Gaussian data to try things on.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Law, Noise, Sample};
use crate::{
    ConfigError, Error, Rng,
    error::{deserialize_checked, finite, positive, require, serialize_by_name},
};

/// Standard normal noise, `P1 = N(0, I)`.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Rng, coupling::{Gaussian, Noise}};
///
/// let x1 = Noise::<Flex, 2>::draw_like(&Gaussian, [4, 64], &Rng::new(0), &Default::default())?;
/// assert_eq!(x1.dims(), [4, 64]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gaussian;

serialize_by_name!(Gaussian);

impl<B: Backend, const D: usize> Noise<B, D> for Gaussian {
    fn draw_like(&self, dims: [usize; D], rng: &Rng, device: &B::Device) -> Result<Tensor<B, D>, Error> {
        Ok(rng.normal(dims, device))
    }
}

/// Rows of independent values `N(mean, std^2)`, as data.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Rng, coupling::{Law, NormalLaw}};
///
/// let law = NormalLaw::new(vec![64], 3.0, 0.5)?;
/// let x0 = Law::<Flex, 2>::draw(&law, 4, &Rng::new(0), &Default::default())?.x;
/// assert_eq!(x0.dims(), [4, 64]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NormalLaw {
    row: Vec<usize>,
    mean: f64,
    std: f64,
}

deserialize_checked!(NormalLaw { row: Vec<usize>, mean: f64, std: f64 } via NormalLaw::new(row, mean, std));

impl NormalLaw {
    /// The law of rows of this shape (the batch axis left out), mean and standard deviation.
    ///
    /// # Errors
    /// If the shape is empty or has a zero, the mean is not finite, or the deviation not positive and finite.
    pub fn new(row: Vec<usize>, mean: f64, std: f64) -> Result<Self, ConfigError> {
        let ok = !row.is_empty() && !row.contains(&0);
        Ok(Self {
            row: require(ok, "NormalLaw", "row", "a shape without zeros", row)?,
            mean: finite("NormalLaw", "mean", mean)?,
            std: positive("NormalLaw", "std", std)?,
        })
    }
}

impl<B: Backend, const D: usize> Law<B, D> for NormalLaw {
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Sample<B, D>, Error> {
        let mut dims = vec![batch];
        dims.extend(&self.row);
        let rank = dims.len();
        let dims: [usize; D] = dims.try_into().map_err(|_| Error::Length {
            what: "the rank of a batch of a NormalLaw's rows",
            expected: D,
            found: rank,
        })?;
        Ok(Sample { x: rng.normal(dims, device) * self.std + self.mean, y: () })
    }
}
