//! `weight::Predicted` and `weight::Normalized` on an independent coupling in one dimension, where many data
//! points share one `x_t`.
//!
//! The data lies near -0.5 with probability 0.8 and near 2 with probability 0.2. At any time, the mean of
//! `E[x0 | x_t]` over all `x_t` is the mean of the data, 0. A weight that depends only on the time preserves
//! it; one over the row's own loss moves the minimiser towards -0.5.

use std::ops::Range;

use burn::{
    optim::AdamConfig,
    tensor::{Device, Tensor, backend::Backend},
};
use reflow::{
    Error, FlowExt, Key, ReflowTrainer, TimeDistribution, Weight,
    coupling::Independent,
    data::{Gaussian, data_fn},
    flow::interpolate,
    models::MlpConfig,
    rows,
    time::Uniform,
    train::LearningRate,
    weight::{Normalized, Predicted},
};

use crate::{
    Plain, Train,
    trained::{TOLERANCE, alone},
};

const STEPS: usize = 2_000;
const SPREAD: f64 = 0.1;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "`data_fn` passes the device by reference")]
fn data(rows: Range<usize>, key: &Key, device: &Device<Plain>) -> Result<Tensor<Plain, 2>, Error> {
    let pick = Uniform.draw::<Plain>(rows.clone(), &key.fork("part"), device)?;
    let second = pick.lower_elem(0.2).float().unsqueeze_dim::<2>(1);
    let noise: Tensor<Plain, 2> = key.fork("noise").normal_rows(rows, &[1], device)?;
    Ok(second * 2.5 - 0.5 + noise * SPREAD)
}

/// Trains with a weight and returns the mean of the denoiser at late times, where each prediction averages
/// many data points.
fn mean_answer(weight: impl Weight + 'static) -> f64 {
    let device = Default::default();
    let net = alone(|| {
        Train::seed(&device, 3);
        let config = MlpConfig::new(1).unwrap().with_hidden(32).unwrap().with_blocks(2).unwrap();
        let net = config.init::<Train>(&device);
        burn::module::Module::num_params(&net);
        net
    });
    let mut trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(data_fn(data), Gaussian))
        .weight(weight)
        .learning_rate(LearningRate::new(5e-3).unwrap().warm_up(50).unwrap().cosine(STEPS, 1e-5).unwrap())
        .batch_size(128)
        .ema(None)
        .build()
        .unwrap();
    trainer.fit(STEPS).unwrap();
    let (key, count) = (Key::new(77), 20_000);
    let (x0, x1) = (data(0..count, &key, &device).unwrap(), key.fork("x1").normal([count, 1], &device));
    let t = Uniform.draw::<Plain>(0..count, &key.fork("t"), &device).unwrap() * 0.1 + 0.9;
    let answers = rows::to_host(trainer.flow().denoise(interpolate(x0, x1, t.clone()), t));
    answers.iter().sum::<f64>() / count as f64
}

#[test]
fn the_predicted_loss_keeps_the_mean_and_the_own_loss_does_not() {
    // With the default epsilon, rows that happen to be right have weights of 1e8 and Adam hardly moves.
    let own = Normalized::new(SPREAD * SPREAD).unwrap();
    let (predicted, own) = (mean_answer(Predicted::default()), mean_answer(own));
    // The data's deviation is 1, and the mean of 20,000 rows is within 0.007 of 0.
    assert!(predicted.abs() < TOLERANCE, "{predicted}");
    assert!(own < -2.5 * TOLERANCE, "{own}");
}
