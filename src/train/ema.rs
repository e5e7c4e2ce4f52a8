//! The moving average of the weights.

use burn::{
    module::{AutodiffModule, Module, ModuleMapper, Param},
    tensor::{
        DType, Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use serde::Serialize;

use super::weights::Weights;
use crate::{
    ConfigError,
    error::{deserialize_checked, require},
};

/// An exponential moving average of the weights, for the network to sample with.
///
/// ```text
/// average <- average + (1 - d_n) (weights - average),   d_n = min(decay, (1 + n) / (10 + n))
/// ```
///
/// `n` is the step, from 0. The smaller `d_n` of the first steps lets the average follow them closely.
///
/// # Example
/// ```
/// use reflow::{ReflowTrainer, train::Ema};
///
/// let builder = ReflowTrainer::builder().ema(Ema::new(0.9999)?);
/// let error = Ema::new(1.0).unwrap_err();
/// assert_eq!(error.to_string(), "Ema: decay must be in [0, 1), got 1.0");
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ema {
    decay: f64,
}

deserialize_checked!(Ema { decay: f64 } via Ema::new(decay));

impl Ema {
    /// An average with this decay per step; its memory is `1 / (1 - decay)` steps.
    ///
    /// # Errors
    /// If the decay is not in `[0, 1)`.
    pub fn new(decay: f64) -> Result<Self, ConfigError> {
        Ok(Self { decay: require((0.0..1.0).contains(&decay), "Ema", "decay", "in [0, 1)", decay)? })
    }

    /// The decay at a step, counted from 0.
    fn decay_at(self, step: usize) -> f64 {
        let n = step as f64;
        self.decay.min((1.0 + n) / (10.0 + n))
    }

    /// Starts the average at these weights, in `f32` if they are in half precision, in which small updates
    /// would round to nothing.
    pub(super) fn begin<B: AutodiffBackend, M: AutodiffModule<B>>(weights: &M) -> M::InnerModule {
        weights.valid().map(&mut Widen)
    }

    /// Moves the average toward the weights.
    pub(super) fn update<B: Backend, M: Module<B>>(self, average: M, weights: &M, step: usize) -> M {
        average.map(&mut Toward { weights: Weights::of::<B, M>(weights), rate: 1.0 - self.decay_at(step) })
    }
}

struct Widen;

impl<B: Backend> ModuleMapper<B> for Widen {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let (id, tensor, mapper) = param.consume();
        let half = matches!(tensor.dtype(), DType::F16 | DType::BF16);
        Param::from_mapped_value(id, if half { tensor.cast(DType::F32) } else { tensor }, mapper)
    }
}

struct Toward {
    weights: Weights,
    rate: f64,
}

impl<B: Backend> ModuleMapper<B> for Toward {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let (id, average, mapper) = param.consume();
        let average = match self.weights.take::<B, D>(id) {
            Some(weights) => average.clone() + (weights.cast(average.dtype()) - average) * self.rate,
            None => average,
        };
        Param::from_mapped_value(id, average, mapper)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn the_ramp_ends_at_the_decay() {
        let ema = Ema::new(0.99).unwrap();
        assert_relative_eq!(ema.decay_at(0), 0.1);
        assert_relative_eq!(ema.decay_at(90), 0.91);
        assert_relative_eq!(ema.decay_at(100_000), 0.99);
    }

    #[test]
    fn wrong_decays_are_refused() {
        for decay in [-0.1, 1.0, 1.5, f64::NAN] {
            assert!(Ema::new(decay).unwrap_err().to_string().contains(&format!("{decay:?}")));
        }
    }
}
