//! Adaptive steps with a solver that does not estimate its error.

use burn::tensor::Tensor;
use burn_flex::Flex;
use reflow::{
    Sampler,
    flow::GaussianFlow,
    ode::{Adaptive, Euler},
};

fn main() {
    let flow = GaussianFlow::new(0.0, 1.0).unwrap();
    let sampler = Sampler::new(flow, Euler, Adaptive::new(1e-3, 1e-3).unwrap());
    let out = sampler.sample(Tensor::<Flex, 2>::zeros([1, 1], &Default::default()));
}
