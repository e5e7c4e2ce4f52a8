//! Testing whether generated rows are draws of the data.

use std::fmt;

use burn::tensor::{Tensor, backend::Backend};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::host::HostRows;
use crate::{
    Error, Key,
    error::at_least_one,
    threads,
    vectors::{dot, squared_distance},
};

/// Rows that one core handles at a time.
const BLOCK: usize = 16;

/// The result of [`data_marginal`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataMarginal {
    /// The energy distance of the two samples.
    pub distance: f64,
    /// Its mean if both samples have the same distribution.
    pub floor: f64,
    /// The probability of at least this distance if both samples have the same distribution.
    pub p: f64,
}

impl DataMarginal {
    /// The distance divided by its floor: about 1 for samples of the same distribution, and 1 if all rows are
    /// equal.
    ///
    /// # Example
    /// ```
    /// use reflow::metric::DataMarginal;
    ///
    /// assert_eq!(DataMarginal { distance: 0.75, floor: 0.5, p: 0.01 }.ratio(), 1.5);
    /// ```
    #[must_use]
    pub fn ratio(&self) -> f64 {
        if self.floor > 0.0 { self.distance / self.floor } else { 1.0 }
    }
}

impl fmt::Display for DataMarginal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { distance, floor, p } = self;
        write!(f, "distance {distance:.4}, {:.2} times its floor {floor:.4}, p {p:.1e}", self.ratio())
    }
}

/// Tests whether two samples have the same distribution, by a permutation test of the energy distance.
///
/// The distance `V` is [`energy_distance`](super::energy_distance), which detects any difference between
/// distributions. If there is none, every split of the pooled rows `z` into `n` and `m` is as likely as the
/// given one, so
///
/// ```text
/// p     = (1 + number of random splits with a distance of at least V) / (1 + permutations)
/// floor = mean of V over all splits = (1/n + 1/m) (mean of |z - z'| over all pairs of distinct pooled rows)
/// ```
///
/// `p` is exact for samples of any size, and at least `1 / (1 + permutations)`. It is large if `x0` is the
/// data itself, or drawn from it with replacement. To tell whether a flow has memorised its data rather than
/// learned their distribution, compare with data that it has not seen.
///
/// Distances are computed once and not kept. For `f` features the cost is `(n + m)^2 (f + permutations) / 2`,
/// on all cores, and the memory `(n + m) permutations`.
///
/// # Shapes
/// `x0`: `[n, ..]`, `data`: `[m, ..]` with the same row shape. 199 permutations are usual.
///
/// # Errors
/// If a sample is empty or holds a value that is not finite as `f32`, if the row shapes differ, or if
/// `permutations` is zero.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, metric::data_marginal};
///
/// let draw = |seed| Key::new(seed).normal::<Flex, 2>([200, 2], &Default::default());
/// let same = data_marginal(draw(0), draw(1), 99, &Key::new(2))?;
/// let other = data_marginal(draw(0) + 0.5, draw(1), 99, &Key::new(2))?;
/// assert!(same.p > 0.05 && same.ratio() < 2.0);
/// assert!(other.p == 0.01 && other.ratio() > 5.0); // 1 / (1 + 99): the smallest possible p-value
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Szekely and Rizzo, *Testing for equal distributions in high dimension*, 2004.
pub fn data_marginal<B: Backend, const D: usize>(
    x0: Tensor<B, D>,
    data: Tensor<B, D>,
    permutations: usize,
    key: &Key,
) -> Result<DataMarginal, Error> {
    let (x0, data) = HostRows::read_two(["x0", "the data"], x0, data)?;
    at_least_one("data_marginal", "permutations", permutations)?;
    let splits = splits(x0.count, data.count, permutations, &key.fork("permutations"));
    let pooled =
        HostRows { count: x0.count + data.count, width: x0.width, values: [x0.values, data.values].concat() };
    let sums = pooled_sums(&pooled, &splits);
    let distances: Vec<f64> = sums
        .first
        .iter()
        .zip(&sums.second)
        .map(|(&a, &b)| sums.distance(a, b, x0.count, data.count))
        .collect();
    // Rounding must not keep an equal split from counting.
    let least = distances[0] - 1e-12 * sums.total / (x0.count * data.count) as f64;
    let as_large = distances.iter().filter(|&&distance| distance >= least).count();
    let (n, m, pool) = (x0.count as f64, data.count as f64, pooled.count as f64);
    Ok(DataMarginal {
        distance: distances[0].max(0.0),
        floor: (1.0 / n + 1.0 / m) * 2.0 * sums.total / (pool * (pool - 1.0)),
        // The given split is the first of them.
        p: as_large as f64 / (permutations + 1) as f64,
    })
}

/// The splits, with 1 for each pooled row in the first sample and 0 for the others: the given split, then
/// random ones.
fn splits(first: usize, second: usize, permutations: usize, key: &Key) -> Vec<Vec<f64>> {
    let as_is = [vec![1.0; first], vec![0.0; second]].concat();
    let shuffled = (0..permutations).map(|number| {
        let mut split = as_is.clone();
        split.shuffle(&mut key.row(number));
        split
    });
    std::iter::once(as_is.clone()).chain(shuffled).collect()
}

