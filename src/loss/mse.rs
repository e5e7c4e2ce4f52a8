//! The mean squared error.

use burn::tensor::{Tensor, backend::Backend};

use super::{Distance, distance::loss_of_the_data};
use crate::{error::serialize_by_name, rows};

/// The squared error, averaged over the values of a row: `|D - x0|^2 / dim`.
///
/// The paper writes the sum; with the mean, learning rates and printed losses do not depend on the size of a
/// row.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::loss::{Distance, Mse};
///
/// let device = Default::default();
/// let (a, b) = (Tensor::<Flex, 2>::from_data([[1.0, 3.0]], &device), Tensor::zeros([1, 2], &device));
/// assert_eq!(Mse.between(a, b).into_scalar(), 5.0);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mse;

serialize_by_name!(Mse);

loss_of_the_data!([] Mse);

impl<B: Backend, const D: usize> Distance<B, D> for Mse {
    fn between(&self, a: Tensor<B, D>, b: Tensor<B, D>) -> Tensor<B, 1> {
        rows::mean((a - b).square())
    }
}
