//! Flows: what a network predicts at a point, read as a velocity `v(x, t)` or as a denoiser `D(x, t)`.
//!
//! Time runs from data to noise: **`t = 0` is data, `t = 1` is noise**, and `x_t = (1 - t) x0 + t x1`.
//! Most other libraries have it the other way round. In this notation
//!
//! ```text
//! v(x, t) = E[x1 - x0 | x_t = x]        dx/dt = v(x, t)
//! D(x, t) = E[x0      | x_t = x]        v = (x - D) / t,   D = x - t v
//! ```
//!
//! | to make a flow from | use |
//! |---|---|
//! | a burn module | `impl Flow<B> for` it, with one method: [`predict`](Flow::predict) |
//! | a closure | [`flow_fn`], [`denoiser_fn`] |
//! | a diffusion model | [`DiffusionFlow`] |
//! | a conditional flow, with its conditions fixed | [`FlowExt::given`] |
//! | another flow, with guidance | [`ClassifierFree`], [`SignalGuidance`], [`AutoGuidance`] |
//! | a Gaussian, in closed form | [`GaussianFlow`] |

mod answer;
mod closure;
mod counted;
mod diffusion;
mod dropout;
mod ext;
mod gaussian;
mod given;
mod guidance;
mod prediction;
mod split;

pub use answer::Answer;
pub use closure::{DenoiserFn, FlowFn, denoiser_fn, flow_fn};
pub use counted::Counted;
pub use diffusion::{
    DiffusionFlow, DiffusionNetwork, EdmPreconditioning, Preconditioned, Preconditioning, VariancePreserving,
};
pub use dropout::SetDropout;
pub use ext::FlowExt;
pub use gaussian::GaussianFlow;
pub use given::Given;
pub use guidance::{AutoGuidance, ClassifierFree, Guidance, Nulls, SignalGuidance};
pub use prediction::Prediction;
pub use split::{Split, SplitFlow};

use burn::tensor::{Tensor, backend::Backend};

use crate::{Condition, rows, time::Time};

/// A flow: the velocity field that carries noise (`t = 1`) to data (`t = 0`).
///
/// `Flow<B>` takes rows of features (`[batch, features]`), `Flow<B, 4>` takes images, and
/// `Flow<B, 4, Labels>` takes images with a label each. The prediction for a row must depend only on that
/// row, its time and its condition; otherwise a sample would change with the rest of its batch.
///
/// Implement [`predict`](Flow::predict). To evaluate a flow, call [`velocity`](FlowExt::velocity),
/// [`denoise`](FlowExt::denoise) or [`given`](FlowExt::given) of [`FlowExt`], which every flow has.
///
/// # Example
///
/// A network that takes rows and their times, and predicts the velocity:
///
/// ```
/// use burn::{module::Module, nn::Linear, tensor::{Tensor, backend::Backend}};
/// use reflow::{Flow, Prediction, Time};
///
/// #[derive(Module, Debug)]
/// struct Net<B: Backend> {
///     linear: Linear<B>,
/// }
///
/// impl<B: Backend> Flow<B> for Net<B> {
///     fn predict(&self, x: Tensor<B, 2>, t: Time<B>, _: ()) -> Prediction<B> {
///         Prediction::velocity(self.linear.forward(Tensor::cat(vec![x, t.like()], 1)))
///     }
/// }
/// ```
///
/// A network that also takes a class, and predicts the data:
///
/// ```
/// use burn::{module::Module, nn::{Embedding, Linear}, tensor::{Int, Tensor, backend::Backend}};
/// use reflow::{Flow, Labels, Prediction, Time};
///
/// #[derive(Module, Debug)]
/// struct Denoiser<B: Backend> {
///     linear: Linear<B>,
///     classes: Embedding<B>,
/// }
///
/// impl<B: Backend> Flow<B, 2, Labels> for Denoiser<B> {
///     fn predict(&self, x: Tensor<B, 2>, t: Time<B>, y: Tensor<B, 1, Int>) -> Prediction<B> {
///         let t = t.divisible();
///         let class = self.classes.forward(y.unsqueeze_dim(1)).squeeze_dim(1);
///         Prediction::data(self.linear.forward(Tensor::cat(vec![x, class, t.like()], 1)), t)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a flow over tensors of rank {D} with conditions `{Y}`",
    label = "not a flow of rank {D} with conditions `{Y}`",
    note = "implement `reflow::Flow<B, {D}, {Y}>` for it, for every backend `B`; wrap a closure with `reflow::flow_fn`",
    note = "if this says `MissingFlow`, call `.flow(network)` on the builder",
    note = "if the flow takes conditions and this says `()`, sample it by `sample_given(noise, y)` and train it on data with conditions"
)]
pub trait Flow<B: Backend, const D: usize = 2, Y: Condition = ()>: Send + Sync {
    /// Predicts the velocity or the data at `x` and `t`, under the conditions `y`.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `t`: in `[0, 1]`, `y`: one condition a row, result: as `x`.
    ///
    /// # Panics
    /// If the shapes do not fit the network, as burn's tensor operations do.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// use reflow::{Flow, Time, flow::GaussianFlow, time::IntoTime};
    ///
    /// let x = Tensor::<Flex, 2>::ones([4, 3], &Default::default());
    /// let t: Time<Flex> = 0.5.into_time(&x);
    /// let prediction = GaussianFlow::new(3.0, 0.5)?.predict(x, t, ());
    /// assert_eq!(prediction.evaluations(), 1);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D>;
}

macro_rules! flow_through {
    ($($pointer:ty),*) => {$(
        impl<B: Backend, const D: usize, Y: Condition, F: Flow<B, D, Y> + ?Sized> Flow<B, D, Y> for $pointer {
            fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D> {
                (**self).predict(x, t, y)
            }
        }
    )*};
}
flow_through!(&F, Box<F>, std::sync::Arc<F>);

/// The point `x_t = (1 - t) x0 + t x1` on the straight path between data and noise.
///
/// # Shapes
/// `x0`, `x1`: `[batch, ..]`, `t`: `[batch]`, result: `[batch, ..]`.
///
/// # Example
/// ```
/// # use burn::tensor::Tensor;
/// # use burn_flex::Flex;
/// use reflow::{flow::interpolate, rows::to_host};
///
/// # let device = Default::default();
/// let x0 = Tensor::<Flex, 2>::from_data([[0.0], [4.0]], &device);
/// let x1 = Tensor::<Flex, 2>::from_data([[2.0], [8.0]], &device);
/// let t = Tensor::<Flex, 1>::from_data([0.5, 0.25], &device);
/// assert_eq!(to_host(interpolate(x0, x1, t)), [1.0, 5.0]);
/// ```
#[must_use]
pub fn interpolate<B: Backend, const D: usize>(
    x0: Tensor<B, D>,
    x1: Tensor<B, D>,
    t: Tensor<B, 1>,
) -> Tensor<B, D> {
    x0.clone() + rows::scale(x1 - x0, t)
}
