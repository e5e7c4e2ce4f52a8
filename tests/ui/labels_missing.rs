//! Data without labels for a network with classes.

use burn::optim::AdamConfig;
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{
    ReflowTrainer,
    coupling::Independent,
    data::{Gaussian, Normal},
    models::MlpConfig,
};

fn main() {
    let net = MlpConfig::new(2).unwrap().init_with_classes::<Autodiff<Flex>>(3, &Default::default()).unwrap();
    let coupling = Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian);
    let trainer =
        ReflowTrainer::builder().flow(net).optimizer(AdamConfig::new().init()).coupling(coupling).build();
}
