//! Where noise goes, as samples to measure others by.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Error, ode::Direction, rows, sampler::Carry};

/// Noise and where an accurate sampler carries it: what the samples of a fast one are measured by.
///
/// Learn on one and report another, from noise that was held out. The accurate sampler may follow another flow
/// than the fast one, a teacher's for a student. For a conditional flow, pass
/// [`flow.given(y)`](crate::FlowExt::given) with a condition for each row of the noise.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Sampler, flow::GaussianFlow, ode::{Dpm, Heun, TimeGrid}, tuning::Reference};
///
/// let flow = GaussianFlow::new(3.0, 0.5)?;
/// let noise = Key::new(0).normal::<Flex, 2>([64, 2], &Default::default());
/// let reference = Reference::of(&Sampler::new(&flow, Heun, TimeGrid::uniform(100)?), noise)?;
/// let of = |steps| reference.error_of(&Sampler::new(&flow, Dpm::default(), TimeGrid::uniform(steps)?));
/// assert!(of(9)? < of(5)?);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reference<B: Backend, const D: usize = 2> {
    x1: Tensor<B, D>,
    x0: Tensor<B, D>,
}

impl<B: Backend, const D: usize> Reference<B, D> {
    /// Carries the noise to data, by a sampler of many steps.
    ///
    /// # Shapes
    /// `x1`: `[batch, ..]`.
    ///
    /// # Errors
    /// As [`Sampler::sample`](crate::Sampler::sample), and [`Error::NotFinite`] if a sample is.
    pub fn of(carrier: &impl Carry<B, D>, x1: Tensor<B, D>) -> Result<Self, Error> {
        let x0 = carrier.carry(x1.clone(), (), Direction::ToData)?.x;
        rows::check_data("a reference sample", &x0)?;
        Ok(Self { x1, x0 })
    }

    /// The noise: `[batch, ..]`.
    #[must_use]
    pub fn x1(&self) -> Tensor<B, D> {
        self.x1.clone()
    }

    /// Where it goes: `[batch, ..]`.
    #[must_use]
    pub fn x0(&self) -> Tensor<B, D> {
        self.x0.clone()
    }

    /// The mean squared distance of a sampler's samples from these, both from the same noise.
    ///
    /// ```text
    /// E |x0 - x0'|^2
    /// ```
    ///
    /// The square sums over the values of a row, the mean is over rows.
    ///
    /// # Errors
    /// As [`Sampler::sample`](crate::Sampler::sample), and [`Error::NotFinite`] if a distance is.
    pub fn error_of(&self, carrier: &impl Carry<B, D>) -> Result<f64, Error> {
        self.error_at(carrier.carry(self.x1(), (), Direction::ToData)?.x)
    }

    /// The mean squared distance of samples from these.
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

    /// The same, whether it is finite or not; waits for the device once.
    pub(super) fn trial_error_at(&self, x0: Tensor<B, D>) -> f64 {
        mean(self.squared_distances(x0))
    }

    /// The mean squared distance that rounding alone may leave.
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
