//! Clipping gradients by their norm.

use burn::{
    module::{AutodiffModule, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{
        DType, Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use serde::Serialize;

use crate::{
    ConfigError,
    error::{deserialize_checked, positive},
};

/// Scales the whole gradient `g` so that its norm is at most `norm`.
///
/// ```text
/// g <- g min(1, norm / |g|)
/// ```
///
/// `|g|` is the norm over the whole network, whereas burn's own clipping treats each parameter separately. It
/// stays on the device, so no step waits for it.
///
/// # Example
/// ```
/// use reflow::{ReflowTrainer, train::ClipNorm};
///
/// let builder = ReflowTrainer::builder().clip_norm(ClipNorm::new(1.0)?);
/// let error = ClipNorm::new(0.0).unwrap_err();
/// assert_eq!(error.to_string(), "ClipNorm: norm must be positive and finite, got 0.0");
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: Pascanu, Mikolov & Bengio, *On the Difficulty of Training Recurrent Neural Networks*, 2013.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClipNorm {
    norm: f64,
}

deserialize_checked!(ClipNorm { norm: f64 } via ClipNorm::new(norm));

impl ClipNorm {
    /// Clips at this norm.
    ///
    /// # Errors
    /// If the norm is not positive and finite.
    pub fn new(norm: f64) -> Result<Self, ConfigError> {
        Ok(Self { norm: positive("ClipNorm", "norm", norm)? })
    }

    /// Scales the gradients of a module.
    pub(super) fn clip<B: AutodiffBackend, M: AutodiffModule<B>>(
        self,
        module: &M,
        mut gradients: GradientsParams,
    ) -> GradientsParams {
        let mut square = SquaredNorm::<B> { gradients: &gradients, total: None };
        module.visit(&mut square);
        if let Some(total) = square.total {
            let factor = ((total.sqrt() + f64::from(f32::MIN_POSITIVE)).recip() * self.norm).clamp_max(1.0);
            module.visit(&mut Scale::<B> { gradients: &mut gradients, factor });
        }
        gradients
    }
}

/// Converts half precision to `f32`, because squares in `f16` overflow from 256 on.
fn widened<B: Backend, const D: usize>(x: Tensor<B, D>) -> Tensor<B, D> {
    if matches!(x.dtype(), DType::F16 | DType::BF16) { x.cast(DType::F32) } else { x }
}

struct SquaredNorm<'a, B: AutodiffBackend> {
    gradients: &'a GradientsParams,
    total: Option<Tensor<B::InnerBackend, 1>>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for SquaredNorm<'_, B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = self.gradients.get::<B::InnerBackend, D>(param.id) {
            let square = widened(gradient).square().sum();
            self.total = Some(match self.total.take() {
                Some(total) => total + square,
                None => square,
            });
        }
    }
}

struct Scale<'a, B: AutodiffBackend> {
    gradients: &'a mut GradientsParams,
    factor: Tensor<B::InnerBackend, 1>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Scale<'_, B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(gradient) = self.gradients.remove::<B::InnerBackend, D>(param.id) {
            let factor = self.factor.clone().cast(gradient.dtype()).reshape([1; D]);
            self.gradients.register(param.id, gradient * factor);
        }
    }
}
