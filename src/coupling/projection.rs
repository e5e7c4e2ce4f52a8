//! Pairs moved to the right marginals.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Pair, Sample};
use crate::{
    Condition, ConfigError, Error, Rng,
    error::{at_least_one, deserialize_checked, positive},
    rows,
    transport::Matching,
};

/// The projection of pairs to the couplings with the right marginals: each end moved by its own optimal transport.
///
/// The pairs a trained flow makes have one end that is exact (the noise of [`Backward`](super::Backward) pairs, the data
/// of [`Forward`](super::Forward) pairs) and one that is as good as the flow. The nearest coupling with the data's and the
/// noise's own laws, in the 2-Wasserstein distance of pairs, moves the two ends apart from one another:
///
/// ```text
/// min W2^2(G, Q) over G with marginals P0, P1  =  W2^2(Q0, P0) + W2^2(Q1, P1)
/// ```
///
/// and is reached by gluing the two plans along the pairs (the proof is in `docs/proofs.md`). So backward pairs need
/// [`onto_data`](Projection::onto_data) alone, forward pairs [`onto_noise`](Projection::onto_noise) alone.
///
/// The plans match rows one to one, so the marginals are exactly those of the rows given. Up to 4,096 rows they are
/// optimal; above, rows draw their partners from the plan of entropic transport (Sinkhorn's, in the log domain, in blocks of
/// bounded memory), those that draw one already taken being matched among themselves.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{
///     Rng, Sampler,
///     coupling::{Backward, Law, NormalLaw, Pairs, Projection},
///     flow::GaussianFlow,
///     ode::{Euler, TimeGrid},
/// };
///
/// let (rng, device) = (Rng::new(0), Default::default());
/// let data = NormalLaw::new(vec![2], 3.0, 0.5)?;
/// let poor = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Euler, TimeGrid::uniform(3)?);
/// let pairs = Pairs::<Flex>::generate(&Backward::new(poor, data.clone()), 200, 200, &rng, &device)?;
/// let target = data.draw(200, &rng.fork("target"), &device)?;
/// let pairs = Pairs::new(Projection::default().onto_data(pairs.into_pair(), target, &rng)?)?;
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Simple ReFlow, improvement 5, which solves a penalised form with a discriminator; the split is ours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Projection {
    exact_up_to: usize,
    epsilon: f64,
    sweeps: usize,
}

deserialize_checked!(Projection { exact_up_to: usize, epsilon: f64, sweeps: usize } via {
    Projection::default()
        .with_exact_up_to(exact_up_to)
        .and_then(|projection| projection.with_entropy(epsilon, sweeps))
});

impl Default for Projection {
    /// Exact up to 4,096 rows; above, 60 sweeps at 0.01 of the mean squared distance.
    fn default() -> Self {
        Self { exact_up_to: 4096, epsilon: 0.01, sweeps: 60 }
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
    /// Sinkhorn's sweeps, each as dear as one distance matrix.
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

    /// Replaces the data of each pair by a row of `data`, each used once. The conditions are those of the new rows.
    ///
    /// For a flow with conditions, project the pairs of each condition onto the data of that condition: the noise of a pair
    /// then stays with the condition it was made under. [`Dataset::balanced`](super::Dataset::balanced) draws any number of rows.
    ///
    /// # Shapes
    /// `data`: as many rows as there are pairs, of the same shape.
    ///
    /// # Errors
    /// [`Error::Length`] or [`Error::Shape`] if the rows do not fit, [`Error::NotFinite`] if one holds NaN or an
    /// infinity.
    pub fn onto_data<B: Backend, const D: usize, Y: Condition>(
        &self,
        pair: Pair<B, D, Y>,
        data: Sample<B, D, Y>,
        rng: &Rng,
    ) -> Result<Pair<B, D, Y>, Error> {
        let (x0, x1, _) = pair.into_parts();
        if let Some(found) = Y::len(&data.y) {
            rows::check_length("the conditions of the data to project onto", data.x.dims()[0], found)?;
        }
        let device = x0.device();
        let (data, y) = (data.x.to_device(&device), Y::to_device(data.y, &device));
        let partners =
            self.partners(["the data of the pairs", "the data to project onto"], x0, &data, rng)?;
        let numbers = rows::numbers(partners, &device);
        Pair::with_conditions(data.select(0, numbers.clone()), x1, Y::select(y, numbers))
    }

    /// Replaces the noise of each pair by a row of `noise`, each used once; data and conditions stay.
    ///
    /// The noise is to be normal under each condition, so here too the pairs of each are projected by themselves.
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
        rng: &Rng,
    ) -> Result<Pair<B, D, Y>, Error> {
        let (x0, x1, y) = pair.into_parts();
        let noise = noise.to_device(&x1.device());
        let partners =
            self.partners(["the noise of the pairs", "the noise to project onto"], x1, &noise, rng)?;
        let numbers = rows::numbers(partners, &noise.device());
        Pair::with_conditions(x0, noise.select(0, numbers), y)
    }

    /// The row of `onto` for each row of `from`.
    fn partners<B: Backend, const D: usize>(
        &self,
        names: [&'static str; 2],
        from: Tensor<B, D>,
        onto: &Tensor<B, D>,
        rng: &Rng,
    ) -> Result<Vec<usize>, Error> {
        rows::check_length(names[1], from.dims()[0], onto.dims()[0])?;
        rows::check_row_shape(names[1], &from.dims(), &onto.dims())?;
        rows::check_data(names[0], &from)?;
        rows::check_data(names[1], onto)?;
        let Self { exact_up_to, epsilon, sweeps } = *self;
        let matching = Matching { exact_up_to, epsilon, sweeps };
        Ok(matching.find(&rows::flatten(from), &rows::flatten(onto.clone()), &rng.fork("projection")))
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
