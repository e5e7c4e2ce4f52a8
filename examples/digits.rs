//! The main use: train a flow on real digits, rectify it, and sample it in 9 evaluations and in 1.
//!
//! ```text
//! cargo run --release --example digits -- [--seed N] [--quick]
//! ```

mod common;

use std::{path::Path, time::Instant};

use burn::{
    optim::AdamConfig,
    tensor::{Tensor, backend::Backend},
};
use common::{Options, PIXELS, Plain, SIDE, Train};
use reflow::{
    Flow, Key, OdeSolver, ReflowTrainer, Sampler, Sampling, StepControl,
    coupling::Independent,
    data::{Dataset, Gaussian},
    flow::Split,
    loss::{HighPass, Mapped},
    metric::{energy_distance, straightness},
    models::{Mlp, MlpConfig},
    ode::{Euler, Heun, RungeKutta4, TimeGrid},
    train::{LearningRate, Round, progress_bar},
    tuning::Reference,
};
use serde::Serialize;

/// The number of rows that one core samples at a time, small enough to stay in its cache.
const PART: usize = 256;

#[derive(Serialize)]
struct Figures {
    floor: f64,
    teacher_full: f64,
    teacher_9: f64,
    teacher_1: f64,
    student_9: f64,
    student_1: f64,
    teacher_9_error: f64,
    student_9_error: f64,
    student_1_error: f64,
    straightness_teacher: f64,
    straightness_student: f64,
    seconds: f64,
}

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let start = Instant::now();
    let (steps, pairs, samples) = if options.quick { (400, 4_000, 1_000) } else { (8_000, 50_000, 4_000) };
    let (train, held_out) = common::digits()?;
    let rate = |peak| LearningRate::new(peak)?.warm_up(steps / 20)?.cosine(steps, 1e-5);

    println!("Training the teacher on {} digits for {steps} steps.", train.x.dims()[0]);
    let mut teacher = ReflowTrainer::builder()
        .flow(net(options.seed)?)
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(Dataset::new(train.x.clone())?, Gaussian))
        .learning_rate(rate(1e-3)?)
        .seed(options.seed)
        .callback(progress_bar())
        .build()?;
    teacher.fit(steps)?;
    let teacher_flow = teacher.flow();

    println!("Drawing {pairs} pairs.");
    let student = Round::new(pairs, vec![PIXELS])?
        .with_key(Key::new(options.seed).fork("pairs"))
        .with_split(Split::across_cores(PART)?)
        .rectify(teacher.into_flow(), Sampling::baseline(18)?)?;
    println!("Rectifying for {steps} steps.");
    let mut student = student
        .loss(Mapped::new(HighPass::default().on_grid([SIDE, SIDE])?))
        .optimizer(AdamConfig::new().init())
        .learning_rate(rate(2e-3)?)
        .seed(options.seed + 1)
        .callback(progress_bar())
        .build()?;
    student.fit(steps)?;

    let noise = Key::new(options.seed).fork("samples").normal([samples, PIXELS], &Default::default());
    let table = Table { noise, held_out: held_out.x, samples: vec![] };
    table.finish(train.x, &teacher_flow, &student.flow(), start)?.report(options.quick)
}

/// A fresh network.
fn net(seed: u64) -> common::Result<Mlp<Train>> {
    let device = Default::default();
    Train::seed(&device, seed);
    Ok(MlpConfig::new(PIXELS)?.with_hidden(256)?.with_blocks(4)?.init(&device))
}

impl Figures {
    /// Prints the figures as JSON, or fails if they break a promise.
    fn report(&self, quick: bool) -> common::Result<()> {
        if !quick {
            self.keep_their_promises()?;
        }
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }

    /// Checks what rectification should achieve. The quick run does not train long enough for it.
    fn keep_their_promises(&self) -> common::Result<()> {
        let promises = [
            ("student_9 <= 1.15 teacher_full", self.student_9 <= 1.15 * self.teacher_full),
            ("student_1 <= teacher_1 / 20", self.student_1 <= self.teacher_1 / 20.0),
            ("student_1 <= 2 teacher_full", self.student_1 <= 2.0 * self.teacher_full),
            (
                "straightness_student <= straightness_teacher / 10",
                self.straightness_student <= self.straightness_teacher / 10.0,
            ),
        ];
        match promises.iter().find(|(_, kept)| !kept) {
            Some((promise, _)) => {
                Err(format!("{promise} does not hold: {}", serde_json::to_string(self)?).into())
            }
            None => Ok(()),
        }
    }
}

