//! No weight.

use burn::tensor::{Tensor, backend::Backend};

use super::Weight;
use crate::error::serialize_by_name;

/// Every row counts the same: `w = 1`.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Weight, weight::Constant};
///
/// let t = Tensor::<Flex, 1>::from_data([0.2, 0.9], &Default::default());
/// let w = Constant.weights(&t.clone().unsqueeze_dim::<2>(1), &t, &t);
/// assert_eq!(w.into_data().to_vec::<f32>().unwrap(), [1.0, 1.0]);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Constant;

serialize_by_name!(Constant);

impl Weight for Constant {
    fn weights<B: Backend, const D: usize>(
        &self,
        _: &Tensor<B, D>,
        _: &Tensor<B, 1>,
        losses: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        losses.ones_like()
    }
}
