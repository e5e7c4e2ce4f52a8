//! Several couplings at once.

use std::fmt;

use burn::tensor::backend::Backend;
use rand::RngExt;
use rand_distr::weighted::WeightedIndex;

use super::{Coupling, Pair};
use crate::{Condition, ConfigError, Error, Rng, error::positive};

/// Each row from one of several couplings, chosen by weight.
///
/// The rows of a batch come ordered by the coupling they were drawn from.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Coupling, Rng, coupling::{Gaussian, Independent, Mixture, NormalLaw}};
///
/// let near = Independent::new(NormalLaw::new(vec![2], 0.0, 1.0)?, Gaussian);
/// let far = Independent::new(NormalLaw::new(vec![2], 9.0, 1.0)?, Gaussian);
/// let both = Mixture::<Flex>::of(near, 3.0)?.and(far, 1.0)?;
/// assert_eq!(both.draw(100, &Rng::new(0), &Default::default())?.len(), 100);
/// # Ok::<(), reflow::Error>(())
/// ```
pub struct Mixture<B: Backend, const D: usize = 2, Y: Condition = ()> {
    parts: Vec<Box<dyn Coupling<B, D, Y>>>,
    weights: Vec<f64>,
}

impl<B: Backend, const D: usize, Y: Condition> Mixture<B, D, Y> {
    /// Starts with one coupling and its weight.
    ///
    /// # Errors
    /// If the weight is not positive and finite.
    pub fn of(coupling: impl Coupling<B, D, Y> + 'static, weight: f64) -> Result<Self, ConfigError> {
        Self { parts: vec![], weights: vec![] }.and(coupling, weight)
    }

    /// Adds a coupling with its weight; the weights need not sum to one.
    ///
    /// # Errors
    /// If the weight, or the sum of all weights, is not positive and finite.
    pub fn and(
        mut self,
        coupling: impl Coupling<B, D, Y> + 'static,
        weight: f64,
    ) -> Result<Self, ConfigError> {
        self.weights.push(positive("Mixture", "weight", weight)?);
        positive("Mixture", "sum of the weights", self.weights.iter().sum())?;
        self.parts.push(Box::new(coupling));
        Ok(self)
    }

    /// How many of `batch` rows each coupling draws.
    fn counts(&self, batch: usize, rng: &Rng) -> Vec<usize> {
        let law = WeightedIndex::new(&self.weights).expect("the weights were checked");
        let mut counts = vec![0; self.parts.len()];
        rng.generator().sample_iter(law).take(batch).for_each(|part| counts[part] += 1);
        counts
    }
}

impl<B: Backend, const D: usize, Y: Condition> Coupling<B, D, Y> for Mixture<B, D, Y> {
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let counts = self.counts(batch, &rng.fork("parts"));
        let drawn = self.parts.iter().zip(counts).enumerate().filter(|(_, (_, count))| *count > 0);
        let batches = drawn.map(|(number, (part, count))| part.draw(count, &rng.at(number), device));
        Pair::cat(batches.collect::<Result<_, _>>()?)
    }
}

impl<B: Backend, const D: usize, Y: Condition> fmt::Debug for Mixture<B, D, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mixture").field("weights", &self.weights).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupling::{Gaussian, Independent, NormalLaw};
    use burn_ndarray::NdArray;

    fn around(mean: f64) -> Independent<NormalLaw, Gaussian> {
        Independent::new(NormalLaw::new(vec![1], mean, 0.1).unwrap(), Gaussian)
    }

    #[test]
    fn rows_come_by_weight() {
        let mixture = Mixture::<NdArray<f64>>::of(around(0.0), 1.0).unwrap().and(around(1.0), 3.0).unwrap();
        let pair = mixture.draw(4000, &Rng::new(1), &Default::default()).unwrap();
        let mean = pair.x0().mean().into_scalar();
        assert!((mean - 0.75).abs() < 0.03, "{mean}");
    }

    #[test]
    fn wrong_weights_are_refused() {
        let huge = Mixture::<NdArray<f64>>::of(around(0.0), f64::MAX).unwrap();
        assert!(huge.and(around(1.0), f64::MAX).unwrap_err().to_string().contains("inf"));
        for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = Mixture::<NdArray<f64>>::of(around(0.0), weight).unwrap_err();
            assert!(error.to_string().contains(&format!("{weight:?}")));
        }
    }
}
