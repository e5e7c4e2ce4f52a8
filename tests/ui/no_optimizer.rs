//! A trainer without an optimizer.

use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{
    ReflowTrainer,
    coupling::{Gaussian, Independent, NormalLaw},
    models::MlpConfig,
};

fn main() {
    let net = MlpConfig::new(2).unwrap().init::<Autodiff<Flex>>(&Default::default());
    let trainer = ReflowTrainer::builder()
        .flow(net)
        .coupling(Independent::new(NormalLaw::new(vec![2], 0.0, 1.0).unwrap(), Gaussian))
        .build();
}
