//! The crate's objective for a table under a finite joint distribution, and its minimisers.

use burn::tensor::{Int, Tensor, TensorData, backend::Backend};
use reflow::{Flow, Loss, Pair, Prediction, Time, Weight, generalized_loss, rows};

use crate::{Plain, Train, joint::Joint};

/// A denoiser that looks up the row of the cell nearest to `(x_t, t)`.
struct Table {
    rows: Tensor<Train, 2>,
    places: Vec<(Vec<f64>, f64)>,
}

impl Table {
    fn cell(&self, x: &[f64], t: f64) -> usize {
        let gap = |(point, time): &(Vec<f64>, f64)| norm(&subtract(point, x)) + (time - t).abs();
        let gaps = self.places.iter().map(gap).enumerate();
        gaps.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are cells").0
    }
}

impl Flow<Train> for Table {
    fn predict(&self, x: Tensor<Train, 2>, t: Time<Train>, (): ()) -> Prediction<Train> {
        let [count, width] = x.dims();
        let (x, times) = (rows::to_host(x), rows::to_host(t.rows()));
        let cell: Vec<i64> = x.chunks(width).zip(times).map(|(x, t)| self.cell(x, t) as i64).collect();
        let cell = Tensor::<Train, 1, Int>::from_data(TensorData::new(cell, [count]), &Default::default());
        Prediction::data(self.rows.clone().select(0, cell), t)
    }
}

/// A weight times the probability of each atom, which turns the mean over the batch into the expectation.
///
/// The objective computes the weights of the whole batch in one call, in the order of its rows.
struct Expectation<'a, W> {
    weight: &'a W,
    probability: Vec<f64>,
}

impl<W: Weight> Weight for Expectation<'_, W> {
    fn weights<B: Backend, const D: usize>(
        &self,
        x_t: &Tensor<B, D>,
        t: &Tensor<B, 1>,
        losses: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        let count = self.probability.len() as f64;
        self.weight.weights(x_t, t, losses) * upload::<B>(&self.probability) * count
    }
}

/// A weight `w(x_t, t)` defined by cell, expanded to atoms.
pub struct ByCell(pub Vec<f64>);

impl ByCell {
    pub fn new(joint: &Joint, by_cell: &[f64]) -> Self {
        Self(joint.cell.iter().map(|&cell| by_cell[cell]).collect())
    }
}

impl Weight for ByCell {
    fn weights<B: Backend, const D: usize>(
        &self,
        _: &Tensor<B, D>,
        _: &Tensor<B, 1>,
        _: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        upload(&self.0)
    }
}

pub fn upload<B: Backend>(numbers: &[f64]) -> Tensor<B, 1> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), [numbers.len()]), &Default::default())
}

/// The generalised loss as a function of the flattened table.
pub struct Objective<'a, L, W> {
    pub joint: &'a Joint,
    /// The probabilities of the times.
    pub times: &'a [f64],
    pub loss: L,
    pub weight: W,
}

impl<L: Loss<Train>, W: Weight> Objective<'_, L, W> {
    pub fn value(&self, table: &[f64]) -> f64 {
        self.evaluate(table).0
    }

    pub fn gradient(&self, table: &[f64]) -> Vec<f64> {
        self.evaluate(table).1
    }

    fn evaluate(&self, table: &[f64]) -> (f64, Vec<f64>) {
        let joint = self.joint;
        let rows = |of: &[Vec<f64>]| {
            let values: Vec<f64> = joint.atoms().flat_map(|(_, pair)| of[pair].clone()).collect();
            matrix::<Plain>(values, joint.dim)
        };
        let t: Vec<f64> = joint.atoms().map(|(k, _)| joint.t[k]).collect();
        let probability = joint.atoms().map(|(k, pair)| self.times[k] * joint.pairs[pair]).collect();
        let rows_of_table = matrix::<Train>(table.to_vec(), joint.dim).require_grad();
        let flow = Table { rows: rows_of_table, places: joint.places() };
        let pair = Pair::new(rows(&joint.x0), rows(&joint.x1)).unwrap();
        let weight = Expectation { weight: &self.weight, probability };
        let loss = generalized_loss(&flow, pair, upload(&t), &self.loss, &weight).unwrap().weighted;
        let value = loss.clone().inner().into_scalar();
        let gradient = flow.rows.grad(&loss.backward()).expect("the table is in the graph");
        (value, rows::to_host(gradient))
    }

    /// Minimises a quadratic objective by conjugate gradients, from `start`.
    ///
    /// The gradient of a quadratic is affine, so its difference along a direction is the Hessian times that
    /// direction.
    pub fn minimise_quadratic(&self, start: &[f64]) -> Vec<f64> {
        let origin = self.gradient(&vec![0.0; start.len()]);
        let hessian = |way: &[f64]| subtract(&self.gradient(way), &origin);
        let mut x = start.to_vec();
        let mut residual: Vec<f64> = self.gradient(&x).iter().map(|g| -g).collect();
        let mut way = residual.clone();
        let (first, mut square) = (dot(&residual, &residual), dot(&residual, &residual));
        for _ in 0..20 * start.len() {
            if square <= 1e-24 * first {
                break;
            }
            let curved = hessian(&way);
            let step = square / dot(&way, &curved);
            x = add(&x, &way, step);
            residual = add(&residual, &curved, -step);
            let next = dot(&residual, &residual);
            way = add(&residual, &way, next / square);
            square = next;
        }
        x
    }

    /// Takes `steps` steps of steepest descent, each halved until it lowers the value and then doubled for
    /// the next.
    pub fn descend(&self, start: &[f64], steps: usize) -> Vec<f64> {
        let (mut x, mut step) = (start.to_vec(), 1.0);
        let (mut value, mut gradient) = self.evaluate(&x);
        for _ in 0..steps {
            let square = dot(&gradient, &gradient);
            while step > 1e-12 {
                let next = add(&x, &gradient, -step);
                let (next_value, next_gradient) = self.evaluate(&next);
                if next_value < value - 0.3 * step * square {
                    (x, value, gradient) = (next, next_value, next_gradient);
                    step *= 2.0;
                    break;
                }
                step /= 2.0;
            }
        }
        x
    }
}

fn matrix<B: Backend>(values: Vec<f64>, width: usize) -> Tensor<B, 2> {
    let height = values.len() / width;
    Tensor::from_data(TensorData::new(values, [height, width]), &Default::default())
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// `a + factor b`.
pub fn add(a: &[f64], b: &[f64], factor: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + factor * b).collect()
}

pub fn subtract(a: &[f64], b: &[f64]) -> Vec<f64> {
    add(a, b, -1.0)
}

/// The length of each row of a table.
pub fn row_norms(table: &[f64], width: usize) -> Vec<f64> {
    table.chunks(width).map(norm).collect()
}

/// The largest absolute value.
pub fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |largest, number| number.abs().max(largest))
}
