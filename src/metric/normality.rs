//! Tests that rows are standard normal, with one statistic each.

use rand::RngExt;
use rand_distr::StandardNormal;
use statrs::{
    distribution::{ContinuousCDF, Normal},
    function::beta::beta_reg,
};

use super::{
    host::HostRows,
    significance::{ChiSquare, Evidence, kolmogorov, of_smallest},
};
use crate::{Key, vectors::dot};

/// Columns at most this far apart are tested for correlation, so that the cost is linear in the number of
/// columns.
const FARTHEST: usize = 64;

/// The values column by column, and the sum of squares of each column.
pub(super) struct Columns {
    values: Vec<f64>,
    squares: Vec<f64>,
    rows: usize,
}

impl Columns {
    pub(super) fn of(rows: &HostRows) -> Self {
        let column = |j: usize| rows.values.iter().skip(j).step_by(rows.width).copied();
        let values: Vec<f64> = (0..rows.width).flat_map(column).collect();
        let squares = values.chunks_exact(rows.count).map(|column| dot(column, column)).collect();
        Self { values, squares, rows: rows.count }
    }

    fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.rows)
    }

    fn at(&self, column: usize) -> &[f64] {
        &self.values[column * self.rows..][..self.rows]
    }

    fn count(&self) -> usize {
        self.squares.len()
    }
}

pub(super) fn mean(columns: &Columns) -> Evidence {
    let sums = columns.iter().map(|column| column.iter().sum::<f64>());
    let statistic = sums.map(|sum| sum * sum).sum::<f64>() / columns.rows as f64;
    Evidence { statistic, p: ChiSquare::new(columns.count()).upper(statistic) }
}

pub(super) fn scale(columns: &Columns) -> Evidence {
    let total: f64 = columns.squares.iter().sum();
    let count = columns.count() * columns.rows;
    Evidence { statistic: total / count as f64, p: ChiSquare::new(count).two_sided(total) }
}

pub(super) fn variances(columns: &Columns) -> Evidence {
    let n = columns.rows as f64;
    let distribution = ChiSquare::new(columns.rows);
    let tests =
        columns.squares.iter().map(|&sum| Evidence { statistic: sum / n, p: distribution.two_sided(sum) });
    let worst = tests.reduce(|worst, test| if test.p < worst.p { test } else { worst });
    let worst = worst.expect("there is a column");
    Evidence { p: of_smallest(worst.p, columns.count()), ..worst }
}

/// A single column gives p = 1. A column of zeros is skipped, since its `r` is NaN; the test of the variances
/// catches it.
pub(super) fn correlations(columns: &Columns) -> Evidence {
    let (mut largest, mut pairs) = (0.0_f64, 0);
    for left in 0..columns.count() {
        for right in left + 1..columns.count().min(left + FARTHEST + 1) {
            let size = (columns.squares[left] * columns.squares[right]).sqrt();
            let r = dot(columns.at(left), columns.at(right)) / size;
            if r.abs() > largest.abs() {
                largest = r.clamp(-1.0, 1.0);
            }
            pairs += 1;
        }
    }
    let p = beta_reg(0.5 * (columns.rows - 1) as f64, 0.5, 1.0 - largest * largest);
    Evidence { statistic: largest, p: of_smallest(p, pairs) }
}

pub(super) fn radius(rows: &HostRows) -> Evidence {
    let distribution = ChiSquare::new(rows.width);
    kolmogorov(rows.iter().map(|row| distribution.lower(dot(row, row))).collect())
}

pub(super) fn along_bases(rows: &HostRows, projections: usize, key: &Key) -> Evidence {
    let normal = Normal::standard();
    let along =
        |direction: &Vec<f64>| kolmogorov(rows.iter().map(|row| normal.cdf(dot(row, direction))).collect());
    // With few columns, bases nearly repeat one another: more of them detect no more, but make p larger.
    let bases = projections.div_ceil(rows.width).min(rows.width.div_ceil(2));
    let mut found = Evidence { statistic: 0.0, p: 1.0 };
    for number in 0..bases {
        let size = (projections - number * rows.width).min(rows.width);
        for direction in orthonormal(size, rows.width, &key.at(number)) {
            let test = along(&direction);
            found.statistic = found.statistic.max(test.statistic);
            found.p = found.p.min(of_smallest(test.p, size));
        }
    }
    Evidence { p: (bases as f64 * found.p).min(1.0), ..found }
}

/// Draws uniformly random orthonormal directions, by the Gram-Schmidt process.
fn orthonormal(count: usize, width: usize, key: &Key) -> Vec<Vec<f64>> {
    let mut directions: Vec<Vec<f64>> = Vec::with_capacity(count);
    for number in 0..count {
        let mut new: Vec<f64> = key.row(number).sample_iter(StandardNormal).take(width).collect();
        // The second pass removes what rounding left.
        for _ in 0..2 {
            for direction in &directions {
                let along = dot(&new, direction);
                new.iter_mut().zip(direction).for_each(|(x, u)| *x -= along * u);
            }
        }
        let length = dot(&new, &new).sqrt();
        directions.push(new.into_iter().map(|x| x / length).collect());
    }
    directions
}
