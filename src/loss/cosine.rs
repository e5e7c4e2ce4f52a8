//! The cosine transform, in which a mirrored filter is diagonal.

use std::f64::consts::PI;

use burn::tensor::{Tensor, TensorData, backend::Backend};

use crate::rows;

/// Multiplies each frequency of the images by its own factor.
///
/// ```text
/// C_h^T (factors . (C_h x C_w^T)) C_w,   C the orthogonal cosine matrix (DCT-II)
/// ```
pub(super) fn scale_frequencies<B: Backend>(
    x: Tensor<B, 4>,
    factor: impl Fn([usize; 2]) -> f64,
) -> Tensor<B, 4> {
    let [_, _, height, width] = x.dims();
    let (down, across) =
        (upload(cosines(height), [height, height], &x), upload(cosines(width), [width, width], &x));
    let factors = (0..height * width).map(|at| factor([at / width, at % width])).collect();
    let factors = upload(factors, [height, width], &x);
    let waves = down.clone().matmul(x).matmul(across.clone().transpose());
    down.transpose().matmul(waves * factors).matmul(across)
}

/// The orthogonal matrix with the cosine of frequency `k` in row `k`.
fn cosines(n: usize) -> Vec<f64> {
    let entry = |at: usize| {
        let (k, i) = (at / n, at % n);
        let norm = if k == 0 { 1.0 } else { 2.0 };
        (norm / n as f64).sqrt() * (PI * k as f64 * (i as f64 + 0.5) / n as f64).cos()
    };
    (0..n * n).map(entry).collect()
}

fn upload<B: Backend>(values: Vec<f64>, [height, width]: [usize; 2], like: &Tensor<B, 4>) -> Tensor<B, 4> {
    let data = TensorData::new(values, [1, 1, height, width]).convert_dtype(like.dtype());
    Tensor::from_data(data, rows::options(like))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn cosines_are_orthogonal() {
        for n in [1, 2, 5, 16] {
            let c = cosines(n);
            for (k, l) in (0..n).flat_map(|k| (0..n).map(move |l| (k, l))) {
                let product: f64 = (0..n).map(|i| c[k * n + i] * c[l * n + i]).sum();
                assert_relative_eq!(product, f64::from(u8::from(k == l)), epsilon = 1e-13);
            }
        }
    }
}
