//! What conditions are drawn from where there is no data.

use std::ops::Range;

use burn::tensor::backend::Backend;

use super::Dataset;
use crate::{Condition, Error, Key};

/// A distribution of conditions, for pairs that a flow makes of noise alone.
///
/// [`Unconditional`] has none; a [`Dataset`] has those of its rows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a distribution of conditions `{Y}`",
    note = "use a `data::Dataset` with those conditions, or `data::Unconditional` for a flow without any"
)]
pub trait Conditions<B: Backend, Y: Condition>: Send + Sync {
    /// Draws the conditions of the rows of a range, that of row `i` a function of the key and `i`.
    ///
    /// # Errors
    /// Where they cannot be drawn.
    fn draw_conditions(&self, rows: Range<usize>, key: &Key, device: &B::Device)
    -> Result<Y::Rows<B>, Error>;
}

/// No conditions.
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
