//! Weight on fine detail.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Filter, InvertibleMap, Laplacian, LinearMap, cosine::scale_frequencies};
use crate::{
    ConfigError,
    error::{deserialize_checked, not_negative, require},
    rows,
};

/// The map `phi = I + lambda HPF`, whose [`Filter`] `HPF` passes fine detail; a [`Laplacian`] unless told.
///
/// The filter's spectrum is not negative, so `phi` is invertible for every `lambda >= 0`. Its spectrum is
/// `1 + lambda mu(k, l)`, from 1 for a flat image to about `1 + lambda` for the finest detail, and its
/// [inverse](InvertibleMap::invert) is at hand.
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
/// [`Default`] has a Laplacian and `lambda = 1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HighPass<F = Laplacian> {
    filter: F,
    lambda: f64,
    grid: Option<[usize; 2]>,
}

deserialize_checked!(HighPass<F> { filter: F, lambda: f64, grid: Option<[usize; 2]> } via {
    HighPass::new(lambda).map(|map| map.with_filter(filter)).and_then(|map| match grid {
        Some([height, width]) => map.on_grid(height, width),
        None => Ok(map),
    })
});

impl HighPass {
    /// The map with this weight on the Laplacian; 0 is the identity.
    ///
    /// # Errors
    /// If lambda is negative or not finite.
    pub fn new(lambda: f64) -> Result<Self, ConfigError> {
        Ok(Self { filter: Laplacian, lambda: not_negative("HighPass", "lambda", lambda)?, grid: None })
    }
}

impl<F> HighPass<F> {
    /// The same with another filter.
    #[must_use]
    pub fn with_filter<F2>(self, filter: F2) -> HighPass<F2> {
        HighPass { filter, lambda: self.lambda, grid: self.grid }
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

    /// Changes the rows as images, one channel at a time.
    fn on_images<B: Backend, const D: usize>(
        &self,
        x: Tensor<B, D>,
        change: impl FnOnce(Tensor<B, 4>) -> Tensor<B, 4>,
    ) -> Tensor<B, D> {
        let dims = x.dims();
        let Some([height, width]) = self.sides(&dims) else {
            return x;
        };
        let (row, image) = (rows::width(&dims), height * width);
        assert!(row % image == 0, "a row of {row} values is not made of images of {height} by {width}");
        change(x.reshape([dims[0] * row / image, 1, height, width])).reshape(dims)
    }
}

impl Default for HighPass {
    fn default() -> Self {
        Self { filter: Laplacian, lambda: 1.0, grid: None }
    }
}

impl<B: Backend, const D: usize, F: Filter> LinearMap<B, D> for HighPass<F> {
    /// # Panics
    /// If a row cannot be cut into images of the grid.
    fn apply(&self, x: Tensor<B, D>) -> Tensor<B, D> {
        self.on_images(x, |images| self.filter.sharpen(images, self.lambda))
    }
}

impl<B: Backend, const D: usize, F: Filter> InvertibleMap<B, D> for HighPass<F> {
    /// # Panics
    /// If a row cannot be cut into images of the grid.
    fn invert(&self, x: Tensor<B, D>) -> Tensor<B, D> {
        self.on_images(x, |images| {
            let [_, _, height, width] = images.dims();
            let factor = |k| (1.0 + self.lambda * self.filter.eigenvalue(k, [height, width])).recip();
            scale_frequencies(images, factor)
        })
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;

    type F64 = NdArray<f64>;

    #[test]
    fn flat_rows_on_a_grid_are_images() {
        let x: Tensor<F64, 2> = crate::Rng::new(2).normal([3, 2 * 4 * 5], &Default::default());
        let map = HighPass::new(2.0).unwrap();
        let image = map.apply(x.clone().reshape([3, 2, 4, 5])).into_data().convert::<f64>();
        let row = map.on_grid(4, 5).unwrap().apply(x.clone()).into_data().convert::<f64>();
        for (a, b) in image.iter::<f64>().zip(row.iter::<f64>()) {
            assert_relative_eq!(a, b, epsilon = 1e-12);
        }
        assert_eq!(map.apply(x.clone()).into_data(), x.clone().into_data());
        assert_eq!(map.invert(x.clone()).into_data(), x.into_data());
    }

    #[test]
    #[should_panic(expected = "a row of 63 values is not made of images of 8 by 8")]
    fn rows_that_are_no_images_are_not_mixed() {
        let x = Tensor::<F64, 2>::ones([256, 63], &Default::default());
        let _ = HighPass::default().on_grid(8, 8).unwrap().apply(x);
    }

    #[test]
    fn wrong_settings_are_refused() {
        for lambda in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(HighPass::new(lambda).unwrap_err().to_string().contains(&format!("{lambda:?}")));
        }
        assert!(HighPass::default().on_grid(0, 3).unwrap_err().to_string().contains("[0, 3]"));
    }
}
