//! Distances between rows.

use burn::tensor::{Tensor, backend::Backend};

/// A distance between rows of any quantity, such as data or velocities.
///
/// A network that looks at images, such as LPIPS, is a [`Loss`](super::Loss) but not a distance, because a
/// velocity is not an image.
///
/// # Example
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use burn_flex::Flex;
/// use reflow::{loss::Distance, rows};
///
/// struct Absolute;
///
/// impl<B: Backend, const D: usize> Distance<B, D> for Absolute {
///     fn between(&self, a: Tensor<B, D>, b: Tensor<B, D>) -> Tensor<B, 1> {
///         rows::mean((a - b).abs())
///     }
/// }
///
/// let a = Tensor::<Flex, 2>::from_data([[1.0, 3.0]], &Default::default());
/// assert_eq!(Absolute.between(a.clone(), a * -1.0).into_scalar(), 4.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not compare velocities",
    note = "`Mse`, `PseudoHuber` and `Mapped` compare any rows; use a loss that compares images without `InVelocity`"
)]
pub trait Distance<B: Backend, const D: usize = 2>: Send + Sync {
    /// The distance between each row of `a` and the same row of `b`.
    ///
    /// # Shapes
    /// `a`, `b`: `[batch, ..]`, result: `[batch]`.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{loss::{Distance, Mse}, rows::to_host};
    ///
    /// let images = Tensor::<Flex, 4>::ones([2, 1, 8, 8], &Default::default());
    /// assert_eq!(to_host(Mse.between(images.clone(), images * 3.0)), [4.0, 4.0]);
    /// ```
    fn between(&self, a: Tensor<B, D>, b: Tensor<B, D>) -> Tensor<B, 1>;
}

/// Makes a distance a loss: the distance between the denoised rows and the data.
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
