//! What a pixel has over its neighbours.

use std::f64::consts::PI;

use burn::tensor::{Tensor, backend::Backend};

use super::{Filter, filter::convolve};
use crate::error::serialize_by_name;

/// The Laplacian: a pixel less the mean of its four neighbours, at half weight.
///
/// ```text
/// HPF x = (4 x - up - down - left - right) / 8
/// mu(k, l) = (sin^2(pi k / (2 height)) + sin^2(pi l / (2 width))) / 2      in [0, 1)
/// ```
///
/// # Example
/// ```
/// use reflow::loss::{Filter, Laplacian};
///
/// assert_eq!(Laplacian.eigenvalue([0, 0], [8, 8]), 0.0);
/// assert!(Laplacian.eigenvalue([7, 7], [8, 8]) > 0.96); // the finest detail passes
/// ```
///
/// Source: the five-point stencil of numerical analysis; its scale is ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Laplacian;

serialize_by_name!(Laplacian);

impl Filter for Laplacian {
    fn eigenvalue(&self, frequency: [usize; 2], sides: [usize; 2]) -> f64 {
        let along = |axis: usize| {
            let angle = PI * frequency[axis] as f64 / (2 * sides[axis]) as f64;
            angle.sin().powi(2) / 2.0
        };
        along(0) + along(1)
    }

    fn blend<B: Backend>(&self, images: Tensor<B, 4>, keep: f64, detail: f64) -> Tensor<B, 4> {
        let (side, middle) = (-detail / 8.0, keep + detail / 2.0);
        convolve(images, vec![0.0, side, 0.0, side, middle, side, 0.0, side, 0.0], [3, 3])
    }
}
