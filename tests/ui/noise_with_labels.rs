//! A set of data with labels in place of noise: its rows would be paired with other labels.

use burn::{
    optim::AdamConfig,
    tensor::{Int, Tensor},
};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{ReflowTrainer, coupling::Independent, data::Dataset, models::MlpConfig};

fn main() {
    let device = Default::default();
    let net = MlpConfig::new(2).unwrap().init::<Autodiff<Flex>>(&device);
    let x = Tensor::<Flex, 2>::zeros([3, 2], &device);
    let labels = Tensor::<Flex, 1, Int>::from_ints([0, 1, 2], &device);
    let data = Dataset::new(x.clone()).unwrap();
    let noise = Dataset::with_labels(x, labels).unwrap();
    let trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(data, noise))
        .build();
}
