//! Bad input to any part ends in an error that names the part, never in a silently wrong result.

mod networks;
mod parts;
mod shapes;
mod solves;
mod values;

use burn::{
    module::{Module, Param},
    tensor::{Tensor, backend::Backend},
};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{Flow, Prediction, Time};

pub(crate) type Train = Autodiff<Flex>;

/// A network of one weight, whose velocity has an arbitrary shape.
#[derive(Module, Debug)]
pub(crate) struct Shaped<B: Backend> {
    weight: Param<Tensor<B, 2>>,
    rows: usize,
    columns: usize,
}

impl<B: Backend> Shaped<B> {
    pub(crate) fn new(rows: usize, columns: usize) -> Self {
        let weight = Param::from_tensor(Tensor::ones([1, 1], &Default::default()));
        Self { weight, rows, columns }
    }
}

impl<B: Backend> Flow<B> for Shaped<B> {
    fn predict(&self, _: Tensor<B, 2>, _: Time<B>, (): ()) -> Prediction<B> {
        Prediction::velocity(self.weight.val().expand([self.rows, self.columns]))
    }
}

pub(crate) fn zeros(dims: [usize; 2]) -> Tensor<Flex, 2> {
    Tensor::zeros(dims, &Default::default())
}

/// Asserts that an error's message contains all of these words.
#[track_caller]
pub(crate) fn assert_says(error: &impl std::fmt::Display, words: &[&str]) {
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
}
