//! Flows that are told something about each row.

use burn::tensor::{Tensor, backend::Backend};

use super::{Condition, Flow};
use crate::rows;

/// A flow that takes a condition `y` for each row: `v(x, t, y) = E[x1 - x0 | x_t = x, y]`.
///
/// Every [`Flow`] is one whose condition is `()`. [`given`](ConditionalFlow::given) fixes the
/// conditions of a batch and yields a plain flow for the solvers.
///
/// # Example
/// ```
/// use burn::{module::Module, nn::{Embedding, Linear}, tensor::{Int, Tensor, backend::Backend}};
/// use reflow::{ConditionalFlow, Labels};
///
/// #[derive(Module, Debug)]
/// struct Net<B: Backend> {
///     linear: Linear<B>,
///     classes: Embedding<B>,
/// }
///
/// impl<B: Backend> ConditionalFlow<B, 2, Labels> for Net<B> {
///     fn velocity_given(&self, x: Tensor<B, 2>, t: Tensor<B, 1>, y: Tensor<B, 1, Int>) -> Tensor<B, 2> {
///         let class = self.classes.forward(y.unsqueeze_dim(1)).squeeze_dim(1);
///         self.linear.forward(Tensor::cat(vec![x, class, t.unsqueeze_dim(1)], 1))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a flow over tensors of rank {D} with conditions `{Y}`",
    label = "not a flow of rank {D} with conditions `{Y}`",
    note = "implement `reflow::Flow<B, {D}>` for it, or `reflow::ConditionalFlow<B, {D}, {Y}>` if it takes conditions"
)]
pub trait ConditionalFlow<B: Backend, const D: usize, Y: Condition> {
    /// The velocity of each row under its condition.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `t`: `[batch]`, `y`: one condition a row, result: `[batch, ..]`.
    ///
    /// # Panics
    /// As burn's tensors do, where a network is given a shape it was not made for.
    fn velocity_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D>;

    /// The denoiser of each row under its condition, which is `x - t v(x, t, y)`.
    ///
    /// # Shapes
    /// As [`velocity_given`](ConditionalFlow::velocity_given).
    fn denoise_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D> {
        x.clone() - rows::scale(self.velocity_given(x, t.clone(), y), t)
    }

    /// The velocity where all rows share one time; see [`Flow::velocity_at`].
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `y`: one condition a row, result: as `x`.
    fn velocity_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
        let times = rows::fill(&x, t);
        self.velocity_given(x, times, y)
    }

    /// The denoiser where all rows share one time; see [`Flow::denoise_at`].
    ///
    /// # Shapes
    /// As [`velocity_given_at`](ConditionalFlow::velocity_given_at).
    fn denoise_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
        let times = rows::fill(&x, t);
        self.denoise_given(x, times, y)
    }

    /// The flow under fixed conditions, one for each row of the batches it will see.
    fn given(&self, y: Y::Rows<B>) -> Given<'_, Self, B, Y> {
        Given { flow: self, y }
    }
}

impl<B: Backend, const D: usize, F: Flow<B, D>> ConditionalFlow<B, D, ()> for F {
    fn velocity_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, (): ()) -> Tensor<B, D> {
        self.velocity(x, t)
    }

    fn denoise_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, (): ()) -> Tensor<B, D> {
        self.denoise(x, t)
    }

    fn velocity_given_at(&self, x: Tensor<B, D>, t: f64, (): ()) -> Tensor<B, D> {
        self.velocity_at(x, t)
    }

    fn denoise_given_at(&self, x: Tensor<B, D>, t: f64, (): ()) -> Tensor<B, D> {
        self.denoise_at(x, t)
    }
}

/// A conditional flow under fixed conditions; see [`ConditionalFlow::given`].
#[derive(Debug, Clone)]
pub struct Given<'a, F: ?Sized, B: Backend, Y: Condition> {
    flow: &'a F,
    y: Y::Rows<B>,
}

impl<B, const D: usize, Y, F> Flow<B, D> for Given<'_, F, B, Y>
where
    B: Backend,
    Y: Condition,
    F: ConditionalFlow<B, D, Y> + ?Sized,
{
    fn velocity(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        self.flow.velocity_given(x, t, self.y.clone())
    }

    fn denoise(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        self.flow.denoise_given(x, t, self.y.clone())
    }

    fn velocity_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        self.flow.velocity_given_at(x, t, self.y.clone())
    }

    fn denoise_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        self.flow.denoise_given_at(x, t, self.y.clone())
    }
}
