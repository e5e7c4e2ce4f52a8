//! Data and the noise a trained flow carries it back to.

use std::ops::Range;

use burn::tensor::{Tensor, backend::Backend};

use super::{Coupling, Pair};
use crate::{Condition, Error, Key, data::Data, ode::Direction, rows, sampler::Carry};

/// Forward pairs: real data and the noise a flow carries it back to.
///
/// Mixed with [`Backward`](super::Backward) pairs, they keep a rectified flow close to the data. The data end
/// is exact; the noise end is normal only as far as the flow is accurate. Each draw solves the ODE, so for
/// training draw the pairs once and keep them in [`Pairs`](super::Pairs).
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{
///     Coupling, Key, Sampler, coupling::Forward, data::Normal, flow::GaussianFlow, ode::{Heun, TimeGrid},
/// };
///
/// let teacher = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::uniform(20)?);
/// let forward = Forward::new(teacher, Normal::new(vec![2], 3.0, 0.5)?);
/// let pair = Coupling::<Flex>::draw(&forward, 0..1000, &Key::new(0), &Default::default())?;
/// assert!(pair.x1().mean().into_scalar().abs() < 0.1);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Simple ReFlow, improvement 5.
#[derive(Debug, Clone)]
pub struct Forward<G, P0> {
    carrier: G,
    data: P0,
    unit_noise: bool,
}

impl<G, P0> Forward<G, P0> {
    /// Pairs data with the noise that `carrier` carries it back to.
    pub fn new(carrier: G, data: P0) -> Self {
        Self { carrier, data, unit_noise: false }
    }

    /// Divides the noise of each pair by its standard deviation over the values of the row.
    ///
    /// Use it for rows of many values, whose standard deviation should be close to 1, when the flow shrinks
    /// or stretches them. A row whose values are all equal stays as it is.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{
    ///     Coupling, Key, Sampler, coupling::Forward, data::Normal, flow::GaussianFlow, ode::{Heun, TimeGrid},
    /// };
    ///
    /// // The flow of data with another deviation: the noise it finds is too large.
    /// let teacher = Sampler::new(GaussianFlow::new(0.0, 0.5)?, Heun, TimeGrid::uniform(20)?);
    /// let forward = Forward::new(teacher, Normal::new(vec![64], 0.0, 0.6)?).with_unit_noise();
    /// let noise: Tensor<Flex, 2> = forward.draw(0..10, &Key::new(0), &Default::default())?.x1();
    /// assert!(noise.var_bias(1).into_data().iter::<f32>().all(|variance| (variance - 1.0).abs() < 1e-3));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    ///
    /// Source: an option of public code for another model, to which one of the authors of Simple ReFlow
    /// contributed.
    #[must_use]
    pub fn with_unit_noise(mut self) -> Self {
        self.unit_noise = true;
        self
    }
}

impl<B, const D: usize, Y, G, P0> Coupling<B, D, Y> for Forward<G, P0>
where
    B: Backend,
    Y: Condition,
    G: Carry<B, D, Y>,
    P0: Data<B, D, Y>,
{
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let data = self.data.draw(rows, &key.fork("data"), device)?;
        let end = self.carrier.carry(data.x.clone(), data.y.clone(), Direction::ToNoise)?;
        let noise = end.all_the_way(Direction::ToNoise)?;
        let noise = if self.unit_noise { of_unit_variance(noise) } else { noise };
        Pair::with_conditions(data.x, noise, data.y)
    }
}

/// Each row divided by its standard deviation, where that is more than rounding.
fn of_unit_variance<B: Backend, const D: usize>(x: Tensor<B, D>) -> Tensor<B, D> {
    let centred = x.clone() - rows::expand(rows::mean(x.clone()));
    let variance = rows::mean(centred.square());
    let rounding = x.dtype().finfo().map_or(0.0, |float| (8.0 * float.epsilon).powi(2));
    let flat = variance.clone().lower_equal(rows::mean(x.clone().square()) * rounding);
    rows::scale(x, variance.mask_fill(flat, 1.0).sqrt().recip())
}
