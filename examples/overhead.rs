//! What the crate costs over a bare network: each measured in turn with its counterpart, as a ratio of medians.
//!
//! ```text
//! cargo run --release --example overhead
//! ```

mod common;

use std::time::Instant;

use burn::{
    module::{AutodiffModule, Module},
    optim::{AdamConfig, GradientsParams, Optimizer},
    tensor::Tensor,
};
use common::{PIXELS, Plain, Train};
use reflow::{
    Coupling, Flow, Pair, ReflowTrainer, Rng, Sampler, TimeDistribution,
    coupling::{Gaussian, Independent, NormalLaw},
    models::{Mlp, MlpConfig},
    ode::{Heun, TimeGrid},
    time::Uniform,
    train::Progress,
};

const BATCH: usize = 256;
const ROUNDS: usize = 60;

fn main() -> common::Result<()> {
    let net = MlpConfig::new(PIXELS)?.with_hidden(256)?.with_blocks(4)?.init::<Train>(&Default::default());
    net.num_params();
    println!("sampling, 9 evaluations: {:.3} times the bare evaluations", sampling(&net)?);
    println!("training, 10 steps:      {:.3} times a loop written by hand", training(net)?);
    Ok(())
}

/// The median of the ratios of two things, run in turn.
fn ratio(mut ours: impl FnMut(), mut bare: impl FnMut()) -> f64 {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    let mut ratios: Vec<f64> = (0..ROUNDS).map(|_| time(&mut ours) / time(&mut bare)).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}

fn sampling(net: &Mlp<Train>) -> common::Result<f64> {
    let net = net.valid();
    let device = burn::tensor::Device::<Plain>::default();
    let x1: Tensor<Plain, 2> = Rng::new(0).normal([BATCH, PIXELS], &device);
    let sampler = Sampler::new(&net, Heun, TimeGrid::uniform(5)?);
    let ours = || drop(sampler.sample(x1.clone()).map(|out| out.x.into_data()));
    let bare = || {
        for _ in 0..9 {
            net.velocity(x1.clone(), Tensor::full([BATCH], 0.5, &device)).into_data();
        }
    };
    Ok(ratio(ours, bare))
}

fn training(net: Mlp<Train>) -> common::Result<f64> {
    let coupling = Independent::new(NormalLaw::new(vec![PIXELS], 0.0, 1.0)?, Gaussian);
    let mut trainer = ReflowTrainer::builder()
        .flow(net.clone())
        .optimizer(AdamConfig::new().init())
        .coupling(coupling.clone())
        .batch_size(BATCH)
        .ema(None)
        .progress(Progress::Hidden)
        .build()?;
    let ours = || drop(trainer.fit(10));

    let device = burn::tensor::Device::<Plain>::default();
    let mut own = net;
    let mut optimizer = AdamConfig::new().init();
    let mut steps = 0;
    let by_hand = || {
        for _ in 0..10 {
            let rng = Rng::new(0).at(steps);
            let pair: Result<Pair<Plain>, _> = coupling.draw(BATCH, &rng.fork("pairs"), &device);
            let times = Uniform.draw::<Plain>(BATCH, &rng.fork("times"), &device);
            let (Ok(pair), Ok(t)) = (pair, times) else { return };
            let column = t.clone().unsqueeze_dim::<2>(1);
            let x_t = pair.x0.clone() + (pair.x1 - pair.x0.clone()) * column.clone();
            let x_t = Tensor::<Train, 2>::from_inner(x_t);
            let v = own.velocity(x_t.clone(), Tensor::from_inner(t));
            let column = Tensor::<Train, 2>::from_inner(column);
            let error = x_t - v * column.clone() - Tensor::from_inner(pair.x0);
            let loss = (error.square().mean_dim(1) / column.square()).mean();
            let gradients = GradientsParams::from_grads(loss.backward(), &own);
            own = optimizer.step(1e-3, own.clone(), gradients);
            steps += 1;
        }
    };
    Ok(ratio(ours, by_hand))
}
