//! A flow that is not a burn module.

use burn::tensor::{Tensor, backend::Backend};
use reflow::{Flow, Prediction, ReflowTrainer, Time};

struct Still;

impl<B: Backend> Flow<B> for Still {
    fn predict(&self, x: Tensor<B, 2>, _: Time<B>, _: ()) -> Prediction<B> {
        Prediction::velocity(x.zeros_like())
    }
}

fn main() {
    let builder = ReflowTrainer::builder().flow(Still);
}
