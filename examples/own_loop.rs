//! Training without the trainer: a plain loop around `generalized_loss`.
//!
//! ```text
//! cargo run --release --example own_loop -- [--seed N] [--quick]
//! ```

mod common;

use std::ops::Range;

use burn::{
    module::{AutodiffModule, Module},
    optim::{AdamConfig, GradientsParams, Optimizer},
    tensor::{Device, Tensor, backend::Backend},
};
use common::{Options, Plain, Train};
use reflow::{
    Coupling, Data, Key, Sampler, TimeDistribution,
    coupling::Independent,
    data::{Gaussian, data_fn},
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
    let key = Key::new(options.seed);
    let coupling = Independent::new(ring(), Gaussian);

    Train::seed(&device, options.seed);
    let mut net = MlpConfig::new(2)?.init::<Train>(&device);
    // burn draws weights on first use. A clone made before that, such as an average, would draw its own.
    println!("The network has {} weights.", net.num_params());
    let mut optimizer = AdamConfig::new().init();
    let mut losses = Vec::new();
    for step in 0..steps {
        // Rows are functions of the key and their index, so a loop that resumes at any step draws the same
        // rows.
        let rows = step * BATCH..(step + 1) * BATCH;
        let pair = coupling.draw(rows.clone(), &key.fork("pairs"), &device)?;
        let t = Uniform.draw(rows, &key.fork("times"), &device)?;
        let loss = generalized_loss(&net, pair, t, &Mse, &Power::default())?.weighted;
        losses.push(loss.clone().inner());
        // Reading losses waits for the device, so many are read at once.
        if losses.len() == steps / 5 {
            let mean = Tensor::cat(std::mem::take(&mut losses), 0).mean().into_scalar();
            println!("step {:>5}  mean loss {mean:.4}", step + 1);
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        net = optimizer.step(1e-3, net, gradients);
    }

    // `valid` gives the network on the backend that records no gradients.
    let sampler = Sampler::new(net.valid(), Heun, TimeGrid::uniform(10)?);
    let noise: Tensor<Plain, 2> = key.fork("noise").normal([2_000, 2], &device);
    let fresh = ring().draw(0..2_000, &key.fork("fresh"), &device)?.x;
    let out = sampler.sample(noise.clone())?;
    println!("\nEnergy distance to the data:");
    println!("noise                      {:.4}", energy_distance(noise, fresh.clone())?);
    println!("samples in {} evaluations  {:.4}", out.evaluations, energy_distance(out.x, fresh)?);
    Ok(())
}

/// A ring of radius 1.5 with a little noise.
fn ring() -> impl Data<Plain> + Copy {
    data_fn(|rows: Range<usize>, key: &Key, device: &Device<Plain>| {
        let x: Tensor<Plain, 2> = key.fork("angle").normal_rows(rows.clone(), &[2], device)?;
        let circle = x.clone() / x.square().sum_dim(1).sqrt();
        Ok(circle * 1.5 + key.fork("noise").normal_rows(rows, &[2], device)? * 0.05)
    })
}
