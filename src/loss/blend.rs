//! The weighted sum of two losses.

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use super::{InVelocity, Loss, PseudoHuber, Share};
use crate::{Condition, ConfigError, Pair, error::require, flow::Answer};

/// Two losses, each with a [`Share`] that depends on the time: `a(t) l1 + b(t) l2`.
///
/// [`lpips_huber`](Blend::lpips_huber) is the loss of Lee et al., for use with `Lpips` (feature `lpips`).
/// Proposition 1 holds if it holds for both losses.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{FlowExt, Loss, Pair, Time, flow::denoiser_fn, loss::{Blend, Mse, PseudoHuber, Share}};
///
/// let loss = Blend::new(Mse, PseudoHuber::new(4.0)?)
///     .with_first_share(Share::toward_data())
///     .with_second_share(Share::inverse());
/// let device = Default::default();
/// let zero = Tensor::<Flex, 2>::zeros([1, 1], &device);
/// let answer = denoiser_fn(|x: Tensor<Flex, 2>, _: Time<Flex>| x + 3.0).ask(zero.clone(), 0.5, ());
/// let row = loss.rows(&answer, &Pair::new(zero.clone(), zero)?).into_scalar();
/// assert!((row - 6.5).abs() < 1e-6); // 0.5 * 9 + (sqrt(9 + 16) - 4) / 0.5
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Lee, Lin & Fanti, *Improving the Training of Rectified Flows*, 2024, whose premetric has this
/// form.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blend<A, Z> {
    first: A,
    first_share: Share,
    second: Z,
    second_share: Share,
}

impl<A, Z> Blend<A, Z> {
    /// The sum of two losses, each with a share of 1 at every time.
    pub fn new(first: A, second: Z) -> Self {
        Self { first, first_share: Share::constant(), second, second_share: Share::constant() }
    }

    /// Sets the share of the first loss.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{FlowExt, Loss, Pair, flow::GaussianFlow, loss::{Blend, Mse, PseudoHuber, Share}};
    ///
    /// let loss = Blend::new(Mse, PseudoHuber::new(4.0)?).with_first_share(Share::toward_data());
    /// let zero = Tensor::<Flex, 2>::zeros([1, 1], &Default::default());
    /// let answer = GaussianFlow::new(3.0, 0.5)?.ask(zero.clone(), 1.0, ());
    /// let row = loss.rows(&answer, &Pair::new(zero.clone(), zero)?).into_scalar();
    /// assert!((row - 1.0).abs() < 1e-6); // sqrt(9 + 16) - 4: at noise the first share is 0
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn with_first_share(self, first_share: Share) -> Self {
        Self { first_share, ..self }
    }

    /// Sets the share of the second loss.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{FlowExt, Loss, Pair, flow::GaussianFlow, loss::{Blend, Mse, PseudoHuber, Share}};
    ///
    /// let loss = Blend::new(Mse, PseudoHuber::new(4.0)?).with_second_share(Share::toward_data());
    /// let zero = Tensor::<Flex, 2>::zeros([1, 1], &Default::default());
    /// let answer = GaussianFlow::new(3.0, 0.5)?.ask(zero.clone(), 1.0, ());
    /// let row = loss.rows(&answer, &Pair::new(zero.clone(), zero)?).into_scalar();
    /// assert_eq!(row, 9.0); // at noise the second share is 0
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn with_second_share(self, second_share: Share) -> Self {
        Self { second_share, ..self }
    }
}

impl<Z> Blend<InVelocity<PseudoHuber>, Z> {
    /// The Pseudo-Huber loss of the velocity and a perceptual loss of the image, combined as in Lee et al.
    /// (2024):
    ///
    /// ```text
    /// (1 - t) (sqrt(|v - (x1 - x0)|^2 + c^2) - c) / d + LPIPS(D, x0)      with c = 0.00054 d
    /// ```
    ///
    /// for images of `d` values (3072 for 3 by 32 by 32). Their time runs as ours does: `t = 0` is data. Use
    /// [`Constant`](crate::weight::Constant) as the weight of the objective; their experiments use
    /// [`Cosh`](crate::time::Cosh) as the distribution of time.
    ///
    /// For CIFAR-10 they also divide the perceptual part by `t`: pass [`Share::inverse`] to
    /// [`with_second_share`](Blend::with_second_share). Their perceptual network is VGG-16 with average
    /// pooling, applied to images enlarged to 224 by 224 (bilinear).
    ///
    /// Source: their code (`train.py`, `lpips-huber`), from which we take `c` and `1 / d`; we have not seen
    /// the equation in the paper's text.
    ///
    /// # Errors
    /// If `d` is zero.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{FlowExt, Loss, Pair, flow::GaussianFlow, loss::{Blend, Mse}};
    ///
    /// let loss = Blend::lpips_huber(Mse, 4)?; // `Mse` stands in for `Lpips`
    /// let zeros = Tensor::<Flex, 2>::zeros([1, 4], &Default::default());
    /// let answer = GaussianFlow::new(3.0, 0.5)?.ask(zeros.clone(), 1.0, ());
    /// let row = loss.rows(&answer, &Pair::new(zeros.clone(), zeros)?).into_scalar();
    /// assert_eq!(row, 9.0); // at noise only the perceptual part counts
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn lpips_huber(perceptual: Z, d: usize) -> Result<Self, ConfigError> {
        let values = require(d > 0, "Blend", "d", "at least 1", d)? as f64;
        let huber = PseudoHuber::new(0.00054 * values.sqrt())?;
        let share = Share::toward_data().scaled(values.recip())?;
        Ok(Self::new(InVelocity::new(huber), perceptual).with_first_share(share))
    }
}

