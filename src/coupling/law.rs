//! Laws of data and of noise.

use std::fmt;

use burn::tensor::{Tensor, backend::Backend};

use crate::{Condition, Error, Rng};

/// Rows drawn from a law, with their conditions.
#[derive(Debug, Clone)]
pub struct Sample<B: Backend, const D: usize = 2, Y: Condition = ()> {
    /// The rows: `[batch, ..]`.
    pub x: Tensor<B, D>,
    /// What a flow is told about each row.
    pub y: Y::Rows<B>,
}

/// A law of data one can draw from.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a law of data of rank {D} with conditions `{Y}`",
    note = "use `coupling::Dataset`, or a closure through `coupling::law_fn`"
)]
pub trait Law<B: Backend, const D: usize = 2, Y: Condition = ()> {
    /// Draws rows; the same key draws the same rows.
    ///
    /// # Shapes
    /// Result: `batch` rows, with a condition each.
    ///
    /// # Errors
    /// Where the law cannot be drawn from.
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Sample<B, D, Y>, Error>;
}

/// A law of noise, which takes the shape of the data it is paired with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a law of noise of rank {D}",
    note = "use `coupling::Gaussian`, or a `coupling::Dataset` for flows between two sets of data"
)]
pub trait Noise<B: Backend, const D: usize = 2> {
    /// Draws rows; the same key draws the same rows.
    ///
    /// # Shapes
    /// `dims`: the shape of the data, result: the same.
    ///
    /// # Errors
    /// [`Error::Shape`] if the law has rows of another shape.
    fn draw_like(&self, dims: [usize; D], rng: &Rng, device: &B::Device) -> Result<Tensor<B, D>, Error>;
}

macro_rules! laws_through {
    ($($pointer:ty),*) => {$(
        impl<B: Backend, const D: usize, Y: Condition, P: Law<B, D, Y> + ?Sized> Law<B, D, Y> for $pointer {
            fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Sample<B, D, Y>, Error> {
                (**self).draw(batch, rng, device)
            }
        }

        impl<B: Backend, const D: usize, P: Noise<B, D> + ?Sized> Noise<B, D> for $pointer {
            fn draw_like(
                &self,
                dims: [usize; D],
                rng: &Rng,
                device: &B::Device,
            ) -> Result<Tensor<B, D>, Error> {
                (**self).draw_like(dims, rng, device)
            }
        }
    )*};
}
laws_through!(&P, Box<P>, std::rc::Rc<P>, std::sync::Arc<P>);

/// Makes a law of a closure that draws rows.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::{Flex, FlexDevice};
/// use reflow::{Rng, coupling::{Law, law_fn}};
///
/// let ring = law_fn(|batch: usize, rng: &Rng, device: &FlexDevice| {
///     let x: Tensor<Flex, 2> = rng.normal([batch, 2], device);
///     Ok(x.clone() / x.square().sum_dim(1).sqrt())
/// });
/// assert_eq!(ring.draw(5, &Rng::new(0), &FlexDevice)?.x.dims(), [5, 2]);
/// # Ok::<(), reflow::Error>(())
/// ```
pub fn law_fn<F>(draw: F) -> LawFn<F> {
    LawFn { draw }
}

/// A closure as a law; see [`law_fn`].
#[derive(Clone, Copy)]
pub struct LawFn<F> {
    draw: F,
}

impl<B: Backend, const D: usize, F> Law<B, D> for LawFn<F>
where
    F: Fn(usize, &Rng, &B::Device) -> Result<Tensor<B, D>, Error>,
{
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Sample<B, D>, Error> {
        Ok(Sample { x: (self.draw)(batch, rng, device)?, y: () })
    }
}

impl<F> fmt::Debug for LawFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LawFn")
    }
}
