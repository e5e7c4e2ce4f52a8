//! The dropout of a network that has none.

use burn::{module::Module, nn::{Linear, LinearConfig}, tensor::{Tensor, backend::Backend}};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{Flow, Prediction, ReflowTrainer, Time};

#[derive(Module, Debug)]
struct Net<B: Backend> {
    linear: Linear<B>,
}

impl<B: Backend> Flow<B> for Net<B> {
    fn predict(&self, x: Tensor<B, 2>, _: Time<B>, _: ()) -> Prediction<B> {
        Prediction::velocity(self.linear.forward(x))
    }
}

fn main() {
    let net = Net { linear: LinearConfig::new(2, 2).init::<Autodiff<Flex>>(&Default::default()) };
    let builder = ReflowTrainer::builder().flow(net).dropout(0.1);
}
