//! Flows: a velocity `v(x, t)` and its denoiser `D(x, t)`, two readings of one network.
//!
//! Time runs from data to noise: **`t = 0` is data, `t = 1` is noise**, and `x_t = (1 - t) x0 + t x1`.
//! Most other libraries have it the other way round. In these letters
//!
//! ```text
//! v(x, t) = E[x1 - x0 | x_t = x]        dx/dt = v(x, t)
//! D(x, t) = E[x0      | x_t = x]        v = (x - D) / t,   D = x - t v
//! ```
//!
//! A burn module becomes a flow by implementing [`Flow`], a closure through [`flow_fn`] or
//! [`denoiser_fn`]. A network that also takes labels or embeddings implements [`ConditionalFlow`]. A diffusion model is a
//! flow through [`DiffusionFlow`], and flows are guided by [`ClassifierFree`] and [`AutoGuidance`].

mod closure;
mod condition;
mod conditional;
mod counted;
mod denoiser;
mod diffusion;
mod gaussian;
mod guidance;
mod trainable;

pub use closure::{DenoiserFn, FlowFn, denoiser_fn, flow_fn};
pub(crate) use condition::null_row;
pub use condition::{Condition, ConditionRows, Embedding, Informative, Labels};
pub use conditional::{ConditionalFlow, Given};
pub use counted::Counted;
pub use denoiser::{T_MIN, velocity_from_denoiser, velocity_from_denoiser_at};
pub use diffusion::{
    DiffusionFlow, DiffusionNetwork, EdmPreconditioning, Preconditioned, Preconditioning, VariancePreserving,
};
pub use gaussian::GaussianFlow;
pub use guidance::{AutoGuidance, ClassifierFree, Guidance};
pub use trainable::TrainableFlow;

use burn::tensor::{Tensor, backend::Backend};

use crate::rows;

/// A flow: the velocity field that carries noise (`t = 1`) to data (`t = 0`).
///
/// `Flow<B>` takes rows of features (`[batch, features]`); `Flow<B, 4>` takes images. A row's velocity
/// must depend on that row and its time alone, or samples depend on who shares their batch.
///
/// # Example
///
/// A network is a flow once it says what its velocity is:
///
/// ```
/// use burn::{module::Module, nn::Linear, tensor::{Tensor, backend::Backend}};
/// use reflow::Flow;
///
/// #[derive(Module, Debug)]
/// struct Net<B: Backend> {
///     linear: Linear<B>,
/// }
///
/// impl<B: Backend> Flow<B> for Net<B> {
///     fn velocity(&self, x: Tensor<B, 2>, t: Tensor<B, 1>) -> Tensor<B, 2> {
///         self.linear.forward(Tensor::cat(vec![x, t.unsqueeze_dim(1)], 1))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a flow over tensors of rank {D}",
    label = "needs `velocity(&self, x: Tensor<B, {D}>, t: Tensor<B, 1>) -> Tensor<B, {D}>`",
    note = "implement `reflow::Flow<B, {D}>` for it, or wrap a closure with `reflow::flow_fn`"
)]
pub trait Flow<B: Backend, const D: usize = 2> {
    /// The velocity `v(x, t) = E[x1 - x0 | x_t = x]`.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `t`: `[batch]` in `[0, 1]`, result: `[batch, ..]`.
    ///
    /// # Panics
    /// As burn's tensors do, where a network is given a shape it was not made for.
    fn velocity(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D>;

    /// The denoiser `D(x, t) = E[x0 | x_t = x]`, which is `x - t v(x, t)`.
    ///
    /// A network that predicts the data overrides it, and gets its velocity from
    /// [`velocity_from_denoiser`].
    ///
    /// # Shapes
    /// As [`velocity`](Flow::velocity).
    fn denoise(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
        x.clone() - rows::scale(self.velocity(x, t.clone()), t)
    }

    /// The velocity where all rows share one time, which is how solvers ask.
    ///
    /// A flow that can do with the number what it would do with the tensor, only faster, overrides it; so does one
    /// that decides by the time what to evaluate, since the number is known without waiting for the device.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: the same.
    fn velocity_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        let times = rows::fill(&x, t);
        self.velocity(x, times)
    }

    /// The denoiser where all rows share one time; see [`velocity_at`](Flow::velocity_at).
    ///
    /// A network that predicts the velocity saves the product of rows and times by overriding it with
    /// `x.clone() - self.velocity_at(x, t) * t`.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: the same.
    fn denoise_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
        let times = rows::fill(&x, t);
        self.denoise(x, times)
    }
}

macro_rules! flow_through {
    ($($pointer:ty),*) => {$(
        impl<B: Backend, const D: usize, F: Flow<B, D> + ?Sized> Flow<B, D> for $pointer {
            fn velocity(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
                (**self).velocity(x, t)
            }

            fn denoise(&self, x: Tensor<B, D>, t: Tensor<B, 1>) -> Tensor<B, D> {
                (**self).denoise(x, t)
            }

            fn velocity_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
                (**self).velocity_at(x, t)
            }

            fn denoise_at(&self, x: Tensor<B, D>, t: f64) -> Tensor<B, D> {
                (**self).denoise_at(x, t)
            }
        }

        impl<B, const D: usize, Y, F> ConditionalFlow<B, D, Y> for $pointer
        where
            B: Backend,
            Y: Informative,
            F: ConditionalFlow<B, D, Y> + ?Sized,
        {
            fn velocity_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D> {
                (**self).velocity_given(x, t, y)
            }

            fn denoise_given(&self, x: Tensor<B, D>, t: Tensor<B, 1>, y: Y::Rows<B>) -> Tensor<B, D> {
                (**self).denoise_given(x, t, y)
            }

            fn velocity_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
                (**self).velocity_given_at(x, t, y)
            }

            fn denoise_given_at(&self, x: Tensor<B, D>, t: f64, y: Y::Rows<B>) -> Tensor<B, D> {
                (**self).denoise_given_at(x, t, y)
            }
        }
    )*};
}
flow_through!(&F, Box<F>, std::rc::Rc<F>, std::sync::Arc<F>);

/// The point `x_t = (1 - t) x0 + t x1` of the straight path between data and noise.
///
/// # Shapes
/// `x0`, `x1`: `[batch, ..]`, `t`: `[batch]`, result: `[batch, ..]`.
#[must_use]
pub fn interpolate<B: Backend, const D: usize>(
    x0: Tensor<B, D>,
    x1: Tensor<B, D>,
    t: Tensor<B, 1>,
) -> Tensor<B, D> {
    x0.clone() + rows::scale(x1 - x0, t)
}
