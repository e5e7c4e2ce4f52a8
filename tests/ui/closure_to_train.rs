//! A closure instead of a network.

use burn::tensor::Tensor;
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{ReflowTrainer, Time, flow_fn};

type Train = Autodiff<Flex>;

fn main() {
    let flow = flow_fn(|x: Tensor<Train, 2>, _: Time<Train>| x);
    let builder = ReflowTrainer::builder().flow(flow);
}
