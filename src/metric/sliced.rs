//! The sliced Wasserstein distance.

use burn::tensor::{Tensor, backend::Backend};
use rand::RngExt;
use rand_distr::StandardNormal;

use super::host::HostRows;
use crate::{Error, Key, error::at_least_one};

/// The sliced 2-Wasserstein distance: the root mean square of `W2` along random directions.
///
/// ```text
/// ( 1/P sum_p W2(<a, u_p>, <b, u_p>)^2 )^(1/2),   u_p uniform on the unit sphere
/// ```
///
/// where `W2` on the line follows from the quantile functions,
/// `W2^2 = integral over (0, 1) of (Qa(s) - Qb(s))^2 ds`, so the samples may differ in size. In `f`
/// dimensions, the distance of a shift by `d` is about `d / f^(1/2)`. A few hundred projections are usual.
///
/// # Shapes
/// `a`: `[n, ..]`, `b`: `[m, ..]` with the same row shape.
///
/// # Errors
/// If a sample is empty or holds a value that is not finite as `f32`, if the row shapes differ, or if
/// `projections` is zero.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Key, metric::sliced_wasserstein2};
///
/// let device = Default::default();
/// let a = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &device);
/// let b = Tensor::<Flex, 2>::from_data([[3.0], [2.0], [2.0], [3.0]], &device);
/// assert_eq!(sliced_wasserstein2(a, b, 8, &Key::new(0))?, 2.0);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Bonneel, Rabin, Peyre, Pfister, *Sliced and Radon Wasserstein barycenters of measures*, 2015.
pub fn sliced_wasserstein2<B: Backend, const D: usize>(
    a: Tensor<B, D>,
    b: Tensor<B, D>,
    projections: usize,
    key: &Key,
) -> Result<f64, Error> {
    let (a, b) = HostRows::read_samples(a, b)?;
    at_least_one("sliced_wasserstein2", "projections", projections)?;
    let key = key.fork("projections");
    let along = |projection| {
        let direction = direction(&key, projection, a.width);
        squared_on_the_line(&project(&a, &direction), &project(&b, &direction))
    };
    let total: f64 = (0..projections).map(along).sum();
    Ok((total / projections as f64).sqrt())
}

/// Draws a uniformly random direction: that of a normal vector.
fn direction(key: &Key, number: usize, width: usize) -> Vec<f64> {
    let normal: Vec<f64> = key.row(number).sample_iter(StandardNormal).take(width).collect();
    let length = normal.iter().map(|x| x * x).sum::<f64>().sqrt();
    normal.into_iter().map(|x| x / length).collect()
}

/// Computes the coordinates of the rows along a direction, in ascending order.
fn project(rows: &HostRows, direction: &[f64]) -> Vec<f64> {
    let dot = |row: &[f64]| row.iter().zip(direction).map(|(x, u)| x * u).sum();
    let mut along: Vec<f64> = rows.iter().map(dot).collect();
    along.sort_unstable_by(f64::total_cmp);
    along
}

/// Integrates the squared difference of two quantile functions, given their steps in ascending order.
fn squared_on_the_line(a: &[f64], b: &[f64]) -> f64 {
    // In units of 1 / (n m), the steps of `a` are m wide and those of `b` are n wide, so nothing is rounded.
    let whole = a.len() * b.len();
    let (mut at, mut sum) = (0, 0.0);
    while at < whole {
        let (i, j) = (at / b.len(), at / a.len());
        let end = ((i + 1) * b.len()).min((j + 1) * a.len());
        sum += (a[i] - b[j]).powi(2) * (end - at) as f64;
        at = end;
    }
    sum / whole as f64
}

#[cfg(test)]
mod tests {
    use approx::{assert_abs_diff_eq, assert_relative_eq};

    use super::*;
    use crate::metric::{
        host::testing::{assert_numbers, assert_refusals, normal, rows},
        wasserstein2,
    };

    #[test]
    fn one_dimension_is_exact_for_any_projections() {
        for (projections, seed) in [(1, 0), (3, 1), (10, 2)] {
            let (a, b) = (normal(seed, [60, 1]), normal(seed + 10, [60, 1]) * 2.0 + 1.0);
            let sliced = sliced_wasserstein2(a.clone(), b.clone(), projections, &Key::new(seed)).unwrap();
            assert_relative_eq!(sliced, wasserstein2(a, b).unwrap(), max_relative = 1e-12);
        }
    }

    #[test]
    fn sizes_may_differ() {
        // First, half of the mass at 0 stays and half moves by 3; then, thirds are matched with halves.
        assert_relative_eq!(squared_on_the_line(&[0.0], &[0.0, 3.0]), 4.5);
        assert_relative_eq!(
            squared_on_the_line(&[0.0, 1.0, 2.0], &[0.0, 2.0]),
            (0.0 + 0.5 + 0.5 + 0.0) / 3.0
        );
    }

    #[test]
    fn repeated_rows_change_nothing() {
        let (a, b) = (normal(3, [20, 5]), normal(4, [30, 5]));
        let twice = Tensor::cat(vec![a.clone(), a.clone()], 0);
        let key = Key::new(5);
        let once = sliced_wasserstein2(a, b.clone(), 20, &key).unwrap();
        assert_relative_eq!(sliced_wasserstein2(twice, b, 20, &key).unwrap(), once, max_relative = 1e-12);
    }

    #[test]
    fn identical_samples() {
        let a = normal(6, [50, 4]);
        assert_abs_diff_eq!(sliced_wasserstein2(a.clone(), a, 10, &Key::new(0)).unwrap(), 0.0);
    }

    #[test]
    fn a_shift_shows_by_its_share_of_a_direction() {
        // E <d, u>^2 = |d|^2 / f; its standard deviation over u is below sqrt(2) |d|^2 / f.
        let a = normal(7, [40, 8]);
        let distance = sliced_wasserstein2(a.clone(), a + 3.0, 2000, &Key::new(1)).unwrap();
        assert_relative_eq!(distance.powi(2), 9.0, max_relative = 4.0 * (2.0 / 2000.0_f64).sqrt());
    }

    #[test]
    fn refusals() {
        let key = Key::new(0);
        assert_refusals(|a, b| sliced_wasserstein2(a, b, 3, &key));
        let none = sliced_wasserstein2(rows([[0.0]]), rows([[0.0]]), 0, &key);
        assert!(matches!(none, Err(Error::Config(error)) if error.setting() == "projections"));
    }

    #[test]
    fn any_size_gives_a_number() {
        assert_numbers(|a, b| sliced_wasserstein2(a, b, 3, &Key::new(0)));
    }
}
