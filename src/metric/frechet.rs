//! The Frechet distance.

use burn::tensor::{Tensor, backend::Backend};
use nalgebra::{DMatrix, RowDVector, SymmetricEigen};

use super::host::HostRows;
use crate::{Error, rows::check_at_least};

/// The Frechet distance between the normal distributions with the means and covariances of two samples of
/// features.
///
/// ```text
/// |m1 - m2|^2 + tr( S1 + S2 - 2 (S1 S2)^(1/2) )
/// ```
///
/// It is the square of the 2-Wasserstein distance of these distributions (Dowson and Landau 1982), and the
/// FID if the features are those of Inception-v3 (Heusel et al., *GANs trained by a two time-scale update
/// rule*, 2017, equation 6). The covariances are unbiased (over `n - 1`). The trace of the root is computed
/// in `f64` as `tr (S1 S2)^(1/2) = tr (S1^(1/2) S2 S1^(1/2))^(1/2)`, whose right side has only symmetric
/// matrices, so there may be fewer rows than features.
///
/// # Shapes
/// `a`: `[n, features]`, `b`: `[m, features]`.
///
/// # Errors
/// If a sample has fewer than two rows or holds a value that is not finite as `f32`, or if the samples differ
/// in their number of features.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::metric::frechet_distance;
///
/// let device = Default::default();
/// let a = Tensor::<Flex, 2>::from_data([[0.0], [2.0]], &device); // mean 1, variance 2
/// let b = Tensor::<Flex, 2>::from_data([[0.0], [4.0]], &device); // mean 2, variance 8
/// let distance = frechet_distance(a, b)?;
/// assert!((distance - 3.0).abs() < 1e-12); // 1 + (sqrt 8 - sqrt 2)^2
/// # Ok::<(), reflow::Error>(())
/// ```
pub fn frechet_distance<B: Backend>(a: Tensor<B, 2>, b: Tensor<B, 2>) -> Result<f64, Error> {
    let (a, b) = HostRows::read_samples(a, b)?;
    let (a, b) = (Moments::new("the first sample", &a)?, Moments::new("the second sample", &b)?);
    let means = (a.mean - b.mean).norm_squared();
    let spread = a.covariance.trace() + b.covariance.trace();
    let shared = trace_of_root(a.covariance, &b.covariance);
    Ok((means + spread - 2.0 * shared).max(0.0))
}

struct Moments {
    mean: RowDVector<f64>,
    covariance: DMatrix<f64>,
}

impl Moments {
    fn new(what: &'static str, rows: &HostRows) -> Result<Self, Error> {
        // One row has no covariance.
        check_at_least(what, 2, rows.count)?;
        let mut values = DMatrix::from_row_slice(rows.count, rows.width, &rows.values);
        let mean = values.row_mean();
        for mut row in values.row_iter_mut() {
            row -= &mean;
        }
        let covariance = values.tr_mul(&values) / (rows.count - 1) as f64;
        Ok(Self { mean, covariance })
    }
}

/// Computes `tr (S1^(1/2) S2 S1^(1/2))^(1/2)`.
fn trace_of_root(s1: DMatrix<f64>, s2: &DMatrix<f64>) -> f64 {
    // With S1 = V L V', the inner matrix has the eigenvalues of R' S2 R, where R = V L^(1/2).
    let SymmetricEigen { eigenvectors: mut root, eigenvalues } = s1.symmetric_eigen();
    for (mut column, eigenvalue) in root.column_iter_mut().zip(&eigenvalues) {
        column *= root_of(*eigenvalue);
    }
    let inner = root.tr_mul(&(s2 * &root));
    inner.symmetric_eigenvalues().iter().copied().map(root_of).sum()
}