struct Table {
    noise: Tensor<Plain, 2>,
    held_out: Tensor<Plain, 2>,
    samples: Vec<Tensor<Plain, 2>>,
}

impl Table {
    /// Prints the table and draws the samples.
    fn finish(
        mut self,
        train: Tensor<Plain, 2>,
        teacher: &impl Flow<Plain>,
        student: &impl Flow<Plain>,
        start: Instant,
    ) -> common::Result<Figures> {
        let figures = self.fill(&train, teacher, student, start)?;
        self.draw(Path::new("target/digits.png"), train)?;
        Ok(figures)
    }

    /// Measures both networks and prints the table.
    fn fill(
        &mut self,
        train: &Tensor<Plain, 2>,
        teacher: &impl Flow<Plain>,
        student: &impl Flow<Plain>,
        start: Instant,
    ) -> common::Result<Figures> {
        let floor = energy_distance(train.clone(), self.held_out.clone())?;
        println!("\n{:<10} {:>11} {:>10} {:>10}", "network", "evaluations", "distance", "error");
        println!("{:<10} {:>11} {floor:>10.4}", "data", "");
        let few = || Sampling::simple_reflow(5);
        let one = || Ok::<_, reflow::ConfigError>(Sampling { solver: Euler, control: TimeGrid::uniform(1)? });
        let of_teacher = exact(teacher, &self.noise)?;
        let [teacher_full, _] = self.row("teacher", teacher, Sampling::baseline(18)?, &of_teacher)?;
        let [teacher_9, teacher_9_error] = self.row("teacher", teacher, few()?, &of_teacher)?;
        let [teacher_1, _] = self.row("teacher", teacher, one()?, &of_teacher)?;
        let of_student = exact(student, &self.noise)?;
        let [student_9, student_9_error] = self.row("student", student, few()?, &of_student)?;
        let [student_1, student_1_error] = self.row("student", student, one()?, &of_student)?;
        Ok(Figures {
            floor,
            teacher_full,
            teacher_9,
            teacher_1,
            student_9,
            student_1,
            teacher_9_error,
            student_9_error,
            student_1_error,
            straightness_teacher: paths(teacher, &self.noise)?,
            straightness_student: paths(student, &self.noise)?,
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    /// Samples a network, keeps the samples, and prints their distance to the held-out digits and the
    /// solver's error: the root mean square difference from the exact solve from the same noise.
    fn row<S: OdeSolver, C: StepControl<S>>(
        &mut self,
        name: &str,
        flow: &impl Flow<Plain>,
        sampling: Sampling<S, C>,
        exact: &Reference<Plain>,
    ) -> common::Result<[f64; 2]> {
        let sampler = sampling.of(flow).split(Split::across_cores(PART)?);
        let out = sampler.sample(self.noise.clone())?;
        let distance = energy_distance(out.x.clone(), self.held_out.clone())?;
        let error = (exact.error_of(&sampler)? / PIXELS as f64).sqrt();
        println!("{name:<10} {:>11} {distance:>10.4} {error:>10.4}", out.evaluations);
        self.samples.push(out.x);
        Ok([distance, error])
    }

    fn draw(&self, path: &Path, data: Tensor<Plain, 2>) -> common::Result<()> {
        let samples = |row: usize| self.samples[row].clone();
        common::write_grid(path, &[data, samples(0), samples(3), samples(4)], 24, 3)?;
        println!("\n{}: data, teacher, student in 9 evaluations, student in 1.", path.display());
        Ok(())
    }
}

/// The ends of 500 paths, from a solve whose own error is negligible.
fn exact(flow: &impl Flow<Plain>, noise: &Tensor<Plain, 2>) -> common::Result<Reference<Plain>> {
    let sampler = Sampler::new(flow, RungeKutta4, TimeGrid::uniform(100)?).split(Split::across_cores(PART)?);
    Ok(Reference::of(&sampler, noise.clone().narrow(0, 0, 500))?)
}

fn paths(flow: &impl Flow<Plain>, noise: &Tensor<Plain, 2>) -> common::Result<f64> {
    let sampler = Sampler::new(flow, Heun, TimeGrid::uniform(50)?);
    Ok(straightness(&sampler, noise.clone().narrow(0, 0, 500))?)
}