/// Sums of distances over pairs of pooled rows: over all pairs, and for each split within its two samples.
struct Sums {
    total: f64,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Sums {
    fn zero(splits: usize) -> Self {
        Self { total: 0.0, first: vec![0.0; splits], second: vec![0.0; splits] }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.total += other.total;
        self.first.iter_mut().zip(&other.first).for_each(|(sum, more)| *sum += more);
        self.second.iter_mut().zip(&other.second).for_each(|(sum, more)| *sum += more);
        self
    }

    /// The energy distance of a split, from the sums within its samples.
    fn distance(&self, first: f64, second: f64, n: usize, m: usize) -> f64 {
        let (n, m) = (n as f64, m as f64);
        2.0 * ((self.total - first - second) / (n * m) - first / (n * n) - second / (m * m))
    }
}

fn pooled_sums(rows: &HostRows, splits: &[Vec<f64>]) -> Sums {
    let of_block = |block: usize| {
        let mut sums = Sums::zero(splits.len());
        for row in block * BLOCK..rows.count.min((block + 1) * BLOCK) {
            add_row(&mut sums, rows, splits, row);
        }
        sums
    };
    let blocks = threads::map(threads::cores(), (0..rows.count.div_ceil(BLOCK)).collect(), of_block);
    blocks.iter().fold(Sums::zero(splits.len()), Sums::plus)
}

/// Adds the distances of a row to the rows after it.
fn add_row(sums: &mut Sums, rows: &HostRows, splits: &[Vec<f64>], row: usize) {
    let (x, later) = rows.values[row * rows.width..].split_at(rows.width);
    let distances: Vec<f64> = later.chunks_exact(rows.width).map(|y| squared_distance(x, y).sqrt()).collect();
    let all: f64 = distances.iter().sum();
    sums.total += all;
    for (number, split) in splits.iter().enumerate() {
        let to_first = dot(&split[row + 1..], &distances);
        if split[row] > 0.0 {
            sums.first[number] += to_first;
        } else {
            sums.second[number] += all - to_first;
        }
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;
    use crate::metric::{
        energy_distance,
        host::testing::{assert_numbers, assert_refusals, normal, rows},
    };

    fn check(
        x0: Tensor<crate::metric::host::testing::B, 2>,
        data: Tensor<crate::metric::host::testing::B, 2>,
    ) -> DataMarginal {
        data_marginal(x0, data, 99, &Key::new(3)).unwrap()
    }

    #[test]
    fn the_distance_is_the_energy_distance() {
        let (a, b) = (normal(0, [37, 3]), normal(1, [20, 3]) + 0.3);
        let expected = energy_distance(a.clone(), b.clone()).unwrap();
        assert_relative_eq!(check(a, b).distance, expected, max_relative = 1e-10);
    }

    // Three rows are split into two and one in three ways; the distance of each is computed separately.
    #[test]
    fn the_floor_is_the_mean_over_all_splits() {
        let of = |a: [[f32; 1]; 2], b: f32| energy_distance(rows(a), rows([[b]])).unwrap();
        let mean = (of([[0.0], [1.0]], 5.0) + of([[0.0], [5.0]], 1.0) + of([[1.0], [5.0]], 0.0)) / 3.0;
        assert_relative_eq!(check(rows([[0.0], [1.0]]), rows([[5.0]])).floor, mean, max_relative = 1e-12);
    }

    // Of 200 sound samples, the number at or below a level is binomial; three standard deviations bound it.
    #[test]
    fn p_values_of_one_distribution_are_as_rare_as_they_say() {
        let p: Vec<f64> =
            (0..200).map(|seed| check(normal(seed, [12, 2]), normal(5000 + seed, [9, 2])).p).collect();
        for level in [0.05, 0.2, 0.5, 0.8_f64] {
            let count = p.iter().filter(|&&p| p <= level).count() as f64;
            let deviation = (200.0 * level * (1.0 - level)).sqrt();
            assert!((count - 200.0 * level).abs() < 3.0 * deviation, "{count} of 200 at {level}");
        }
    }

    #[test]
    fn another_distribution_is_seen() {
        let data = normal(0, [300, 2]);
        for other in [normal(1, [300, 2]) + 0.4, normal(1, [300, 2]) * 1.5, normal(1, [300, 2]).abs()] {
            let found = check(other, data.clone());
            assert!(found.p == 0.01 && found.ratio() > 3.0, "{found}");
        }
    }

    #[test]
    fn the_data_itself_passes_whole_and_drawn_with_replacement() {
        let data = normal(0, [100, 2]);
        let whole = check(data.clone(), data.clone());
        assert!(whole.p == 1.0 && whole.distance < 1e-12, "{whole}");
        let chosen = crate::rows::indices(
            crate::data::Order::Replacement.draw(0..150, 100, &Key::new(1)),
            &data.device(),
        );
        let drawn = check(data.clone().select(0, chosen), data);
        assert!(drawn.p > 0.1, "{drawn}");
    }

    #[test]
    fn one_point_is_no_difference() {
        let found = check(rows([[1.0], [1.0]]), rows([[1.0]]));
        assert_eq!((found.distance, found.floor, found.p, found.ratio()), (0.0, 0.0, 1.0, 1.0));
    }

    #[test]
    fn refusals() {
        let of = |a, b| data_marginal(a, b, 3, &Key::new(0)).map(|found| found.distance);
        assert_refusals(of);
        assert_numbers(of);
        assert!(data_marginal(rows([[0.0]]), rows([[0.0]]), 0, &Key::new(0)).is_err());
    }
}
