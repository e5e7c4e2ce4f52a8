//! Samples to measure other samples against.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Error, ode::Direction, rows, sampler::Carry};

/// Noise, and the samples that an accurate sampler carries it to, for measuring the samples of a fast one.
///
/// Learn on one reference and report the error on another, made from held-out noise. The accurate sampler may
/// follow a different flow from the fast one, such as the teacher of a student. For a conditional flow, pass
/// [`flow.given(y)`](crate::FlowExt::given) with a condition for each row of noise.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Sampler, flow::GaussianFlow, ode::{Dpm, Heun, TimeGrid}, tuning::Reference};
///
/// let flow = GaussianFlow::new(3.0, 0.5)?;
/// let noise = Key::new(0).normal::<Flex, 2>([64, 2], &Default::default());
/// let reference = Reference::of(&Sampler::new(&flow, Heun, TimeGrid::uniform(100)?), noise)?;
/// let error = |steps| reference.error_of(&Sampler::new(&flow, Dpm::default(), TimeGrid::uniform(steps)?));
/// assert!(error(9)? < error(5)?);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reference<B: Backend, const D: usize = 2> {
    x1: Tensor<B, D>,
    x0: Tensor<B, D>,
}

impl<B: Backend, const D: usize> Reference<B, D> {
    /// Carries the noise to data with an accurate sampler, such as one of many steps.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`.
    ///
    /// # Errors
    /// Those of the sampler, and [`Error::NotFinite`] if a sample is not finite.
    pub fn of(carrier: &impl Carry<B, D>, x1: Tensor<B, D>) -> Result<Self, Error> {
        let x0 = carrier.carry(x1.clone(), (), Direction::ToData)?.x;
        rows::check_data("a reference sample", &x0)?;
        Ok(Self { x1, x0 })
    }

    /// The noise: `[batch, ..]`.
    ///
    /// # Example
    /// ```
    /// # use burn_flex::Flex;
    /// # use reflow::{Key, Sampling, flow::GaussianFlow, rows::to_host, tuning::Reference};
    /// # let sampler = Sampling::baseline(18)?.of(GaussianFlow::new(3.0, 0.5)?);
    /// let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let reference = Reference::of(&sampler, noise.clone())?;
    /// assert_eq!(to_host(reference.x1()), to_host(noise));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn x1(&self) -> Tensor<B, D> {
        self.x1.clone()
    }

    /// The samples that the noise is carried to: `[batch, ..]`.
    ///
    /// # Example
    /// ```
    /// # use burn_flex::Flex;
    /// # use reflow::{Key, Sampling, flow::GaussianFlow, rows::to_host, tuning::Reference};
    /// # let noise = Key::new(0).normal::<Flex, 2>([16, 2], &Default::default());
    /// let sampler = Sampling::baseline(18)?.of(GaussianFlow::new(3.0, 0.5)?);
    /// let reference = Reference::of(&sampler, noise.clone())?;
    /// assert_eq!(to_host(reference.x0()), to_host(sampler.sample(noise)?.x));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn x0(&self) -> Tensor<B, D> {
        self.x0.clone()
    }

    /// The mean squared distance between the samples `x0` and those that a sampler makes of the same noise.
    ///
    /// ```text
    /// E |x0 - x0'|^2
    /// ```
    ///
    /// The square is summed over the values of a row, and the mean is over rows.
    ///
    /// # Errors
    /// Those of the sampler, and [`Error::NotFinite`] if a distance is not finite.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// use reflow::{Sampler, flow::GaussianFlow, ode::{Euler, TimeGrid}, tuning::Reference};
    ///
    /// // From x1 = 2 a single Euler step goes to the mean 3, and the exact flow to 3 + 2/2.
    /// let flow = GaussianFlow::new(3.0, 0.5)?;
    /// let sampler = |steps| -> Result<_, reflow::Error> {
    ///     Ok(Sampler::new(flow, Euler, TimeGrid::uniform(steps)?))
    /// };
    /// let noise = Tensor::<Flex, 2>::from_data([[2.0]], &Default::default());
    /// let reference = Reference::of(&sampler(1000)?, noise)?;
    /// assert!((reference.error_of(&sampler(1)?)? - 1.0).abs() < 0.05);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn error_of(&self, carrier: &impl Carry<B, D>) -> Result<f64, Error> {
        self.error_at(carrier.carry(self.x1(), (), Direction::ToData)?.x)
    }

    /// The mean squared distance between these samples and the reference's.
    pub(super) fn error_at(&self, x0: Tensor<B, D>) -> Result<f64, Error> {
        let error = self.trial_error_at(x0.clone());
        if !error.is_finite() {
            rows::check_data(
                "the squared distance of a sample from the reference",
                &self.squared_distances(x0),
            )?;
        }
        Ok(error)
    }

    /// The same, but possibly not finite; waits for the device once.
    pub(super) fn trial_error_at(&self, x0: Tensor<B, D>) -> f64 {
        mean(self.squared_distances(x0))
    }

    /// The mean squared distance that rounding alone can cause.
    pub(super) fn rounding(&self) -> f64 {
        let size = mean(rows::sum(self.x0().square()));
        let epsilon = self.x0.dtype().finfo().map_or(0.0, |float| float.epsilon);
        size * epsilon.powi(2)
    }

    fn squared_distances(&self, x0: Tensor<B, D>) -> Tensor<B, 1> {
        rows::sum((x0 - self.x0()).square())
    }
}

fn mean<B: Backend>(numbers: Tensor<B, 1>) -> f64 {
    rows::to_host(numbers.mean())[0]
}
