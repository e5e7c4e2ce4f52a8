//! Weight on fine detail.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Filter, InvertibleMap, Laplacian, LinearMap, OnGrid, cosine::scale_frequencies};
use crate::{
    ConfigError,
    error::{deserialize_checked, not_negative},
};

/// The map `phi = (I + lambda HPF) / (1 + lambda)`, whose [`Filter`] `HPF` passes fine detail: a
/// [`Laplacian`] by default.
///
/// The filter's spectrum `mu` is not negative, so `phi` is invertible for every `lambda >= 0`. Its own
/// spectrum, `(1 + lambda mu(k, l)) / (1 + lambda)`, runs from `1 / (1 + lambda)` for a flat image to about 1
/// for the finest detail. Its [inverse](InvertibleMap::invert) is exact.
///
/// The map acts on the last two axes of images (`[batch, channels, height, width]`) and on the last axis of
/// sequences (`[batch, channels, length]`), channel by channel. Rows of rank 2 have no neighbours, so it does
/// not map them; if they are flattened images, [`on_grid`](HighPass::on_grid) gives their sides.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::loss::{HighPass, LinearMap};
///
/// let phi = HighPass::new(10.0)?;
/// let flat = Tensor::<Flex, 4>::ones([2, 3, 8, 8], &Default::default());
/// // A flat image has no detail: it keeps one part in 1 + lambda.
/// assert!((phi.apply(flat).mean().into_scalar() - 1.0 / 11.0).abs() < 1e-6);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Simple ReFlow, improvement 3. The paper's filter and lambda are not known to us: the [`Default`]
/// has a Laplacian and `lambda = 1`. Public code for another model, to which one of the paper's authors
/// contributed, divides by `1 + lambda` as here, with [`IdealCut`](super::IdealCut) as the filter and lambda
/// up to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HighPass<H = Laplacian> {
    filter: H,
    lambda: f64,
}

deserialize_checked!(HighPass<H> { filter: H, lambda: f64 } via {
    HighPass::new(lambda).map(|map| map.with_filter(filter))
});

impl HighPass {
    /// The map with this weight on a Laplacian; 0 is the identity.
    ///
    /// # Errors
    /// If lambda is negative or not finite.
    pub fn new(lambda: f64) -> Result<Self, ConfigError> {
        Ok(Self { filter: Laplacian, lambda: not_negative("HighPass", "lambda", lambda)? })
    }
}

impl<H> HighPass<H> {
    /// Replaces the filter.
    #[must_use]
    pub fn with_filter<H2>(self, filter: H2) -> HighPass<H2> {
        HighPass { filter, lambda: self.lambda }
    }

    /// The same map for rows of rank 2 that are flattened images of these sides, `[height, width]`, channel
    /// after channel.
    ///
    /// # Errors
    /// If a side is zero.
    pub fn on_grid(self, sides: [usize; 2]) -> Result<OnGrid<Self>, ConfigError> {
        OnGrid::new(self, sides)
    }

    /// The weights of the image and of its detail.
    fn shares(&self) -> (f64, f64) {
        ((1.0 + self.lambda).recip(), self.lambda / (1.0 + self.lambda))
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
                let (keep, detail) = self.shares();
                on_planes(x, |images| self.filter.blend(images, keep, detail))
            }
        }

        impl<B: Backend, H: Filter> InvertibleMap<B, $rank> for HighPass<H> {
            fn invert(&self, x: Tensor<B, $rank>) -> Tensor<B, $rank> {
                on_planes(x, |images| {
                    let [_, _, height, width] = images.dims();
                    let (keep, detail) = self.shares();
                    let eigenvalue = |k| keep + detail * self.filter.eigenvalue(k, [height, width]);
                    scale_frequencies(images, |k| eigenvalue(k).recip())
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
