//! What a network predicts, and how it is read.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Error, time::Time};

/// What a flow predicts at a point: a velocity, or the data.
///
/// It records which of the two it is, so the predicted quantity is always read back unchanged. It also counts
/// the network evaluations behind it, including those of wrapped flows.
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
    pub(super) value: Tensor<B, D>,
    pub(super) kind: Kind<B>,
    pub(super) evaluations: usize,
    pub(super) error: Option<Error>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind<B: Backend> {
    Velocity,
    /// The data, predicted at this time, which is large enough to divide by.
    Data(Time<B>),
}

impl<B: Backend, const D: usize> Prediction<B, D> {
    /// Predicts the velocity `v(x, t) = E[x1 - x0 | x_t = x]`.
    ///
    /// # Shapes
    /// `v`: `[batch, ..]`, as the `x` it is for.
    #[must_use]
    pub fn velocity(v: Tensor<B, D>) -> Self {
        Self { value: v, kind: Kind::Velocity, evaluations: 1, error: None }
    }

    /// Predicts the denoised rows `D(x, t) = E[x0 | x_t = x]`.
    ///
    /// `t` is the time the network was evaluated at. The velocity is `(x - D) / t`, so evaluate the network
    /// at `t.divisible()`, which differs from `t` only near `t = 0`.
    ///
    /// # Shapes
    /// `data`: `[batch, ..]`, as the `x` it is for.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// use reflow::{Prediction, Time, flow::Answer, rows::to_host, time::IntoTime};
    ///
    /// let x = Tensor::<Flex, 2>::from_data([[3.0]], &Default::default());
    /// let t: Time<Flex> = 0.25.into_time(&x);
    /// let prediction = Prediction::data(x.ones_like(), t.clone());
    /// assert_eq!(to_host(Answer::new(x, t, prediction).velocity()), [8.0]); // (3 - 1) / 0.25
    /// ```
    #[must_use]
    pub fn data(data: Tensor<B, D>, t: Time<B>) -> Self {
        Self { value: data, kind: Kind::Data(t.divisible()), evaluations: 1, error: None }
    }

    /// Sets the number of network evaluations, which is 1 by default.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// # use reflow::Prediction;
    /// # let v = Tensor::<Flex, 2>::ones([4, 3], &Default::default());
    /// assert_eq!(Prediction::velocity(v).with_evaluations(2).evaluations(), 2);
    /// ```
    #[must_use]
    pub fn with_evaluations(self, evaluations: usize) -> Self {
        Self { evaluations, ..self }
    }

    /// The number of network evaluations: usually one, two under guidance.
    #[must_use]
    pub fn evaluations(&self) -> usize {
        self.evaluations
    }

    /// Marks the prediction as impossible: the solve or the training step that asked for it ends with this
    /// error.
    ///
    /// A network uses it for conditions that it does not know.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// use reflow::{Error, Flow, Prediction, Sampler, Time, ode::{Euler, TimeGrid}};
    ///
    /// struct Unwilling;
    ///
    /// impl Flow<Flex> for Unwilling {
    ///     fn predict(&self, x: Tensor<Flex, 2>, _: Time<Flex>, (): ()) -> Prediction<Flex> {
    ///         Prediction::velocity(x).with_error(Error::Class { row: 0, label: 11, classes: 10 })
    ///     }
    /// }
    ///
    /// let sampler = Sampler::new(Unwilling, Euler, TimeGrid::uniform(1)?);
    /// let refused = sampler.sample(Tensor::<Flex, 2>::zeros([1, 2], &Default::default())).unwrap_err();
    /// assert!(refused.to_string().contains("label 11"));
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_error(self, error: impl Into<Option<Error>>) -> Self {
        Self { error: error.into(), ..self }
    }

    /// Refuses a prediction with an error, and one of another shape or float type than its rows.
    pub(crate) fn check(&self, x: &Tensor<B, D>) -> Result<(), Error> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let (what, expected) = ("the prediction of the flow", x.dims());
        if self.value.dtype() != x.dtype() {
            return Err(Error::FloatType { what, expected: x.dtype(), found: self.value.dtype() });
        }
        let found = self.value.dims();
        if found == expected {
            return Ok(());
        }
        Err(Error::Shape { what, expected: expected.to_vec(), found: found.to_vec() })
    }

    /// Joins the predictions of the parts of a batch, which all predict the same quantity.
    pub(super) fn cat(parts: Vec<Self>) -> Self {
        let evaluations = parts.iter().map(|part| part.evaluations).max().unwrap_or(0);
        let error = parts.iter().find_map(|part| part.error.clone());
        let (mut values, mut times) = (vec![], vec![]);
        for Self { value, kind, .. } in parts {
            values.push(value);
            match kind {
                Kind::Data(t) => times.push(t),
                Kind::Velocity => {}
            }
        }
        let kind = Time::cat(times).map_or(Kind::Velocity, Kind::Data);
        Self { value: Tensor::cat(values, 0), kind, evaluations, error }
    }
}

impl<B: Backend> Kind<B> {
    /// Data if all are data at the same shared time, otherwise velocity.
    pub(super) fn shared<'a>(mut kinds: impl Iterator<Item = &'a Self>) -> Self {
        let time = |kind: &Self| match kind {
            Self::Data(t) => t.shared().map(|shared| (t.clone(), shared)),
            Self::Velocity => None,
        };
        let Some((t, first)) = kinds.next().and_then(time) else { return Self::Velocity };
        let same = kinds.all(|kind| time(kind).is_some_and(|(_, other)| other == first));
        if same { Self::Data(t) } else { Self::Velocity }
    }
}
