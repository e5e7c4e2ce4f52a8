//! What a caller sees of each step.

use std::ops::ControlFlow;

use burn::{
    module::AutodiffModule,
    tensor::{Tensor, backend::AutodiffBackend},
};

/// One training step, as a callback sees it.
#[derive(Debug)]
pub struct StepReport<'a, B: AutodiffBackend, M: AutodiffModule<B>> {
    /// The step, counted from 0.
    pub step: usize,
    /// The step at which this fit ends.
    pub until: usize,
    /// Its learning rate.
    pub rate: f64,
    /// Its loss, still on the device: reading it waits for the step to finish.
    pub loss: &'a Tensor<B::InnerBackend, 1>,
    /// The network with the weights after the step.
    pub flow: &'a M,
    /// The average of its weights, where one is kept.
    pub average: Option<&'a M::InnerModule>,
}

impl<B: AutodiffBackend, M: AutodiffModule<B>> StepReport<'_, B, M> {
    /// The network to sample with, without gradients: the average where there is one.
    #[must_use]
    pub fn sampling_flow(&self) -> M::InnerModule {
        self.average.cloned().unwrap_or_else(|| self.flow.valid())
    }
}

/// Called after every step; closures are callbacks, and `()` is none.
///
/// # Example
/// ```
/// use std::ops::ControlFlow;
/// use burn::{module::AutodiffModule, tensor::backend::AutodiffBackend};
/// use reflow::train::{Callback, StepReport};
///
/// struct StopAt(usize);
///
/// impl<B: AutodiffBackend, M: AutodiffModule<B>> Callback<B, M> for StopAt {
///     fn after_step(&mut self, report: &StepReport<'_, B, M>) -> ControlFlow<()> {
///         if report.step + 1 == self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
///     }
/// }
/// ```
pub trait Callback<B: AutodiffBackend, M: AutodiffModule<B>> {
    /// Looks at a step, and may end the fit.
    fn after_step(&mut self, report: &StepReport<'_, B, M>) -> ControlFlow<()>;
}

impl<B: AutodiffBackend, M: AutodiffModule<B>> Callback<B, M> for () {
    fn after_step(&mut self, _: &StepReport<'_, B, M>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<B, M, F> Callback<B, M> for F
where
    B: AutodiffBackend,
    M: AutodiffModule<B>,
    F: FnMut(&StepReport<'_, B, M>) -> ControlFlow<()>,
{
    fn after_step(&mut self, report: &StepReport<'_, B, M>) -> ControlFlow<()> {
        self(report)
    }
}