// Rounding can leave an eigenvalue that should be zero slightly negative.
fn root_of(eigenvalue: f64) -> f64 {
    eigenvalue.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use approx::{assert_abs_diff_eq, assert_relative_eq};

    use super::*;
    use crate::metric::host::testing::{assert_numbers, assert_refusals, normal, rows};

    #[test]
    fn diagonal_covariances() {
        let (n, deviations) = (20_000, rows([[1.0, 2.0, 0.5]]));
        let a = normal(0, [n, 3]);
        let b = normal(1, [n, 3]) * deviations + rows([[1.0, 0.0, -2.0]]);
        // |m|^2 + sum (s1 - s2)^2, within four deviations: the means add 2 |m|, the spreads 2 |s1 - s2|.
        let deviation = (4.0 * (2.0 + 1.0 + 4.0 * 0.25) + 4.0 * (2.5 + 0.625)) / 20_000.0_f64;
        let expected = 5.0 + 1.0 + 0.25;
        assert_abs_diff_eq!(frechet_distance(a, b).unwrap(), expected, epsilon = 4.0 * deviation.sqrt());
    }

    #[test]
    fn one_feature_is_exact() {
        // Means 2 and 0, variances 1 and 4.
        let distance = frechet_distance(rows([[1.0], [2.0], [3.0]]), rows([[-2.0], [0.0], [2.0]])).unwrap();
        assert_relative_eq!(distance, 5.0, max_relative = 1e-12);
    }

    #[test]
    fn rotated_covariances_are_exact() {
        // S1 = diag(1, 1), S2 = [[5, 3], [3, 5]] / 2 with eigenvalues 4 and 1: (2 - 1)^2.
        let half = 0.75_f32.sqrt();
        let a = || rows([[half, half], [half, -half], [-half, half], [-half, -half]]);
        let turn = rows([[1.5, 0.5], [0.5, 1.5]]);
        assert_relative_eq!(frechet_distance(a(), a().matmul(turn)).unwrap(), 1.0, max_relative = 1e-6);
    }

    #[test]
    fn scaling_is_exact_for_correlated_features() {
        // tr (S + c^2 S - 2 c S) = (c - 1)^2 tr S
        let a = normal(2, [300, 6]).matmul(normal(3, [6, 6]));
        let (a, spread) = (a.clone() - a.clone().mean_dim(0), a.var(0).sum().into_scalar());
        let distance = frechet_distance(a.clone(), a * 3.0).unwrap();
        assert_relative_eq!(distance, 4.0 * spread, max_relative = 1e-5);
    }

    #[test]
    fn identical_samples() {
        let a = normal(4, [200, 10]);
        assert_abs_diff_eq!(frechet_distance(a.clone(), a).unwrap(), 0.0, epsilon = 1e-10);
    }

    #[test]
    fn fewer_rows_than_features() {
        let a = normal(5, [5, 30]);
        assert_abs_diff_eq!(frechet_distance(a.clone(), a.clone()).unwrap(), 0.0, epsilon = 1e-5);
        let shifted = frechet_distance(a.clone(), a.clone() + 1.0).unwrap();
        assert_relative_eq!(shifted, 30.0, max_relative = 1e-6);
        let other = frechet_distance(a, normal(6, [4, 30])).unwrap();
        assert!(other.is_finite() && other > 0.0);
    }

    #[test]
    fn the_samples_may_change_places() {
        let (a, b) = (normal(7, [40, 5]), normal(8, [30, 5]).matmul(normal(9, [5, 5])));
        let forward = frechet_distance(a.clone(), b.clone()).unwrap();
        assert_relative_eq!(forward, frechet_distance(b, a).unwrap(), max_relative = 1e-10);
    }

    #[test]
    fn constant_features() {
        let distance = frechet_distance(rows([[1.0, 2.0]; 3]), rows([[4.0, 6.0]; 2])).unwrap();
        assert_relative_eq!(distance, 25.0);
    }

    #[test]
    fn refusals() {
        assert_refusals(frechet_distance);
        let result = frechet_distance(rows([[0.0], [1.0]]), rows([[0.0]]));
        assert_eq!(result, Err(Error::TooFew { what: "the second sample", least: 2, found: 1 }));
        let result = frechet_distance(rows([[0.0]]), rows([[0.0], [1.0]]));
        assert_eq!(result, Err(Error::TooFew { what: "the first sample", least: 2, found: 1 }));
    }

    #[test]
    fn any_size_gives_a_number() {
        assert_numbers(frechet_distance);
    }
}
