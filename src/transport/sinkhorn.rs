//! Entropic optimal transport in the log domain, in blocks of rows.
//!
//! With `M_ij = 2 <x_i, y_j> / (c e)`, where `c` is the mean squared distance and `e` the regularisation, the plan between
//! `n` rows and `n` columns of one mass each is
//!
//! ```text
//! P_ij = exp(M_ij + F_i + G_j),   F_i = -lse_j(M_ij + G_j),   G_j = -lse_i(M_ij + F_i)
//! ```
//!
//! `lse` being the logarithm of the sum of exponentials. The squared norms of the cost are constant along rows or columns,
//! so the potentials take them up, and so is what moves all rows of a side together: both sides are centred first.

use burn::tensor::{Tensor, activation::softmax, backend::Backend};

use crate::rows;

// Entries of a block: what one pass holds at a time, whatever the number of rows.
const BLOCK: usize = 1 << 22;

/// Two sides of equally many rows, ready for sweeps.
pub(super) struct Sinkhorn<B: Backend> {
    x: Tensor<B, 2>,
    y: Tensor<B, 2>,
    /// Column potentials times the regularisation they were computed for.
    g: Tensor<B, 2>,
}

impl<B: Backend> Sinkhorn<B> {
    /// Solves for the column potentials; the regularisation is halved from 1 to `epsilon`, a sweep each, on the way.
    pub(super) fn solve(x: Tensor<B, 2>, y: Tensor<B, 2>, epsilon: f64, sweeps: usize) -> Self {
        let (x, y) = (centred(x), centred(y));
        // The mean squared distance of centred rows is the sum of their variances; of equal rows it is zero.
        let variances = rows::sum(x.clone().square()).mean() + rows::sum(y.clone().square()).mean();
        let scale = (variances + f64::from(f32::MIN_POSITIVE)).recip() * 2.0;
        let g = Tensor::zeros([1, y.dims()[0]], rows::options(&y));
        let mut sinkhorn = Self { x: x * scale.unsqueeze(), y, g };
        let mut level = 1.0;
        for _ in 0..sweeps {
            sinkhorn.sweep(level);
            level = f64::max(0.5 * level, epsilon);
        }
        sinkhorn
    }

    /// Fits the rows' potentials to the columns', then the columns' to the rows', in one pass.
    fn sweep(&mut self, epsilon: f64) {
        let g = self.g.clone() / epsilon;
        let columns = self.blocks().into_iter().map(|x| {
            let scores = self.scores(x, epsilon);
            let f = log_sum_exp(scores.clone() + g.clone(), 1).neg();
            log_sum_exp(scores + f, 0)
        });
        let total = columns.reduce(|a, b| log_sum_exp(Tensor::cat(vec![a, b], 0), 0));
        if let Some(total) = total {
            self.g = total * -epsilon;
        }
    }

    /// Draws a column for each row from the plan, by one number of `[0, 1)` a row.
    pub(super) fn draw(&self, numbers: Tensor<B, 2>, epsilon: f64) -> Vec<usize> {
        let g = self.g.clone() / epsilon;
        let last = self.y.dims()[0] - 1;
        let mut start = 0;
        let picks = self.blocks().into_iter().map(|x| {
            let rows = x.dims()[0];
            let below = softmax(self.scores(x, epsilon) + g.clone(), 1).cumsum(1);
            let numbers = numbers.clone().narrow(0, start, rows);
            start += rows;
            below.lower_equal(numbers.expand([rows, last + 1])).int().sum_dim(1)
        });
        let picks = Tensor::cat(picks.collect(), 0).into_data();
        // Rounding can leave the last sum below the number.
        picks
            .iter::<i64>()
            .map(|column| usize::try_from(column).map_or(last, |column| column.min(last)))
            .collect()
    }

    fn scores(&self, x: Tensor<B, 2>, epsilon: f64) -> Tensor<B, 2> {
        (x / epsilon).matmul(self.y.clone().transpose())
    }

