//! Weight by the row's own loss.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::Weight;
use crate::{
    ConfigError,
    error::{deserialize_checked, positive},
};

/// One over the row's own loss, without gradient: `w = 1 / (stopgrad(loss) + epsilon)`.
///
/// Every row and every time then counts the same, whatever the size of its loss. The objective's value stays
/// near 1, and its gradient is that of the mean log loss. Epsilon bounds the weight of rows that are already
/// right.
///
/// This is the paper's weight, `1 / stopgrad(loss given (x_t, t))`, where `x0` is determined by `(x_t, t)`:
/// on a deterministic coupling, such as a rectified one, whose paths do not cross. Elsewhere the row's own
/// loss depends on its `x0`, which a weight `w(x_t, t)` of Proposition 1 may not: the minimiser is no longer
/// the mean of the data behind one `x_t` but is pulled towards one of them. [`Predicted`](super::Predicted)
/// keeps the mean on every coupling.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Weight, weight::Normalized};
///
/// let losses = Tensor::<Flex, 1>::from_data([0.5, 8.0], &Default::default());
/// let w = Normalized::default().weights(&losses.clone().unsqueeze_dim::<2>(1), &losses, &losses);
/// let weighted = (w * losses).into_data().to_vec::<f32>().unwrap();
/// assert!(weighted.iter().all(|value| (value - 1.0).abs() < 1e-4));
/// ```
///
/// Source: Simple ReFlow, improvement 1. Epsilon is ours: the [`Default`] is 1e-8, and in half precision it
/// is at least 1e-4.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Normalized {
    epsilon: f64,
}

deserialize_checked!(Normalized { epsilon: f64 } via Normalized::new(epsilon));

impl Normalized {
    /// The weight with this epsilon, in units of the loss.
    ///
    /// # Errors
    /// If epsilon is not positive and finite.
    pub fn new(epsilon: f64) -> Result<Self, ConfigError> {
        Ok(Self { epsilon: positive("Normalized", "epsilon", epsilon)? })
    }
}

impl Default for Normalized {
    fn default() -> Self {
        Self { epsilon: 1e-8 }
    }
}

impl Weight for Normalized {
    fn weights<B: Backend, const D: usize>(
        &self,
        _: &Tensor<B, D>,
        _: &Tensor<B, 1>,
        losses: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        // In half precision a smaller one would be zero, and its inverse infinite.
        let least = losses.dtype().finfo().map_or(0.0, |float| if float.max < 1e5 { 1e-4 } else { 0.0 });
        (losses.clone() + self.epsilon.max(least)).recip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_epsilons_are_refused() {
        for epsilon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Normalized::new(epsilon).unwrap_err().to_string().contains(&format!("{epsilon:?}")));
        }
    }
}
