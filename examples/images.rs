//! Images: a custom convolutional network for tensors of rank 4, trained on digits and rectified with Simple ReFlow's
//! recipe unchanged.
//!
//! ```text
//! cargo run --release --example images -- [--seed N] [--quick]
//! ```

mod common;

use std::path::Path;

use burn::{
    module::{AutodiffModule, Module},
    nn::{
        Initializer, Linear, LinearConfig, PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig, ConvTranspose2d, ConvTranspose2dConfig},
    },
    optim::AdamConfig,
    tensor::{Device, Tensor, activation::hard_swish, backend::Backend},
};
use common::{Options, Plain, SIDE, Train};
use reflow::{
    ConfigError, Flow, Key, OdeSolver, Prediction, ReflowTrainer, Sampling, StepControl, Time,
    coupling::Independent,
    data::{Dataset, Gaussian},
    flow::Split,
    metric::energy_distance,
    models::time_embedding,
    rows,
    train::{Ema, LearningRate, Round, TrainSettings, progress_bar},
};

/// Channels of the hidden layers, and residual blocks.
const WIDTH: usize = 48;
const BLOCKS: usize = 3;
/// Sines of the time, and as many cosines.
const FREQUENCIES: usize = 8;
/// Images in a batch, and how many each core samples at a time.
const BATCH: usize = 64;

/// A convolutional network for images with one channel and even sides. Its residual blocks work at half the sides,
/// where they see more of the image and cost less.
#[derive(Module, Debug)]
struct ConvNet<B: Backend> {
    enter: Conv2d<B>,
    blocks: Vec<Block<B>>,
    leave: ConvTranspose2d<B>,
}

/// `h <- h + conv(hard_swish(conv(hard_swish(h)) + W t))`, where `t` is the embedded time.
#[derive(Module, Debug)]
struct Block<B: Backend> {
    first: Conv2d<B>,
    time: Linear<B>,
    second: Conv2d<B>,
}

impl<B: Backend> ConvNet<B> {
    fn new(device: &B::Device) -> Self {
        let leave = ConvTranspose2dConfig::new([WIDTH, 1], [4, 4]).with_stride([2, 2]).with_padding([1, 1]);
        Self {
            enter: conv(1).with_stride([2, 2]).init(device),
            blocks: (0..BLOCKS).map(|_| Block::new(device)).collect(),
            leave: leave.with_initializer(Initializer::Zeros).init(device),
        }
    }
}

impl<B: Backend> Block<B> {
    fn new(device: &B::Device) -> Self {
        Self {
            first: conv(WIDTH).init(device),
            time: LinearConfig::new(2 * FREQUENCIES, WIDTH).init(device),
            second: conv(WIDTH).init(device),
        }
    }

    /// `h`: `[batch, WIDTH, height, width]`, `t`: `[batch, 2 FREQUENCIES]`, or one row if all images share their time.
    fn forward(&self, h: Tensor<B, 4>, t: Tensor<B, 2>) -> Tensor<B, 4> {
        let t = self.time.forward(t).unsqueeze_dims(&[2, 3]);
        let hidden = hard_swish(self.first.forward(hard_swish(h.clone())) + t);
        h + self.second.forward(hidden)
    }
}

/// A convolution over 3 by 3 pixels to `WIDTH` channels.
fn conv(channels: usize) -> Conv2dConfig {
    Conv2dConfig::new([channels, WIDTH], [3, 3]).with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
}

impl<B: Backend> Flow<B, 4> for ConvNet<B> {
    fn predict(&self, x: Tensor<B, 4>, t: Time<B>, (): ()) -> Prediction<B, 4> {
        let t = time_embedding(&t, FREQUENCIES);
        let h = self.blocks.iter().fold(self.enter.forward(x), |h, block| block.forward(h, t.clone()));
        Prediction::velocity(self.leave.forward(hard_swish(h)))
    }
}

