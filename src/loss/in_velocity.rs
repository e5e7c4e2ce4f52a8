//! A distance between velocities.

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use super::{Distance, Loss};
use crate::{Condition, Pair, flow::Answer};

/// The distance between the flow's velocity `v` and the pair's, `x1 - x0`, instead of between the denoised
/// rows and the data.
///
/// The two errors differ only by a factor of `t`, since `v - (x1 - x0) = (x0 - D) / t`. A predicted velocity
/// is compared as it is; predicted data are compared at the time at which the network was asked, which is at
/// least [`least_time`](crate::time::least_time).
///
/// Use the weight [`Constant`](crate::weight::Constant): this loss already contains `t^-2`, the weight of
/// flow matching on the data. Proposition 1 holds if it holds for the distance.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{FlowExt, Loss, Pair, flow::GaussianFlow, loss::{InVelocity, Mse}};
///
/// let device = Default::default();
/// let x0 = Tensor::<Flex, 2>::from_data([[1.0]], &device);
/// let pair = Pair::new(x0.clone(), x0 * 3.0)?;
/// let answer = GaussianFlow::new(0.0, 1.0)?.ask(Tensor::from_data([[2.0]], &device), 0.5, ());
/// assert_eq!(InVelocity::new(Mse).rows(&answer, &pair).into_scalar(), 4.0); // v is 0, x1 - x0 is 2
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: ours in this form; Lee et al. (see [`Blend`](super::Blend)) take their Pseudo-Huber loss between
/// velocities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InVelocity<L> {
    distance: L,
}

impl<L> InVelocity<L> {
    /// The loss that takes this distance between velocities.
    pub fn new(distance: L) -> Self {
        Self { distance }
    }
}

impl<B: Backend, const D: usize, Y: Condition, L: Distance<B, D>> Loss<B, D, Y> for InVelocity<L> {
    fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1> {
        self.distance.between(said.velocity(), said.velocity_of(pair.x0(), pair.x1()))
    }
}

impl<L> burn::config::Config for InVelocity<L> where
    Self: std::fmt::Debug + Serialize + serde::de::DeserializeOwned
{
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;
    use crate::{
        FlowExt, Key,
        flow::{GaussianFlow, denoiser_fn, interpolate},
        loss::{Mse, PseudoHuber},
        rows::{scale, to_host},
        time::Time,
    };

    type B = NdArray<f64>;

    fn pair() -> Pair<B> {
        let normal = |purpose: &str| Key::new(4).fork(purpose).normal([6, 3], &Default::default());
        Pair::new(normal("x0"), normal("x1")).unwrap()
    }

    /// The identity in the documentation, on a flow in closed form.
    #[test]
    fn it_is_the_loss_of_the_data_over_the_square_of_the_time() {
        let t = Tensor::<B, 1>::from_data([1e-3, 0.1, 0.3, 0.5, 0.9, 1.0], &Default::default());
        let flow = GaussianFlow::new(1.5, 0.7).unwrap();
        let said = flow.ask(interpolate(pair().x0(), pair().x1(), t.clone()), t.clone(), ());
        let here = to_host(InVelocity::new(Mse).rows(&said, &pair()));
        let there = to_host(scale(Mse.rows(&said, &pair()).unsqueeze_dim::<2>(1), t.square().recip()));
        for (here, there) in here.into_iter().zip(there) {
            assert_relative_eq!(here, there, max_relative = 1e-9);
        }
    }

    // A velocity is compared as the network predicted it, not as (x - (x - t v)) / t.
    #[test]
    fn a_velocity_loses_no_bits() {
        let v = Tensor::<B, 2>::full([6, 3], 1.0 / 3.0, &Default::default());
        let flow = crate::flow_fn(|x: Tensor<B, 2>, _: Time<B>| x.zeros_like() + 1.0 / 3.0);
        let said = flow.ask(pair().x0(), 1e-7, ());
        let here = to_host(InVelocity::new(Mse).rows(&said, &pair()));
        let there = to_host(crate::loss::Distance::between(&Mse, v, pair().x1() - pair().x0()));
        assert_eq!(here, there);
    }

    #[test]
    fn it_is_finite_for_a_data_network_at_time_zero() {
        let flow = denoiser_fn(|x: Tensor<B, 2>, _: Time<B>| x * 0.5);
        let said = flow.ask(pair().x0(), 0.0, ());
        let rows = to_host(InVelocity::new(PseudoHuber::default()).rows(&said, &pair()));
        assert!(rows.iter().all(|row| row.is_finite()), "{rows:?}");
    }
}
