//! The mean squared error.

use burn::tensor::{Tensor, backend::Backend};

use super::Loss;
use crate::{error::serialize_by_name, rows};

/// The squared error, averaged over the values of a row: `|D - x0|^2 / dim`.
///
/// The paper writes the sum; the mean keeps learning rates and printed numbers the same for every size.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Loss, loss::Mse};
///
/// let device = Default::default();
/// let (a, b) = (Tensor::<Flex, 2>::from_data([[1.0, 3.0]], &device), Tensor::zeros([1, 2], &device));
/// let t = Tensor::ones([1], &device);
/// assert_eq!(Mse.rows(a, b, &t).into_scalar(), 5.0);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mse;

serialize_by_name!(Mse);

impl<B: Backend, const D: usize> Loss<B, D> for Mse {
    fn rows(&self, denoised: Tensor<B, D>, x0: Tensor<B, D>, _: &Tensor<B, 1>) -> Tensor<B, 1> {
        rows::mean((denoised - x0).square())
    }
}