fn main() -> common::Result<()> {
    let Options { seed, quick } = Options::from_args()?;
    let (steps, pairs, samples) = if quick { (50, 200, 100) } else { (2_500, 10_000, 2_000) };
    let device = Device::<Plain>::default();
    let (train, held_out) = common::digits()?;
    let count = train.x.dims()[0];

    println!("Training the teacher on {count} images, {steps} steps.");
    let teacher = match_flow(train.x.clone().reshape([count, 1, SIDE, SIDE]), steps, seed)?;
    let teacher_flow = teacher.valid();
    println!("Drawing {pairs} pairs, and rectifying on them, {steps} steps.");
    let student = rectify(teacher, pairs, steps, seed)?.valid();

    let noise = Key::new(seed).fork("samples").normal([samples, 1, SIDE, SIDE], &device);
    Table { noise, held_out: held_out.x }.finish(train.x, &teacher_flow, &student)
}

/// Trains a network on images and independent noise.
fn match_flow(images: Tensor<Plain, 4>, steps: usize, seed: u64) -> common::Result<ConvNet<Train>> {
    Train::seed(&images.device(), seed);
    let mut trainer = ReflowTrainer::builder()
        .flow(ConvNet::<Train>::new(&images.device()))
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(Dataset::new(images)?, Gaussian))
        .learning_rate(rate(steps)?)
        .settings(settings(seed)?)
        .callback(progress_bar())
        .build()?;
    trainer.fit(steps)?;
    Ok(trainer.into_flow())
}

/// Trains a student on the teacher's pairs. The recipe's loss takes images, so nothing of the recipe is replaced.
fn rectify(teacher: ConvNet<Train>, pairs: usize, steps: usize, seed: u64) -> common::Result<ConvNet<Train>> {
    let mut trainer = Round::new(pairs, vec![1, SIDE, SIDE])?
        .with_key(Key::new(seed).fork("pairs"))
        .with_split(Split::across_cores(BATCH)?)
        .rectify(teacher, Sampling::baseline(12)?)?
        .optimizer(AdamConfig::new().init())
        .learning_rate(rate(steps)?)
        .settings(settings(seed + 1)?)
        .callback(progress_bar())
        .build()?;
    trainer.fit(steps)?;
    Ok(trainer.into_flow())
}

fn rate(steps: usize) -> Result<LearningRate, ConfigError> {
    LearningRate::new(2e-3)?.warm_up(steps / 20)?.cosine(steps, 1e-5)
}

fn settings(seed: u64) -> Result<TrainSettings, ConfigError> {
    Ok(TrainSettings { batch_size: BATCH, seed, ema: Some(Ema::new(0.995)?), ..Default::default() })
}

struct Table {
    noise: Tensor<Plain, 4>,
    held_out: Tensor<Plain, 2>,
}

impl Table {
    /// Prints the table and draws the samples.
    fn finish(
        &self,
        data: Tensor<Plain, 2>,
        teacher: &ConvNet<Plain>,
        student: &ConvNet<Plain>,
    ) -> common::Result<()> {
        println!("\n{:<8} {:>11} {:>9}", "network", "evaluations", "distance");
        println!("{:<8} {:>11} {:>9.4}", "data", "", energy_distance(data.clone(), self.held_out.clone())?);
        let pictures = [
            data,
            self.row("teacher", teacher, Sampling::baseline(18)?)?,
            self.row("teacher", teacher, Sampling::simple_reflow(5)?)?,
            self.row("teacher", teacher, Sampling::simple_reflow(1)?)?,
            self.row("student", student, Sampling::simple_reflow(5)?)?,
            self.row("student", student, Sampling::simple_reflow(1)?)?,
        ];
        let path = Path::new("target/images.png");
        common::write_grid(path, &pictures, 24, 3)?;
        println!("\n{}: the rows of the table.", path.display());
        Ok(())
    }

    /// Samples a network, and prints how far the samples are from the held-out digits.
    fn row<S: OdeSolver, C: StepControl<S>>(
        &self,
        name: &str,
        flow: &ConvNet<Plain>,
        sampling: Sampling<S, C>,
    ) -> common::Result<Tensor<Plain, 2>> {
        let out = sampling.of(flow).split(Split::across_cores(BATCH)?).sample(self.noise.clone())?;
        let x = rows::flatten(out.x);
        let distance = energy_distance(x.clone(), self.held_out.clone())?;
        println!("{name:<8} {:>11} {distance:>9.4}", out.evaluations);
        Ok(x)
    }
}
