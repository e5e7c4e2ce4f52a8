//! What a Gaussian blur removes.

use std::f64::consts::PI;

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Filter, filter::convolve};
use crate::{
    ConfigError,
    error::{deserialize_checked, require},
};

/// The number of standard deviations at which the kernel ends.
const REACH: f64 = 6.0;

/// The unsharp mask: an image minus its Gaussian blur.
///
/// ```text
/// HPF = I - G,   G = g * g along the two axes,   g(j) ~ exp(-j^2 / (2 sigma^2))
/// mu(k, l) = 1 - gain(k, height) gain(l, width),   gain(k, n) = sum_j g(j) cos(pi k j / n)
/// ```
///
/// The larger sigma, the coarser the detail that passes; the [`Laplacian`](super::Laplacian) passes only the
/// finest. Because `g` is non-negative and sums to 1, `mu` is never negative. It is at most 1, up to the
/// `1e-8` that the kernel loses by ending at six sigma. A kernel longer than the image is folded back at both
/// edges.
///
/// # Example
/// ```
/// use reflow::loss::{Filter, HighPass, UnsharpMask};
///
/// let mask = UnsharpMask::new(1.5)?;
/// assert!(mask.eigenvalue([1, 0], [16, 16]) < 0.05 && mask.eigenvalue([15, 0], [16, 16]) > 0.99);
/// let phi = HighPass::new(10.0)?.with_filter(mask);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: unsharp masking, from image processing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct UnsharpMask {
    sigma: f64,
}

deserialize_checked!(UnsharpMask { sigma: f64 } via UnsharpMask::new(sigma));

impl UnsharpMask {
    /// The mask for a blur with this standard deviation, in pixels.
    ///
    /// # Errors
    /// If sigma is not in `(0, 1000]`.
    pub fn new(sigma: f64) -> Result<Self, ConfigError> {
        let ok = sigma > 0.0 && sigma <= 1000.0;
        Ok(Self { sigma: require(ok, "UnsharpMask", "sigma", "positive and at most 1000 pixels", sigma)? })
    }

    /// The weight of the kernel on pixels `0, 1, 2, ..` steps away, both sides together.
    ///
    /// A mirrored axis repeats after twice its length, so a weight beyond the axis is added to that of the
    /// pixel it mirrors, and the kernel ends at the length of the axis.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sigma is positive, at most 1000"
    )]
    fn kernel(self, length: usize) -> Vec<f64> {
        let reach = (REACH * self.sigma).ceil() as usize;
        let mut kernel = vec![0.0; reach.min(length) + 1];
        for j in 0..=reach {
            let around = j % (2 * length);
            let sides = if j == 0 { 1.0 } else { 2.0 };
            kernel[around.min(2 * length - around)] += sides * (-0.5 * (j as f64 / self.sigma).powi(2)).exp();
        }
        let total: f64 = kernel.iter().sum();
        kernel.iter().map(|weight| weight / total).collect()
    }

    /// How much of the cosine of frequency `k` the blur along an axis removes: one minus its gain.
    fn loss(self, k: usize, length: usize) -> f64 {
        let angle = PI * k as f64 / length as f64;
        // Summed as differences, since `1 - gain` would cancel for low frequencies.
        let losses = self.kernel(length).into_iter().enumerate();
        losses.map(|(j, weight)| weight * 2.0 * (angle * j as f64 / 2.0).sin().powi(2)).sum()
    }

    /// Blurs along an axis.
    fn blur<B: Backend>(self, x: Tensor<B, 4>, axis: usize) -> Tensor<B, 4> {
        let kernel = self.kernel(x.dims()[axis]);
        let half = |j: usize| kernel[j] / 2.0;
        let sides = 1..kernel.len();
        let taps: Vec<f64> =
            sides.clone().rev().map(half).chain([kernel[0]]).chain(sides.map(half)).collect();
        let mut dims = [1, 1];
        dims[axis - 2] = taps.len();
        convolve(x, taps, dims)
    }
}

impl Filter for UnsharpMask {
    fn eigenvalue(&self, [k, l]: [usize; 2], [height, width]: [usize; 2]) -> f64 {
        let (down, across) = (self.loss(k, height), self.loss(l, width));
        down + across - down * across
    }

    fn blend<B: Backend>(&self, images: Tensor<B, 4>, keep: f64, detail: f64) -> Tensor<B, 4> {
        let blurred = self.blur(self.blur(images.clone(), 2), 3);
        images * (keep + detail) - blurred * detail
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn the_kernel_is_gaussian_where_it_fits() {
        let kernel = UnsharpMask::new(1.0).unwrap().kernel(64);
        assert_eq!(kernel.len(), 7);
        assert_relative_eq!(kernel[0], (2.0 * PI).sqrt().recip(), epsilon = 1e-7);
        assert_relative_eq!(kernel[2] / kernel[0], 2.0 * (-2.0_f64).exp(), epsilon = 1e-12);
    }

    #[test]
    fn a_kernel_never_outgrows_its_axis() {
        for length in 1..9 {
            let kernel = UnsharpMask::new(1000.0).unwrap().kernel(length);
            assert_eq!(kernel.len(), length + 1);
            assert_relative_eq!(kernel.iter().sum::<f64>(), 1.0, epsilon = 1e-12);
        }
    }

    #[test]
    fn wrong_sigmas_are_refused() {
        for sigma in [0.0, -1.0, 1001.0, f64::NAN, f64::INFINITY] {
            assert!(UnsharpMask::new(sigma).unwrap_err().to_string().contains(&format!("{sigma:?}")));
        }
    }
}
