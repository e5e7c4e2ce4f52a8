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

/// Scales all gradients together so that their norm is at most this.
///
/// The norm is of the whole network, where burn's own clipping takes each parameter alone. It is computed on the
/// device and not waited for.
///
/// # Example
/// ```
/// use reflow::train::ClipNorm;
/// assert!(ClipNorm::new(f64::INFINITY).is_err());
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
    /// If it is not positive and finite.
    pub fn new(norm: f64) -> Result<Self, ConfigError> {
        Ok(Self { norm: positive("ClipNorm", "norm", norm)? })
    }

    /// The gradients of a module, scaled.
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

/// In `f32` at least: squares of half precision overflow at 256.
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
