//! The exact flow between two Gaussians, sampled by several solvers: how far is each from the closed form?
//!
//! Most of the error of Heun and the DPM solvers comes from their last step, into the data, which is first
//! order.
//!
//! ```text
//! cargo run --release --example gaussian
//! ```

mod common;

use burn::tensor::{Device, Tensor};
use common::Plain;
use reflow::{
    Key, OdeSolver, Sampler, StepControl,
    flow::GaussianFlow,
    ode::{Adaptive, DormandPrince, Dpm, DpmMultistep, Euler, Heun, Midpoint, RungeKutta4, TimeGrid},
};

fn main() -> common::Result<()> {
    println!("{:<15} {:>11} {:>9}", "solver", "evaluations", "error");
    row("Euler", Euler, TimeGrid::uniform(12)?)?;
    row("Heun", Heun, TimeGrid::uniform(6)?)?;
    row("Midpoint", Midpoint, TimeGrid::uniform(6)?)?;
    row("Dpm", Dpm::default(), TimeGrid::uniform(6)?)?;
    row("DpmMultistep", DpmMultistep, TimeGrid::uniform(12)?)?;
    row("RungeKutta4", RungeKutta4, TimeGrid::uniform(3)?)?;
    row("DormandPrince", DormandPrince, Adaptive::new(0.1, 0.1)?.with_first_step(0.5)?)?;
    Ok(())
}

/// Carries noise to data and prints the root mean square of the error.
fn row<S: OdeSolver, C: StepControl<S>>(name: &str, solver: S, control: C) -> common::Result<()> {
    let flow = GaussianFlow::new(2.0, 0.5)?;
    let noise: Tensor<Plain, 2> = Key::new(0).normal([1000, 8], &Device::<Plain>::default());
    let exact = flow.transport(noise.clone(), 1.0, 0.0);
    let out = Sampler::new(flow, solver, control).sample(noise)?;
    let error = (out.x - exact).square().mean().sqrt().into_scalar();
    println!("{name:<15} {:>11} {error:>9.1e}", out.evaluations);
    Ok(())
}
