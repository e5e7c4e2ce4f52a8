//! Digits by class: a flow conditioned on the digit to draw.
//!
//! ```text
//! cargo run --release --example labels -- [--seed N] [--quick]
//! ```

mod common;

use std::{iter::repeat_n, path::Path};

use burn::{
    optim::AdamConfig,
    tensor::{Device, Int, Tensor, TensorData, backend::Backend},
};
use common::{Digits, Options, PIXELS, Plain, Train};
use reflow::{
    Flow, Key, Labels, ReflowTrainer, Sampling,
    coupling::{ConditionDropout, Independent},
    data::{Dataset, Gaussian},
    flow::{ClassifierFree, Guidance, Split},
    metric::energy_distance,
    models::MlpConfig,
    train::{LearningRate, progress_bar},
};

const CLASSES: usize = 10;
/// The number of samples of each class, and how many of them the picture shows.
const SAMPLES: usize = 200;
const COLUMNS: usize = 24;
/// The probability of dropping the class in training, for guidance.
const DROPPED: f64 = 0.1;
/// Guidance scales; the first is no guidance.
const SCALES: [f64; 3] = [1.0, 1.5, 3.0];

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let steps = if options.quick { 400 } else { 3_000 };
    let device = Device::<Plain>::default();
    let (train, held_out) = common::digits()?;
    let data = Dataset::with_labels(train.x.clone(), train.y.clone())?;

    Train::seed(&device, options.seed);
    let net = MlpConfig::new(PIXELS)?
        .with_hidden(256)?
        .with_blocks(4)?
        .init_with_classes::<Train>(CLASSES, &device)?;
    println!("Training on {} digits with their classes for {steps} steps.", train.x.dims()[0]);
    let mut trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(ConditionDropout::new(Independent::new(data, Gaussian), DROPPED)?)
        .learning_rate(LearningRate::new(1e-3)?.warm_up(steps / 20)?.cosine(steps, 1e-5)?)
        .seed(options.seed)
        .callback(progress_bar())
        .build()?;
    trainer.fit(steps)?;

    let mut by_scale = vec![];
    for scale in SCALES {
        let guided = Guidance::one_is_none(scale)?;
        by_scale.push(sample(ClassifierFree::new(trainer.flow(), guided), options)?);
    }
    let held_out = by_class(&held_out)?;
    table(&by_scale[0], &by_class(&train)?, &held_out)?;
    println!("\n{:<8} {:>18} {:>18}", "guidance", "own class, mean", "nearest other");
    for (scale, samples) in SCALES.iter().zip(&by_scale) {
        let (own, nearest) = averages(samples, &held_out)?;
        println!("{scale:<8} {own:>18.3} {nearest:>18.3}");
    }
    draw(Path::new("target/labels.png"), by_scale)
}

/// Draws samples class by class, from the same noise for every flow.
fn sample(flow: impl Flow<Plain, 2, Labels>, options: Options) -> common::Result<Vec<Tensor<Plain, 2>>> {
    let device = Device::<Plain>::default();
    let classes: Vec<i64> = (0..).take(CLASSES).flat_map(|class| repeat_n(class, SAMPLES)).collect();
    let labels = Tensor::<Plain, 1, Int>::from_data(TensorData::new(classes, [CLASSES * SAMPLES]), &device);
    let noise = Key::new(options.seed).fork("samples").normal([CLASSES * SAMPLES, PIXELS], &device);
    let sampler = Sampling::baseline(18)?.of(flow).split(Split::across_cores(250)?);
    Ok(sampler.sample_given(noise, labels)?.x.chunk(CLASSES, 0))
}

/// Writes the first samples of each class, in one band per guidance scale.
fn draw(path: &Path, by_scale: Vec<Vec<Tensor<Plain, 2>>>) -> common::Result<()> {
    let first = |samples: Vec<Tensor<Plain, 2>>| {
        Tensor::cat(samples.into_iter().map(|class| class.narrow(0, 0, COLUMNS)).collect(), 0)
    };
    let pictures: Vec<_> = by_scale.into_iter().map(first).collect();
    common::write_grid(path, &pictures, COLUMNS, CLASSES)?;
    println!("\n{}: samples, one row per class and one band per guidance scale.", path.display());
    Ok(())
}

/// The distances of samples from held-out digits of their class and of the nearest other class, averaged over
/// classes.
fn averages(samples: &[Tensor<Plain, 2>], held_out: &[Tensor<Plain, 2>]) -> common::Result<(f64, f64)> {
    let (mut own, mut nearest) = (0.0, 0.0);
    for (class, samples) in samples.iter().enumerate() {
        own += energy_distance(samples.clone(), held_out[class].clone())? / CLASSES as f64;
        nearest += next_nearest(class, samples, held_out)?.0 / CLASSES as f64;
    }
    Ok((own, nearest))
}

/// The distance to the nearest other class, and that class.
fn next_nearest(
    class: usize,
    samples: &Tensor<Plain, 2>,
    held_out: &[Tensor<Plain, 2>],
) -> common::Result<(f64, usize)> {
    let mut others = Vec::new();
    for (other, digits) in held_out.iter().enumerate().filter(|(other, _)| *other != class) {
        others.push((energy_distance(samples.clone(), digits.clone())?, other));
    }
    Ok(others.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).ok_or("no other class")?)
}

/// The digits of each class.
fn by_class(digits: &Digits) -> common::Result<Vec<Tensor<Plain, 2>>> {
    let classes = digits.y.to_data().convert::<i64>().into_vec::<i64>().map_err(|e| format!("{e:?}"))?;
    let rows = |class| (0_i64..).zip(&classes).filter(move |(_, of)| **of == class).map(|(row, _)| row);
    let pick = |class| {
        let rows: Vec<i64> = rows(class).collect();
        let count = rows.len();
        digits.x.clone().select(0, Tensor::from_data(TensorData::new(rows, [count]), &digits.x.device()))
    };
    Ok((0..).take(CLASSES).map(pick).collect())
}

/// Prints the distances of the samples of each class from held-out digits of that class and of the nearest
/// other.
fn table(
    samples: &[Tensor<Plain, 2>],
    train: &[Tensor<Plain, 2>],
    held_out: &[Tensor<Plain, 2>],
) -> common::Result<()> {
    println!("\nEnergy distance to held-out digits:");
    println!("{:<5} {:>14} {:>18} {:>14}", "class", "own, data", "own, samples", "nearest other");
    for (class, samples) in samples.iter().enumerate() {
        let (nearest, other) = next_nearest(class, samples, held_out)?;
        let floor = energy_distance(train[class].clone(), held_out[class].clone())?;
        let own = energy_distance(samples.clone(), held_out[class].clone())?;
        println!("{class:<5} {floor:>14.3} {own:>18.3} {nearest:>10.3} ({other})");
    }
    Ok(())
}
