//! What the builder requires of the network and the optimizer, with messages for the compiler to show.
//!
//! The compiler shows a message only for a bound on the very type that the user passed, so each of these
//! types has its own trait.

use burn::{
    module::{AutodiffModule, Module},
    optim::{GradientsParams, Optimizer},
    tensor::backend::AutodiffBackend,
};

/// A backend that records gradients.
///
/// Every [`AutodiffBackend`] implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` records no gradients, so a network on it cannot be trained",
    label = "not an autodiff backend",
    note = "make the network on `burn_autodiff::Autodiff<{Self}>`, as in `config.init::<Autodiff<{Self}>>(&device)`"
)]
pub trait Differentiable: AutodiffBackend {}

impl<B: AutodiffBackend> Differentiable for B {}

/// A network that can be trained: a burn module on an autodiff backend.
///
/// Every [`AutodiffModule`] implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a network that can be trained",
    label = "not a burn module on an autodiff backend",
    note = "derive `burn::module::Module` for a struct with the network's layers; a closure has no weights to train",
    note = "if this says `MissingFlow`, call `.flow(network)` on the builder"
)]
pub trait Network<B: AutodiffBackend>: AutodiffModule<B, InnerModule = Self::Plain> {
    /// The same network without gradients.
    type Plain: Module<B::InnerBackend>;
}

impl<B: AutodiffBackend, M: AutodiffModule<B>> Network<B> for M {
    type Plain = M::InnerModule;
}

/// One of burn's optimizers, for the weights of a flow.
///
/// Every [`Optimizer`] implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an optimizer of `{M}`",
    label = "not an optimizer of this flow",
    note = "call `.optimizer(AdamConfig::new().init())` on the builder, or use another of `burn::optim`"
)]
pub trait FlowOptimizer<M, B>: Send + Clone {
    /// Takes one step, and returns the flow with its new weights.
    fn update(&mut self, rate: f64, flow: M, gradients: GradientsParams) -> M;
}

impl<M: AutodiffModule<B>, B: AutodiffBackend, O: Optimizer<M, B>> FlowOptimizer<M, B> for O {
    fn update(&mut self, rate: f64, flow: M, gradients: GradientsParams) -> M {
        self.step(rate, flow, gradients)
    }
}
