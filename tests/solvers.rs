//! Solvers against flows with closed forms: orders, ends, directions, batches.

use burn::tensor::{Tensor, backend::Backend};
use reflow::{
    Error, Flow, OdeSolver, Rng, Sampler, StepControl, flow_fn,
    flow::GaussianFlow,
    ode::{Adaptive, DormandPrince, Dpm, DpmMultistep, Euler, Heun, Midpoint, RungeKutta4, TimeGrid},
    sampler::Split,
};

type F64 = burn_ndarray::NdArray<f64>;

fn gaussian() -> GaussianFlow {
    GaussianFlow::new(1.5, 0.4).unwrap()
}

fn noise<B: Backend>(rows: usize) -> Tensor<B, 2> {
    Rng::new(1).normal([rows, 3], &Default::default())
}

fn root_mean_square<B: Backend>(x: Tensor<B, 2>) -> f64 {
    let values = x.into_data().convert::<f64>().into_vec::<f64>().unwrap();
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

/// The slope of log error over log step.
fn slope(errors: &[(f64, f64)]) -> f64 {
    let n = errors.len() as f64;
    let points: Vec<(f64, f64)> = errors.iter().map(|(h, error)| (h.ln(), error.ln())).collect();
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let covariance: f64 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    covariance / points.iter().map(|p| (p.0 - mx).powi(2)).sum::<f64>()
}

/// A flow whose ODE has a closed form.
trait Exact: Flow<F64> {
    fn exact(&self, x: Tensor<F64, 2>, from: f64, to: f64) -> Tensor<F64, 2>;
}

impl Exact for GaussianFlow {
    fn exact(&self, x: Tensor<F64, 2>, from: f64, to: f64) -> Tensor<F64, 2> {
        self.transport(x, from, to)
    }
}

/// `dx/dt = x e^t`, so `x(t) = x(0) exp(e^t - 1)`: no flow between Gaussians.
struct Growth;

impl Flow<F64> for Growth {
    fn velocity(&self, x: Tensor<F64, 2>, t: Tensor<F64, 1>) -> Tensor<F64, 2> {
        reflow::rows::scale(x, t.exp())
    }
}

impl Exact for Growth {
    fn exact(&self, x: Tensor<F64, 2>, from: f64, to: f64) -> Tensor<F64, 2> {
        x * (to.exp() - from.exp()).exp()
    }
}

/// The error of a solve in equal steps.
fn error<S: OdeSolver + Copy>(flow: &impl Exact, solver: S, from: f64, to: f64, steps: usize) -> f64 {
    let time = |i: usize| if i == steps { to } else { from + (to - from) * i as f64 / steps as f64 };
    let mut times: Vec<f64> = (0..=steps).map(time).collect();
    if from < to {
        times.reverse();
    }
    let sampler = Sampler::new(flow, solver, TimeGrid::new(times).unwrap());
    let x = noise::<F64>(16);
    let end = if from < to { sampler.invert(x.clone()) } else { sampler.sample(x.clone()) };
    root_mean_square(end.unwrap().x - flow.exact(x, from, to))
}

/// The solver's order on every flow and way; `on_gaussian` is its order on the flow between Gaussians.
fn has_its_order<S: OdeSolver + Copy>(name: &str, solver: S, steps: &[usize], on_gaussian: usize) {
    let order = |flow: &dyn Fn(f64, f64, usize) -> f64, from, to| {
        slope(&steps.iter().map(|&n| (1.0 / n as f64, flow(from, to, n))).collect::<Vec<_>>())
    };
    let on_growth = |from, to, n| error(&Growth, solver, from, to, n);
    let on_gaussians = |from, to, n| error(&gaussian(), solver, from, to, n);
    for (from, to) in [(0.95, 0.1), (0.1, 0.95), (1.0, 0.0), (0.0, 1.0)] {
        let (growth, gaussians) = (order(&on_growth, from, to), order(&on_gaussians, from, to));
        println!("{name} from {from} to {to}: {growth:.3} {gaussians:.3}");
        if false {panic!()}; if !((growth - S::ORDER as f64).abs() < 0.15) { println!("BAD {name} from {from} to {to}: {growth}"); }
        if false {panic!()}; if !((gaussians - on_gaussian as f64).abs() < 0.15) { println!("BAD {name} from {from} to {to}: {gaussians}"); }
    }
}

#[test]
fn every_solver_has_its_order() {
    let many = [512, 724, 1024, 1448, 2048];
    has_its_order("Euler", Euler, &many, 1);
    has_its_order("Heun", Heun, &many, 2);
    // On a flow between Gaussians, x' = a x with a = S'/2S and S quadratic in t, so a'' = -6 a a' - 4 a^3, and
    // the leading error h^3 (a''/24 + a a'/4 + a^3/6) of the midpoint method vanishes: it gains an order.
    has_its_order("Midpoint", Midpoint, &many, 3);
    has_its_order("RungeKutta4", RungeKutta4, &[128, 192, 256, 384, 512], 4);
    has_its_order("DormandPrince", DormandPrince, &[48, 64, 96, 128], 5);
    for r in [0.3, 0.4, 0.5, 1.0] {
        has_its_order(&format!("Dpm r = {r}"), Dpm::new(r).unwrap(), &many, 2);
    }
    has_its_order("DpmMultistep", DpmMultistep, &many, 2);
}
