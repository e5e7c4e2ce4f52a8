//! Guidance of a network whose condition is not optional.

use burn::tensor::{Int, Tensor, backend::Backend};
use burn_flex::Flex;
use reflow::{
    Flow, Labels, Prediction, Sampler, Time,
    flow::{ClassifierFree, Guidance},
    ode::{Euler, TimeGrid},
};

struct ClassNet;

impl<B: Backend> Flow<B, 2, Labels> for ClassNet {
    fn predict(&self, x: Tensor<B, 2>, _: Time<B>, _: Tensor<B, 1, Int>) -> Prediction<B> {
        Prediction::velocity(x)
    }
}

fn main() {
    let device = Default::default();
    let guided = ClassifierFree::new(ClassNet, Guidance::none());
    let sampler = Sampler::new(guided, Euler, TimeGrid::uniform(2).unwrap());
    let labels = Tensor::<Flex, 1, Int>::zeros([4], &device);
    let samples = sampler.sample_given(Tensor::<Flex, 2>::zeros([4, 2], &device), labels);
}
