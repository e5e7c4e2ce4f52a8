//! The recipe for images, used on rows without neighbours.

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
    let net = MlpConfig::new(2).unwrap().init::<Autodiff<Flex>>(&Default::default());
    let coupling = Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian);
    let trainer = ReflowTrainer::simple_reflow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(coupling)
        .build();
}
