//! A trainer without a network.

use burn::optim::AdamConfig;
use reflow::{
    ReflowTrainer,
    coupling::Independent,
    data::{Gaussian, Normal},
};

fn main() {
    let coupling = Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian);
    let trainer =
        ReflowTrainer::builder().optimizer(AdamConfig::new().init()).coupling(coupling).build();
}
