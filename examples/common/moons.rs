//! Two moons: their law, and flows to them.

use std::f32::consts::PI;

use burn::{
    optim::AdamConfig,
    tensor::{Device, Tensor, TensorData, backend::Backend},
};
use rand::RngExt;
use rand_distr::StandardNormal;
use reflow::{
    Law, ReflowTrainer, Rng,
    coupling::{Backward, Gaussian, Independent, Pairs, law_fn},
    models::{Mlp, MlpConfig},
    ode::{Heun, TimeGrid},
    sampler::Split,
    train::LearningRate,
};

use super::{Options, Plain, Result, Train};

/// Two half circles that reach into each other, with a little noise, about the origin and of unit size.
pub fn law() -> impl Law<Plain> + Copy {
    law_fn(|batch: usize, rng: &Rng, device: &Device<Plain>| {
        let points = (0..batch).flat_map(|row| {
            let mut generator = rng.row(row);
            let (sin, cos) = (PI * generator.random::<f32>()).sin_cos();
            let (x, y) = if generator.random() { (cos - 0.5, sin - 0.25) } else { (0.5 - cos, 0.25 - sin) };
            [x, y].map(|value| 1.4 * value + 0.06 * generator.sample::<f32, _>(StandardNormal))
        });
        Ok(Tensor::from_data(TensorData::new(points.collect::<Vec<f32>>(), [batch, 2]), device))
    })
}

/// Trains a teacher on the moons and rectifies it once; gives it and its student.
pub fn rectified(options: Options) -> Result<(Mlp<Plain>, Mlp<Plain>)> {
    let (steps, pair_count) = if options.quick { (300, 4_000) } else { (3_000, 20_000) };
    let device = Device::<Plain>::default();
    let rate = LearningRate::new(2e-3)?.warm_up(steps / 20).cosine(steps, 1e-5)?;

    Train::seed(&device, options.seed);
    println!("Training the teacher, {steps} steps.");
    let mut teacher = ReflowTrainer::baseline(MlpConfig::new(2)?.init::<Train>(&device))
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(law(), Gaussian))
        .learning_rate(rate)
        .seed(options.seed)
        .build()?;
    teacher.fit(steps)?;

    println!("Drawing {pair_count} pairs and rectifying, {steps} steps.");
    let sampler = teacher.sampler(Heun, TimeGrid::edm(18)?).split(Split::across_cores(500)?);
    let key = Rng::new(options.seed).fork("pairs");
    let pairs = Pairs::generate(&Backward::new(sampler, law()), pair_count, 10_000, &key, &device)?;
    let teacher_flow = teacher.sampling_flow();
    let mut student = ReflowTrainer::simple_reflow(teacher.into_flow())
        .optimizer(AdamConfig::new().init())
        .coupling(pairs)
        .learning_rate(rate)
        .seed(options.seed + 1)
        .build()?;
    student.fit(steps)?;
    Ok((teacher_flow, student.sampling_flow()))
}
