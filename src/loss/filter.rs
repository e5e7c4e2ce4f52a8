//! High-pass filters of images, and the reflected convolution they are made of.

use burn::tensor::{Tensor, TensorData, backend::Backend, module::conv2d, ops::ConvOptions};

use crate::rows;

/// A high-pass filter of images whose spectrum is known: the `HPF` of [`HighPass`](super::HighPass).
///
/// Images are extended by reflection, with the edge pixel repeated. A symmetric filter then has
/// cosines as its eigenvectors, on images of any size down to one pixel:
///
/// ```text
/// HPF c = mu(k, l) c,   c(i, j) = cos(pi k (i + 1/2) / height) cos(pi l (j + 1/2) / width)
/// ```
///
/// where `mu(0, 0) = 0`, since a filter that passes detail passes nothing of a flat image.
///
/// # Example
///
/// Two filters together; their eigenvalues add up, as they share their eigenvectors:
///
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use reflow::loss::{Filter, HighPass, Laplacian, UnsharpMask};
///
/// struct Both(UnsharpMask);
///
/// impl Filter for Both {
///     fn eigenvalue(&self, frequency: [usize; 2], sides: [usize; 2]) -> f64 {
///         Laplacian.eigenvalue(frequency, sides) + self.0.eigenvalue(frequency, sides)
///     }
///
///     fn blend<B: Backend>(&self, images: Tensor<B, 4>, keep: f64, detail: f64) -> Tensor<B, 4> {
///         self.0.blend(images.clone(), keep, detail) + Laplacian.blend(images, 0.0, detail)
///     }
/// }
///
/// let phi = HighPass::new(3.0)?.with_filter(Both(UnsharpMask::new(2.0)?));
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a high-pass filter",
    note = "implement `reflow::loss::Filter` for it; the crate's own filters are in `reflow::loss`"
)]
pub trait Filter: Send + Sync {
    /// The eigenvalue `mu(k, l)` on images of these sides: never negative, and zero for `k = l = 0`.
    ///
    /// `frequency` is `[k, l]` with `k < height` and `l < width`; `sides` is `[height, width]`.
    fn eigenvalue(&self, frequency: [usize; 2], sides: [usize; 2]) -> f64;

    /// The image and its detail, each with a weight: `keep x + detail HPF x`.
    ///
    /// # Shapes
    /// `images`: `[count, 1, height, width]`, result: the same.
    fn blend<B: Backend>(&self, images: Tensor<B, 4>, keep: f64, detail: f64) -> Tensor<B, 4>;
}

/// Convolves images with a symmetric kernel of odd sides, each image mirrored at its edges.
///
/// The kernel, `[height, width]`, reaches no further than the image is long.
pub(super) fn convolve<B: Backend>(
    x: Tensor<B, 4>,
    kernel: Vec<f64>,
    [height, width]: [usize; 2],
) -> Tensor<B, 4> {
    let kernel = TensorData::new(kernel, [1, 1, height, width]).convert_dtype(x.dtype());
    let kernel = Tensor::from_data(kernel, rows::options(&x));
    let mirrored = mirror(mirror(x, 2, height / 2), 3, width / 2);
    conv2d(mirrored, kernel, None, ConvOptions::new([1, 1], [0, 0], [1, 1], 1))
}

/// Extends an image by some pixels beyond both ends of an axis: `c b a | a b c d | d c b`.
fn mirror<B: Backend>(x: Tensor<B, 4>, axis: usize, reach: usize) -> Tensor<B, 4> {
    if reach == 0 {
        return x;
    }
    let length = x.dims()[axis];
    let flipped = |from: usize| x.clone().narrow(axis, from, reach).flip([axis as isize]);
    let (before, after) = (flipped(0), flipped(length - reach));
    Tensor::cat(vec![before, x, after], axis)
}

#[cfg(test)]
mod tests {
    use burn_ndarray::NdArray;

    use super::*;

    #[test]
    fn an_image_goes_on_as_its_mirror_image() {
        let x = Tensor::<NdArray<f64>, 4>::from_data([[[[1.0, 2.0, 3.0]]]], &Default::default());
        let expected = [3.0, 2.0, 1.0, 1.0, 2.0, 3.0, 3.0, 2.0, 1.0];
        assert_eq!(rows::to_host(mirror(x.clone(), 3, 3)), expected);
        assert_eq!(rows::to_host(mirror(x.swap_dims(2, 3), 2, 1)), [1.0, 1.0, 2.0, 3.0, 3.0]);
    }
}
