//! A trainer without a flow.

use burn::optim::AdamConfig;
use reflow::{
    ReflowTrainer,
    coupling::{Gaussian, Independent, NormalLaw},
};

fn main() {
    let trainer = ReflowTrainer::builder()
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(NormalLaw::new(vec![2], 0.0, 1.0).unwrap(), Gaussian))
        .build();
}
