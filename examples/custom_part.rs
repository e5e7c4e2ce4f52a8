//! Custom parts: a coupling, a distribution of time, a loss, a solver and a flow, each written from scratch
//! and used beside the crate's own.
//!
//! ```text
//! cargo run --release --example custom_part -- [--seed N] [--quick]
//! ```

mod common;

use std::{f64::consts::FRAC_PI_2, ops::Range};

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    optim::AdamConfig,
    tensor::{Device, Tensor, TensorData, activation::relu, backend::Backend},
};
use common::{Options, Plain, Train};
use rand::RngExt;
use rand_distr::StandardNormal;
use reflow::{
    Condition, Coupling, Data, Error, Flow, FlowExt, Key, Loss, OdeSolver, Pair, Prediction, ReflowTrainer,
    Sampler, Time, TimeDistribution,
    data::data_fn,
    flow::Answer,
    metric::energy_distance,
    ode::{Step, TimeGrid},
    rows,
};

/// Draws data and standard normal noise independently, but the noise of rows `2k` and `2k + 1` has opposite
/// signs, so that the noise of a batch has mean zero.
///
/// Row `i` uses the stream of row `i / 2`, so it is a function of the key and `i`, wherever the range begins.
/// Conditions stay with their data, so any kind of condition works.
struct Antithetic<P0>(P0);

impl<B: Backend, const D: usize, Y: Condition, P0: Data<B, D, Y>> Coupling<B, D, Y> for Antithetic<P0> {
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let data = self.0.draw(rows.clone(), &key.fork("data"), device)?;
        let (dims, key) = (data.x.dims(), key.fork("noise"));
        let width = dims[1..].iter().product();
        let noise = rows.flat_map(|row| {
            let sign = if row % 2 == 0 { 1.0 } else { -1.0 };
            let values = key.row(row / 2).sample_iter::<f32, _>(StandardNormal);
            values.take(width).map(move |value| sign * value)
        });
        let noise = TensorData::new(noise.collect::<Vec<f32>>(), dims);
        Pair::with_conditions(data.x, Tensor::from_data(noise, device), data.y)
    }
}

/// The arcsine distribution: more times near both ends, where the velocity changes most.
struct Arcsine;

impl TimeDistribution for Arcsine {
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
        (FRAC_PI_2 * rng.random::<f64>()).sin().powi(2)
    }
}

/// The squared error with each feature in units of its own deviation, so that small features count as much as
/// large ones. The division is linear and invertible, so Proposition 1 holds.
///
/// It ignores conditions, so any kind of condition works.
struct InDeviations([f32; 2]);

impl<B: Backend, Y: Condition> Loss<B, 2, Y> for InDeviations {
    fn rows(&self, said: &Answer<B>, pair: &Pair<B, 2, Y>) -> Tensor<B, 1> {
        let error = said.data() - pair.x0();
        let deviations = Tensor::<B, 1>::from_floats(self.0, &error.device()).unsqueeze_dim(0);
        rows::mean((error / deviations).square())
    }
}

/// Ralston's method: the second-order method with two evaluations whose error bound is smallest. It never
/// evaluates at the end of a step, so the step into the data is not a special case.
struct Ralston;

impl OdeSolver for Ralston {
    /// Nothing is carried over from one step to the next.
    type State<B: Backend, const D: usize> = ();
    const ORDER: usize = 2;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        (): (),
    ) -> (Tensor<B, D>, ()) {
        let v = flow.velocity(x.clone(), step.from());
        let ahead = x.clone() + v.clone() * (step.size() * 2.0 / 3.0);
        let v_ahead = flow.velocity(ahead, step.at(2.0 / 3.0));
        (x + (v + v_ahead * 3.0) * (step.size() / 4.0), ())
    }
}

/// A network of three layers that takes the time as an extra feature.
#[derive(Module, Debug)]
struct Net<B: Backend> {
    enter: Linear<B>,
    middle: Linear<B>,
    leave: Linear<B>,
}

impl<B: Backend> Net<B> {
    fn new(hidden: usize, device: &B::Device) -> Self {
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        Self { enter: linear(3, hidden), middle: linear(hidden, hidden), leave: linear(hidden, 2) }
    }
}

/// Implemented for every backend, so that it trains on one and samples on another.
impl<B: Backend> Flow<B> for Net<B> {
    fn predict(&self, x: Tensor<B, 2>, t: Time<B>, (): ()) -> Prediction<B> {
        let h = relu(self.enter.forward(Tensor::cat(vec![x, t.like()], 1)));
        Prediction::velocity(self.leave.forward(relu(self.middle.forward(h))))
    }
}

/// The semi-axes of the data.
const AXES: [f32; 2] = [2.0, 0.2];

/// A flat ellipse, stretched from a circle with uniform angles.
fn ellipse() -> impl Data<Plain> + Copy {
    data_fn(|rows: Range<usize>, key: &Key, device: &Device<Plain>| {
        let x: Tensor<Plain, 2> = key.normal_rows(rows, &[2], device)?;
        let circle = x.clone() / x.square().sum_dim(1).sqrt();
        Ok(circle * Tensor::<Plain, 1>::from_floats(AXES, device).unsqueeze_dim(0))
    })
}

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let steps = if options.quick { 300 } else { 2_000 };
    let device = Device::<Plain>::default();
    let key = Key::new(options.seed);
    let data = ellipse();
    let noise: Tensor<Plain, 2> = key.fork("noise").normal([2_000, 2], &device);
    let fresh = data.draw(0..2_000, &key.fork("fresh"), &device)?.x;

    Train::seed(&device, options.seed);
    let mut trainer = ReflowTrainer::builder()
        .flow(Net::<Train>::new(128, &device))
        .optimizer(AdamConfig::new().init())
        .coupling(Antithetic(data))
        .time(Arcsine)
        .loss(InDeviations(AXES))
        .seed(options.seed)
        .build()?;
    let distance = |flow: Net<Plain>| -> Result<(usize, f64), Error> {
        let out = Sampler::new(flow, Ralston, TimeGrid::uniform(8)?).sample(noise.clone())?;
        Ok((out.evaluations, energy_distance(out.x, fresh.clone())?))
    };

    let (evaluations, before) = distance(trainer.flow())?;
    trainer.fit(steps)?;
    let (_, after) = distance(trainer.flow())?;
    println!("Energy distance to the data, sampled in {evaluations} evaluations:");
    println!("before training    {before:.4}");
    println!("after {steps:>5} steps  {after:.4}");
    Ok(())
}
