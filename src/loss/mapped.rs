//! The squared error after a linear map.

use std::fmt;

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use super::{Distance, distance::loss_of_the_data};
use crate::rows;

/// An invertible linear map of rows.
///
/// With such a map, the generalised loss has the same minimiser as the plain one (Proposition 1). A map that
/// is not linear moves the minimiser; one that is not invertible leaves it undetermined.
///
/// # Example
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use burn_flex::Flex;
/// use reflow::{LinearMap, loss::{Distance, Mapped}};
///
/// struct Double;
///
/// impl<B: Backend, const D: usize> LinearMap<B, D> for Double {
///     fn apply(&self, x: Tensor<B, D>) -> Tensor<B, D> {
///         x * 2.0
///     }
/// }
///
/// let x = Tensor::<Flex, 2>::ones([1, 4], &Default::default());
/// assert_eq!(Mapped::new(Double).between(x.clone(), x * 2.0).into_scalar(), 4.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a linear map of rows of rank {D}",
    note = "`HighPass` maps images (rank 4) and sequences (rank 3); for flattened images, rows of rank 2, use `HighPass::new(lambda)?.on_grid([height, width])?`; other rows have no neighbours, so use `.loss(Mse)`"
)]
pub trait LinearMap<B: Backend, const D: usize = 2>: Send + Sync {
    /// The image of each row.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: `[batch, ..]`, of any row shape.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{LinearMap, loss::linear_map_fn, rows::to_host};
    ///
    /// let difference = linear_map_fn(|x: Tensor<Flex, 2>| x.clone().narrow(1, 0, 1) - x.narrow(1, 1, 1));
    /// let x = Tensor::<Flex, 2>::from_data([[5.0, 3.0]], &Default::default());
    /// assert_eq!(to_host(difference.apply(x)), [2.0]);
    /// ```
    fn apply(&self, x: Tensor<B, D>) -> Tensor<B, D>;
}

/// A linear map with a known inverse.
pub trait InvertibleMap<B: Backend, const D: usize = 2>: LinearMap<B, D> {
    /// The row whose image is `x`: `invert(apply(x)) = apply(invert(x)) = x`, up to rounding.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: `[batch, ..]`, of any row shape.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, LinearMap, loss::{HighPass, InvertibleMap}};
    ///
    /// let phi = HighPass::new(10.0)?;
    /// let x = Key::new(0).normal::<Flex, 4>([2, 3, 8, 8], &Default::default());
    /// let back = phi.invert(phi.apply(x.clone()));
    /// assert!((back - x).abs().max().into_scalar() < 1e-3);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    fn invert(&self, x: Tensor<B, D>) -> Tensor<B, D>;
}

/// The squared error after a linear map: `|phi(D) - phi(x0)|^2 / dim`.
///
/// The map is linear, so it is applied once, to the difference.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::loss::{Distance, Mapped, linear_map_fn};
///
/// let loss = Mapped::new(linear_map_fn(|x: Tensor<Flex, 2>| x * 2.0));
/// let device = Default::default();
/// let (a, b) = (Tensor::<Flex, 2>::from_data([[1.0, 3.0]], &device), Tensor::zeros([1, 2], &device));
/// assert_eq!(loss.between(a, b).into_scalar(), 20.0);
/// ```
///
/// Source: Simple ReFlow, the generalised loss, and Proposition 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapped<P> {
    map: P,
}

impl<P> Mapped<P> {
    /// The squared error after this map.
    pub fn new(map: P) -> Self {
        Self { map }
    }
}

loss_of_the_data!([P] Mapped<P> where P: LinearMap<B, D>);

impl<B: Backend, const D: usize, P: LinearMap<B, D>> Distance<B, D> for Mapped<P> {
    fn between(&self, a: Tensor<B, D>, b: Tensor<B, D>) -> Tensor<B, 1> {
        rows::mean(self.map.apply(a - b).square())
    }
}

/// Makes a linear map from a closure; it is up to the caller that it is linear and invertible.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{LinearMap, loss::linear_map_fn, rows::to_host};
///
/// let reversed = linear_map_fn(|x: Tensor<Flex, 2>| x.flip([1]));
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 2.0, 3.0]], &Default::default());
/// assert_eq!(to_host(reversed.apply(x)), [3.0, 2.0, 1.0]);
/// ```
pub fn linear_map_fn<F>(apply: F) -> LinearMapFn<F> {
    LinearMapFn { apply }
}

/// A closure as a linear map; see [`linear_map_fn`].
#[derive(Clone, Copy)]
pub struct LinearMapFn<F> {
    apply: F,
}

impl<B, const D: usize, F> LinearMap<B, D> for LinearMapFn<F>
where
    B: Backend,
    F: Fn(Tensor<B, D>) -> Tensor<B, D> + Send + Sync,
{
    fn apply(&self, x: Tensor<B, D>) -> Tensor<B, D> {
        (self.apply)(x)
    }
}

impl<F> fmt::Debug for LinearMapFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinearMapFn")
    }
}

impl<P> burn::config::Config for Mapped<P> where
    Self: std::fmt::Debug + Serialize + serde::de::DeserializeOwned
{
}
