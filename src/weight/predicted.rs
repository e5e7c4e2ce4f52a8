//! Weight by the loss predicted for a time.

use burn::tensor::{Tensor, activation::softmax, backend::Backend};
use serde::Serialize;

use super::Weight;
use crate::{
    ConfigError,
    error::{deserialize_checked, positive},
};

/// The least loss a row is divided by.
const LEAST: f64 = 1e-4;

/// One over the loss predicted for the row's time, whatever the row's own: `w_i = 1 / max(exp(u(t_i)), 1e-4)`.
///
/// ```text
/// u(t_i) = sum_j k_ij ln loss_j / sum_j k_ij,   k_ij = exp(-(t_i - t_j)^2 / (2 h^2)),   j != i
/// ```
///
/// `u` predicts the log loss by kernel regression on the other rows of the batch: near each time, it is the
/// value with the least `(ln loss - u)^2`, so `exp(u)` is a geometric mean of losses. A row's own loss has no
/// part in its weight, so where rows are drawn independently the weight is independent of the row's `x0`
/// given the time, and Proposition 1 holds for every coupling. (Rows of one block of
/// [`MinibatchOt`](crate::coupling::MinibatchOt) depend on one another, weakly.)
/// [`Normalized`](super::Normalized) divides by the row's own loss and keeps the proposition on deterministic
/// couplings only.
///
/// Times count alike, while rows that are harder than others at their time keep their larger loss. There is
/// nothing to train, save or restore. Batches should have some tens of rows or more; a row alone in its batch
/// has weight 1. It takes a matrix of `batch` by `batch` numbers.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Weight, weight::Predicted};
///
/// let device = Default::default();
/// let t = Tensor::<Flex, 1>::from_data([0.1, 0.1, 0.9, 0.9], &device);
/// let losses = Tensor::<Flex, 1>::from_data([2.0, 4.0, 0.5, 0.25], &device);
/// let w = Predicted::default().weights(&t.clone().unsqueeze_dim::<2>(1), &t, &losses);
/// w.into_data().assert_approx_eq::<f32>(&[0.25, 0.5, 4.0, 2.0].into(), Default::default());
/// ```
///
/// Source: Simple ReFlow, improvement 1, `w(x_t, t) = 1 / stopgrad(loss given (x_t, t))`. Public code for
/// another model, to which one of the paper's authors contributed, predicts the log loss with a second
/// network, with the same floor of 1e-4; the regression within the batch, on the time alone, is ours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Predicted {
    bandwidth: f64,
}

deserialize_checked!(Predicted { bandwidth: f64 } via Predicted::new(bandwidth));

impl Predicted {
    /// The weight with this bandwidth `h`, in units of time.
    ///
    /// # Errors
    /// If the bandwidth is not positive and finite.
    pub fn new(bandwidth: f64) -> Result<Self, ConfigError> {
        Ok(Self { bandwidth: positive("Predicted", "bandwidth", bandwidth)? })
    }
}

impl Default for Predicted {
    /// A bandwidth of 0.05: each weight averages over about 45 of 256 uniform rows.
    fn default() -> Self {
        Self { bandwidth: 0.05 }
    }
}

impl Weight for Predicted {
    fn weights<B: Backend, const D: usize>(
        &self,
        _: &Tensor<B, D>,
        t: &Tensor<B, 1>,
        losses: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        let [batch] = losses.dims();
        if batch == 1 {
            return losses.ones_like();
        }
        let t = t.clone() / (self.bandwidth * std::f64::consts::SQRT_2);
        let apart: Tensor<B, 2> = t.clone().unsqueeze_dim::<2>(1) - t.unsqueeze_dim::<2>(0);
        let own = Tensor::<B, 2>::eye(batch, &losses.device()).bool();
        let shares = softmax(apart.square().neg().mask_fill(own, f64::NEG_INFINITY), 1);
        // Far below the floor, and above zero in half precision.
        let logs = losses.clone().clamp_min(1e-6).log();
        let expected = shares.matmul(logs.unsqueeze_dim::<2>(1)).squeeze_dim::<1>(1).exp();
        expected.clamp_min(LEAST).recip()
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;
    use crate::{Key, rows};

    type F64 = NdArray<f64>;

    fn weights(t: &[f64], losses: &[f64], h: f64) -> Vec<f64> {
        let of = |values: &[f64]| Tensor::<F64, 1>::from_floats(values, &Default::default());
        let t = of(t);
        rows::to_host(Predicted::new(h).unwrap().weights(&t.clone().unsqueeze_dim::<2>(1), &t, &of(losses)))
    }

    #[test]
    fn a_weight_is_one_over_the_mean_log_loss_of_the_others() {
        let (t, losses, h): (_, _, f64) = ([0.1, 0.15, 0.3, 0.9], [0.5, 2.0, 3.0, 0.1], 0.1);
        for (i, found) in weights(&t, &losses, h).into_iter().enumerate() {
            let others = || (0..4).filter(move |&j| j != i);
            let k = |j: usize| (-(t[i] - t[j]).powi(2) / (2.0 * h * h)).exp();
            let total: f64 = others().map(k).sum();
            let u = others().map(|j| k(j) * losses[j].ln()).sum::<f64>() / total;
            assert_relative_eq!(found, (-u).exp(), max_relative = 1e-6);
        }
    }

    #[test]
    fn the_own_loss_does_not_count() {
        let t = [0.2, 0.21, 0.22, 0.8];
        let (a, b) = (weights(&t, &[1.0, 2.0, 3.0, 4.0], 0.05), weights(&t, &[900.0, 2.0, 3.0, 4.0], 0.05));
        assert_eq!(a[0], b[0]);
        assert!(a[1] > 2.0 * b[1]);
    }

    #[test]
    fn far_times_zero_losses_and_single_rows_have_finite_weights() {
        assert_eq!(weights(&[0.5], &[3.0], 0.05), [1.0]);
        // Nothing lies within many bandwidths: the nearest row speaks.
        assert_relative_eq!(weights(&[0.0, 0.5, 1.0], &[1.0, 4.0, 1.0], 1e-3)[0], 0.25, max_relative = 1e-6);
        for w in weights(&[0.1, 0.2, 0.3], &[0.0, 0.0, 1.0], 0.05) {
            assert!(w.is_finite() && w > 0.0 && w <= 1.0001 / LEAST, "{w}");
        }
    }

    // The log losses of normal errors with deviation s(t) have the mean ln s^2 + digamma(1/2) + ln 2.
    #[test]
    fn normal_errors_weigh_by_their_variance() {
        let n = 4000;
        let noise: Tensor<F64, 2> = Key::new(1).normal([n, 1], &Default::default());
        let t: Vec<f64> = (0..n).map(|i| (i as f64 + 0.5) / n as f64).collect();
        let deviation = |t: f64| 0.5 + t;
        let losses: Vec<f64> =
            rows::to_host(noise).iter().zip(&t).map(|(z, &t)| (z * deviation(t)).powi(2)).collect();
        let found = weights(&t, &losses, 0.05);
        // exp(digamma(1/2) + ln 2)
        let ratio = 0.280_73;
        for i in [1000, 2000, 3000] {
            assert_relative_eq!(1.0 / found[i], ratio * deviation(t[i]).powi(2), max_relative = 0.25);
        }
    }

    #[test]
    fn wrong_bandwidths_are_refused() {
        for bandwidth in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Predicted::new(bandwidth).unwrap_err().to_string().contains(&format!("{bandwidth:?}")));
        }
    }
}
