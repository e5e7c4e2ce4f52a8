//! Rows in the order of their values.

use std::cmp::Ordering;

/// Pairs two sides in order if that is optimal: in one dimension, and if both hold the same rows.
pub(super) fn match_in_order(a: &[f64], b: &[f64], width: usize) -> Option<Vec<usize>> {
    let (first, second) = (order(a, width), order(b, width));
    let pairs = first.into_iter().zip(second);
    if width > 1 && pairs.clone().any(|(here, there)| row(a, width, here) != row(b, width, there)) {
        return None;
    }
    let mut partners = vec![0; a.len() / width];
    pairs.for_each(|(here, there)| partners[here] = there);
    Some(partners)
}

/// The rows that differ from one another, and which of them each row equals.
pub(super) struct Distinct {
    /// The first row of each kind.
    pub(super) firsts: Vec<usize>,
    pub(super) kinds: Vec<usize>,
}

impl Distinct {
    pub(super) fn new<T: PartialOrd>(rows: &[T], width: usize) -> Self {
        let order = order(rows, width);
        let mut kinds = vec![0; order.len()];
        let mut firsts = Vec::new();
        for equal in order.chunk_by(|&a, &b| row(rows, width, a) == row(rows, width, b)) {
            for &row in equal {
                kinds[row] = firsts.len();
            }
            firsts.push(equal[0]);
        }
        Self { firsts, kinds }
    }
}

/// The rows in lexicographic order; equal rows keep theirs.
fn order<T: PartialOrd>(rows: &[T], width: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len() / width).collect();
    // The rows were checked to be without NaN, so every two compare.
    order.sort_by(|&a, &b| row(rows, width, a).partial_cmp(row(rows, width, b)).unwrap_or(Ordering::Equal));
    order
}

fn row<T>(rows: &[T], width: usize, at: usize) -> &[T] {
    &rows[at * width..][..width]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dimension_is_matched_in_order() {
        assert_eq!(match_in_order(&[3.0, 1.0, 2.0], &[10.0, 30.0, 20.0], 1).unwrap(), [1, 0, 2]);
    }

    #[test]
    fn the_same_rows_find_one_another() {
        let (a, b) = ([1.0, 2.0, 0.0, 5.0, 1.0, 2.0], [0.0, 5.0, 1.0, 2.0, 1.0, 2.0]);
        assert_eq!(match_in_order(&a, &b, 2).unwrap(), [1, 0, 2]);
        assert_eq!(match_in_order(&a, &a, 2).unwrap(), [0, 1, 2]);
        assert!(match_in_order(&[1.0, 2.0], &[1.0, 3.0], 2).is_none());
    }

    #[test]
    fn both_zeros_are_equal() {
        assert_eq!(match_in_order(&[0.0, 2.0, -0.0, 1.0], &[-0.0, 1.0, 0.0, 2.0], 2).unwrap(), [1, 0]);
    }

    #[test]
    fn equal_rows_are_of_one_kind() {
        let Distinct { firsts, kinds } = Distinct::new(&[2.0, 1.0, 0.0, 3.0, 2.0, 1.0], 2);
        assert_eq!((firsts, kinds), (vec![1, 0], vec![1, 0, 1]));
    }
}
