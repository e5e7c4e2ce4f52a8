//! The report of a round of rectification.

use std::fmt;

use burn::tensor::backend::Backend;
use serde::{Deserialize, Serialize};

use super::{
    DataMarginal, HeldOut, NoiseMarginal, data_marginal, energy_distance, noise_marginal, straightness,
    transport_cost,
};
use crate::{
    Condition, Error, Flow, Key, OdeSolver, Pair, Sampler, StepControl, key::Permutation, ode::Direction,
    rows::indices, sampler::Carry,
};

/// The distance of samples from the data, and the number of evaluations that they took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleDistance {
    /// The number of evaluations of the flow, as counted.
    pub evaluations: usize,
    /// The energy distance of the samples from the held-out data.
    pub distance: f64,
}

/// The measurements of a round of rectification: of its pairs, and of the flow that was trained on them.
///
/// It prints as a table, implements serde's traits, and has the points to plot as
/// [`series`](RoundReport::series).
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{
///     Key, Sampler,
///     coupling::{Backward, Coupling},
///     data::{Data, Normal},
///     flow::GaussianFlow,
///     metric::{HeldOut, RoundReport},
///     ode::{Euler, Heun, TimeGrid},
/// };
///
/// let (device, key) = (Default::default(), Key::new(0));
/// let (flow, data) = (GaussianFlow::new(3.0, 0.5)?, Normal::new(vec![2], 3.0, 0.5)?);
/// let held_out_data = Data::<Flex>::draw(&data, 0..500, &key.fork("data"), &device)?.x;
/// let held_out = HeldOut::new(held_out_data, key.fork("noise").normal([500, 2], &device))?;
///
/// let many = Sampler::new(flow, Heun, TimeGrid::uniform(50)?);
/// let backward = Backward::new(many.clone(), vec![2])?;
/// let pair = Coupling::<Flex>::draw(&backward, 0..500, &key.fork("pairs"), &device)?;
/// let report = RoundReport::new("round 1", &pair, &many, &held_out, &key.fork("tests"))?
///     .with_samples(&many, &held_out)?
///     .with_samples(&Sampler::new(flow, Euler, TimeGrid::uniform(1)?), &held_out)?;
/// assert!(report.noise.p > 0.01 && report.data.p > 0.01);
/// assert_eq!(report.series()[1].0, 1);
/// println!("{report}");
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundReport {
    /// The name of the round.
    pub name: String,
    /// The distances of samples, in the order in which they were added.
    pub distances: Vec<SampleDistance>,
    /// The mean distance of a perfect sampler.
    pub floor: f64,
    /// The straightness of the flow.
    pub straightness: f64,
    /// The transport cost of the pairs.
    pub transport_cost: f64,
    /// Whether the noise of the pairs is still standard normal.
    pub noise: NoiseMarginal,
    /// Whether the data of the pairs are still draws of the data.
    pub data: DataMarginal,
}

impl RoundReport {
    /// Measures the pairs of a round, and the straightness of the flow that was trained on them.
    ///
    /// The sampler should take many steps. The cost of the test of the data is quadratic, so it takes only as
    /// many randomly chosen pairs as there are rows of held-out data; everything else takes all pairs.
    ///
    /// # Errors
    /// As [`straightness`], [`transport_cost`], [`noise_marginal`] and [`data_marginal`].
    pub fn new<B, const D: usize, Y, F, S, C>(
        name: impl Into<String>,
        pair: &Pair<B, D, Y>,
        sampler: &Sampler<F, S, C>,
        held_out: &HeldOut<B, D>,
        key: &Key,
    ) -> Result<Self, Error>
    where
        B: Backend,
        Y: Condition,
        F: Flow<B, D>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        let tested = pair.len().min(held_out.data.dims()[0]);
        // Stored pairs may be sorted, so the rows to test are chosen at random.
        let any = Permutation::new(pair.len(), &key.fork("tested"));
        let x0 =
            pair.x0().select(0, indices((0..tested).map(|row| any.at(row)).collect(), &pair.x0().device()));
        Ok(Self {
            name: name.into(),
            distances: vec![],
            floor: held_out.floor,
            straightness: straightness(sampler, held_out.noise.clone())?,
            transport_cost: transport_cost(pair.x0(), pair.x1())?,
            noise: noise_marginal(pair.x1(), held_out.projections, key)?,
            data: data_marginal(x0, held_out.data.clone(), held_out.permutations, key)?,
        })
    }

    /// Draws samples from the held-out noise, and adds their distance from the held-out data.
    ///
    /// # Errors
    /// As [`Sampler::sample`] and [`energy_distance`].
    pub fn with_samples<B: Backend, const D: usize>(
        mut self,
        carrier: &impl Carry<B, D>,
        held_out: &HeldOut<B, D>,
    ) -> Result<Self, Error> {
        let out = carrier.carry(held_out.noise.clone(), (), Direction::ToData)?;
        let distance = energy_distance(out.x, held_out.data.clone())?;
        self.distances.push(SampleDistance { evaluations: out.evaluations, distance });
        Ok(self)
    }

    /// The points to plot: evaluations and distances.
    #[must_use]
    pub fn series(&self) -> Vec<(usize, f64)> {
        self.distances.iter().map(|point| (point.evaluations, point.distance)).collect()
    }
}

