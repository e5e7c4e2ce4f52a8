//! Pairs moved to the right marginals.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::Pair;
use crate::{
    Condition, ConfigError, Error, Key,
    condition::check_lengths,
    data::Sample,
    error::{at_least_one, deserialize_checked, not_negative, positive},
    rows,
    transport::{Classes, Matching},
};

/// The projection of pairs to the couplings with the right marginals: each end moved by its own optimal transport.
///
/// The pairs a trained flow makes have one end that is exact (the noise of [`Backward`](super::Backward) pairs, the data
/// of [`Forward`](super::Forward) pairs) and one that is as good as the flow. The nearest coupling with the distributions of
/// the data and of the noise, in the 2-Wasserstein distance of pairs, moves each end separately:
///
/// ```text
/// min W2^2(G, Q) over G with marginals P0, P1  =  W2^2(Q0, P0) + W2^2(Q1, P1)
/// ```
///
/// and is reached by gluing the two plans along the pairs (the proof is in `docs/proofs.md`). So backward pairs need
/// [`onto_data`](Projection::onto_data) alone, forward pairs [`onto_noise`](Projection::onto_noise) alone.
///
/// Rows are matched within their condition alone: labels and masks split them into classes, each with as many rows on both
/// sides ([`Dataset::balanced_for`](crate::data::Dataset::balanced_for) draws them), and features add
/// `w |y - y'|^2` to the squared distance.
///
/// In many dimensions samples are far from one another whatever their distribution: projecting perfect pairs of 1,000
/// rows onto a fresh sample moves them by 0.01 of the data's variance on the line and by 1.2 of it in 64 dimensions.
///
/// The plans match rows one to one, so the marginals are exactly those of the rows given. Up to 4,096 rows they are
/// optimal; above, rows draw their partners from the plan of entropic transport (Sinkhorn's, in the log domain, in blocks of
/// bounded memory), those that draw one already taken being matched among themselves.
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
/// Source: Simple ReFlow, improvement 5, which solves a penalised form with a discriminator; the split is ours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Projection {
    exact_up_to: usize,
    epsilon: f64,
    sweeps: usize,
    condition_weight: f64,
}

deserialize_checked!(Projection { exact_up_to: usize, epsilon: f64, sweeps: usize, condition_weight: f64 } via {
    Projection::default()
        .with_exact_up_to(exact_up_to)
        .and_then(|projection| projection.with_entropy(epsilon, sweeps))
        .and_then(|projection| projection.with_condition_weight(condition_weight))
});

impl Default for Projection {
    /// Exact up to 4,096 rows; above, 60 sweeps at 0.01 of the mean squared distance. The condition weight is 1.
    fn default() -> Self {
        Self { exact_up_to: 4096, epsilon: 0.01, sweeps: 60, condition_weight: 1.0 }
    }
}

impl Projection {
    /// The most rows that are matched exactly: it takes 8 bytes for each pair of rows, and up to cubic time.
    ///
    /// # Errors
    /// If it is zero.
    pub fn with_exact_up_to(mut self, rows: usize) -> Result<Self, ConfigError> {
        self.exact_up_to = at_least_one("Projection", "exact_up_to", rows)?;
        Ok(self)
    }

    /// The entropic transport above that: its regularisation in units of the mean squared distance, and the number of
    /// Sinkhorn sweeps, each of which costs as much as one distance matrix.
    ///
    /// A smaller regularisation costs less transport and needs more sweeps: the first `log2(1 / epsilon)` lead down to it. Rows
    /// far outside the others make the mean distance large, and the matching of the others coarse.
    ///
    /// # Errors
    /// If the regularisation is not positive and finite, or there are no sweeps.
    pub fn with_entropy(mut self, epsilon: f64, sweeps: usize) -> Result<Self, ConfigError> {
        self.epsilon = positive("Projection", "epsilon", epsilon)?;
        self.sweeps = at_least_one("Projection", "sweeps", sweeps)?;
        Ok(self)
    }

    /// How much the squared distance of two rows' features counts beside that of the rows; 0 matches across them.
    ///
    /// # Errors
    /// If it is negative or not finite.
    pub fn with_condition_weight(mut self, weight: f64) -> Result<Self, ConfigError> {
        self.condition_weight = not_negative("Projection", "condition_weight", weight)?;
        Ok(self)
    }

    /// Replaces the data of each pair by a row of `data` of the same class, each used once. The conditions are those of the
    /// new rows.
    ///
    /// # Shapes
    /// `data`: as many rows as there are pairs, of the same shape, and as many of each class.
    ///
    /// # Errors
    /// [`Error::Length`] or [`Error::Shape`] if the rows do not fit, [`Error::NotFinite`] if one holds NaN or an
    /// infinity.
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

    /// Replaces the noise of each pair by a row of `noise`, each used once; data and conditions stay.
    ///
    /// The noise is to be normal under each condition, so the rows of each class get the part of `noise` at their places.
    ///
    /// # Shapes
    /// `noise`: as many rows as there are pairs, of the same shape.
    ///
    /// # Errors
    /// As [`onto_data`](Projection::onto_data).
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
        rows::check_row_shape(
            "the features of the rows to project onto",
            &from.dims()[1..],
            &onto.dims()[1..],
        )?;
        let key = key.fork("projection");
        let mut partners = vec![0; count];
        let beside = classes.beside(&others, "the rows of a class to project onto")?;
        for (class, (rows, others)) in beside.into_iter().enumerate() {
            let pick = |x: &Tensor<B, 2>, rows: &[usize]| {
                x.clone().select(0, rows::indices(rows.to_vec(), &x.device()))
            };
            let found = self.matching().find(&pick(&from, rows), &pick(&onto, others), &key.at(class));
            rows.iter().zip(found).for_each(|(&row, partner)| partners[row] = others[partner]);
        }
        Ok(partners)
    }

    /// The points to match: rows, and the features of their conditions.
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

    fn matching(&self) -> Matching {
        let Self { exact_up_to, epsilon, sweeps, .. } = *self;
        Matching { exact_up_to, epsilon, sweeps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_refused() {
        let projection = Projection::default();
        assert!(projection.with_exact_up_to(0).unwrap_err().to_string().contains("exact_up_to"));
        assert!(projection.with_entropy(0.1, 0).unwrap_err().to_string().contains("sweeps"));
        for epsilon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = projection.with_entropy(epsilon, 10).unwrap_err();
            assert!(error.to_string().contains(&format!("{epsilon:?}")));
        }
    }
}
