//! A diffusion model as a flow.

use std::marker::PhantomData;

use burn::{
    module::Module,
    tensor::{Tensor, backend::Backend},
};

use super::{DiffusionNetwork, Preconditioned, Preconditioning};
use crate::{
    Condition, ConfigError,
    error::{positive, require},
    flow::{Flow, Prediction},
    rows,
    time::Time,
};

/// A pretrained diffusion model as a flow, to sample or to train further.
///
/// It is a burn module around the network, so a student can start from it in one call:
/// `ReflowTrainer::simple_reflow(DiffusionFlow::new(network, EdmPreconditioning::new(0.5)?))`. A noise level
/// outside the range the model was trained on is replaced by the nearest end of that range. This covers
/// `t = 0`, and `t = 1`, where `sigma` is infinite.
///
/// # Example
/// ```
/// use burn::{module::Module, nn::Linear, tensor::{Tensor, backend::Backend}};
/// use burn_flex::Flex;
/// use reflow::{
///     Key, Sampler,
///     flow::{DiffusionFlow, DiffusionNetwork, EdmPreconditioning},
///     ode::{Heun, TimeGrid},
/// };
///
/// #[derive(Module, Debug)]
/// struct Net<B: Backend> {
///     linear: Linear<B>,
/// }
///
/// impl<B: Backend> DiffusionNetwork<B> for Net<B> {
///     fn predict(&self, x: Tensor<B, 2>, noise: Tensor<B, 1>, (): ()) -> Tensor<B, 2> {
///         self.linear.forward(Tensor::cat(vec![x, noise.unsqueeze_dim(1)], 1))
///     }
/// }
///
/// let device = Default::default();
/// let net = Net { linear: burn::nn::LinearConfig::new(3, 2).init::<Flex>(&device) };
/// let flow = DiffusionFlow::new(net, EdmPreconditioning::new(0.5)?);
/// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &device);
/// let out = Sampler::new(flow, Heun, TimeGrid::edm(18)?).sample(noise)?;
/// assert_eq!(out.evaluations, 35);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Simple ReFlow, Proposition 2; the proof is in `docs/proofs.md`.
#[derive(Module, Debug)]
pub struct DiffusionFlow<B: Backend, M, K> {
    network: M,
    #[module(skip)]
    preconditioning: K,
    sigma_min: f64,
    sigma_max: f64,
    backend: PhantomData<B>,
}

impl<B: Backend, M, K: Preconditioning> DiffusionFlow<B, M, K> {
    /// Wraps a network that was trained with this preconditioning, on its usual range of noise levels.
    pub fn new(network: M, preconditioning: K) -> Self {
        let [sigma_min, sigma_max] = preconditioning.noise_levels();
        Self { network, preconditioning, sigma_min, sigma_max, backend: PhantomData }
    }

    /// Sets the range of noise levels `sigma` that the network was trained on, if it is not the usual one.
    ///
    /// # Errors
    /// If the two are not positive and finite, or `min` is not below `max`.
    ///
    /// # Example
    /// ```
    /// # use burn::nn::LinearConfig;
    /// # use burn_flex::Flex;
    /// use reflow::flow::{DiffusionFlow, EdmPreconditioning};
    ///
    /// # let net = LinearConfig::new(3, 2).init::<Flex>(&Default::default());
    /// let flow = DiffusionFlow::<Flex, _, _>::new(net, EdmPreconditioning::new(0.5)?);
    /// let error = flow.with_noise_levels(2.0, 1.0).unwrap_err();
    /// assert_eq!(error.to_string(), "DiffusionFlow: sigma_min must be below sigma_max, got 2.0");
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn with_noise_levels(mut self, min: f64, max: f64) -> Result<Self, ConfigError> {
        self.sigma_min = positive("DiffusionFlow", "sigma_min", min)?;
        self.sigma_max = positive("DiffusionFlow", "sigma_max", max)?;
        require(min < max, "DiffusionFlow", "sigma_min", "below sigma_max", min)?;
        Ok(self)
    }

    /// The wrapped network.
    ///
    /// # Example
    /// ```
    /// # use burn::nn::LinearConfig;
    /// # use burn_flex::Flex;
    /// use reflow::flow::{DiffusionFlow, EdmPreconditioning};
    ///
    /// # let net = LinearConfig::new(3, 2).init::<Flex>(&Default::default());
    /// let flow = DiffusionFlow::<Flex, _, _>::new(net, EdmPreconditioning::new(0.5)?);
    /// assert_eq!(flow.network().weight.dims(), [3, 2]);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn network(&self) -> &M {
        &self.network
    }
}

impl<B, const D: usize, Y, M, K> Flow<B, D, Y> for DiffusionFlow<B, M, K>
where
    B: Backend,
    Y: Condition,
    M: DiffusionNetwork<B, D, Y>,
    K: Preconditioning,
{
    /// The denoiser of the diffusion model, never closer to the data than its lowest noise level: the error
    /// of the network does not shrink there, but would be divided by ever smaller times.
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D> {
        let t = t.at_least(self.sigma_min / (1.0 + self.sigma_min)).divisible();
        let time = t.distinct();
        let data = time.clone().neg() + 1.0;
        let sigma = (time.clone() / data.clone()).clamp(self.sigma_min, self.sigma_max);
        // x_t / (1 - t); beyond the highest noise level, the noise scaled to that level.
        let grow = data.recip().min_pair(time.recip() * self.sigma_max);
        let x = rows::scale(x, grow);
        let Preconditioned { skip, out, scale, noise } = self.preconditioning.at(sigma);
        let noise = noise.expand([x.dims()[0]]);
        let prediction = self.network.predict(rows::scale(x.clone(), scale), noise, y);
        Prediction::data(rows::scale(x, skip) + rows::scale(prediction, out), t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FlowExt, flow::EdmPreconditioning, rows::to_host};

    type F64 = burn_ndarray::NdArray<f64>;

    /// A network whose error is one everywhere.
    #[derive(Debug)]
    struct Off;

    impl DiffusionNetwork<F64> for Off {
        fn predict(&self, x: Tensor<F64, 2>, _: Tensor<F64, 1>, (): ()) -> Tensor<F64, 2> {
            x.ones_like()
        }
    }

    #[test]
    fn what_a_network_is_off_by_is_not_divided_by_less_than_its_least_noise_level() {
        let flow = DiffusionFlow::<F64, _, _>::new(Off, EdmPreconditioning::new(0.5).unwrap());
        let x = Tensor::<F64, 2>::zeros([3, 1], &Default::default());
        let t = Tensor::<F64, 1>::from_data([0.0, 1e-4, 0.002 / 1.002], &Default::default());
        // At x = 0 the denoiser is c_out = 0.002, and the time of that noise level is 0.002 too.
        assert!(to_host(flow.velocity(x, t)).into_iter().all(|v| (v + 1.0).abs() < 3e-3));
    }

    #[test]
    fn wrong_noise_levels_are_refused() {
        let flow = || DiffusionFlow::<F64, _, _>::new(Off, EdmPreconditioning::new(0.5).unwrap());
        for (min, max, value) in [(0.0, 1.0, "0.0"), (0.1, f64::INFINITY, "inf"), (2.0, 1.0, "2.0")] {
            assert!(flow().with_noise_levels(min, max).unwrap_err().to_string().contains(value));
        }
    }
}
