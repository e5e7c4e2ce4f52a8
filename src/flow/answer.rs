//! A prediction, read as a velocity or as data.

use burn::tensor::{Tensor, backend::Backend};

use super::prediction::{Kind, Prediction};
use crate::{Error, time::Time};

/// A prediction and its point, which can be read as a velocity or as data.
///
/// ```text
/// v = (x - D) / t,   D = x - t v
/// ```
///
/// [`FlowExt::ask`](super::FlowExt::ask) returns it, and losses receive it.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{FlowExt, Time, flow_fn, rows::to_host};
///
/// let flow = flow_fn(|x: Tensor<Flex, 2>, _: Time<Flex>| x * 2.0);
/// let x = Tensor::<Flex, 2>::from_data([[3.0]], &Default::default());
/// let answer = flow.ask::<Flex, 2, ()>(x, 0.25, ());
/// assert_eq!(to_host(answer.velocity()), [6.0]);
/// assert_eq!(to_host(answer.data()), [1.5]); // 3 - 0.25 * 6
/// assert_eq!((to_host(answer.x()), answer.t().shared()), (vec![3.0], Some(0.25)));
/// assert_eq!(answer.evaluations(), answer.into_prediction().evaluations());
/// ```
#[derive(Debug, Clone)]
pub struct Answer<B: Backend, const D: usize = 2> {
    x: Tensor<B, D>,
    t: Time<B>,
    prediction: Prediction<B, D>,
}

impl<B: Backend, const D: usize> Answer<B, D> {
    /// Joins a prediction with the `x` and `t` it is for.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, and the prediction the same.
    #[must_use]
    pub fn new(x: Tensor<B, D>, t: Time<B>, prediction: Prediction<B, D>) -> Self {
        Self { x, t, prediction }
    }

    /// The velocity: `[batch, ..]`.
    #[must_use]
    pub fn velocity(&self) -> Tensor<B, D> {
        let value = self.prediction.value.clone();
        match &self.prediction.kind {
            Kind::Velocity => value,
            Kind::Data(t) => t.divide(self.x.clone() - value),
        }
    }

    /// The denoised rows: `[batch, ..]`.
    #[must_use]
    pub fn data(&self) -> Tensor<B, D> {
        let value = self.prediction.value.clone();
        match self.prediction.kind {
            Kind::Velocity => self.x.clone() - self.t.scale(value),
            Kind::Data(_) => value,
        }
    }

    /// The correct velocity for a pair on whose path the point lies. If data was predicted, `x - x0` is
    /// divided by the time of the prediction, which may be later than `t`.
    pub(crate) fn velocity_of(&self, x0: Tensor<B, D>, x1: Tensor<B, D>) -> Tensor<B, D> {
        match &self.prediction.kind {
            Kind::Velocity => x1 - x0,
            Kind::Data(t) => t.divide(self.x.clone() - x0),
        }
    }

    /// The rows the flow was evaluated at: `[batch, ..]`.
    #[must_use]
    pub fn x(&self) -> Tensor<B, D> {
        self.x.clone()
    }

    /// The time the flow was evaluated at.
    #[must_use]
    pub fn t(&self) -> &Time<B> {
        &self.t
    }

    /// The number of network evaluations.
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.prediction.evaluations
    }

    /// The prediction without its point.
    #[must_use]
    pub fn into_prediction(self) -> Prediction<B, D> {
        self.prediction
    }

    /// The sum of the predicted values, whatever their shape, for running a recorded forward pass backward.
    pub(crate) fn sum_of_values(&self) -> Tensor<B, 1> {
        self.prediction.value.clone().sum()
    }

    /// Refuses a prediction with an error, and one whose shape differs from that of the point.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.prediction.check(&self.x)
    }

    /// Applies a linear map of rows to the point and to the prediction.
    #[must_use]
    pub(crate) fn mapped(self, map: impl Fn(Tensor<B, D>) -> Tensor<B, D>) -> Self {
        let Self { x, t, mut prediction } = self;
        prediction.value = map(prediction.value);
        Self { x: map(x), t, prediction }
    }

    /// The weighted sum of answers at one point: of data if all predict data at the same shared time,
    /// otherwise of velocities.
    ///
    /// The weights must sum to one, since only then do the two sums agree. Near `t = 0` networks may predict
    /// data at later times, which differ between networks; then velocities are summed.
    pub(super) fn combined(terms: Vec<(Self, Factor<B>)>) -> Prediction<B, D> {
        let evaluations = terms.iter().map(|(answer, _)| answer.evaluations()).sum();
        let error = terms.iter().find_map(|(answer, _)| answer.prediction.error.clone());
        let kind = Kind::shared(terms.iter().map(|(answer, _)| &answer.prediction.kind));
        let read = |(answer, factor): (Self, Factor<B>)| {
            let value = if matches!(kind, Kind::Data(_)) { answer.data() } else { answer.velocity() };
            factor.scale(value)
        };
        let value = terms.into_iter().map(read).reduce(|sum, term| sum + term);
        Prediction { value: value.expect("there is something to combine"), kind, evaluations, error }
    }
}

/// The weight of an answer: one for all rows, or one a row.
#[derive(Debug, Clone)]
pub(super) enum Factor<B: Backend> {
    Shared(f64),
    Rows(Tensor<B, 1>),
}

impl<B: Backend> Factor<B> {
    pub(super) fn neg(self) -> Self {
        match self {
            Self::Shared(factor) => Self::Shared(-factor),
            Self::Rows(factors) => Self::Rows(-factors),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Shared(a), Self::Shared(b)) => Self::Shared(a + b),
            (Self::Rows(a), Self::Rows(b)) => Self::Rows(a + b),
            (Self::Rows(a), Self::Shared(b)) | (Self::Shared(b), Self::Rows(a)) => Self::Rows(a + b),
        }
    }

    fn scale<const D: usize>(self, x: Tensor<B, D>) -> Tensor<B, D> {
        match self {
            Self::Shared(1.0) => x,
            Self::Shared(factor) => x * factor,
            Self::Rows(factors) => crate::rows::scale(x, factors),
        }
    }
}
