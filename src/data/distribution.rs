//! Distributions of data and noise.

use std::{fmt, ops::Range};

use burn::tensor::{Tensor, backend::Backend};

use crate::{Condition, Error, Key};

/// Drawn rows with their conditions.
#[derive(Debug, Clone)]
pub struct Sample<B: Backend, const D: usize = 2, Y: Condition = ()> {
    /// The rows: `[batch, ..]`.
    pub x: Tensor<B, D>,
    /// The condition of each row.
    pub y: Y::Rows<B>,
}

/// A distribution of data.
///
/// # Example
///
/// The corners of a square; [`data_fn`] does the same with a closure:
///
/// ```
/// use std::ops::Range;
/// use burn::tensor::{Tensor, backend::Backend};
/// use burn_flex::Flex;
/// use reflow::{Data, Error, Key, data::Sample};
///
/// struct Corners;
///
/// impl<B: Backend> Data<B> for Corners {
///     fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Sample<B>, Error> {
///         let x: Tensor<B, 2> = key.normal_rows(rows, &[2], device)?;
///         Ok(Sample { x: x.sign(), y: () })
///     }
/// }
///
/// let x0 = Data::<Flex, 2>::draw(&Corners, 0..8, &Key::new(0), &Default::default())?.x;
/// assert_eq!(x0.abs().mean().into_scalar(), 1.0);
/// # Ok::<(), reflow::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a distribution of data of rank {D} with conditions `{Y}`",
    note = "a `data::Dataset` of that rank and with those conditions is one (`Dataset::with_labels`, `Dataset::with_conditions`), on the inner backend; so is a closure through `data::data_fn`",
    note = "to make conditions `Optional<..>`, wrap the coupling in a `coupling::ConditionDropout`"
)]
pub trait Data<B: Backend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// Draws a range of rows; row `i` is a function of the key and `i`.
    ///
    /// # Shapes
    /// Result: one row for each of `rows`, with a condition each.
    ///
    /// # Errors
    /// If the rows cannot be drawn.
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Sample<B, D, Y>, Error>;
}

/// A distribution of noise, drawn in the shape of the data it is paired with.
///
/// # Example
///
/// Noise of twice the usual size:
///
/// ```
/// use std::ops::Range;
/// use burn::tensor::{Tensor, backend::Backend};
/// use burn_flex::Flex;
/// use reflow::{Error, Key, Noise};
///
/// struct Wide;
///
/// impl<B: Backend, const D: usize> Noise<B, D> for Wide {
///     fn draw_noise(
///         &self,
///         rows: Range<usize>,
///         row: &[usize],
///         key: &Key,
///         device: &B::Device,
///     ) -> Result<Tensor<B, D>, Error> {
///         let x1: Tensor<B, D> = key.normal_rows(rows, row, device)?;
///         Ok(x1 * 2.0)
///     }
/// }
///
/// let x1 = Noise::<Flex, 4>::draw_noise(&Wide, 0..2, &[3, 8, 8], &Key::new(0), &Default::default())?;
/// assert_eq!(x1.dims(), [2, 3, 8, 8]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a distribution of noise of rank {D}",
    note = "use `data::Gaussian`, or a `data::Dataset` without conditions for flows between two sets of data"
)]
pub trait Noise<B: Backend, const D: usize = 2>: Send + Sync {
    /// Draws a range of rows; row `i` is a function of the key and `i`.
    ///
    /// # Shapes
    /// `row`: the shape of a row, without the batch; result: one such row for each of `rows`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the distribution has rows of another shape.
    fn draw_noise(
        &self,
        rows: Range<usize>,
        row: &[usize],
        key: &Key,
        device: &B::Device,
    ) -> Result<Tensor<B, D>, Error>;
}

macro_rules! draw_through {
    ($($pointer:ty),*) => {$(
        impl<B: Backend, const D: usize, Y: Condition, P: Data<B, D, Y> + ?Sized> Data<B, D, Y> for $pointer {
            fn draw(
                &self,
                rows: Range<usize>,
                key: &Key,
                device: &B::Device,
            ) -> Result<Sample<B, D, Y>, Error> {
                (**self).draw(rows, key, device)
            }
        }

        impl<B: Backend, const D: usize, P: Noise<B, D> + ?Sized> Noise<B, D> for $pointer {
            fn draw_noise(
                &self,
                rows: Range<usize>,
                row: &[usize],
                key: &Key,
                device: &B::Device,
            ) -> Result<Tensor<B, D>, Error> {
                (**self).draw_noise(rows, row, key, device)
            }
        }
    )*};
}
draw_through!(&P, Box<P>, std::sync::Arc<P>);

/// Makes a distribution of data from a closure that draws a range of rows.
///
/// Row `i` must be a function of the key and `i`: draw it from [`key.row(i)`](Key::row), or draw all rows by
/// [`key.normal_rows`](Key::normal_rows).
///
/// # Example
/// ```
/// use std::ops::Range;
/// use burn::tensor::Tensor;
/// use burn_flex::{Flex, FlexDevice};
/// use reflow::{Key, data::{Data, data_fn}};
///
/// let ring = data_fn(|rows: Range<usize>, key: &Key, device: &FlexDevice| {
///     let x: Tensor<Flex, 2> = key.normal_rows(rows, &[2], device)?;
///     Ok(x.clone() / x.square().sum_dim(1).sqrt())
/// });
/// assert_eq!(ring.draw(0..5, &Key::new(0), &FlexDevice)?.x.dims(), [5, 2]);
/// # Ok::<(), reflow::Error>(())
/// ```
pub fn data_fn<F>(draw: F) -> DataFn<F> {
    DataFn { draw }
}

/// A closure as a distribution of data; see [`data_fn`].
#[derive(Clone, Copy)]
pub struct DataFn<F> {
    draw: F,
}

impl<B: Backend, const D: usize, F> Data<B, D> for DataFn<F>
where
    F: Fn(Range<usize>, &Key, &B::Device) -> Result<Tensor<B, D>, Error> + Send + Sync,
{
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Sample<B, D>, Error> {
        let x = (self.draw)(rows.clone(), key, device)?;
        crate::rows::check_length("the data that a closure drew", rows.len(), x.dims()[0])?;
        Ok(Sample { x, y: () })
    }
}

impl<F> fmt::Debug for DataFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataFn")
    }
}
