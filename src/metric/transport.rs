//! The cost of a coupling.

use burn::tensor::{Tensor, backend::Backend};

use super::host::HostRows;
use crate::{Error, rows::check_length, vectors::squared_distance};

/// The cost of a coupling: the mean squared Euclidean distance between paired rows.
///
/// ```text
/// E |x1 - x0|^2
/// ```
///
/// Rectifying a flow does not increase the cost of its coupling (Liu, Gong, Liu, *Flow straight and fast*,
/// 2022, theorem 3.5). No coupling of two samples costs less than the square of their
/// [`wasserstein2`](super::wasserstein2).
///
/// # Shapes
/// `x0`, `x1`: `[n, ..]`, the same; row `i` of one is paired with row `i` of the other.
///
/// # Errors
/// If there are no rows, a value is not finite as `f32`, or the shapes differ.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::metric::transport_cost;
///
/// let device = Default::default();
/// let x0 = Tensor::<Flex, 2>::from_data([[0.0, 0.0], [1.0, 1.0]], &device);
/// let x1 = Tensor::<Flex, 2>::from_data([[3.0, 4.0], [1.0, 2.0]], &device);
/// assert_eq!(transport_cost(x0, x1)?, 13.0);
/// # Ok::<(), reflow::Error>(())
/// ```
pub fn transport_cost<B: Backend, const D: usize>(x0: Tensor<B, D>, x1: Tensor<B, D>) -> Result<f64, Error> {
    let (x0, x1) = HostRows::read_two(["x0", "x1"], x0, x1)?;
    check_length("x1", x0.count, x1.count)?;
    let total: f64 = x0.iter().zip(x1.iter()).map(|(a, b)| squared_distance(a, b)).sum();
    Ok(total / x0.count as f64)
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;
    use crate::metric::{
        host::testing::{B, DEVICE, assert_numbers, assert_refusals, normal, rows},
        wasserstein2,
    };

    #[test]
    fn a_shift_costs_its_square() {
        let cost = transport_cost(rows([[1.0, 2.0], [5.0, 6.0]]), rows([[2.0, 4.0], [6.0, 8.0]])).unwrap();
        assert_relative_eq!(cost, 5.0);
    }

    #[test]
    fn images_are_rows() {
        let x0 = Tensor::<B, 4>::zeros([3, 2, 2, 2], &DEVICE);
        assert_relative_eq!(transport_cost(x0.clone(), x0 + 2.0).unwrap(), 32.0);
    }

    #[test]
    fn the_optimal_coupling_costs_no_more() {
        let (x0, x1) = (normal(0, [50, 2]), normal(1, [50, 2]));
        let cost = transport_cost(x0.clone(), x1.clone()).unwrap();
        assert!(cost >= wasserstein2(x0, x1).unwrap().powi(2));
    }

    #[test]
    fn refusals() {
        assert_refusals(transport_cost);
        let result = transport_cost(rows([[0.0], [1.0]]), rows([[0.0]]));
        assert_eq!(result, Err(Error::Length { what: "x1", expected: 2, found: 1 }));
    }

    #[test]
    fn any_size_gives_a_number() {
        assert_numbers(transport_cost);
    }
}
