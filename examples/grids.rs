//! Time grids compared: uniform, sigmoid, EDM's, and one learned for the flow, the solver and the number of steps.
//!
//! The flows are a curved one in closed form, a trained one, and its rectified student, each with 5 and with
//! 9 evaluations. The error is the mean squared distance from where many steps carry the same noise, both for
//! the noise that the grid was learned on and for held-out noise.
//!
//! ```text
//! cargo run --release --example grids -- [--seed N] [--quick]
//! ```

mod common;

use burn::tensor::{Tensor, TensorData, activation::softmax};
use common::{Options, Plain, moons};
use reflow::{
    Flow, Key, OdeSolver, Sampler, Time,
    flow::denoiser_fn,
    ode::{Dpm, Euler, Heun, TimeGrid},
    rows,
    tuning::{GridSearch, Reference},
};

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let key = Key::new(options.seed);
    let (teacher_flow, student_flow) = moons::rectified(options)?;

    let rows = if options.quick { 64 } else { 512 };
    println!("\n{:>45}{:>49}", "noise that the grid was learned on", "held-out noise");
    println!("{:<8} {:<6} {:>2} {HEADINGS}  {HEADINGS}", "flow", "solver", "n");
    let mixture = table("mixture", &mixture(), &key, rows)?;
    let teacher = table("teacher", &teacher_flow, &key, rows)?;
    table("student", &student_flow, &key, rows)?;
    let worst = mixture.max(teacher);
    if worst > 0.9 {
        return Err(format!("a learned grid has {worst} times the best fixed error on a curved flow").into());
    }
    Ok(())
}

/// Four errors, and the ratio of the learned grid's error to the smallest of the others.
const HEADINGS: &str = " uniform sigmoid     EDM learned  ratio";

/// Compares the grids on one flow, for three solvers with 5 and 9 evaluations, and returns the worst ratio.
fn table(name: &str, flow: &impl Flow<Plain>, key: &Key, rows: usize) -> common::Result<f64> {
    let many = Sampler::new(flow, Heun, TimeGrid::sigmoid(128, 6.0)?);
    let reference = |purpose| Reference::of(&many, key.fork(purpose).normal([rows, 2], &Default::default()));
    let references = [reference("learning")?, reference("held out")?];
    let mut ratios = vec![];
    for steps in [3, 5] {
        ratios.push(compare([name, "Dpm"], flow, Dpm::default(), steps, &references)?);
        ratios.push(compare([name, "Heun"], flow, Heun, steps, &references)?);
    }
    for steps in [5, 9] {
        ratios.push(compare([name, "Euler"], flow, Euler, steps, &references)?);
    }
    Ok(ratios.into_iter().fold(0.0, f64::max))
}

/// Learns a grid on the first reference, prints the errors of all grids on both, and returns the ratio on the
/// first.
fn compare(
    [flow_name, solver_name]: [&str; 2],
    flow: &impl Flow<Plain>,
    solver: impl OdeSolver + Copy,
    steps: usize,
    references: &[Reference<Plain>; 2],
) -> common::Result<f64> {
    let learned = GridSearch::new(steps)?.find_for(flow, &solver, &references[0])?;
    let fixed = [TimeGrid::uniform(steps)?, TimeGrid::sigmoid(steps, 10.0)?, TimeGrid::edm(steps)?];
    print!("{flow_name:<8} {solver_name:<6} {:>2}", learned.evaluations);
    let mut ratios = vec![];
    for reference in references {
        let error = |grid: &TimeGrid| reference.error_of(&Sampler::new(flow, solver, grid.clone()));
        let errors = fixed.iter().map(error).collect::<Result<Vec<_>, _>>()?;
        let (best, found) = (errors.iter().copied().fold(f64::INFINITY, f64::min), error(&learned.grid)?);
        errors.iter().chain([&found]).for_each(|error| print!(" {error:>7.1e}"));
        print!(" {:>6.2}  ", found / best);
        ratios.push(found / best);
    }
    println!();
    Ok(ratios[0])
}

/// The exact flow to a mixture of five normal distributions on a circle.
fn mixture() -> impl Flow<Plain> {
    const COUNT: usize = 5;
    const STD: f64 = 0.15;
    let means = (0..COUNT).flat_map(|k| {
        let (sin, cos) = (std::f32::consts::TAU * k as f32 / COUNT as f32).sin_cos();
        [1.5 * cos, 1.5 * sin]
    });
    let means = Tensor::<Plain, 2>::from_data(
        TensorData::new(means.collect::<Vec<f32>>(), [COUNT, 2]),
        &Default::default(),
    );
    denoiser_fn(move |x: Tensor<Plain, 2>, t: Time<Plain>| {
        let t = t.rows();
        // For the k-th distribution, x_t is N((1 - t) m_k, S) with S = (1 - t)^2 s^2 + t^2.
        let data = t.clone().neg() + 1.0;
        let variance = data.clone().square() * STD.powi(2) + t.square();
        let gain = data.clone() * STD.powi(2) / variance.clone();
        let size = means.clone().square().sum_dim(1).transpose();
        let near = x.clone().matmul(means.clone().transpose());
        let exponent =
            rows::scale(near, data.clone()) - rows::expand::<_, 2>(data.clone().square()) * size * 0.5;
        let mean = softmax(rows::scale(exponent, variance.recip()), 1).matmul(means.clone());
        mean.clone() + rows::scale(x - rows::scale(mean, data), gain)
    })
}
