//! Weight on fine detail.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Filter, InvertibleMap, Laplacian, LinearMap, OnGrid, cosine::scale_frequencies};
use crate::{
    ConfigError,
    error::{deserialize_checked, not_negative},
};

/// The map `phi = I + lambda HPF`, whose [`Filter`] `HPF` passes fine detail: a [`Laplacian`] by default.
///
/// The filter's spectrum is not negative, so `phi` is invertible for every `lambda >= 0`. Its spectrum is
/// `1 + lambda mu(k, l)`, from 1 for a flat image to about `1 + lambda` for the finest detail, and its
/// [inverse](InvertibleMap::invert) is at hand.
///
/// It acts on the last two axes of images (`[batch, channels, height, width]`) and on the last axis of sequences
/// (`[batch, channels, length]`), channel by channel. Rows of rank 2 have no neighbours, so it is no map of them; where they
/// are images that were flattened, [`on_grid`](HighPass::on_grid) says how to lay them out.
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
pub struct HighPass<H = Laplacian> {
    filter: H,
    lambda: f64,
}

deserialize_checked!(HighPass<H> { filter: H, lambda: f64 } via {
    HighPass::new(lambda).map(|map| map.with_filter(filter))
});

impl HighPass {
    /// The map with this weight on the Laplacian; 0 is the identity.
    ///
    /// # Errors
    /// If lambda is negative or not finite.
    pub fn new(lambda: f64) -> Result<Self, ConfigError> {
        Ok(Self { filter: Laplacian, lambda: not_negative("HighPass", "lambda", lambda)? })
    }
}

impl<H> HighPass<H> {
    /// The same with another filter.
    #[must_use]
    pub fn with_filter<H2>(self, filter: H2) -> HighPass<H2> {
        HighPass { filter, lambda: self.lambda }
    }

    /// The map of rows of rank 2 that were images of these sides, `[height, width]`, channel after channel, before they were flattened.
    ///
    /// # Errors
    /// If a side is zero.
    pub fn on_grid(self, sides: [usize; 2]) -> Result<OnGrid<Self>, ConfigError> {
        OnGrid::new(self, sides)
    }
}

impl Default for HighPass {
    fn default() -> Self {
        Self { filter: Laplacian, lambda: 1.0 }
    }
}

macro_rules! maps_rank {
    ($($rank:literal)*) => {$(
        impl<B: Backend, H: Filter> LinearMap<B, $rank> for HighPass<H> {
            fn apply(&self, x: Tensor<B, $rank>) -> Tensor<B, $rank> {
                on_planes(x, |images| self.filter.sharpen(images, self.lambda))
            }
        }

        impl<B: Backend, H: Filter> InvertibleMap<B, $rank> for HighPass<H> {
            fn invert(&self, x: Tensor<B, $rank>) -> Tensor<B, $rank> {
                on_planes(x, |images| {
                    let [_, _, height, width] = images.dims();
                    let eigenvalue = |k| self.filter.eigenvalue(k, [height, width]);
                    scale_frequencies(images, |k| (1.0 + self.lambda * eigenvalue(k)).recip())
                })
            }
        }
    )*};
}
maps_rank!(3 4 5);

/// Changes rows as images of one channel, `[count, 1, height, width]`.
fn on_planes<B: Backend, const D: usize>(
    x: Tensor<B, D>,
    change: impl FnOnce(Tensor<B, 4>) -> Tensor<B, 4>,
) -> Tensor<B, D> {
    let dims = x.dims();
    let (height, width) = (if D == 3 { 1 } else { dims[D - 2] }, dims[D - 1]);
    let count = dims.iter().product::<usize>() / (height * width);
    change(x.reshape([count, 1, height, width])).reshape(dims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_refused() {
        for lambda in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(HighPass::new(lambda).unwrap_err().to_string().contains(&format!("{lambda:?}")));
        }
    }
}
