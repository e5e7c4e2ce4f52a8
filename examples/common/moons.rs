//! Two moons: their distribution, and flows to them.

use std::{f32::consts::PI, ops::Range};

use burn::{
    optim::AdamConfig,
    tensor::{Device, Tensor, TensorData, backend::Backend},
};
use rand::RngExt;
use rand_distr::StandardNormal;
use reflow::{
    Data, Key, ReflowTrainer, Sampling,
    coupling::Independent,
    data::{Gaussian, data_fn},
    flow::Split,
    loss::Mse,
    models::{Mlp, MlpConfig},
    train::{LearningRate, Round, progress_bar},
};

use super::{Options, Plain, Result, Train};

/// Two interleaved half circles with a little noise, centred and of about unit variance.
pub fn moons() -> impl Data<Plain> + Copy {
    data_fn(|rows: Range<usize>, key: &Key, device: &Device<Plain>| {
        let count = rows.len();
        let points = rows.flat_map(|row| {
            let mut generator = key.row(row);
            let (sin, cos) = (PI * generator.random::<f32>()).sin_cos();
            let (x, y) = if generator.random() { (cos - 0.5, sin - 0.25) } else { (0.5 - cos, 0.25 - sin) };
            [x, y].map(|value| 1.4 * value + 0.06 * generator.sample::<f32, _>(StandardNormal))
        });
        Ok(Tensor::from_data(TensorData::new(points.collect::<Vec<f32>>(), [count, 2]), device))
    })
}

/// Trains a teacher on the moons and rectifies it once. Returns the teacher and its student.
pub fn rectified(options: Options) -> Result<(Mlp<Plain>, Mlp<Plain>)> {
    let (steps, pair_count) = if options.quick { (300, 4_000) } else { (3_000, 20_000) };
    let device = Device::<Plain>::default();
    let rate = LearningRate::new(2e-3)?.warm_up(steps / 20)?.cosine(steps, 1e-5)?;

    Train::seed(&device, options.seed);
    println!("Training the teacher for {steps} steps.");
    let mut teacher = ReflowTrainer::builder()
        .flow(MlpConfig::new(2)?.init::<Train>(&device))
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(moons(), Gaussian))
        .learning_rate(rate)
        .seed(options.seed)
        .callback(progress_bar())
        .build()?;
    teacher.fit(steps)?;
    let teacher_flow = teacher.flow();

    println!("Drawing {pair_count} pairs, then rectifying for {steps} steps.");
    let mut student = Round::new(pair_count, vec![2])?
        .with_key(Key::new(options.seed).fork("pairs"))
        .with_split(Split::across_cores(256)?)
        .rectify(teacher.into_flow(), Sampling::baseline(18)?)?
        .loss(Mse)
        .optimizer(AdamConfig::new().init())
        .learning_rate(rate)
        .seed(options.seed + 1)
        .callback(progress_bar())
        .build()?;
    student.fit(steps)?;
    Ok((teacher_flow, student.flow()))
}
