//! The position and size of both sides of a matching.

use crate::vectors::squared_distance;

/// Moves the median of each side to the origin, which changes no optimum, and scales both to numbers of about
/// 1 at most.
#[allow(clippy::cast_possible_truncation, reason = "f32 tells rows 1e-7 apart, far less than they move")]
pub(super) fn to_unit_scale(sides: [&[f64]; 2], width: usize) -> [Vec<f32>; 2] {
    let largest = sides.iter().copied().flatten().fold(f64::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
    sides.map(|side| {
        let medians: Vec<f64> = (0..width).map(|at| median(side, width, at) / largest).collect();
        let values = side.iter().zip(medians.iter().cycle());
        values.map(|(value, median)| (value / largest - median) as f32).collect()
    })
}

// Unlike the mean, it stays where most rows are, even if one is far away.
fn median(rows: &[f64], width: usize, at: usize) -> f64 {
    let mut values: Vec<f64> = rows.iter().skip(at).step_by(width).copied().collect();
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Squared distances between two sides.
pub(super) struct Extent {
    pub(super) mean: f64,
    /// An upper bound.
    pub(super) largest: f64,
    /// Between the means of the sides: each row's share of the cost of moving a whole side.
    pub(super) apart: f64,
}

impl Extent {
    pub(super) fn of(sides: [&[f32]; 2], width: usize) -> Self {
        let [a, b] = sides.map(|side| side.chunks_exact(width).map(norm).collect::<Vec<f64>>());
        let mean = |norms: &[f64]| norms.iter().sum::<f64>() / norms.len() as f64;
        let largest = |norms: &[f64]| norms.iter().copied().fold(0.0, f64::max).sqrt();
        let [from, to] = sides.map(|side| centre(side, width));
        Self {
            mean: mean(&a) + mean(&b),
            largest: (largest(&a) + largest(&b)).powi(2),
            apart: squared_distance(&from, &to),
        }
    }
}

fn norm(row: &[f32]) -> f64 {
    row.iter().map(|&value| f64::from(value).powi(2)).sum()
}

/// The mean of rows.
pub(super) fn centre(rows: &[f32], width: usize) -> Vec<f64> {
    let mut mean = vec![0.0; width];
    let count = (rows.len() / width) as f64;
    for row in rows.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(mean, &value)| *mean += f64::from(value) / count);
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_at_the_origin() {
        let [a, b] = to_unit_scale([&[1.0, -8.0, 2.0, -8.0, 8.0, -7.0], &[5.0, 0.0, 6.0, 0.0, 7.0, 0.0]], 2);
        assert_eq!(a, [-0.125, 0.0, 0.0, 0.0, 0.75, 0.125]);
        assert_eq!(b, [-0.125, 0.0, 0.0, 0.0, 0.125, 0.0]);
    }

    #[test]
    fn zeros_stay() {
        assert_eq!(to_unit_scale([&[0.0; 4], &[0.0; 4]], 2).concat(), [0.0; 8]);
    }

    #[test]
    fn the_mean_distance_is_between_rows_and_apart_is_the_same_for_all_matchings() {
        let extent = Extent::of([&[-1.0, 1.0], &[0.0, 4.0]], 1);
        assert_eq!((extent.mean, extent.largest, extent.apart), (9.0, 25.0, 4.0));
    }
}
