//! A mixture of several couplings.

use std::{fmt, ops::Range};

use burn::tensor::backend::Backend;
use rand::RngExt;

use super::{Coupling, Pair};
use crate::{Condition, ConfigError, Error, Key, error::positive, rows};

/// Rows from several couplings, in proportion to their weights.
///
/// Of any `n` consecutive rows, each coupling supplies `n` times its share, to within one row for itself and
/// one for each coupling before it. The key decides where the pattern starts. Each coupling is drawn without
/// gaps, so one that goes through its rows in epochs still does.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Coupling, Key, coupling::{Independent, Mixture}, data::{Gaussian, Normal}};
///
/// let near = Independent::new(Normal::new(vec![2], 0.0, 1.0)?, Gaussian);
/// let far = Independent::new(Normal::new(vec![2], 9.0, 1.0)?, Gaussian);
/// let both = Mixture::<Flex>::of(near, 3.0)?.and(far, 1.0)?;
/// let mean = both.draw(0..400, &Key::new(0), &Default::default())?.x0().mean().into_scalar();
/// assert!((mean - 2.25).abs() < 0.3); // three quarters around 0, one quarter around 9
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: systematic sampling.
pub struct Mixture<B: Backend, const D: usize = 2, Y: Condition = ()> {
    parts: Vec<Box<dyn Coupling<B, D, Y>>>,
    weights: Vec<f64>,
}

impl<B: Backend, const D: usize, Y: Condition> Mixture<B, D, Y> {
    /// Starts a mixture with one coupling and its weight.
    ///
    /// # Errors
    /// If the weight is not positive and finite.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{coupling::{Independent, Mixture}, data::{Gaussian, Normal}};
    ///
    /// let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// let refused = Mixture::<Flex>::of(coupling, -1.0).unwrap_err();
    /// assert_eq!(refused.to_string(), "Mixture: weight must be positive and finite, got -1.0");
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn of(coupling: impl Coupling<B, D, Y> + 'static, weight: f64) -> Result<Self, ConfigError> {
        Self { parts: vec![], weights: vec![] }.and(coupling, weight)
    }

    /// Adds a coupling with its weight; the weights need not sum to 1.
    ///
    /// # Errors
    /// If the weight, or the sum of all weights, is not positive and finite.
    ///
    /// # Example
    ///
    /// Half of the pairs of a teacher from noise, half from data:
    ///
    /// ```
    /// use burn_flex::Flex;
    /// # use reflow::{flow::GaussianFlow, ode::{Heun, TimeGrid}};
    /// use reflow::{
    ///     Coupling, Key, Sampler, coupling::{Backward, Forward, Mixture}, data::Normal,
    /// };
    ///
    /// # let teacher = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::uniform(8)?);
    /// let backward = Backward::new(teacher.clone(), vec![2])?;
    /// let forward = Forward::new(teacher, Normal::new(vec![2], 3.0, 0.5)?);
    /// let both = Mixture::<Flex>::of(backward, 1.0)?.and(forward, 1.0)?;
    /// let pair = both.draw(0..16, &Key::new(0), &Default::default())?;
    /// assert_eq!(pair.x0().dims(), [16, 2]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
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

    /// Which coupling a row comes from, and which row of that coupling it is.
    fn place(&self, row: usize, offsets: &[f64]) -> (usize, usize) {
        let mut row = row;
        let mut rest: f64 = self.weights.iter().sum();
        for (part, (&weight, offset)) in self.weights.iter().zip(offsets).enumerate() {
            // Of the first `n` rows that are left, floor(n share + offset) are of this part.
            let before = |rows: usize| counted(rows as f64 * (weight / rest) + offset);
            if part + 1 == self.weights.len() {
                return (part, row);
            }
            if before(row + 1) > before(row) {
                return (part, before(row));
            }
            row -= before(row);
            rest -= weight;
        }
        unreachable!("the last part takes what is left")
    }
}

/// The integer part of a non-negative number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of rows are far below 2^52"
)]
fn counted(number: f64) -> usize {
    number as usize
}

impl<B: Backend, const D: usize, Y: Condition> Coupling<B, D, Y> for Mixture<B, D, Y> {
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let mut generator = key.fork("parts").generator();
        let offsets: Vec<f64> = self.parts.iter().map(|_| generator.random()).collect();
        let places: Vec<(usize, usize)> = rows.map(|row| self.place(row, &offsets)).collect();
        let mut batches = vec![];
        // Where the rows of each part begin among the drawn rows.
        let mut starts = vec![0_usize; self.parts.len()];
        let mut drawn = 0_usize;
        for (number, part) in self.parts.iter().enumerate() {
            let mut own = places.iter().filter(|(part, _)| *part == number).map(|(_, row)| *row);
            let Some(first) = own.next() else { continue };
            let last = own.next_back().unwrap_or(first);
            let pairs = part.draw(first..last + 1, &key.at(number), device)?;
            rows::check_length("the pairs that a part of a mixture drew", last + 1 - first, pairs.len())?;
            batches.push(pairs);
            starts[number] = drawn.wrapping_sub(first);
            drawn += last + 1 - first;
        }
        let order = places.iter().map(|&(part, row)| starts[part].wrapping_add(row)).collect();
        Pair::cat(batches)?.select(order)
    }
}

impl<B: Backend, const D: usize, Y: Condition> fmt::Debug for Mixture<B, D, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mixture").field("weights", &self.weights).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use burn_ndarray::NdArray;

    use super::*;
    use crate::{
        coupling::Independent,
        data::{Gaussian, Normal},
        rows::to_host,
    };

    fn around(mean: f64) -> Independent<Normal, Gaussian> {
        Independent::new(Normal::new(vec![1], mean, 0.1).unwrap(), Gaussian)
    }

    fn three() -> Mixture<NdArray<f64>> {
        let mixture = Mixture::of(around(0.0), 1.0).unwrap().and(around(10.0), 5.0).unwrap();
        mixture.and(around(20.0), 2.5).unwrap()
    }

    #[test]
    fn every_stretch_of_rows_has_its_shares() {
        let x = to_host(three().draw(0..1700, &Key::new(1), &Default::default()).unwrap().x0());
        for length in [17, 170, 1700] {
            for stretch in x.chunks(length) {
                let near = |mean: f64| stretch.iter().filter(|x| (**x - mean).abs() < 3.0).count() as f64;
                for (mean, share) in [(0.0, 2.0 / 17.0), (10.0, 10.0 / 17.0), (20.0, 5.0 / 17.0)] {
                    assert!((near(mean) - share * length as f64).abs() <= 3.0, "{mean}: {}", near(mean));
                }
            }
        }
    }

    #[test]
    fn parts_are_drawn_without_gaps() {
        let mixture = three();
        for offsets in [[0.0, 0.0, 0.0], [0.3, 0.9, 0.5], [0.99, 0.01, 0.7]] {
            let mut next = [0; 3];
            for row in 0..5000 {
                let (part, own) = mixture.place(row, &offsets);
                assert_eq!(own, next[part], "row {row} of part {part}");
                next[part] += 1;
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_its_batch() {
        let draw = |rows| to_host(three().draw(rows, &Key::new(2), &Default::default()).unwrap().x0());
        assert_eq!(draw(0..60)[13..41], draw(13..41));
    }

    #[test]
    fn it_is_shared_by_threads() {
        fn shared(_: &(impl Send + Sync)) {}
        shared(&three());
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