impl<B, const D: usize, Y, A, Z> Loss<B, D, Y> for Blend<A, Z>
where
    B: Backend,
    Y: Condition,
    A: Loss<B, D, Y>,
    Z: Loss<B, D, Y>,
{
    fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1> {
        let t = said.t().rows();
        let first = self.first.rows(said, pair) * self.first_share.at(&t);
        first + self.second.rows(said, pair) * self.second_share.at(&t)
    }
}

impl<A, Z> burn::config::Config for Blend<A, Z> where
    Self: std::fmt::Debug + Serialize + serde::de::DeserializeOwned
{
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn::tensor::backend::AutodiffBackend;
    use burn_autodiff::Autodiff;
    use burn_ndarray::NdArray;

    use super::*;
    use crate::{flow::Prediction, loss::Mse, time::IntoTime};

    type F64 = NdArray<f64>;
    type Grad = Autodiff<F64>;

    /// The mean of the values, whose gradient differs from that of a squared error.
    #[derive(Debug)]
    struct Mean;

    impl<B: Backend, const D: usize, Y: Condition> Loss<B, D, Y> for Mean {
        fn rows(&self, said: &Answer<B, D>, _: &Pair<B, D, Y>) -> Tensor<B, 1> {
            crate::rows::mean(said.data())
        }
    }

    /// The answer of a network that predicts the data.
    fn said<B: Backend>(data: Tensor<B, 2>, t: &[f64]) -> Answer<B> {
        let t = Tensor::<B, 1>::from_data(t, &data.device()).into_time(&data);
        Answer::new(data.clone(), t.clone(), Prediction::data(data, t))
    }

    /// The rows of a loss at `D = 3`, `x0 = 1` and these times, and their gradients with respect to `D`.
    fn at(loss: &impl Loss<Grad, 2>, t: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let device = Default::default();
        let denoised = Tensor::<Grad, 2>::full([t.len(), 1], 3.0, &device).require_grad();
        let pair = Pair::new(denoised.ones_like(), denoised.ones_like()).unwrap();
        let rows = loss.rows(&said(denoised.clone(), t), &pair);
        let gradient = denoised.grad(&rows.clone().sum().backward()).unwrap();
        let numbers = |x: Tensor<<Grad as AutodiffBackend>::InnerBackend, 1>| x.into_data().to_vec().unwrap();
        (numbers(rows.inner()), numbers(gradient.flatten(0, 1)))
    }

    #[test]
    fn each_loss_counts_by_its_share() {
        let blend = Blend::new(Mse, Mean);
        assert_eq!(at(&blend, &[0.0, 1.0]), (vec![7.0, 7.0], vec![5.0, 5.0]));
        let blend = blend.with_first_share(Share::toward_data());
        assert_eq!(at(&blend, &[0.0, 0.5, 1.0]), (vec![7.0, 5.0, 3.0], vec![5.0, 3.0, 1.0]));
        let blend = blend.with_second_share(Share::inverse());
        assert_eq!(at(&blend, &[0.5, 1.0]), (vec![8.0, 3.0], vec![4.0, 1.0]));
    }

    /// Their loss, written out in the velocity.
    #[test]
    fn lpips_huber_is_that_of_lee_et_al() {
        let d = 12;
        let blend = Blend::lpips_huber(Mean, d).unwrap();
        let device = Default::default();
        let x0 = crate::Key::new(0).normal::<F64, 2>([4, d], &device);
        let denoised = crate::Key::new(1).normal::<F64, 2>([4, d], &device);
        let times = [0.1, 0.4, 0.9, 1.0];
        // The noise and the point on its path: x_t = x0 + t (x1 - x0).
        let t = crate::rows::expand::<F64, 2>(Tensor::from_data(times, &device));
        let x1 = crate::Key::new(2).normal::<F64, 2>([4, d], &device);
        let x_t = x0.clone() + (x1.clone() - x0.clone()) * t;
        let t = Tensor::<F64, 1>::from_data(times, &device).into_time(&x_t);
        let said = Answer::new(x_t, t.clone(), Prediction::data(denoised.clone(), t));
        let rows = blend.rows(&said, &Pair::new(x0.clone(), x1).unwrap());
        let rows = rows.into_data().to_vec::<f64>().unwrap();
        let (x0, denoised) = (crate::rows::to_host(x0), crate::rows::to_host(denoised));
        let c = 0.00054 * d as f64;
        for (row, (x0, denoised)) in x0.chunks(d).zip(denoised.chunks(d)).enumerate() {
            let t = times[row];
            let squared: f64 =
                x0.iter().zip(denoised).map(|(x0, denoised)| ((denoised - x0) / t).powi(2)).sum();
            let huber = ((squared + c * c).sqrt() - c) / d as f64;
            let mean = denoised.iter().sum::<f64>() / d as f64;
            assert_relative_eq!(rows[row], (1.0 - t) * huber + mean, max_relative = 1e-10);
        }
        assert!(Blend::lpips_huber(Mean, 0).unwrap_err().to_string().contains("got 0"));
    }
}
