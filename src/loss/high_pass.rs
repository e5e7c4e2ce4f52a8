//! Weight on fine detail.

use burn::tensor::{
    Tensor, TensorData,
    backend::Backend,
    module::conv2d,
    ops::{ConvOptions, PadMode},
};
use serde::Serialize;

use super::LinearMap;
use crate::{
    ConfigError,
    error::{deserialize_checked, not_negative, require},
    rows,
};

/// The map `phi = I + lambda HPF`, whose high-pass filter is a Laplacian with reflected edges.
///
/// The filter takes from each pixel the mean of its four neighbours, at half weight:
/// `HPF x = (4 x - up - down - left - right) / 8`. At an edge the pixel stands in for its missing neighbour,
/// which makes the filter symmetric with a spectrum in `[0, 1)`; so `phi` is invertible for every
/// `lambda >= 0`, its own spectrum in `[1, 1 + lambda)`.
///
/// It acts on the last two axes of a rank of 4 or more and on the last axis of rank 3, channel by channel. Rows of
/// rank 2 have no neighbours and pass unchanged, unless [`on_grid`](HighPass::on_grid) says how to lay them out.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::loss::{HighPass, LinearMap};
///
/// let phi = HighPass::new(10.0)?;
/// let flat = Tensor::<Flex, 4>::ones([2, 3, 8, 8], &Default::default());
/// assert_eq!(phi.apply(flat.clone()).into_data(), flat.into_data()); // nothing to pass in a flat image
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Simple ReFlow, improvement 3. The paper's filter and lambda are not known to us in full: the
/// [`Default`] has `lambda = 1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HighPass {
    lambda: f64,
    grid: Option<[usize; 2]>,
}

deserialize_checked!(HighPass { lambda: f64, grid: Option<[usize; 2]> } via {
    HighPass::new(lambda).and_then(|map| match grid {
        Some([height, width]) => map.on_grid(height, width),
        None => Ok(map),
    })
});

impl HighPass {
    /// The map with this weight on the filter; 0 is the identity.
    ///
    /// # Errors
    /// If lambda is negative or not finite.
    pub fn new(lambda: f64) -> Result<Self, ConfigError> {
        Ok(Self { lambda: not_negative("HighPass", "lambda", lambda)?, grid: None })
    }

    /// Lays each row out as images of this size, channel after channel, for data that was flattened.
    ///
    /// # Errors
    /// If a side is zero.
    pub fn on_grid(mut self, height: usize, width: usize) -> Result<Self, ConfigError> {
        let grid = [height, width];
        self.grid = Some(require(!grid.contains(&0), "HighPass", "grid", "at least 1 by 1", grid)?);
        Ok(self)
    }

    /// The sides of the images in a row.
    fn sides(&self, dims: &[usize]) -> Option<[usize; 2]> {
        self.grid.or(match *dims {
            [_, _, width] => Some([1, width]),
            [_, _, .., height, width] => Some([height, width]),
            _ => None,
        })
    }
}

impl Default for HighPass {
    fn default() -> Self {
        Self { lambda: 1.0, grid: None }
    }
}

impl<B: Backend, const D: usize> LinearMap<B, D> for HighPass {
    /// # Panics
    /// If a row cannot be cut into images of the grid.
    fn apply(&self, x: Tensor<B, D>) -> Tensor<B, D> {
        let dims = x.dims();
        let Some([height, width]) = self.sides(&dims) else {
            return x;
        };
        let (row, image) = (rows::width(&dims), height * width);
        assert!(row % image == 0, "a row of {row} values is not made of images of {height} by {width}");
        let images = dims[0] * row / image;
        let (side, middle) = (-self.lambda / 8.0, 1.0 + self.lambda / 2.0);
        let kernel = TensorData::new(vec![0.0, side, 0.0, side, middle, side, 0.0, side, 0.0], [1, 1, 3, 3]);
        let kernel = Tensor::<B, 4>::from_data(kernel.convert_dtype(x.dtype()), rows::options(&x));
        let padded = x.reshape([images, 1, height, width]).pad((1, 1, 1, 1), PadMode::Edge);
        conv2d(padded, kernel, None, ConvOptions::new([1, 1], [0, 0], [1, 1], 1)).reshape(dims)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn::tensor::Tolerance;
    use burn_ndarray::NdArray;

    use super::*;

    type F64 = NdArray<f64>;

    /// The filter's value on a cosine of a reflected grid, which is an eigenvector.
    #[test]
    fn cosines_are_its_eigenvectors() {
        let (height, width, lambda) = (5_usize, 7_usize, 3.0);
        let angle =
            |k: usize, i: usize, n: usize| std::f64::consts::PI * k as f64 * (i as f64 + 0.5) / n as f64;
        for (k, l) in [(0, 0), (1, 0), (0, 3), (4, 6), (2, 5)] {
            let wave: Vec<f64> = (0..height * width)
                .map(|i| angle(k, i / width, height).cos() * angle(l, i % width, width).cos())
                .collect();
            let x = Tensor::<F64, 4>::from_data(
                TensorData::new(wave, [1, 1, height, width]),
                &Default::default(),
            );
            let gap = |k: usize, n: usize| 2.0 - 2.0 * (std::f64::consts::PI * k as f64 / n as f64).cos();
            let eigenvalue = 1.0 + lambda * (gap(k, height) + gap(l, width)) / 8.0;
            assert!((1.0..1.0 + lambda).contains(&eigenvalue));
            let image = HighPass::new(lambda).unwrap().apply(x.clone());
            image
                .into_data()
                .assert_approx_eq::<f64>(&(x * eigenvalue).into_data(), Tolerance::absolute(1e-12));
        }
    }

    #[test]
    fn flat_rows_on_a_grid_are_images() {
        let x: Tensor<F64, 2> = crate::Rng::new(2).normal([3, 2 * 4 * 5], &Default::default());
        let map = HighPass::new(2.0).unwrap();
        let image = map.apply(x.clone().reshape([3, 2, 4, 5])).into_data().convert::<f64>();
        let row = map.on_grid(4, 5).unwrap().apply(x.clone()).into_data().convert::<f64>();
        for (a, b) in image.iter::<f64>().zip(row.iter::<f64>()) {
            assert_relative_eq!(a, b, epsilon = 1e-12);
        }
        assert_eq!(map.apply(x.clone()).into_data(), x.into_data());
    }

    #[test]
    #[should_panic(expected = "a row of 63 values is not made of images of 8 by 8")]
    fn rows_that_are_no_images_are_not_mixed() {
        let x = Tensor::<F64, 2>::ones([256, 63], &Default::default());
        let _ = HighPass::default().on_grid(8, 8).unwrap().apply(x);
    }

    #[test]
    fn a_single_pixel_passes_unchanged() {
        let x = Tensor::<F64, 4>::from_data([[[[2.0]]]], &Default::default());
        assert_relative_eq!(HighPass::new(5.0).unwrap().apply(x).into_scalar(), 2.0, epsilon = 1e-12);
    }

    #[test]
    fn wrong_settings_are_refused() {
        for lambda in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(HighPass::new(lambda).unwrap_err().to_string().contains(&format!("{lambda:?}")));
        }
        assert!(HighPass::default().on_grid(0, 3).unwrap_err().to_string().contains("[0, 3]"));
    }
}