    fn blocks(&self) -> Vec<Tensor<B, 2>> {
        let rows = self.x.dims()[0];
        let size = (BLOCK / rows).clamp(1, rows);
        (0..rows).step_by(size).map(|at| self.x.clone().narrow(0, at, size.min(rows - at))).collect()
    }
}

fn centred<B: Backend>(x: Tensor<B, 2>) -> Tensor<B, 2> {
    let mean = x.clone().mean_dim(0);
    x - mean
}

fn log_sum_exp<B: Backend>(x: Tensor<B, 2>, dim: usize) -> Tensor<B, 2> {
    let largest = x.clone().max_dim(dim);
    (x - largest.clone()).exp().sum_dim(dim).log() + largest
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;
    use crate::Key;

    type F64 = NdArray<f64>;

    fn normal(purpose: &str, rows: usize) -> Tensor<F64, 2> {
        Key::new(0).fork(purpose).normal([rows, 2], &Default::default())
    }

    /// The plan in full.
    fn plan(sinkhorn: &Sinkhorn<F64>, epsilon: f64) -> Tensor<F64, 2> {
        softmax(sinkhorn.scores(sinkhorn.x.clone(), epsilon) + sinkhorn.g.clone() / epsilon, 1)
    }

    #[test]
    fn both_marginals_are_met() {
        let sinkhorn = Sinkhorn::solve(normal("x", 40), normal("y", 40) * 2.0 + 3.0, 0.1, 200);
        let plan = plan(&sinkhorn, 0.1);
        for side in [plan.clone().sum_dim(0).reshape([40]), plan.sum_dim(1).reshape([40])] {
            for mass in rows::to_host::<F64, 1>(side) {
                assert_relative_eq!(mass, 1.0, epsilon = 1e-6);
            }
        }
    }

    // The plan of entropic transport between N(0, s^2) and N(0, r^2) is normal; its covariance c solves
    // c^2 + e c / 2 = s^2 r^2 for the cost |x - y|^2 and the regularisation e.
    #[test]
    fn between_normal_distributions_the_plan_has_the_covariance_of_the_closed_form() {
        let (n, epsilon) = (500, 0.2);
        let quantile = |i: usize| {
            use statrs::distribution::{ContinuousCDF, Normal};
            Normal::standard().inverse_cdf((i as f64 + 0.5) / n as f64)
        };
        let x: Vec<f64> = (0..n).map(quantile).collect();
        let x = rows::from_host::<F64, f64>(x, &Default::default()).reshape([n, 1]);
        let y = x.clone() * 2.0;
        let variance = x.clone().square().mean().into_scalar();
        let e = epsilon * 5.0 * variance;
        let sinkhorn = Sinkhorn::solve(x.clone(), y.clone(), epsilon, 60);
        let covariance = (plan(&sinkhorn, epsilon).matmul(y) * x).mean().into_scalar();
        let expected = ((e * e / 16.0 + 4.0 * variance * variance).sqrt()) - e / 4.0;
        assert_relative_eq!(covariance, expected, max_relative = 5e-3);
    }

    #[test]
    fn draws_follow_the_plan() {
        let (x, y) = (normal("x", 3), normal("y", 3));
        let sinkhorn = Sinkhorn::solve(x, y, 0.5, 100);
        let plan = rows::to_host(plan(&sinkhorn, 0.5));
        let n = 4000;
        let mut counts = [0.0; 9];
        for i in 0..n {
            let number = Tensor::full([3, 1], (f64::from(i) + 0.5) / f64::from(n), &Default::default());
            for (row, column) in sinkhorn.draw(number, 0.5).into_iter().enumerate() {
                counts[3 * row + column] += 1.0 / f64::from(n);
            }
        }
        for (count, mass) in counts.iter().zip(plan) {
            assert!((count - mass).abs() < 1e-3, "{count} and {mass}");
        }
    }

    #[test]
    fn equal_rows_are_no_obstacle() {
        let x = Tensor::<F64, 2>::ones([4, 2], &Default::default());
        let plan = plan(&Sinkhorn::solve(x.clone(), x, 0.01, 20), 0.01);
        assert!(rows::to_host(plan).into_iter().all(|mass| (mass - 0.25).abs() < 1e-12));
    }
}
