//! Conditions of several parts, each of which can be absent by itself.

use burn::tensor::{Tensor, backend::Backend};

use super::{Condition, Optional, OptionalRows};

/// A condition made of several signals: a tuple of kinds, such as `(Labels, Features)` for a class and a text.
///
/// Each signal can be absent by itself: [`SignalDropout`](crate::coupling::SignalDropout) drops them in training, and
/// [`SignalGuidance`](crate::flow::SignalGuidance) guides by each with a scale of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition of several signals",
    note = "a tuple of two or three kinds is one; for a single kind use `ConditionDropout` and `ClassifierFree`"
)]
pub trait Signals: Condition {
    /// The same signals, each of them optional.
    type Optional: Condition;

    /// How many signals there are.
    const COUNT: usize;

    /// The signals, each in the rows where it is present.
    ///
    /// # Shapes
    /// `present`: one `[batch]` a signal, with ones and zeros.
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
