//! What a network says, and how it is read.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Error, time::Time};

/// What a flow predicts at a point: a velocity, or the data.
///
/// It knows which of the two it is, so nothing is lost by reading one as the other and back, and it counts the networks
/// that were evaluated for it, whatever wraps them.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::Prediction;
///
/// let prediction = Prediction::velocity(Tensor::<Flex, 2>::ones([4, 3], &Default::default()));
/// assert_eq!(prediction.evaluations(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Prediction<B: Backend, const D: usize = 2> {
    value: Tensor<B, D>,
    kind: Kind<B>,
    evaluations: usize,
}

#[derive(Debug, Clone)]
enum Kind<B: Backend> {
    Velocity,
    /// The data as seen from this time, by which something can be divided.
    Data(Time<B>),
}

impl<B: Backend, const D: usize> Prediction<B, D> {
    /// The velocity `v(x, t) = E[x1 - x0 | x_t = x]`.
    ///
    /// # Shapes
    /// `v`: `[batch, ..]`, as the `x` that was asked about.
    #[must_use]
    pub fn velocity(v: Tensor<B, D>) -> Self {
        Self { value: v, kind: Kind::Velocity, evaluations: 1 }
    }

    /// The denoised rows `D(x, t) = E[x0 | x_t = x]`.
    ///
    /// `t` is the time the network was asked at. Its velocity is `(x - D) / t`, so a network that may be asked at `t = 0`
    /// is asked at `t.divisible()` instead.
    ///
    /// # Shapes
    /// `data`: `[batch, ..]`, as the `x` that was asked about.
    #[must_use]
    pub fn data(data: Tensor<B, D>, t: Time<B>) -> Self {
        Self { value: data, kind: Kind::Data(t.divisible()), evaluations: 1 }
    }

    /// The same, for which this many networks were evaluated.
    #[must_use]
    pub fn with_evaluations(self, evaluations: usize) -> Self {
        Self { evaluations, ..self }
    }

    /// How many networks were evaluated: two under guidance.
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.evaluations
    }

    /// Refuses a prediction of another shape than the rows it is for.
    pub(crate) fn check_shape(&self, expected: &[usize; D]) -> Result<(), Error> {
        let found = self.value.dims();
        if found == *expected {
            return Ok(());
        }
        Err(Error::Shape {
            what: "the prediction of the flow",
            expected: expected.to_vec(),
            found: found.to_vec(),
        })
    }

    /// Parts of a batch put one after the other, which all predict the same quantity.
    pub(super) fn cat(parts: Vec<Self>) -> Self {
        let evaluations = parts.iter().map(|part| part.evaluations).max().unwrap_or(0);
        let (mut values, mut times) = (vec![], vec![]);
        for Self { value, kind, .. } in parts {
            values.push(value);
            match kind {
                Kind::Data(t) => times.push(t),
                Kind::Velocity => {}
            }
        }
        let kind = Time::cat(times).map_or(Kind::Velocity, Kind::Data);
        Self { value: Tensor::cat(values, 0), kind, evaluations }
    }
}

impl<B: Backend> Kind<B> {
    /// Data, where all are data of one time that the host knows; else velocity.
    fn shared<'a>(mut kinds: impl Iterator<Item = &'a Self>) -> Self {
        let time = |kind: &Self| match kind {
            Self::Data(t) => t.shared().map(|shared| (t.clone(), shared)),
            Self::Velocity => None,
        };
        let Some((t, first)) = kinds.next().and_then(time) else { return Self::Velocity };
        let same = kinds.all(|kind| time(kind).is_some_and(|(_, other)| other == first));
        if same { Self::Data(t) } else { Self::Velocity }
    }
}

/// A prediction with the point it is for, to be read as a velocity or as data.
///
/// ```text
/// v = (x - D) / t,   D = x - t v
/// ```
///
/// [`FlowExt::ask`](super::FlowExt::ask) gives it, and losses are told it.
#[derive(Debug, Clone)]
pub struct Answer<B: Backend, const D: usize = 2> {
    x: Tensor<B, D>,
    t: Time<B>,
    prediction: Prediction<B, D>,
}

impl<B: Backend, const D: usize> Answer<B, D> {
    /// What was predicted at `x` and `t`.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, as the prediction.
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
            // The one division by a time.
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

    /// The velocity of a pair on whose path the point lies, as the answer would have to be to be right: a network of the
    /// data is asked at a time it may have held.
    pub(crate) fn velocity_of(&self, x0: Tensor<B, D>, x1: Tensor<B, D>) -> Tensor<B, D> {
        match &self.prediction.kind {
            Kind::Velocity => x1 - x0,
            Kind::Data(t) => t.divide(self.x.clone() - x0),
        }
    }

    /// Where the flow was asked: `[batch, ..]`.
    #[must_use]
    pub fn x(&self) -> Tensor<B, D> {
        self.x.clone()
    }

    /// When it was asked.
    #[must_use]
    pub fn t(&self) -> &Time<B> {
        &self.t
    }

    /// How many networks were evaluated.
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.prediction.evaluations
    }

    /// The prediction alone.
    #[must_use]
    pub fn into_prediction(self) -> Prediction<B, D> {
        self.prediction
    }

    /// The sum of what was predicted, whatever its shape, to run a recorded forward pass backward.
    pub(crate) fn sum_of_values(&self) -> Tensor<B, 1> {
        self.prediction.value.clone().sum()
    }

    /// Refuses an answer of another shape than its point.
    pub(crate) fn check_shape(&self) -> Result<(), Error> {
        self.prediction.check_shape(&self.x.dims())
    }

    /// The same after a map of rows that is linear: of the point and of what was predicted.
    #[must_use]
    pub(crate) fn mapped(self, map: impl Fn(Tensor<B, D>) -> Tensor<B, D>) -> Self {
        let Self { x, t, mut prediction } = self;
        prediction.value = map(prediction.value);
        Self { x: map(x), t, prediction }
    }

    /// A sum of answers at one point: in data where all are data of one time, else in velocity.
    ///
    /// The weights sum to one: only then are the two sums the same. Times that networks held differ between networks, so
    /// data are summed where no time was held, or all terms are of one network.
    pub(super) fn combined(terms: Vec<(Self, Factor<B>)>) -> Prediction<B, D> {
        let evaluations = terms.iter().map(|(answer, _)| answer.evaluations()).sum();
        let kind = Kind::shared(terms.iter().map(|(answer, _)| &answer.prediction.kind));
        let read = |(answer, factor): (Self, Factor<B>)| {
            let value = if matches!(kind, Kind::Data(_)) { answer.data() } else { answer.velocity() };
            factor.scale(value)
        };
        let value = terms.into_iter().map(read).reduce(|sum, term| sum + term);
        Prediction { value: value.expect("there is something to combine"), kind, evaluations }
    }
}

/// How much an answer counts: the same for all rows, or by row.
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
