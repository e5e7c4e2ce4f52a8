//! Pairs moved to the right marginals.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::Pair;
use crate::{
    Condition, ConfigError, Error, Key,
    condition::check_lengths,
    data::Sample,
    error::{at_least_one, deserialize_checked, not_negative},
    rows,
    transport::{Classes, Matching},
};

/// Moves stored pairs to the right marginals: each end by its own optimal transport.
///
/// The pairs that a trained flow makes are exact at one end (the noise of [`Backward`](super::Backward)
/// pairs, the data of [`Forward`](super::Forward) pairs) and only as good as the flow at the other. The
/// nearest coupling with the distributions of the data and of the noise, in the 2-Wasserstein distance
/// between pairs, moves each end separately:
///
/// ```text
/// min W2^2(G, Q) over G with marginals P0, P1  =  W2^2(Q0, P0) + W2^2(Q1, P1)
/// ```
///
/// It is reached by gluing the two plans along the pairs (proved in `docs/proofs.md`). So backward pairs need
/// only [`onto_data`](Projection::onto_data), forward pairs only [`onto_noise`](Projection::onto_noise).
///
/// Rows are matched one to one, so the new marginals are exactly the rows given. They are matched within
/// their condition: labels and masks split them into classes, which must have as many rows on both sides
/// ([`Dataset::balanced_for`](crate::data::Dataset::balanced_for) draws such rows). Features add
/// `w |y - y'|^2` to the squared distance, where `w` is the
/// [condition weight](Projection::with_condition_weight).
///
/// # Accuracy and time
///
/// Classes of up to 4,096 rows are matched exactly. For larger ones, an auction runs until its prices prove
/// that the total squared distance is within 6% of the least possible; in practice it ends within 1%. The
/// proof reaches to moves of about 1e-5 of the largest distance between rows: where most rows move less,
/// because a few lie very far away, they may be matched less well. In one dimension the matching is exact at
/// any size, and if the rows already are those of the target, none moves.
///
/// Above the exact size, two samples of one normal distribution take this many seconds of processor time.
/// In 8 dimensions and more, the cores share most of it:
///
/// | rows | 2 dimensions | 8 | 16 | 64 |
/// |---:|---:|---:|---:|---:|
/// | 4,096 | 0.4 | 0.4 | 0.5 | 1 |
/// | 20,000 | 7 | 11 | 11 | 34 |
///
/// Distributions that differ take up to twice as long, and up to three times with rows far from all others. Onto
/// repeated rows it takes much less. A class of 20,000 rows of 64 values needs less than 80 MB.
///
/// Even perfect pairs move, because the target is a sample too: 1,000 of them, projected onto a fresh sample,
/// move by 0.01 of the data's variance in one dimension, and by 1.2 of it in 64.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{
///     Key, Sampler,
///     coupling::{Backward, Pairs, Projection},
///     data::{Data, Normal},
///     flow::GaussianFlow,
///     ode::{Euler, TimeGrid},
/// };
///
/// let (key, device) = (Key::new(0), Default::default());
/// let data = Normal::new(vec![2], 3.0, 0.5)?;
/// let poor = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Euler, TimeGrid::uniform(3)?);
/// let pairs = Pairs::<Flex>::generate(&Backward::new(poor, vec![2])?, 0..200, &key, &device)?;
/// let target = data.draw(0..200, &key.fork("target"), &device)?;
/// let pairs = Pairs::new(Projection::default().onto_data(pairs.into_pair(), target, &key)?)?;
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Simple ReFlow, improvement 5, by a discriminator and Sinkhorn there; moving each end separately is
/// ours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Projection {
    exact_up_to: usize,
    condition_weight: f64,
}

deserialize_checked!(Projection { exact_up_to: usize, condition_weight: f64 } via {
    Projection::default()
        .with_exact_up_to(exact_up_to)
        .and_then(|projection| projection.with_condition_weight(condition_weight))
});

impl Default for Projection {
    /// Exact up to 4,096 rows, with a condition weight of 1.
    fn default() -> Self {
        Self { exact_up_to: 4096, condition_weight: 1.0 }
    }
}

