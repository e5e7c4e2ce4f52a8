//! The Wasserstein distance.

use burn::tensor::{Tensor, backend::Backend};

use super::host::HostRows;
use crate::{Error, rows::check_length, transport::match_exactly, vectors::squared_distance};

/// The exact 2-Wasserstein distance between two samples of equal size.
///
/// ```text
/// ( min over permutations s of 1/n sum_i |a_i - b_s(i)|^2 )^(1/2)
/// ```
///
/// The permutation is found by the assignment method of Jonker and Volgenant (1987), which keeps the `n^2`
/// squared distances in memory and takes time up to `n^3`, so a few thousand rows are the limit.
///
/// # Shapes
/// `a`, `b`: `[n, ..]`, the same.
///
/// # Errors
/// If a sample is empty or holds a value that is not finite as `f32`, or if the shapes differ.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::metric::wasserstein2;
///
/// let device = Default::default();
/// let a = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &device);
/// let b = Tensor::<Flex, 2>::from_data([[3.0], [2.0]], &device);
/// assert_eq!(wasserstein2(a, b)?, 2.0);
/// # Ok::<(), reflow::Error>(())
/// ```
pub fn wasserstein2<B: Backend, const D: usize>(a: Tensor<B, D>, b: Tensor<B, D>) -> Result<f64, Error> {
    let (a, b) = HostRows::read_samples(a, b)?;
    check_length("the second sample", a.count, b.count)?;
    let partners = match_exactly(&a.values, &b.values, a.width);
    let cost = |(x, partner): (&[f64], usize)| squared_distance(x, b.row(partner));
    let total: f64 = a.iter().zip(partners).map(cost).sum();
    Ok((total / a.count as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use approx::{assert_abs_diff_eq, assert_relative_eq};

    use super::*;
    use crate::{
        metric::host::testing::{assert_numbers, assert_refusals, normal, rows},
        rows::to_host,
    };

    const PERMUTATIONS_OF_5: usize = 120;

    /// The permutation of 0..5 with this index, from the digits of the index in the factorial number system.
    fn permutation(mut number: usize) -> Vec<usize> {
        let mut left: Vec<usize> = (0..5).collect();
        (1..=5)
            .rev()
            .map(|base| {
                let digit = number % base;
                number /= base;
                left.remove(digit)
            })
            .collect()
    }

    fn by_definition(a: &[f64], b: &[f64], width: usize) -> f64 {
        let cost = |order: Vec<usize>| -> f64 {
            let b = order.iter().map(|&at| &b[at * width..][..width]);
            a.chunks_exact(width).zip(b).map(|(x, y)| squared_distance(x, y)).sum()
        };
        let lowest = (0..PERMUTATIONS_OF_5).map(permutation).map(cost).fold(f64::INFINITY, f64::min);
        (lowest / 5.0).sqrt()
    }

    #[test]
    fn small_samples_follow_the_definition() {
        for seed in 0..20 {
            let (a, b) = (normal(2 * seed, [5, 3]), normal(2 * seed + 1, [5, 3]));
            let expected = by_definition(&to_host(a.clone()), &to_host(b.clone()), 3);
            assert_relative_eq!(wasserstein2(a, b).unwrap(), expected, max_relative = 1e-12);
        }
    }

    #[test]
    fn a_shifted_sample_is_the_shift_away() {
        let a = normal(0, [200, 4]);
        let shift = rows([[1.0, -2.0, 0.5, 3.0]]);
        let distance = wasserstein2(a.clone(), a + shift).unwrap();
        assert_relative_eq!(distance, 14.25_f64.sqrt(), max_relative = 1e-6);
    }

    #[test]
    fn order_does_not_matter() {
        let a = normal(1, [64, 3]);
        assert_abs_diff_eq!(wasserstein2(a.clone(), a.flip([0])).unwrap(), 0.0);
    }

    #[test]
    fn one_row() {
        assert_relative_eq!(wasserstein2(rows([[0.0, 0.0]]), rows([[3.0, 4.0]])).unwrap(), 5.0);
    }

    #[test]
    fn refusals() {
        assert_refusals(wasserstein2);
        let result = wasserstein2(rows([[0.0], [1.0]]), rows([[0.0]]));
        assert_eq!(result, Err(Error::Length { what: "the second sample", expected: 2, found: 1 }));
    }

    #[test]
    fn any_size_gives_a_number() {
        assert_numbers(wasserstein2);
    }
}
