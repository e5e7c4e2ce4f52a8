//! Finite joint distributions of data and noise, in which several pairs meet at one `x_t`.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// The number of times at which pairs meet, and of points where they meet at each.
const TIMES: usize = 3;
const POINTS: usize = 2;

/// The pairs that meet at a point.
#[derive(Debug, Clone, Copy)]
pub enum Meetings {
    /// Three pairs, with arbitrary data.
    Scattered,
    /// Three pairs, with positive data on one line; the first is by far the likeliest.
    ///
    /// Mean, median and every other centre are then far apart, which gives the controls their margins.
    Skewed,
    /// A single pair, as after a perfect rectification.
    Alone,
}

/// A distribution of pairs `(x0, x1)` and, independent of them, of the time.
///
/// Pairs that meet at time `t` in the point `z` have arbitrary data and the noise
/// `x1 = (z - (1 - t) x0) / t`. At other times they do not meet.
#[derive(Debug)]
pub struct Joint {
    pub dim: usize,
    /// The pairs and their probabilities.
    pub x0: Vec<Vec<f64>>,
    pub x1: Vec<Vec<f64>>,
    pub pairs: Vec<f64>,
    /// The times and their probabilities.
    pub t: Vec<f64>,
    pub times: Vec<f64>,
    /// The cell `(x_t, t)` of each atom, and the number of cells. Atoms are ordered by time, then by pair.
    ///
    /// Cells are recorded at construction, because the `x_t` of pairs that meet are equal only up to
    /// rounding.
    pub cell: Vec<usize>,
    pub cells: usize,
}

impl Joint {
    pub fn draw(rng: &mut impl Rng, dim: usize, meetings: Meetings) -> Self {
        let t: Vec<f64> =
            (0..TIMES).map(|k| (k as f64 + rng.random_range(0.3..0.7)) / TIMES as f64).collect();
        let (mut x0, mut x1, mut pairs, mut group) = (vec![], vec![], vec![], vec![]);
        for (k, t) in t.iter().enumerate() {
            for point in 0..POINTS {
                let z = normal(rng, dim);
                for (data, mass) in meeting(rng, dim, meetings) {
                    x1.push(z.iter().zip(&data).map(|(z, x0)| (z - (1.0 - t) * x0) / t).collect());
                    x0.push(data);
                    pairs.push(mass);
                    group.push((k, point));
                }
            }
        }
        let times = normalised((0..TIMES).map(|_| rng.random_range(0.2..1.0)).collect());
        let mut joint = Self { dim, x0, x1, pairs: normalised(pairs), t, times, cell: vec![], cells: 0 };
        joint.assign_cells(&group);
        joint
    }

    fn assign_cells(&mut self, group: &[(usize, usize)]) {
        for k in 0..TIMES {
            for (pair, &(time, point)) in group.iter().enumerate() {
                let first = group.iter().position(|&other| other == (time, point)).expect("it is there");
                if time == k && first < pair {
                    let met = self.cell[k * group.len() + first];
                    self.cell.push(met);
                } else {
                    self.cell.push(self.cells);
                    self.cells += 1;
                }
            }
        }
    }

    /// The atoms `(time, pair)`, in order.
    pub fn atoms(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.t.len()).flat_map(|k| (0..self.x0.len()).map(move |pair| (k, pair)))
    }

    /// The point and the time of each cell.
    pub fn places(&self) -> Vec<(Vec<f64>, f64)> {
        let mut places = vec![(vec![], 0.0); self.cells];
        for ((k, pair), &cell) in self.atoms().zip(&self.cell) {
            let t = self.t[k];
            let ends = self.x0[pair].iter().zip(&self.x1[pair]);
            places[cell] = (ends.map(|(x0, x1)| (1.0 - t) * x0 + t * x1).collect(), t);
        }
        places
    }

    /// The data of the atoms in each cell, with the probability of their pairs.
    pub fn data_by_cell(&self) -> Vec<Vec<(&[f64], f64)>> {
        let mut data = vec![vec![]; self.cells];
        for ((_, pair), &cell) in self.atoms().zip(&self.cell) {
            data[cell].push((self.x0[pair].as_slice(), self.pairs[pair]));
        }
        data
    }

    /// The table of `phi^-1(E[phi(x0) | x_t])`, for an element-wise `phi`.
    pub fn conditional(&self, phi: impl Fn(f64) -> f64, inverse: impl Fn(f64) -> f64) -> Vec<f64> {
        let mean = |data: &Vec<(&[f64], f64)>, i: usize| {
            let (first, total) = (data[0].0[i], data.iter().map(|(_, mass)| mass).sum::<f64>());
            if data.len() == 1 {
                return first;
            }
            inverse(data.iter().map(|(x0, mass)| mass * phi(x0[i])).sum::<f64>() / total)
        };
        let by_cell = self.data_by_cell();
        by_cell.iter().flat_map(|data| (0..self.dim).map(move |i| mean(data, i))).collect()
    }

    /// The table of the conditional means `E[x0 | x_t]`.
    pub fn means(&self) -> Vec<f64> {
        self.conditional(|x| x, |x| x)
    }

    /// The cells in which pairs meet.
    pub fn met(&self) -> Vec<usize> {
        let by_cell = self.data_by_cell();
        (0..self.cells).filter(|&cell| by_cell[cell].len() > 1).collect()
    }
}

/// The data of one meeting, with unnormalised probabilities.
fn meeting(rng: &mut impl Rng, dim: usize, meetings: Meetings) -> Vec<(Vec<f64>, f64)> {
    match meetings {
        Meetings::Alone => vec![(normal(rng, dim), rng.random_range(0.2..1.0))],
        Meetings::Scattered => (0..3).map(|_| (normal(rng, dim), rng.random_range(0.2..1.0))).collect(),
        Meetings::Skewed => {
            let near: Vec<f64> = (0..dim).map(|_| rng.random_range(0.0..0.5)).collect();
            let way: Vec<f64> = (0..dim).map(|_| rng.random_range(0.5..1.0)).collect();
            let at = |k: f64| near.iter().zip(&way).map(|(near, way)| near + k * way).collect();
            [(0.0, 6.0), (1.0, 2.0), (2.0, 1.0)]
                .map(|(k, mass)| (at(k), mass * rng.random_range(0.8..1.2)))
                .into()
        }
    }
}

pub fn normal(rng: &mut impl Rng, count: usize) -> Vec<f64> {
    rng.sample_iter(StandardNormal).take(count).collect()
}

/// Random numbers of either sign, none of them near zero.
pub fn off_zero(rng: &mut impl Rng, count: usize) -> Vec<f64> {
    let number = |_| rng.random_range(0.5..1.5) * if rng.random::<bool>() { 1.0 } else { -1.0 };
    (0..count).map(number).collect()
}

fn normalised(masses: Vec<f64>) -> Vec<f64> {
    let total: f64 = masses.iter().sum();
    masses.into_iter().map(|mass| mass / total).collect()
}
