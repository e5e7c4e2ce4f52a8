//! A flow over rows trained on images.

use burn::{optim::AdamConfig, tensor::Tensor};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{
    ReflowTrainer,
    coupling::{Dataset, Gaussian, Independent},
    models::MlpConfig,
};

fn main() {
    let device = Default::default();
    let images = Dataset::new(Tensor::<Flex, 4>::zeros([5, 1, 8, 8], &device)).unwrap();
    let net = MlpConfig::new(64).unwrap().init::<Autodiff<Flex>>(&device);
    let trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(images, Gaussian))
        .build();
}
