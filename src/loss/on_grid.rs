//! Maps of images for flattened rows.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{InvertibleMap, LinearMap};
use crate::{
    ConfigError,
    error::{deserialize_checked, require},
    rows,
};

/// A map of images, applied to rows of rank 2 that are flattened images, channel after channel.
///
/// # Panics
/// When applied, if a row cannot be divided into images of this size.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::loss::{HighPass, LinearMap};
///
/// let phi = HighPass::new(1.0)?.on_grid([8, 8])?;
/// let flat = Tensor::<Flex, 2>::ones([2, 64], &Default::default());
/// assert_eq!(phi.apply(flat.clone()).into_data(), (flat / 2.0).into_data()); // a flat image has no detail
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OnGrid<P> {
    map: P,
    grid: [usize; 2],
}

deserialize_checked!(OnGrid<P> { map: P, grid: [usize; 2] } via OnGrid::new(map, grid));

impl<P> OnGrid<P> {
    /// Applies a map to rows that are images of these sides, `[height, width]`.
    ///
    /// # Errors
    /// If a side is zero.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, LinearMap, loss::{HighPass, InvertibleMap, OnGrid}};
    ///
    /// let phi = OnGrid::new(HighPass::new(1.0)?, [4, 4])?;
    /// let x = Key::new(0).normal::<Flex, 2>([2, 32], &Default::default()); // two channels of 4 by 4
    /// let back = phi.invert(phi.apply(x.clone()));
    /// assert!((back - x).abs().max().into_scalar() < 1e-4);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn new(map: P, grid: [usize; 2]) -> Result<Self, ConfigError> {
        Ok(Self { map, grid: require(!grid.contains(&0), "OnGrid", "grid", "at least 1 by 1", grid)? })
    }

    fn images<B: Backend>(&self, x: &Tensor<B, 2>) -> Tensor<B, 4> {
        let ([batch, row], [height, width]) = (x.dims(), self.grid);
        let image = height * width;
        assert!(row % image == 0, "a row of {row} values is not made of images of {height} by {width}");
        x.clone().reshape([batch, row / image, height, width])
    }
}

impl<B: Backend, P: LinearMap<B, 4>> LinearMap<B> for OnGrid<P> {
    fn apply(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        rows::flatten(self.map.apply(self.images(&x)))
    }
}

impl<B: Backend, P: InvertibleMap<B, 4>> InvertibleMap<B> for OnGrid<P> {
    fn invert(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        rows::flatten(self.map.invert(self.images(&x)))
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;
    use crate::loss::HighPass;

    type F64 = NdArray<f64>;

    #[test]
    fn flat_rows_on_a_grid_are_images() {
        let x: Tensor<F64, 2> = crate::Key::new(2).normal([3, 2 * 4 * 5], &Default::default());
        let map = HighPass::new(2.0).unwrap();
        let image = rows::to_host(map.apply(x.clone().reshape([3, 2, 4, 5])));
        let map = map.on_grid([4, 5]).unwrap();
        for (a, b) in image.into_iter().zip(rows::to_host(map.apply(x.clone()))) {
            assert_relative_eq!(a, b, epsilon = 1e-12);
        }
        for (a, b) in rows::to_host(map.invert(map.apply(x.clone()))).into_iter().zip(rows::to_host(x)) {
            assert_relative_eq!(a, b, epsilon = 1e-10);
        }
    }

    #[test]
    #[should_panic(expected = "a row of 63 values is not made of images of 8 by 8")]
    fn rows_that_are_no_images_are_not_mixed() {
        let x = Tensor::<F64, 2>::ones([256, 63], &Default::default());
        let _ = HighPass::default().on_grid([8, 8]).unwrap().apply(x);
    }

    #[test]
    fn wrong_grids_are_refused() {
        assert!(HighPass::default().on_grid([0, 3]).unwrap_err().to_string().contains("[0, 3]"));
    }
}
