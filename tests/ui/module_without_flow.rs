//! A burn module that does not implement `Flow`.

use burn::{module::Module, nn::{Linear, LinearConfig}, optim::AdamConfig, tensor::backend::Backend};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{
    ReflowTrainer,
    coupling::Independent,
    data::{Gaussian, Normal},
};

#[derive(Module, Debug)]
struct Layers<B: Backend> {
    linear: Linear<B>,
}

fn main() {
    let net = Layers::<Autodiff<Flex>> { linear: LinearConfig::new(2, 2).init(&Default::default()) };
    let coupling = Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian);
    let trainer =
        ReflowTrainer::builder().flow(net).optimizer(AdamConfig::new().init()).coupling(coupling).build();
}
