//! Training without the trainer: a plain loop around the loss.
//!
//! ```text
//! cargo run --release --example own_loop -- [--seed N] [--quick]
//! ```

mod common;

use burn::{
    module::{AutodiffModule, Module},
    optim::{AdamConfig, GradientsParams, Optimizer},
    tensor::{Device, Tensor, backend::Backend},
};
use common::{Options, Plain, Train};
use reflow::{
    Coupling, Rng, Sampler, TimeDistribution,
    coupling::{Gaussian, Independent, Law, law_fn},
    generalized_loss,
    loss::Mse,
    metric::energy_distance,
    models::MlpConfig,
    ode::{Heun, TimeGrid},
    time::Uniform,
    weight::Power,
};

const BATCH: usize = 256;

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let steps = if options.quick { 300 } else { 2_000 };
    let device = Device::<Plain>::default();
    let rng = Rng::new(options.seed);
    let data = ring();
    let coupling = Independent::new(data, Gaussian);

    Train::seed(&device, options.seed);
    let mut net = MlpConfig::new(2)?.init::<Train>(&device);
    // Weights are drawn when first touched; a clone made before that, such as an average, would draw its own.
    println!("A network of {} weights.", net.num_params());
    let mut optimizer = AdamConfig::new().init();
    let mut losses = Vec::new();
    for step in 0..steps {
        // A key a step: the loop can start again anywhere and draws the same.
        let rng = rng.at(step);
        let pair = coupling.draw(BATCH, &rng.fork("pairs"), &device)?;
        let t = Uniform.draw(BATCH, &rng.fork("times"), &device)?;
        let loss = generalized_loss(&net, pair, t, &Mse, &Power::default());
        losses.push(loss.clone().inner());
        // Reading losses waits for the device, so they are read seldom, many at once.
        if losses.len() == steps / 5 {
            let mean = Tensor::cat(std::mem::take(&mut losses), 0).mean().into_scalar();
            println!("step {:>5}  mean loss {mean:.4}", step + 1);
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        net = optimizer.step(1e-3, net, gradients);
    }

    // `valid` is the network on the backend that records no gradients.
    let sampler = Sampler::new(net.valid(), Heun, TimeGrid::uniform(10)?);
    let noise: Tensor<Plain, 2> = rng.fork("noise").normal([2_000, 2], &device);
    let fresh = data.draw(2_000, &rng.fork("fresh"), &device)?.x;
    let out = sampler.sample(noise.clone())?;
    println!("\nEnergy distance to the data:");
    println!("noise                      {:.4}", energy_distance(noise, fresh.clone())?);
    println!("samples in {} evaluations  {:.4}", out.evaluations, energy_distance(out.x, fresh)?);
    Ok(())
}

/// A ring of radius 1.5 with a little noise.
fn ring() -> impl Law<Plain> + Copy {
    law_fn(|batch: usize, rng: &Rng, device: &Device<Plain>| {
        let x: Tensor<Plain, 2> = rng.fork("angle").normal([batch, 2], device);
        let circle = x.clone() / x.square().sum_dim(1).sqrt();
        Ok(circle * 1.5 + rng.fork("noise").normal([batch, 2], device) * 0.05)
    })
}
