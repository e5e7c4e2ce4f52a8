//! A loss instead of an objective.

use burn::optim::AdamConfig;
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{ReflowTrainer, loss::Mse, models::MlpConfig};

fn main() {
    let net = MlpConfig::new(2).unwrap().init::<Autodiff<Flex>>(&Default::default());
    let trainer =
        ReflowTrainer::builder().flow(net).optimizer(AdamConfig::new().init()).objective(Mse).build();
}
