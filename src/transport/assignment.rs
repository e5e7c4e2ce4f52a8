//! The exact matching.

use super::search::{NONE, Search};
use crate::vectors::squared_distance;

/// Finds a row of `b` for each row of `a`, each taken once, so that the total squared distance is least.
pub(crate) fn match_exactly(a: &[f64], b: &[f64], width: usize) -> Vec<usize> {
    // Moving a whole side does not change the optimum, but large offsets cost digits.
    let (a, b) = (centred(a, width), centred(b, width));
    assign(squared_distances(&a, &b, width), a.len() / width)
}

/// Moves the mean of the rows to the origin.
pub(super) fn centred(rows: &[f64], width: usize) -> Vec<f64> {
    let count = (rows.len() / width).max(1) as f64;
    let mut mean = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / count);
    }
    rows.chunks_exact(width).flat_map(|row| row.iter().zip(&mean).map(|(value, mean)| value - mean)).collect()
}

/// Finds a column for each row, each taken once, so that the total cost is least.
///
/// `cost` holds `n * n` numbers, row by row. Takes `O(n^3)` time at worst.
fn assign(cost: Vec<f64>, n: usize) -> Vec<usize> {
    let cost = to_unit_scale(cost);
    let mut search = Search::new(&cost, n);
    search.reduce_columns();
    let mut free: Vec<usize> = (0..n).filter(|&row| search.column_of[row] == NONE).collect();
    for _ in 0..2 {
        free = search.reduce_rows(free);
    }
    search.price_rows();
    for row in free {
        search.augment(row);
    }
    search.column_of
}

/// The squared Euclidean distances from each row of `a` to all rows of `b`, one row of `a` after the other.
fn squared_distances(a: &[f64], b: &[f64], width: usize) -> Vec<f64> {
    let to_all = |x| b.chunks_exact(width).map(move |y| squared_distance(x, y));
    a.chunks_exact(width).flat_map(to_all).collect()
}

// All costs become finite: `min` turns infinity, and the NaN of 0 / 0 and of inf / inf, into 1.
fn to_unit_scale(mut cost: Vec<f64>) -> Vec<f64> {
    let largest = cost.iter().copied().fold(0.0, f64::max);
    for value in &mut cost {
        *value = (*value / largest).min(1.0);
    }
    cost
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use rand::RngExt;

    use super::*;
    use crate::Key;

    fn random_cost(n: usize, seed: u64) -> Vec<f64> {
        Key::new(seed).generator().random_iter().take(n * n).collect()
    }

    fn total(cost: &[f64], n: usize, columns: &[usize]) -> f64 {
        columns.iter().enumerate().map(|(row, &column)| cost[row * n + column]).sum()
    }

    fn lowest_total(cost: &[f64], n: usize, row: usize, taken: &mut [bool]) -> f64 {
        if row == n {
            return 0.0;
        }
        let mut lowest = f64::INFINITY;
        for column in 0..n {
            if !taken[column] {
                taken[column] = true;
                lowest = lowest.min(cost[row * n + column] + lowest_total(cost, n, row + 1, taken));
                taken[column] = false;
            }
        }
        lowest
    }

    // An assignment is optimal exactly if handing columns round no cycle of rows saves anything.
    fn best_cycle(cost: &[f64], n: usize, columns: &[usize]) -> f64 {
        let mut path: Vec<f64> = (0..n * n)
            .map(|at| (at / n, at % n))
            .map(|(from, to)| cost[from * n + columns[to]] - cost[from * n + columns[from]])
            .collect();
        for via in 0..n {
            for from in 0..n {
                for to in 0..n {
                    path[from * n + to] = path[from * n + to].min(path[from * n + via] + path[via * n + to]);
                }
            }
        }
        (0..n).map(|row| path[row * n + row]).fold(0.0, f64::min)
    }

    fn assert_permutation(columns: &[usize]) {
        let mut sorted = columns.to_vec();
        sorted.sort_unstable();
        assert!(sorted.iter().copied().eq(0..columns.len()), "{columns:?}");
    }

    #[test]
    fn no_permutation_is_cheaper() {
        for n in 0..=6 {
            for seed in 0..20 {
                let cost = random_cost(n, seed);
                let columns = assign(cost.clone(), n);
                assert_permutation(&columns);
                let lowest = lowest_total(&cost, n, 0, &mut vec![false; n]);
                assert_relative_eq!(total(&cost, n, &columns), lowest, max_relative = 1e-12);
            }
        }
    }

    #[test]
    fn no_exchange_saves_anything_on_larger_sets() {
        for seed in 0..5 {
            let points: Vec<f64> = Key::new(seed).generator().random_iter().take(240).collect();
            let (a, b) = points.split_at(120);
            let cost = squared_distances(a, b, 2);
            let columns = assign(cost.clone(), 60);
            assert_permutation(&columns);
            assert!(best_cycle(&cost, 60, &columns) > -1e-12);
        }
    }

    #[test]
    fn ties_are_no_obstacle() {
        for seed in 0..20 {
            let cost: Vec<f64> = random_cost(40, seed).iter().map(|value| (value * 4.0).floor()).collect();
            let columns = assign(cost.clone(), 40);
            assert_permutation(&columns);
            assert!(best_cycle(&cost, 40, &columns) > -1e-12);
        }
        assert_permutation(&assign(vec![0.0; 49], 7));
        assert_permutation(&assign(vec![3.0; 49], 7));
    }

    #[test]
    fn scale_does_not_matter() {
        let cost = random_cost(30, 1);
        for scale in [1e-30, 1e-17, 1e30] {
            let scaled = cost.iter().map(|value| value * scale).collect();
            assert_eq!(assign(scaled, 30), assign(cost.clone(), 30));
        }
    }

    #[test]
    fn costs_too_large_to_hold_are_no_obstacle() {
        assert_permutation(&assign(vec![f64::INFINITY; 9], 3));
        assert_eq!(assign(vec![f64::INFINITY, 1.0, 1.0, f64::INFINITY], 2), [1, 0]);
    }

    #[test]
    fn squared_distances_are_by_row_of_the_first() {
        assert_eq!(squared_distances(&[0.0, 0.0, 1.0, 0.0], &[3.0, 4.0], 2), [25.0, 20.0]);
        assert_eq!(squared_distances(&[0.0], &[1.0, 2.0, 3.0], 1), [1.0, 4.0, 9.0]);
    }
}
