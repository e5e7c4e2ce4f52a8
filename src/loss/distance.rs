//! How far rows are from rows.

use burn::tensor::{Tensor, backend::Backend};

/// How far rows are from rows, whatever quantity they hold: data, velocities.
///
/// A network that looks at images, such as LPIPS, is a [`Loss`](super::Loss) and no distance: a velocity is no image.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not compare velocities",
    note = "`Mse`, `PseudoHuber` and `Mapped` compare any rows; a loss that looks at images is taken as it is"
)]
pub trait Distance<B: Backend, const D: usize = 2>: Send + Sync {
    /// The distance of each row of `a` from that of `b`.
    ///
    /// # Shapes
    /// `a`, `b`: `[batch, ..]`, result: `[batch]`.
    fn between(&self, a: Tensor<B, D>, b: Tensor<B, D>) -> Tensor<B, 1>;
}

/// Makes a distance a loss: that of the denoised rows from the data.
macro_rules! loss_of_the_data {
    ([$($generics:tt)*] $loss:ty $(where $($bounds:tt)*)?) => {
        impl<B: burn::tensor::backend::Backend, const D: usize, Y: crate::Condition, $($generics)*>
            crate::Loss<B, D, Y> for $loss $(where $($bounds)*)?
        {
            fn rows(
                &self,
                said: &crate::flow::Answer<B, D>,
                pair: &crate::Pair<B, D, Y>,
            ) -> burn::tensor::Tensor<B, 1> {
                crate::loss::Distance::between(self, said.data(), pair.x0())
            }
        }
    };
}
pub(super) use loss_of_the_data;
