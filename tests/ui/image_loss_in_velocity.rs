//! A loss that compares images, used on velocities.

use burn::optim::AdamConfig;
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use burn::tensor::{Tensor, backend::Backend};
use reflow::{
    Loss, Pair, ReflowTrainer,
    coupling::Independent,
    data::{Gaussian, Normal},
    flow::Answer,
    loss::InVelocity,
    models::MlpConfig,
    rows,
};

struct Perceptual;

impl<B: Backend> Loss<B> for Perceptual {
    fn rows(&self, said: &Answer<B>, pair: &Pair<B>) -> Tensor<B, 1> {
        rows::mean((said.data() - pair.x0()).abs())
    }
}

fn main() {
    let net = MlpConfig::new(2).unwrap().init::<Autodiff<Flex>>(&Default::default());
    let coupling = Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian);
    let trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(coupling)
        .loss(InVelocity::new(Perceptual))
        .build();
}
