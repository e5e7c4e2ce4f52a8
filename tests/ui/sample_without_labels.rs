//! A network with classes, sampled without labels.

use burn::tensor::Tensor;
use burn_flex::Flex;
use reflow::{
    Sampler,
    models::MlpConfig,
    ode::{Euler, TimeGrid},
};

fn main() {
    let device = Default::default();
    let net = MlpConfig::new(2).unwrap().init_with_classes::<Flex>(3, &device).unwrap();
    let sampler = Sampler::new(net, Euler, TimeGrid::uniform(2).unwrap());
    let samples = sampler.sample(Tensor::<Flex, 2>::zeros([4, 2], &device));
}
