//! Gaussian noise, and Gaussian data for experiments.

use std::ops::Range;

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Data, Noise, Sample};
use crate::{
    ConfigError, Error, Key,
    error::{deserialize_checked, finite, positive, require, serialize_by_name},
};

/// Standard normal noise, `P1 = N(0, I)`.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, data::{Gaussian, Noise}};
///
/// let x1 = Noise::<Flex, 2>::draw_noise(&Gaussian, 0..4, &[64], &Key::new(0), &Default::default())?;
/// assert_eq!(x1.dims(), [4, 64]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gaussian;

serialize_by_name!(Gaussian);

impl<B: Backend, const D: usize> Noise<B, D> for Gaussian {
    fn draw_noise(
        &self,
        rows: Range<usize>,
        row: &[usize],
        key: &Key,
        device: &B::Device,
    ) -> Result<Tensor<B, D>, Error> {
        key.normal_rows(rows, row, device)
    }
}

/// Data whose values are independent draws of `N(mean, std^2)`.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, data::{Data, Normal}};
///
/// let data = Normal::new(vec![64], 3.0, 0.5)?;
/// let x0 = Data::<Flex, 2>::draw(&data, 0..100, &Key::new(0), &Default::default())?.x;
/// assert!((x0.mean().into_scalar() - 3.0).abs() < 0.05);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Normal {
    row: Vec<usize>,
    mean: f64,
    std: f64,
}

deserialize_checked!(Normal { row: Vec<usize>, mean: f64, std: f64 } via Normal::new(row, mean, std));

impl Normal {
    /// Data with rows of shape `row` (without the batch axis), and the mean and standard deviation of each
    /// value.
    ///
    /// # Errors
    /// If the shape is empty or contains a zero, the mean is not finite, or the standard deviation is not
    /// positive and finite.
    pub fn new(row: Vec<usize>, mean: f64, std: f64) -> Result<Self, ConfigError> {
        let ok = !row.is_empty() && !row.contains(&0);
        Ok(Self {
            row: require(ok, "Normal", "row", "a shape without zeros", row)?,
            mean: finite("Normal", "mean", mean)?,
            std: positive("Normal", "std", std)?,
        })
    }
}

impl<B: Backend, const D: usize> Data<B, D> for Normal {
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Sample<B, D>, Error> {
        let x: Tensor<B, D> = key.normal_rows(rows, &self.row, device)?;
        Ok(Sample { x: x * self.std + self.mean, y: () })
    }
}
