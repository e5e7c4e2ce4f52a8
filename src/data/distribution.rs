//! What data and noise are drawn from.

use std::{fmt, ops::Range};

use burn::tensor::{Tensor, backend::Backend};

use crate::{Condition, Error, Key};

/// Rows that were drawn, with their conditions.
#[derive(Debug, Clone)]
pub struct Sample<B: Backend, const D: usize = 2, Y: Condition = ()> {
    /// The rows: `[batch, ..]`.
    pub x: Tensor<B, D>,
    /// What a flow is told about each row.
    pub y: Y::Rows<B>,
}

/// A distribution of data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a distribution of data of rank {D} with conditions `{Y}`",
    note = "a `data::Dataset` of that rank and with those conditions is one (`Dataset::with_labels`, `Dataset::with_conditions`), on the inner backend; so is a closure through `data::data_fn`",
    note = "conditions `Optional<..>` are made of others by a `coupling::ConditionDropout` around the coupling"
)]
pub trait Data<B: Backend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// Draws the rows of a range, row `i` a function of the key and `i`.
    ///
    /// # Shapes
    /// Result: one row for each of `rows`, with a condition each.
    ///
    /// # Errors
    /// Where the rows cannot be drawn.
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Sample<B, D, Y>, Error>;
}

/// A distribution of noise, which takes the shape of the data it is paired with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a distribution of noise of rank {D}",
    note = "use `data::Gaussian`, or a `data::Dataset` for flows between two sets of data"
)]
pub trait Noise<B: Backend, const D: usize = 2>: Send + Sync {
    /// Draws the rows of a range, row `i` a function of the key and `i`.
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

/// Makes a distribution of a closure that draws the rows of a range.
///
/// Row `i` is to be a function of the key and `i`: draw it from [`key.row(i)`](Key::row), or all of them from
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
        crate::rows::check_length("the rows that a closure drew", rows.len(), x.dims()[0])?;
        Ok(Sample { x, y: () })
    }
}

impl<F> fmt::Debug for DataFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataFn")
    }
}
