//! The energy distance.

use burn::tensor::{Tensor, backend::Backend};

use super::host::HostRows;
use crate::{Error, threads, vectors::squared_distance};

// Rows of one sample that stay in the cache while the other sample is read.
const BLOCK: usize = 16;

/// The energy distance between two samples: zero for equal samples, and in the limit of many rows only for
/// equal distributions.
///
/// ```text
/// 2 E|X - Y| - E|X - X'| - E|Y - Y'|
/// ```
///
/// with the Euclidean norm. The means are over all pairs of rows, including those of a row with itself (the
/// V-statistic), so the value is never negative. No root is taken: if one of two distant distributions moves
/// by `d`, the value changes by up to `2 d`. Szekely and Rizzo, *Energy statistics: a class of statistics
/// based on distances* (2013).
///
/// # Shapes
/// `a`: `[n, ..]`, `b`: `[m, ..]` with the same row shape.
///
/// # Errors
/// If a sample is empty or holds a value that is not finite as `f32`, or if the row shapes differ.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::metric::energy_distance;
///
/// let device = Default::default();
/// let a = Tensor::<Flex, 2>::from_data([[0.0, 0.0]], &device);
/// let b = Tensor::<Flex, 2>::from_data([[3.0, 4.0]], &device);
/// assert_eq!(energy_distance(a, b)?, 10.0);
/// # Ok::<(), reflow::Error>(())
/// ```
pub fn energy_distance<B: Backend, const D: usize>(a: Tensor<B, D>, b: Tensor<B, D>) -> Result<f64, Error> {
    let (a, b) = HostRows::read_samples(a, b)?;
    let distance = 2.0 * mean_between(&a, &b) - mean_within(&a) - mean_within(&b);
    Ok(distance.max(0.0))
}

fn mean_between(a: &HostRows, b: &HostRows) -> f64 {
    sum_over_blocks(a, |block, _| sum_pairs(block, &b.values, a.width)) / (a.count * b.count) as f64
}

/// The mean distance between two rows, including the zero distance of a row to itself.
pub(super) fn mean_within(a: &HostRows) -> f64 {
    let sum = sum_over_blocks(a, |block, later| {
        sum_pairs(block, block, a.width) + 2.0 * sum_pairs(block, later, a.width)
    });
    sum / (a.count * a.count) as f64
}

/// Sums the distances from all rows of `a` to all rows of `b`.
fn sum_pairs(a: &[f64], b: &[f64], width: usize) -> f64 {
    let to_all = |y| a.chunks_exact(width).map(|x| squared_distance(x, y).sqrt()).sum::<f64>();
    b.chunks_exact(width).map(to_all).sum()
}

/// Sums `partial(block, rows after the block)` over blocks of rows, on all cores.
fn sum_over_blocks(rows: &HostRows, partial: impl Fn(&[f64], &[f64]) -> f64 + Sync) -> f64 {
    let size = BLOCK * rows.width;
    let one = |block: usize| {
        let left = &rows.values[block * size..];
        let (block, later) = left.split_at(size.min(left.len()));
        partial(block, later)
    };
    threads::map(threads::cores(), (0..rows.count.div_ceil(BLOCK)).collect(), one).into_iter().sum()
}

#[cfg(test)]
mod tests {
    use approx::{assert_abs_diff_eq, assert_relative_eq};

    use super::*;
    use crate::metric::host::testing::{assert_numbers, assert_refusals, normal, rows};

    fn by_definition(a: &[f64], b: &[f64]) -> f64 {
        let mean = |x: &[f64], y: &[f64]| {
            let pairs = x.iter().flat_map(|x| y.iter().map(move |y| (x - y).abs()));
            pairs.sum::<f64>() / (x.len() * y.len()) as f64
        };
        2.0 * mean(a, b) - mean(a, a) - mean(b, b)
    }

    #[test]
    fn two_points() {
        let value = energy_distance(rows([[1.0, 1.0]]), rows([[4.0, 5.0]])).unwrap();
        assert_relative_eq!(value, 10.0);
    }

    #[test]
    fn two_points_against_one() {
        // 2 (0 + 2) / 2 - 2 * 2 / 4 = 1
        let value = energy_distance(rows([[0.0], [2.0]]), rows([[0.0]])).unwrap();
        assert_relative_eq!(value, 1.0);
    }

    #[test]
    fn identical_samples() {
        let a = normal(0, [101, 7]);
        assert_abs_diff_eq!(energy_distance(a.clone(), a).unwrap(), 0.0, epsilon = 1e-12);
    }

    #[test]
    fn shifts_in_one_dimension_follow_the_definition() {
        for shift in [0.1, 1.0, 10.0] {
            let (a, b) = (normal(1, [70, 1]), normal(2, [33, 1]) + shift);
            let expected = by_definition(&crate::rows::to_host(a.clone()), &crate::rows::to_host(b.clone()));
            assert_relative_eq!(energy_distance(a, b).unwrap(), expected, max_relative = 1e-10);
        }
    }

    #[test]
    fn the_samples_may_change_places() {
        let (a, b) = (normal(3, [50, 3]), normal(4, [20, 3]) * 2.0);
        let forward = energy_distance(a.clone(), b.clone()).unwrap();
        assert_relative_eq!(forward, energy_distance(b, a).unwrap(), max_relative = 1e-12);
    }

    // For a normal gap Z with mean d and variance s^2,
    // E|Z| = s sqrt(2/pi) exp(-d^2/2s^2) + d erf(d / (s sqrt 2)).
    // Here s^2 = 2 and d = 1, so erf(1/2) = 0.5204998778.
    #[test]
    fn two_normal_distributions() {
        let still = 2.0 / std::f64::consts::PI.sqrt();
        let apart = still * (-0.25_f64).exp() + 0.520_499_877_8;
        let value = energy_distance(normal(5, [3000, 1]), normal(6, [3000, 1]) + 1.0).unwrap();
        // Three standard errors: the influence function of the shift has a standard deviation of about 1.
        assert_abs_diff_eq!(value, 2.0 * (apart - still), epsilon = 3.0 * (2.0 / 3000.0_f64).sqrt());
    }

    #[test]
    fn refusals() {
        assert_refusals(energy_distance);
    }

    #[test]
    fn any_size_gives_a_number() {
        assert_numbers(energy_distance);
    }
}