impl Projection {
    /// Sets the largest number of rows of a class that are matched exactly: 4,096 by default.
    ///
    /// An exact matching of `n` rows takes `8 n^2` bytes and up to `O(n^3)` time. Larger classes are matched
    /// within 6% of the least total squared distance, in memory proportional to their size.
    ///
    /// # Errors
    /// If it is zero.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Error, Key, Pair, coupling::Projection, data::Sample, metric::transport_cost};
    ///
    /// let (key, device) = (Key::new(0), Default::default());
    /// let normal = |purpose| key.fork(purpose).normal::<Flex, 2>([200, 2], &device);
    /// let pair = Pair::new(normal("poor data") * 0.8, normal("noise"))?;
    /// let cost = |rows| -> Result<f64, Error> {
    ///     let projection = Projection::default().with_exact_up_to(rows)?;
    ///     let moved = projection.onto_data(pair.clone(), Sample { x: normal("data"), y: () }, &key)?;
    ///     transport_cost(pair.x0(), moved.x0())
    /// };
    /// let (exact, close) = (cost(200)?, cost(1)?);
    /// assert!(exact <= 1.0001 * close && close <= 1.06 * exact);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_exact_up_to(mut self, rows: usize) -> Result<Self, ConfigError> {
        self.exact_up_to = at_least_one("Projection", "exact_up_to", rows)?;
        Ok(self)
    }

    /// Sets how much the squared distance between the features of two rows counts relative to that between
    /// the rows: 1 by default, and 0 to ignore the features.
    ///
    /// # Errors
    /// If it is negative or not finite.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{
    ///     Error, Key, Pair, condition::Features, coupling::Projection, data::Sample, rows::to_host,
    /// };
    ///
    /// let device = Default::default();
    /// let column = |values| Tensor::<Flex, 2>::from_data(values, &device);
    /// let (x0, y) = (column([[0.0], [1.0]]), column([[0.0], [5.0]]));
    /// let pair = Pair::<Flex, 2, Features>::with_conditions(x0.clone(), x0.clone(), y)?;
    /// let moved = |weight| -> Result<Vec<f64>, Error> {
    ///     let projection = Projection::default().with_condition_weight(weight)?;
    ///     let data = Sample { x: x0.clone(), y: column([[5.0], [0.0]]) };
    ///     Ok(to_host(projection.onto_data(pair.clone(), data, &Key::new(0))?.x0()))
    /// };
    /// assert_eq!(moved(0.0)?, [0.0, 1.0]); // the data are right, the features are not
    /// assert_eq!(moved(1.0)?, [1.0, 0.0]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_condition_weight(mut self, weight: f64) -> Result<Self, ConfigError> {
        self.condition_weight = not_negative("Projection", "condition_weight", weight)?;
        Ok(self)
    }

    /// Replaces the data of each pair by a row of `data` of the same class, each used once. The conditions
    /// become those of the new rows.
    ///
    /// The key matters only in classes above the [exact size](Projection::with_exact_up_to), where it decides
    /// between matchings that are about as good.
    ///
    /// # Shapes
    /// `data`: as many rows as there are pairs, of the same shape, and as many of each class.
    ///
    /// # Errors
    /// [`Error::Length`] or [`Error::Shape`] if the rows do not fit, [`Error::NotFinite`] if a value is NaN
    /// or infinite.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Key, Pair, coupling::Projection, data::Sample, rows::to_host};
    ///
    /// let device = Default::default();
    /// let column = |values| Tensor::<Flex, 2>::from_data(values, &device);
    /// let pair = Pair::new(column([[0.9], [0.1], [2.2]]), column([[1.0], [-1.0], [3.0]]))?;
    /// let data = Sample { x: column([[0.0], [1.0], [2.0]]), y: () };
    /// let moved = Projection::default().onto_data(pair, data, &Key::new(0))?;
    /// assert_eq!(to_host(moved.x0()), [1.0, 0.0, 2.0]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn onto_data<B: Backend, const D: usize, Y: Condition>(
        &self,
        pair: Pair<B, D, Y>,
        data: Sample<B, D, Y>,
        key: &Key,
    ) -> Result<Pair<B, D, Y>, Error> {
        let (x0, x1, y) = pair.into_parts();
        let device = x0.device();
        let onto: Sample<B, D, Y> =
            Sample { x: data.x.to_device(&device), y: Y::to_device::<B>(data.y, &device) };
        let names = ["the data of the pairs", "the data to project onto"];
        let partners = self.partners(names, Sample { x: x0, y }, &onto, key)?;
        let indices = rows::indices(partners, &device);
        Pair::with_conditions(onto.x.select(0, indices.clone()), x1, Y::select::<B>(onto.y, indices))
    }

    /// Replaces the noise of each pair by a row of `noise`, each used once. Data and conditions stay.
    ///
    /// The noise must be normal under each condition, so each class receives the rows of `noise` at its own
    /// positions.
    ///
    /// # Shapes
    /// `noise`: as many rows as there are pairs, of the same shape.
    ///
    /// # Errors
    /// As [`onto_data`](Projection::onto_data).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Key, Pair, coupling::Projection, rows::to_host};
    ///
    /// let device = Default::default();
    /// let column = |values| Tensor::<Flex, 2>::from_data(values, &device);
    /// let pair = Pair::new(column([[5.0], [6.0]]), column([[0.1], [-0.3]]))?;
    /// let moved = Projection::default().onto_noise(pair, column([[-1.0], [1.0]]), &Key::new(0))?;
    /// assert_eq!(to_host(moved.x1()), [1.0, -1.0]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn onto_noise<B: Backend, const D: usize, Y: Condition>(
        &self,
        pair: Pair<B, D, Y>,
        noise: Tensor<B, D>,
        key: &Key,
    ) -> Result<Pair<B, D, Y>, Error> {
        let (x0, x1, y) = pair.into_parts();
        let onto: Sample<B, D, Y> = Sample { x: noise.to_device(&x1.device()), y: y.clone() };
        let names = ["the noise of the pairs", "the noise to project onto"];
        let partners = self.partners(names, Sample { x: x1, y: y.clone() }, &onto, key)?;
        let indices = rows::indices(partners, &onto.x.device());
        Pair::with_conditions(x0, onto.x.select(0, indices), y)
    }

    /// The row of `onto` for each row of `from`.
    fn partners<B: Backend, const D: usize, Y: Condition>(
        &self,
        names: [&'static str; 2],
        from: Sample<B, D, Y>,
        onto: &Sample<B, D, Y>,
        key: &Key,
    ) -> Result<Vec<usize>, Error> {
        let count = from.x.dims()[0];
        rows::check_length(names[1], count, onto.x.dims()[0])?;
        rows::check_row_shape(names[1], &from.x.dims()[1..], &onto.x.dims()[1..])?;
        rows::check_data(names[0], &from.x)?;
        rows::check_data(names[1], &onto.x)?;
        check_lengths::<B, Y>("the conditions of the rows to project onto", count, &onto.y)?;
        let (classes, others) = (Classes::of::<B, Y>(&from.y, count), Classes::of::<B, Y>(&onto.y, count));
        let (from, onto) = (self.side(from), self.side(onto.clone()));
        let what = "the features of the rows to project onto";
        rows::check_row_shape(what, &from.dims()[1..], &onto.dims()[1..])?;
        rows::check_finite("the features of the pairs", &from)?;
        rows::check_finite(what, &onto)?;
        let (matching, key) = (Matching { exact_up_to: self.exact_up_to }, key.fork("projection"));
        let mut partners = vec![0; count];
        let beside = classes.beside(&others, "the rows of a class to project onto")?;
        for (class, (rows, others)) in beside.into_iter().enumerate() {
            let pick = |x: &Tensor<B, 2>, rows: &[usize]| {
                x.clone().select(0, rows::indices(rows.to_vec(), &x.device()))
            };
            let found = matching.find(pick(&from, rows), pick(&onto, others), &key.at(class));
            rows.iter().zip(found).for_each(|(&row, partner)| partners[row] = others[partner]);
        }
        Ok(partners)
    }

    /// The points to match: rows with the features of their conditions.
    fn side<B: Backend, const D: usize, Y: Condition>(
        &self,
        Sample { x, y }: Sample<B, D, Y>,
    ) -> Tensor<B, 2> {
        let x = rows::flatten(x);
        match Y::points::<B>(&y) {
            Some(points) => Tensor::cat(vec![x, points * self.condition_weight.sqrt()], 1),
            None => x,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_refused() {
        let projection = Projection::default();
        assert!(projection.with_exact_up_to(0).unwrap_err().to_string().contains("exact_up_to"));
        assert!(projection.with_condition_weight(-1.0).unwrap_err().to_string().contains("-1.0"));
        assert!(projection.with_condition_weight(f64::NAN).unwrap_err().to_string().contains("NaN"));
    }
}
