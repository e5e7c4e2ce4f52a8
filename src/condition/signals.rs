//! Conditions of several parts, each of which can be absent independently.

use burn::tensor::{Tensor, backend::Backend};

use super::{Condition, Optional, OptionalRows};

/// A condition made of several signals: a tuple of kinds, such as `(Labels, Features)` for a class and a
/// text.
///
/// Each signal can be absent independently: [`SignalDropout`](crate::coupling::SignalDropout) drops them in
/// training, and [`SignalGuidance`](crate::flow::SignalGuidance) guides by each with its own scale.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition of several signals",
    note = "a tuple of two or three kinds is one; for a single kind use `ConditionDropout` and `ClassifierFree`"
)]
pub trait Signals: Condition {
    /// The same signals, each of them optional.
    type Optional: Condition;

    /// The number of signals.
    const COUNT: usize;

    /// Makes each signal optional, and present in the rows that are marked with a one.
    ///
    /// # Shapes
    /// `present`: for each signal `[batch]`, ones and zeros.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Labels, condition::{Features, Signals}, rows::to_host};
    ///
    /// let device = Default::default();
    /// let rows = (Tensor::from_ints([7, 8], &device), Tensor::zeros([2, 3], &device));
    /// let (yes, no) = (Tensor::ones([2], &device), Tensor::zeros([2], &device));
    /// let (class, text) = <(Labels, Features)>::present::<Flex>(rows, vec![yes, no]);
    /// assert_eq!((to_host(class.present), to_host(text.present)), (vec![1.0; 2], vec![0.0; 2]));
    /// ```
    fn present<B: Backend>(
        rows: Self::Rows<B>,
        present: Vec<Tensor<B, 1>>,
    ) -> <Self::Optional as Condition>::Rows<B>;
}

macro_rules! tuple_signals {
    ($count:literal, $($kind:ident $at:tt),*) => {
        impl<$($kind: Condition),*> Signals for ($($kind,)*) {
            type Optional = ($(Optional<$kind>,)*);
            const COUNT: usize = $count;

            fn present<B: Backend>(
                rows: Self::Rows<B>,
                present: Vec<Tensor<B, 1>>,
            ) -> <Self::Optional as Condition>::Rows<B> {
                ($(OptionalRows::<B, $kind> { y: rows.$at, present: present[$at].clone() },)*)
            }
        }
    };
}
tuple_signals!(2, Y0 0, Y1 1);
tuple_signals!(3, Y0 0, Y1 1, Y2 2);
