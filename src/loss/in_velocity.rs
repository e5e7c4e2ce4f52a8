//! A loss of the velocity.

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use super::{Loss, Share};
use crate::rows;

/// A loss of the velocity's error instead of the denoised row's: `l((D - x0) / t)`.
///
/// The two errors are one up to the factor `t`, since `v - (x1 - x0) = (x0 - D) / t`, so a loss of the velocity is
/// one of the denoiser. `t` is held at [`T_MIN`](crate::flow::T_MIN) or above.
///
/// It is for losses of the difference alone that do not see its sign: [`Mse`](super::Mse),
/// [`Mapped`](super::Mapped), [`PseudoHuber`](super::PseudoHuber). They are given the error and zero. Proposition 1
/// holds where it does for the loss within.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Loss, loss::{InVelocity, Mse}};
///
/// let device = Default::default();
/// let (a, b) = (Tensor::<Flex, 2>::from_data([[1.0, 3.0]], &device), Tensor::zeros([1, 2], &device));
/// let t = Tensor::from_data([0.5], &device);
/// assert_eq!(InVelocity::new(Mse).rows(a, b, &t).into_scalar(), 20.0);
/// ```
///
/// Source: ours in form; Lee et al. (see [`Blend`](super::Blend)) take their Pseudo-Huber loss of the velocity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InVelocity<L> {
    loss: L,
}

impl<L> InVelocity<L> {
    /// This loss, of the velocity.
    pub fn new(loss: L) -> Self {
        Self { loss }
    }
}

impl<B: Backend, const D: usize, L: Loss<B, D>> Loss<B, D> for InVelocity<L> {
    fn rows(&self, denoised: Tensor<B, D>, x0: Tensor<B, D>, t: &Tensor<B, 1>) -> Tensor<B, 1> {
        let none = x0.zeros_like();
        self.loss.rows(rows::scale(denoised - x0, Share::inverse().at(t)), none, t)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;
    use crate::{
        Flow, Rng,
        flow::{GaussianFlow, interpolate},
        loss::PseudoHuber,
    };

    /// The identity that its documentation names, on a flow in closed form.
    #[test]
    fn it_is_the_loss_of_the_velocity() {
        let device = Default::default();
        let normal = |purpose: &str| Rng::new(4).fork(purpose).normal::<NdArray<f64>, 2>([6, 3], &device);
        let (x0, x1) = (normal("x0"), normal("x1"));
        let t = Tensor::from_data([1e-3, 0.1, 0.3, 0.5, 0.9, 1.0], &device);
        let flow = GaussianFlow::new(1.5, 0.7).unwrap();
        let x_t = interpolate(x0.clone(), x1.clone(), t.clone());
        let loss = PseudoHuber::new(0.3).unwrap();
        let here = InVelocity::new(loss).rows(flow.denoise(x_t.clone(), t.clone()), x0.clone(), &t);
        let there = loss.rows(flow.velocity(x_t, t.clone()), x1 - x0, &t);
        let values = |rows: Tensor<NdArray<f64>, 1>| rows.into_data().to_vec::<f64>().unwrap();
        for (here, there) in values(here).into_iter().zip(values(there)) {
            assert_relative_eq!(here, there, max_relative = 1e-10);
        }
    }

    #[test]
    fn it_is_finite_at_time_zero() {
        let device = Default::default();
        let x = Tensor::<NdArray<f64>, 2>::from_data([[1.0]], &device);
        let loss = InVelocity::new(PseudoHuber::default());
        let row = loss.rows(x.clone(), x.zeros_like(), &Tensor::zeros([1], &device)).into_scalar();
        assert!(row.is_finite(), "{row}");
    }
}
