//! The network of a diffusion model.

use burn::tensor::{Tensor, backend::Backend};

use crate::Condition;

/// The network of a diffusion model as it was trained: it predicts from a scaled batch and a number that
/// encodes the noise level.
///
/// The [`Preconditioning`](super::Preconditioning) defines how its input is scaled and what it predicts.
///
/// # Example
///
/// The exact network for standard normal data, under EDM's preconditioning:
///
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use burn_flex::Flex;
/// use reflow::{FlowExt, flow::{DiffusionFlow, DiffusionNetwork, EdmPreconditioning}, rows::to_host};
///
/// struct Zero;
///
/// impl<B: Backend> DiffusionNetwork<B> for Zero {
///     fn predict(&self, x: Tensor<B, 2>, _noise: Tensor<B, 1>, (): ()) -> Tensor<B, 2> {
///         x.zeros_like()
///     }
/// }
///
/// let flow = DiffusionFlow::<Flex, _, _>::new(Zero, EdmPreconditioning::new(1.0)?);
/// let x = Tensor::<Flex, 2>::from_data([[3.0]], &Default::default());
/// assert_eq!(to_host(flow.denoise(x, 0.5)), [3.0]); // 2 x / (1 + sigma^2), and sigma = 1
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the network of a diffusion model of rank {D} with conditions `{Y}`",
    note = "implement `reflow::flow::DiffusionNetwork<B, {D}, {Y}>` for it"
)]
pub trait DiffusionNetwork<B: Backend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// The network's prediction for each row.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `noise`: `[batch]`, `y`: one condition a row, result: as `x`.
    ///
    /// # Panics
    /// If the shapes do not fit the network, as burn's tensor operations do.
    fn predict(&self, x: Tensor<B, D>, noise: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D>;
}
