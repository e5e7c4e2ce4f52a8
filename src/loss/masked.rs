//! A loss of only some of the values.

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use super::{Blend, InVelocity, Loss, Mapped, Mse};
use crate::{Pair, condition::HasMask, flow::Answer, rows};

/// A loss that is a mean over the values of a row, without the values outside the mask.
///
/// The condition is a [`Mask`](crate::condition::Mask), or a tuple that ends in one. Values outside the mask
/// are set to zero on both sides, and the loss is divided by the share of the values that count, so that it
/// is the mean of those.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{FlowExt, Loss, Pair, Time, condition::Mask, flow::denoiser_fn, loss::{Masked, Mse}};
///
/// let device = Default::default();
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 3.0, 9.0, 9.0]], &device);
/// let mask = Tensor::from_data([[1.0, 1.0, 0.0, 0.0]], &device);
/// let pair = Pair::<_, 2, Mask>::with_conditions(x.zeros_like(), x.clone(), mask)?;
/// let answer = denoiser_fn(|x: Tensor<Flex, 2>, _: Time<Flex>| x).ask(x, 1.0, ());
/// assert_eq!(Masked::new(Mse).rows(&answer, &pair).into_scalar(), 5.0); // (1 + 9) / 2
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masked<L> {
    loss: L,
}

impl<L> Masked<L> {
    /// Applies this loss to the values that count.
    pub fn new(loss: L) -> Self {
        Self { loss }
    }
}

/// A loss that is a mean over the values of a row, so that dividing it by the share of the values that count
/// makes it their mean.
///
/// The trait has no methods: implementing it for a custom loss allows that loss to be [`Masked`].
///
/// # Example
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use burn_flex::Flex;
/// use reflow::{
///     Condition, FlowExt, Loss, Pair, condition::Mask, flow::{Answer, GaussianFlow},
///     loss::{Masked, MeanOverValues}, rows,
/// };
///
/// struct Absolute;
///
/// impl<B: Backend, const D: usize, Y: Condition> Loss<B, D, Y> for Absolute {
///     fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1> {
///         rows::mean((said.data() - pair.x0()).abs())
///     }
/// }
///
/// impl MeanOverValues for Absolute {}
///
/// let device = Default::default();
/// let x = Tensor::<Flex, 2>::from_data([[0.0, 8.0]], &device);
/// let mask = Tensor::from_data([[1.0, 0.0]], &device);
/// let answer = GaussianFlow::new(3.0, 0.5)?.ask(x.zeros_like(), 1.0, ()); // at noise, the mean of the data
/// let pair = Pair::<_, 2, Mask>::with_conditions(x.clone(), x.zeros_like(), mask)?;
/// assert_eq!(Masked::new(Absolute).rows(&answer, &pair).into_scalar(), 3.0);
/// # Ok::<(), reflow::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a mean over the values of a row, so values cannot be left out of it",
    note = "`Mse` and `Mapped` are, and so is an `InVelocity` or a `Blend` of these; for a custom loss write `impl reflow::loss::MeanOverValues for {Self} {{}}`"
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
        // Data and velocity are linear in the point and the prediction, so masking these masks both.
        let keep = |x: Tensor<B, D>| x * mask.clone();
        let (said, pair) = (said.clone().mapped(keep), pair.clone().mapped(keep));
        let share = rows::mean(mask.clone().expand(pair.x0().dims()));
        // A row in which nothing counts has a loss of zero rather than zero over zero.
        let share = share.clone() + share.equal_elem(0.0).float().cast(pair.x0().dtype());
        self.loss.rows(&said, &pair) / share
    }
}

impl<L> burn::config::Config for Masked<L> where
    Self: std::fmt::Debug + Serialize + serde::de::DeserializeOwned
{
}
