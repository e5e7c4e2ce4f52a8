//! Parts of one's own: a law of time, a loss, a solver and a flow, each from scratch, beside the crate's parts.
//!
//! ```text
//! cargo run --release --example custom_part -- [--seed N] [--quick]
//! ```

mod common;

use std::f64::consts::FRAC_PI_2;

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    optim::AdamConfig,
    tensor::{Device, Tensor, activation::relu, backend::Backend},
};
use common::{Options, Plain, Train};
use rand::RngExt;
use reflow::{
    Error, Flow, Loss, OdeSolver, ReflowTrainer, Rng, Sampler, TimeDistribution,
    coupling::{Gaussian, Independent, Law, law_fn},
    metric::energy_distance,
    ode::{Step, TimeGrid},
    rows,
};

/// More times near both ends, where the velocity turns most: the arcsine law.
struct Arcsine;

impl TimeDistribution for Arcsine {
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
        (FRAC_PI_2 * rng.random::<f64>()).sin().powi(2)
    }
}

/// The squared error with each feature in units of its own deviation, so that a small feature counts as much as
/// a large one. The division is linear and invertible: Proposition 1 holds.
struct InDeviations([f32; 2]);

impl<B: Backend> Loss<B> for InDeviations {
    fn rows(&self, denoised: Tensor<B, 2>, x0: Tensor<B, 2>, _t: &Tensor<B, 1>) -> Tensor<B, 1> {
        let deviations = Tensor::<B, 1>::from_floats(self.0, &x0.device()).unsqueeze_dim(0);
        rows::mean(((denoised - x0) / deviations).square())
    }
}

/// Ralston's method: of the second-order methods of two evaluations, the one with the least error bound. It never
/// evaluates at the end of a step, so the step into the data needs no exception.
struct Ralston;

impl OdeSolver for Ralston {
    /// Nothing is kept from one step to the next.
    type State<B: Backend, const D: usize> = ();
    const ORDER: usize = 2;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        (): (),
    ) -> (Tensor<B, D>, ()) {
        let v = flow.velocity_at(x.clone(), step.from());
        let ahead = x.clone() + v.clone() * (step.size() * 2.0 / 3.0);
        let v_ahead = flow.velocity_at(ahead.clone(), step.at(2.0 / 3.0));
        (x + (v + v_ahead * 3.0) * (step.size() / 4.0), ())
    }
}

/// A network of three layers that sees the time as one more feature.
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

/// For every backend, so that it trains on one and samples on the other.
impl<B: Backend> Flow<B> for Net<B> {
    fn velocity(&self, x: Tensor<B, 2>, t: Tensor<B, 1>) -> Tensor<B, 2> {
        let h = relu(self.enter.forward(Tensor::cat(vec![x, t.unsqueeze_dim(1)], 1)));
        self.leave.forward(relu(self.middle.forward(h)))
    }
}

/// The half axes of the data.
const AXES: [f32; 2] = [2.0, 0.2];

/// A flat ellipse, its angles even.
fn ellipse() -> impl Law<Plain> + Copy {
    law_fn(|batch: usize, rng: &Rng, device: &Device<Plain>| {
        let x: Tensor<Plain, 2> = rng.normal([batch, 2], device);
        let circle = x.clone() / x.square().sum_dim(1).sqrt();
        Ok(circle * Tensor::<Plain, 1>::from_floats(AXES, device).unsqueeze_dim(0))
    })
}

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let steps = if options.quick { 300 } else { 2_000 };
    let device = Device::<Plain>::default();
    let rng = Rng::new(options.seed);
    let data = ellipse();
    let noise: Tensor<Plain, 2> = rng.fork("noise").normal([2_000, 2], &device);
    let fresh = data.draw(2_000, &rng.fork("fresh"), &device)?.x;

    Train::seed(&device, options.seed);
    let mut trainer = ReflowTrainer::baseline(Net::<Train>::new(128, &device))
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(data, Gaussian))
        .time(Arcsine)
        .loss(InDeviations(AXES))
        .seed(options.seed)
        .build()?;
    let distance = |flow: Net<Plain>| -> Result<(usize, f64), Error> {
        let out = Sampler::new(flow, Ralston, TimeGrid::uniform(8)?).sample(noise.clone())?;
        Ok((out.evaluations, energy_distance(out.x, fresh.clone())?))
    };

    let (evaluations, before) = distance(trainer.sampling_flow())?;
    trainer.fit(steps)?;
    let (_, after) = distance(trainer.sampling_flow())?;
    println!("Energy distance to the data, sampled in {evaluations} evaluations:");
    println!("before training    {before:.4}");
    println!("after {steps:>5} steps  {after:.4}");
    Ok(())
}
