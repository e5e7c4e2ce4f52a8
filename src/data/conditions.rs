//! Distributions of conditions, for pairs that are generated without data.

use std::ops::Range;

use burn::tensor::backend::Backend;

use super::Dataset;
use crate::{Condition, Error, Key};

/// A distribution of conditions, for pairs that a flow generates from noise alone.
///
/// [`Unconditional`] draws none. A [`Dataset`] draws the conditions of its rows.
///
/// # Example
///
/// Ten classes in turn, so that all come up equally often:
///
/// ```
/// use std::ops::Range;
/// use burn::tensor::{Int, Tensor, backend::Backend};
/// use burn_flex::Flex;
/// use reflow::{Error, Key, Labels, data::Conditions};
///
/// struct InTurn;
///
/// impl<B: Backend> Conditions<B, Labels> for InTurn {
///     fn draw_conditions(
///         &self,
///         rows: Range<usize>,
///         _: &Key,
///         device: &B::Device,
///     ) -> Result<Tensor<B, 1, Int>, Error> {
///         Ok(Tensor::<B, 1, Int>::arange(rows.start as i64..rows.end as i64, device).remainder_scalar(10))
///     }
/// }
///
/// let y = Conditions::<Flex, Labels>::draw_conditions(&InTurn, 8..12, &Key::new(0), &Default::default())?;
/// assert_eq!(y.into_data().iter::<i64>().collect::<Vec<_>>(), [8, 9, 0, 1]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a distribution of conditions `{Y}`",
    note = "use a `data::Dataset` with those conditions, or `data::Unconditional` for a flow without any"
)]
pub trait Conditions<B: Backend, Y: Condition>: Send + Sync {
    /// Draws the conditions of a range of rows; that of row `i` is a function of the key and `i`.
    ///
    /// # Errors
    /// If they cannot be drawn.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Key, Labels, data::{Conditions, Dataset}};
    ///
    /// let device = Default::default();
    /// let x = Tensor::<Flex, 2>::zeros([3, 2], &device);
    /// let data = Dataset::with_labels(x, Tensor::from_data([7, 8, 9], &device))?;
    /// let y = Conditions::<Flex, Labels>::draw_conditions(&data, 0..5, &Key::new(0), &device)?;
    /// assert!(y.into_data().iter::<i64>().all(|label| (7..=9).contains(&label)));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    fn draw_conditions(&self, rows: Range<usize>, key: &Key, device: &B::Device)
    -> Result<Y::Rows<B>, Error>;
}

/// No conditions, the default for generated pairs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unconditional;

impl<B: Backend> Conditions<B, ()> for Unconditional {
    fn draw_conditions(&self, _: Range<usize>, _: &Key, _: &B::Device) -> Result<(), Error> {
        Ok(())
    }
}

impl<B: Backend, const D: usize, Y: Condition> Conditions<B, Y> for Dataset<B, D, Y> {
    fn draw_conditions(
        &self,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<Y::Rows<B>, Error> {
        Ok(Y::to_device::<B>(self.conditions_of(rows, key), device))
    }
}

macro_rules! conditions_through {
    ($($pointer:ty),*) => {$(
        impl<B: Backend, Y: Condition, U: Conditions<B, Y> + ?Sized> Conditions<B, Y> for $pointer {
            fn draw_conditions(
                &self,
                rows: Range<usize>,
                key: &Key,
                device: &B::Device,
            ) -> Result<Y::Rows<B>, Error> {
                (**self).draw_conditions(rows, key, device)
            }
        }
    )*};
}
conditions_through!(&U, Box<U>, std::sync::Arc<U>);