impl fmt::Display for RoundReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        writeln!(f, "{:<14} {:>10} {:>9}", "evaluations", "distance", "to floor")?;
        for SampleDistance { evaluations, distance } in &self.distances {
            writeln!(f, "  {evaluations:<12} {distance:>10.4} {:>9.2}", distance / self.floor)?;
        }
        writeln!(f, "{:<14} {:>10.4}", "floor", self.floor)?;
        writeln!(f, "{:<14} {:>10.4}", "straightness", self.straightness)?;
        writeln!(f, "{:<14} {:>10.4}", "transport cost", self.transport_cost)?;
        writeln!(f, "{:<14} {}", "data", self.data)?;
        write!(f, "{}", self.noise)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn::tensor::Tensor;

    use super::*;
    use crate::{
        flow::GaussianFlow,
        metric::host::testing::{B, DEVICE, normal},
        ode::{Euler, Heun, TimeGrid},
    };

    fn held_out() -> HeldOut<B> {
        HeldOut::new(normal(0, [400, 2]) * 0.5 + 3.0, normal(1, [300, 2])).unwrap()
    }

    fn report() -> RoundReport {
        let flow = GaussianFlow::new(3.0, 0.5).unwrap();
        let noise = normal(2, [500, 2]);
        let pair: Pair<B> = Pair::new(flow.transport(noise.clone(), 1.0, 0.0), noise).unwrap();
        let many = Sampler::new(flow, Heun, TimeGrid::uniform(50).unwrap());
        RoundReport::new("exact", &pair, &many, &held_out(), &Key::new(3))
            .unwrap()
            .with_samples(&many, &held_out())
            .unwrap()
            .with_samples(&Sampler::new(flow, Euler, TimeGrid::uniform(1).unwrap()), &held_out())
            .unwrap()
    }

    #[test]
    fn an_exact_round_is_sound() {
        let report = report();
        assert!(report.noise.p > 0.01 && report.data.p > 0.01, "{report}");
        // E |x1 - x0|^2 = 2 (m^2 + (1 - s)^2) to three standard errors.
        assert!((report.transport_cost - 18.5).abs() < 3.0 * (2.0 * 9.0_f64 / 500.0).sqrt(), "{report}");
        let series = report.series();
        assert_eq!((series[0].0, series[1].0), (99, 1));
        assert!(series[0].1 < 4.0 * report.floor && series[1].1 > 20.0 * report.floor, "{report}");
    }

    // The pairs of one class follow those of the other, so the first rows alone would fail the test.
    #[test]
    fn the_order_of_the_pairs_does_not_matter() {
        let both = |seed| {
            let shift = Tensor::cat(
                vec![Tensor::full([300, 2], -3.0, &DEVICE), Tensor::full([300, 2], 3.0, &DEVICE)],
                0,
            );
            normal(seed, [600, 2]) * 0.1 + shift
        };
        let class =
            |start: usize| Pair::<B>::new(both(0).narrow(0, start, 300), normal(1, [300, 2])).unwrap();
        let pair = Pair::cat(vec![class(0), class(300)]).unwrap();
        let held_out = HeldOut::new(both(2), normal(3, [200, 2])).unwrap();
        let few = HeldOut::new(held_out.data.clone().narrow(0, 200, 200), normal(3, [200, 2])).unwrap();
        let flow = GaussianFlow::new(0.0, 1.0).unwrap();
        let sampler = Sampler::new(flow, Euler, TimeGrid::uniform(2).unwrap());
        let report = RoundReport::new("two classes", &pair, &sampler, &few, &Key::new(4)).unwrap();
        assert!(report.data.p > 0.05, "{report}");
    }

    // The mean distance of independent samples of one distribution is the floor.
    #[test]
    fn the_floor_is_the_mean_of_a_perfect_sampler() {
        let of = |seed| energy_distance(normal(seed, [30, 2]), normal(seed + 500, [40, 2])).unwrap();
        let mean = (0..200).map(of).sum::<f64>() / 200.0;
        let floor = HeldOut::new(normal(1000, [40, 2]), normal(1001, [30, 2])).unwrap().floor();
        assert_relative_eq!(mean, floor, max_relative = 0.1);
    }

    #[test]
    fn it_is_printed_written_and_read() {
        let report = report();
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<RoundReport>(&text).unwrap(), report);
        let table = report.to_string();
        for line in
            ["exact", "evaluations", "floor", "straightness", "transport cost", "data", "noise", "radius"]
        {
            assert!(table.lines().any(|found| found.trim_start().starts_with(line)), "{line} in\n{table}");
        }
    }

    #[test]
    fn what_cannot_be_measured_is_an_error() {
        let empty = Tensor::zeros([0, 2], &Default::default());
        assert!(matches!(HeldOut::<B>::new(normal(0, [3, 2]), empty.clone()), Err(Error::Empty { .. })));
        assert!(matches!(HeldOut::<B>::new(empty, normal(0, [3, 2])), Err(Error::Empty { .. })));
        assert!(matches!(HeldOut::new(normal(0, [1, 2]), normal(0, [3, 2])), Err(Error::TooFew { .. })));
        assert!(matches!(HeldOut::new(normal(0, [3, 2]), normal(0, [3, 1])), Err(Error::Shape { .. })));
        assert!(held_out().with_permutations(0).is_err() && held_out().with_projections(0).is_err());
    }
}
