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

/// The median of the ratios of two things, run in turn, each first every other time.
fn ratio(
    mut ours: impl FnMut() -> common::Result<()>,
    mut bare: impl FnMut() -> common::Result<()>,
) -> common::Result<f64> {
    let time = |work: &mut dyn FnMut() -> common::Result<()>| -> common::Result<f64> {
        let start = Instant::now();
        work()?;
        Ok(start.elapsed().as_secs_f64())
    };
    let mut ratios = vec![];
    for _ in 0..ROUNDS / 2 {
        ratios.push(time(&mut ours)? / time(&mut bare)?);
        let bare_first = time(&mut bare)?;
        ratios.push(time(&mut ours)? / bare_first);
    }
    ratios.sort_by(f64::total_cmp);
    Ok(ratios[ROUNDS / 2])
}

fn sampling(net: &Mlp<Train>) -> common::Result<f64> {
    let net = net.valid();
    let device = burn::tensor::Device::<Plain>::default();
    let x1: Tensor<Plain, 2> = Rng::new(0).normal([BATCH, PIXELS], &device);
    let sampler = Sampler::new(&net, Heun, TimeGrid::uniform(5)?);
    let ours = || {
        sampler.sample(x1.clone())?.x.into_data();
        Ok(())
    };
    let bare = || {
        let evaluate = |_| net.velocity_at(x1.clone(), 0.5);
        (0..9).map(evaluate).last().map(Tensor::into_data).ok_or("no evaluation")?;
        Ok(())
    };
    ratio(ours, bare)
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
    let ours = || {
        trainer.fit(10)?;
        Ok(())
    };

    let device = burn::tensor::Device::<Plain>::default();
    let mut own = net;
    let mut optimizer = AdamConfig::new().init();
    let mut steps = 0;
    let by_hand = || {
        for _ in 0..10 {
            let rng = Rng::new(0).at(steps);
            let pair: Pair<Plain> = coupling.draw(BATCH, &rng.fork("pairs"), &device)?;
            let t = Uniform.draw::<Plain>(BATCH, &rng.fork("times"), &device)?;
            let column = t.clone().unsqueeze_dim::<2>(1);
            let x_t = pair.x0() + (pair.x1() - pair.x0()) * column.clone();
            let x_t = Tensor::<Train, 2>::from_inner(x_t);
            let v = own.velocity(x_t.clone(), Tensor::from_inner(t));
            let column = Tensor::<Train, 2>::from_inner(column);
            let error = x_t - v * column.clone() - Tensor::from_inner(pair.x0());
            let loss = (error.square().mean_dim(1) / column.square()).mean();
            let gradients = GradientsParams::from_grads(loss.backward(), &own);
            own = optimizer.step(1e-3, own.clone(), gradients);
            steps += 1;
        }
        Ok(())
    };
    ratio(ours, by_hand)
}
