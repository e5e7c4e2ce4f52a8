//! One-to-one matchings of any size.

use burn::tensor::{Tensor, TensorData, backend::Backend};
use rand::RngExt;

use super::{match_exactly, sinkhorn::Sinkhorn};
use crate::{Key, rows};

/// How rows are matched: exactly up to a size, and by entropic transport above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Matching {
    /// The most rows that one exact assignment takes.
    pub(crate) exact_up_to: usize,
    /// The regularisation, in units of the mean squared distance.
    pub(crate) epsilon: f64,
    /// Sinkhorn sweeps.
    pub(crate) sweeps: usize,
}

impl Matching {
    /// Finds a row of `y` for each row of `x`, each taken once, such that the total squared distance is small: least
    /// up to `exact_up_to` rows.
    ///
    /// Above, every row draws a partner from the entropic plan; the first to draw a partner has it, and the rows left
    /// over are matched among themselves.
    pub(crate) fn find<B: Backend>(self, x: &Tensor<B, 2>, y: &Tensor<B, 2>, key: &Key) -> Vec<usize> {
        let count = x.dims()[0];
        let mut partners = vec![usize::MAX; count];
        let mut left: Left = Left { rows: (0..count).collect(), columns: (0..count).collect() };
        for round in 0.. {
            if left.rows.len() <= self.exact_up_to {
                break;
            }
            let before = left.rows.len();
            let drawn = self.draw(left.of(x, y), &key.at(round));
            left.settle(&drawn, &mut partners);
            // Another round would settle as few; the rest is matched in parts.
            if before - left.rows.len() < before / 8 {
                break;
            }
        }
        let ends = left.rows.chunks(self.exact_up_to).zip(left.columns.chunks(self.exact_up_to));
        for (rows, columns) in ends {
            let part = Left { rows: rows.to_vec(), columns: columns.to_vec() };
            let (a, b) = part.of(x, y);
            let found = match_exactly(&rows::to_host(a), &rows::to_host(b), x.dims()[1]);
            for (row, column) in found.into_iter().enumerate() {
                partners[rows[row]] = columns[column];
            }
        }
        partners
    }

    fn draw<B: Backend>(self, (x, y): (Tensor<B, 2>, Tensor<B, 2>), key: &Key) -> Vec<usize> {
        let count = x.dims()[0];
        let numbers: Vec<f64> = key.generator().random_iter().take(count).collect();
        let numbers = TensorData::new(numbers, [count, 1]).convert_dtype(x.dtype());
        let numbers = Tensor::from_data(numbers, rows::options(&x));
        Sinkhorn::solve(x, y, self.epsilon, self.sweeps).draw(numbers, self.epsilon)
    }
}

/// Rows and columns without a partner, as many of each.
struct Left {
    rows: Vec<usize>,
    columns: Vec<usize>,
}

impl Left {
    fn of<B: Backend>(&self, x: &Tensor<B, 2>, y: &Tensor<B, 2>) -> (Tensor<B, 2>, Tensor<B, 2>) {
        let select = |from: &Tensor<B, 2>, which: &[usize]| {
            from.clone().select(0, rows::indices(which.to_vec(), &from.device()))
        };
        (select(x, &self.rows), select(y, &self.columns))
    }

    /// Gives each column to the first row that drew it.
    fn settle(&mut self, drawn: &[usize], partners: &mut [usize]) {
        let mut taken = vec![false; self.columns.len()];
        let mut rest = Vec::new();
        for (&row, &column) in self.rows.iter().zip(drawn) {
            if std::mem::replace(&mut taken[column], true) {
                rest.push(row);
            } else {
                partners[row] = self.columns[column];
            }
        }
        self.rows = rest;
        let free = self.columns.iter().zip(taken).filter(|(_, taken)| !taken);
        self.columns = free.map(|(&column, _)| column).collect();
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;

    type F64 = NdArray<f64>;

    fn normal(purpose: &str, rows: usize, width: usize) -> Tensor<F64, 2> {
        Key::new(1).fork(purpose).normal([rows, width], &Default::default())
    }

    fn cost(x: &Tensor<F64, 2>, y: &Tensor<F64, 2>, partners: &[usize]) -> f64 {
        let moved = y.clone().select(0, rows::indices(partners.to_vec(), &y.device()));
        rows::sum((moved - x.clone()).square()).mean().into_scalar()
    }

    fn assert_permutation(partners: &[usize]) {
        let mut sorted = partners.to_vec();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..partners.len()));
    }

    const LARGE: Matching = Matching { exact_up_to: 50, epsilon: 0.01, sweeps: 60 };

    #[test]
    fn above_the_exact_size_the_cost_is_near_the_least() {
        for width in [1, 2, 8] {
            let (x, y) = (normal("x", 400, width), normal("y", 400, width) * 1.5 + 2.0);
            let exact = Matching { exact_up_to: 400, ..LARGE }.find(&x, &y, &Key::new(0));
            let near = LARGE.find(&x, &y, &Key::new(0));
            assert_permutation(&exact);
            assert_permutation(&near);
            let (least, found) = (cost(&x, &y, &exact), cost(&x, &y, &near));
            assert!(found >= least - 1e-9);
            assert_relative_eq!(found, least, max_relative = 0.1);
        }
    }

    #[test]
    fn repeated_rows_are_shared_out() {
        let x = normal("x", 300, 2);
        let y = normal("y", 10, 2).repeat(&[30, 1]);
        let near = LARGE.find(&x, &y, &Key::new(0));
        assert_permutation(&near);
        let least = cost(&x, &y, &Matching { exact_up_to: 300, ..LARGE }.find(&x, &y, &Key::new(0)));
        assert_relative_eq!(cost(&x, &y, &near), least, max_relative = 0.2);
    }

    #[test]
    fn equal_rows_are_no_obstacle() {
        let x = Tensor::<F64, 2>::ones([200, 3], &Default::default());
        assert_permutation(&LARGE.find(&x, &x, &Key::new(0)));
    }

    #[test]
    fn what_is_already_matched_stays() {
        let x = normal("x", 200, 3);
        let same = Matching { exact_up_to: 200, ..LARGE }.find(&x, &x, &Key::new(0));
        assert!(same.into_iter().eq(0..200));
    }
}
