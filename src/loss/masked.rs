//! A loss of some values alone.

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use super::Loss;
use crate::{Pair, condition::HasMask, flow::Answer, rows};

/// Any loss, with the values outside the mask of each row left out.
///
/// The condition is a [`Mask`](crate::condition::Mask), or a tuple that ends in one. What is left out is taken as zero on
/// both sides, and the loss is divided by the share of values that count, so that a mean is the mean of those.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Loss, Pair, Time, condition::Mask, flow::{Answer, Prediction}, loss::{Masked, Mse}, time::IntoTime};
///
/// let device = Default::default();
/// let x0 = Tensor::<Flex, 2>::from_data([[0.0, 0.0, 0.0, 0.0]], &device);
/// let mask = Tensor::from_data([[1.0, 1.0, 0.0, 0.0]], &device);
/// let pair = Pair::<_, 2, Mask>::with_conditions(x0.clone(), x0.clone(), mask)?;
/// let t: Time<Flex> = 1.0.into_time(&x0);
/// let said = Answer::new(x0, t.clone(), Prediction::data(Tensor::from_data([[1.0, 3.0, 9.0, 9.0]], &device), t));
/// assert_eq!(Masked::new(Mse).rows(&said, &pair).into_scalar(), 5.0);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masked<L> {
    loss: L,
}

impl<L> Masked<L> {
    /// This loss, of the values that count.
    pub fn new(loss: L) -> Self {
        Self { loss }
    }
}

impl<B: Backend, const D: usize, Y: HasMask, L: Loss<B, D, Y>> Loss<B, D, Y> for Masked<L> {
    fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1> {
        let mask: Tensor<B, D> = Y::mask::<B, D>(&pair.y());
        // Data and velocity are linear in point and prediction, so masking those masks both.
        let keep = |x: Tensor<B, D>| x * mask.clone();
        let (said, pair) = (said.clone().mapped(keep), pair.clone().mapped(keep));
        let share = rows::mean(mask.clone().expand(pair.x0().dims()));
        // A row of which nothing counts has a loss of zero, not of zero over zero.
        let share = share.clone() + share.equal_elem(0.0).float().cast(pair.x0().dtype());
        self.loss.rows(&said, &pair) / share
    }
}

impl<L> burn::config::Config for Masked<L> where
    Self: std::fmt::Debug + Serialize + serde::de::DeserializeOwned
{
}
