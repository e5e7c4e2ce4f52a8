//! A loss of some values alone.

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use super::{Blend, InVelocity, Loss, Mapped, Mse};
use crate::{Pair, condition::HasMask, flow::Answer, rows};

/// A loss that is a mean over the values of a row, with those outside the mask left out.
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

/// A loss that is a mean over the values of a row, so that dividing by the share of those that count makes it their mean.
///
/// It has no methods: a custom loss says with it that it may be [`Masked`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a mean over the values of a row, so values cannot be left out of it",
    note = "`Mse`, `Mapped`, and `InVelocity` or `Blend` of these are; `impl reflow::loss::MeanOverValues for {Self} {{}}` says so of a custom loss"
)]
pub trait MeanOverValues {}

impl MeanOverValues for Mse {}
impl<P> MeanOverValues for Mapped<P> {}
impl<L: MeanOverValues> MeanOverValues for InVelocity<L> {}
impl<A: MeanOverValues, Z: MeanOverValues> MeanOverValues for Blend<A, Z> {}

impl<B, const D: usize, Y, L> Loss<B, D, Y> for Masked<L>
where
    B: Backend,
    Y: HasMask,
    L: Loss<B, D, Y> + MeanOverValues,
{
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
