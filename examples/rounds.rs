//! Rounds of rectification on two moons, each with a report: distance by number of evaluations, straightness,
//! transport cost, and whether both ends of the pairs still have the right distributions. Then a set of pairs
//! that should not be trained on.
//!
//! ```text
//! cargo run --release --example rounds -- [--seed N] [--quick]
//! ```

mod common;

use std::{fs, path::Path};

use burn::{
    module::AutodiffModule,
    optim::AdamConfig,
    tensor::{Device, backend::Backend},
};
use common::{Options, Plain, Train, moons};
use plotters::prelude::{
    BLACK, BitMapBackend, ChartBuilder, Circle, Color, IntoDrawingArea, IntoLogRange, LineSeries, RGBColor,
    WHITE,
};
use reflow::{
    Coupling, Data, Flow, Key, ReflowTrainer, Sampler, Sampling,
    coupling::{Forward, Independent, Pairs},
    data::Gaussian,
    flow::Split,
    loss::Mse,
    metric::{HeldOut, RoundReport, noise_marginal},
    models::{Mlp, MlpConfig},
    objective::{FlowMatching, Scores},
    ode::{Euler, Heun, TimeGrid},
    train::{LearningRate, MissingOptimizer, ReflowTrainerBuilder, Round, progress_bar},
};

/// How much to train and to draw.
struct Budget {
    steps: usize,
    pairs: usize,
    /// The number of held-out rows, and of forward pairs.
    rows: usize,
}

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let budget = if options.quick {
        Budget { steps: 150, pairs: 1_000, rows: 300 }
    } else {
        Budget { steps: 2_500, pairs: 20_000, rows: 2_000 }
    };
    let device = Device::<Plain>::default();
    let key = Key::new(options.seed);
    let held_out = HeldOut::new(
        moons::moons().draw(0..budget.rows, &key.fork("held out"), &device)?.x,
        key.fork("noise").normal([budget.rows, 2], &device),
    )?;

    Train::seed(&device, options.seed);
    let independent = Independent::new(moons::moons(), Gaussian);
    let builder = ReflowTrainer::builder().flow(MlpConfig::new(2)?.init::<Train>(&device));
    let mut net = train(builder.coupling(independent.clone()), options.seed, &budget)?;
    let pairs = Pairs::generate(&independent, 0..budget.pairs, &key.fork("independent"), &device)?;
    let first = net.valid();
    let mut reports = vec![report("Round 0, independent pairs", &pairs, &first, &held_out, &key)?];
    for round in 1..=2 {
        let student = Round::new(budget.pairs, vec![2])?
            .with_key(key.fork("pairs").at(round))
            .with_split(Split::across_cores(256)?)
            .rectify(net, Sampling::baseline(18)?)?
            .loss(Mse);
        let pairs = student.matching().coupling.clone();
        net = train(student, options.seed + round as u64, &budget)?;
        let name = format!("Round {round}, backward pairs");
        reports.push(report(&name, &pairs, &net.valid(), &held_out, &key)?);
    }
    test_forward_pairs(&first, budget.rows, &key)?;

    write(&reports)
}

/// Writes the reports and a plot of them.
fn write(reports: &[RoundReport]) -> common::Result<()> {
    fs::create_dir_all("target")?;
    fs::write("target/rounds.json", serde_json::to_string_pretty(reports)?)?;
    draw(Path::new("target/rounds.png"), reports)?;
    println!("\ntarget/rounds.json: the reports. target/rounds.png: distance against evaluations, log axes;");
    println!("round 0 in blue, round 1 in orange, round 2 in green, the floor in black.");
    Ok(())
}

/// The builder of a round, with its network, pairs and recipe.
type Builder<Q, R> = ReflowTrainerBuilder<Mlp<Train>, Mlp<Plain>, MissingOptimizer, FlowMatching<Q, R>>;

/// Trains the network of a round and returns it.
fn train(
    builder: Builder<impl Coupling<Plain> + 'static, impl Scores<Train> + 'static>,
    seed: u64,
    budget: &Budget,
) -> common::Result<Mlp<Train>> {
    let steps = budget.steps;
    let mut trainer = builder
        .optimizer(AdamConfig::new().init())
        .learning_rate(LearningRate::new(2e-3)?.warm_up(steps / 20)?.cosine(steps, 1e-5)?)
        .seed(seed)
        .callback(progress_bar())
        .build()?;
    trainer.fit(steps)?;
    Ok(trainer.into_flow())
}

/// Tests the noise of a flow's forward pairs, from a good solver and from a poor one.
fn test_forward_pairs(flow: &impl Flow<Plain>, rows: usize, key: &Key) -> common::Result<()> {
    let (device, own) = (Device::<Plain>::default(), key.fork("forward"));
    let good = Sampler::new(flow, Heun, TimeGrid::sigmoid(100, 6.0)?);
    let poor = Sampler::new(flow, Euler, TimeGrid::uniform(3)?);
    println!("\nForward pairs of the first flow, from a good solver and from a poor one:");
    for (name, pair) in [
        ("100 steps of Heun", Forward::new(good, moons::moons()).draw(0..rows, &own, &device)?),
        ("3 steps of Euler", Forward::new(poor, moons::moons()).draw(0..rows, &own, &device)?),
    ] {
        println!("\n{name}\n{}", noise_marginal(pair.x1(), 64, &key.fork("tests"))?);
    }
    Ok(())
}

/// Measures a round with 1 to 64 evaluations, and prints its report.
fn report(
    name: &str,
    pairs: &Pairs<Plain>,
    flow: &impl Flow<Plain>,
    held_out: &HeldOut<Plain>,
    key: &Key,
) -> common::Result<RoundReport> {
    let many = Sampler::new(flow, Heun, TimeGrid::uniform(50)?);
    let mut report = RoundReport::new(name, pairs.pair(), &many, held_out, &key.fork("tests"))?;
    for steps in [1, 2, 4, 8, 16, 32, 64] {
        report = report.with_samples(&Sampler::new(flow, Euler, TimeGrid::uniform(steps)?), held_out)?;
    }
    println!("\n{report}");
    Ok(report)
}

/// Plots distance against evaluations, one line per round, on logarithmic axes.
#[allow(clippy::cast_precision_loss, reason = "evaluations are few")]
fn draw(path: &Path, reports: &[RoundReport]) -> common::Result<()> {
    const COLORS: [RGBColor; 3] = [RGBColor(50, 90, 170), RGBColor(224, 92, 32), RGBColor(40, 140, 80)];
    let series: Vec<Vec<(f64, f64)>> = reports
        .iter()
        .map(|report| report.series().into_iter().map(|(count, distance)| (count as f64, distance)).collect())
        .collect();
    let floor = reports.first().ok_or("there are no reports")?.floor;
    let all = || series.iter().flatten().map(|point| point.1).chain([floor]);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));

    let area = BitMapBackend::new(path, (900, 600)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(30)
        .build_cartesian_2d((0.9..70.0).log_scale(), (0.7 * low..1.4 * high).log_scale())?;
    let ticks = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    let grid = RGBColor(225, 225, 225);
    for tick in ticks {
        chart.draw_series(LineSeries::new([(tick, 0.7 * low), (tick, 1.4 * high)], grid))?;
    }
    chart.draw_series(LineSeries::new([(0.9, floor), (70.0, floor)], BLACK.stroke_width(2)))?;
    for (points, color) in series.iter().zip(COLORS) {
        chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(3)))?;
        chart.draw_series(points.iter().map(|&at| Circle::new(at, 5, color.filled())))?;
    }
    area.present()?;
    Ok(())
}
