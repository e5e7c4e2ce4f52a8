//! Data and a flow that reveal which condition a row has.

use burn::tensor::{Int, Tensor, backend::Backend};
use reflow::{Flow, Labels, Pair, Prediction, Time, data::Dataset, rows};

use super::gap;

/// Rows whose values are their labels.
pub fn numbered<B: Backend>(rows: usize) -> Dataset<B, 2, Labels> {
    let y = Tensor::<B, 1, Int>::arange(0..rows as i64, &Default::default());
    let x = y.clone().float().unsqueeze_dim::<2>(1).repeat_dim(1, 3);
    Dataset::with_labels(x, y).unwrap()
}

/// The largest distance of numbered data from its labels.
pub fn gap_to_labels<B: Backend>(x0: Tensor<B, 2>, labels: Tensor<B, 1, Int>) -> f64 {
    gap(x0.narrow(1, 0, 1).squeeze_dim::<1>(1), labels.float())
}

pub fn labels_match<B: Backend>(pair: &Pair<B, 2, Labels>) {
    assert_eq!(gap_to_labels(pair.x0(), pair.y()), 0.0);
}

/// A flow that carries every row to its label.
#[derive(Clone)]
pub struct ToLabel;

impl<B: Backend> Flow<B, 2, Labels> for ToLabel {
    fn predict(&self, x: Tensor<B, 2>, t: Time<B>, y: Tensor<B, 1, Int>) -> Prediction<B> {
        Prediction::data(x.zeros_like() + rows::expand(y.float()), t)
    }
}
