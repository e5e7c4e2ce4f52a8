//! A coupling that borrows data, which the trainer may outlive.

use burn::optim::AdamConfig;
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use burn::tensor::Tensor;
use reflow::{
    ReflowTrainer,
    coupling::Independent,
    data::{Dataset, Gaussian},
    models::MlpConfig,
};

fn main() {
    let device = Default::default();
    let net = MlpConfig::new(2).unwrap().init::<Autodiff<Flex>>(&device);
    let data = Dataset::new(Tensor::<Flex, 2>::zeros([4, 2], &device)).unwrap();
    let coupling = Independent::new(&data, Gaussian);
    let trainer =
        ReflowTrainer::builder().flow(net).optimizer(AdamConfig::new().init()).coupling(coupling).build();
}
