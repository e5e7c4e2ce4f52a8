//! Solvers on flows with closed forms, in `f64`: orders, ends, directions and batches.
//!
//! This test binary uses one float type, because burn keeps a device's default type for the whole process.

use burn::tensor::{Tensor, backend::Backend};
use reflow::{
    Error, Flow, FlowExt, Key, OdeSolver, Prediction, Sampler, Time,
    flow::{GaussianFlow, Split, denoiser_fn},
    flow_fn,
    ode::{
        Adaptive, DormandPrince, Dpm, DpmMultistep, DpmNoise, EdmHeun, Euler, Heun, Midpoint, RungeKutta4,
        TimeGrid,
    },
};

type F64 = burn_ndarray::NdArray<f64>;

fn gaussian() -> GaussianFlow {
    GaussianFlow::new(1.5, 0.4).unwrap()
}

fn noise<B: Backend>(rows: usize) -> Tensor<B, 2> {
    Key::new(1).normal([rows, 3], &Default::default())
}

fn root_mean_square<B: Backend>(x: Tensor<B, 2>) -> f64 {
    let values = x.into_data().convert::<f64>().into_vec::<f64>().unwrap();
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

/// The slope of log error against log step.
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

/// `dx/dt = x e^t`, so `x(t) = x(0) exp(e^t - 1)`. This is not a flow between Gaussians.
struct Growth;

impl Flow<F64> for Growth {
    fn predict(&self, x: Tensor<F64, 2>, t: Time<F64>, (): ()) -> Prediction<F64> {
        Prediction::velocity(x * t.like().exp())
    }
}

impl Exact for Growth {
    fn exact(&self, x: Tensor<F64, 2>, from: f64, to: f64) -> Tensor<F64, 2> {
        x * (to.exp() - from.exp()).exp()
    }
}

/// The error of a solve with equal steps.
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

/// A solver and its known properties.
struct Case<S> {
    name: &'static str,
    solver: S,
    /// The number of evaluations for five steps to the data.
    evaluations: usize,
    /// The numbers of steps at which the order is measured.
    steps: &'static [usize],
    /// The order on the flow between Gaussians.
    on_gaussians: usize,
    /// How far the slope over the whole way may be from the order.
    whole_way: f64,
}

fn case<S: OdeSolver>(name: &'static str, solver: S, evaluations: usize) -> Case<S> {
    let steps = &[128, 192, 256, 384, 512];
    Case { name, solver, evaluations, steps, on_gaussians: S::ORDER, whole_way: 0.15 }
}

/// Checks every solver. A new solver is one more line.
///
/// Equal steps in `t` grow without bound in sigma near `t = 1`, which affects [`EdmHeun`], and in the log-SNR
/// at both ends, which affects the DPM solvers: their error over the whole way is `h^2 ln(1/h)`.
///
/// Between Gaussians `x' = a x`, with `a = S'/2S` and `S` quadratic in `t`. So `a'' = -6 a a' - 4 a^3`, and
/// the leading error of the midpoint method, `h^3 (a''/24 + a a'/4 + a^3/6)`, vanishes: it gains an order.
macro_rules! every_solver {
    ($check:ident) => {
        $check(case("Euler", Euler, 5));
        $check(case("Heun", Heun, 9));
        $check(Case { whole_way: 0.4, ..case("EdmHeun", EdmHeun, 9) });
        $check(Case { on_gaussians: 3, ..case("Midpoint", Midpoint, 10) });
        $check(case("RungeKutta4", RungeKutta4, 20));
        $check(Case { steps: &[48, 64, 96, 128], ..case("DormandPrince", DormandPrince, 31) });
        $check(Case { whole_way: 0.4, ..case("Dpm 0.3", Dpm::new(0.3).unwrap(), 9) });
        $check(Case { whole_way: 0.4, ..case("Dpm 0.5", Dpm::default(), 9) });
        $check(Case { whole_way: 0.4, ..case("Dpm 1", Dpm::new(1.0).unwrap(), 9) });
        $check(Case { whole_way: NO_SLOPE, ..case("DpmNoise 0.3", DpmNoise::new(0.3).unwrap(), 9) });
        $check(Case { whole_way: NO_SLOPE, ..case("DpmNoise 0.5", DpmNoise::default(), 9) });
        $check(Case { whole_way: NO_SLOPE, ..case("DpmNoise 1", DpmNoise::new(1.0).unwrap(), 9) });
        $check(Case { whole_way: 0.5, steps: FINE, ..case("DpmMultistep", DpmMultistep, 5) });
    };
}

/// The error of the whole way changes its sign, so it has no slope; a test of its own measures it.
const NO_SLOPE: f64 = f64::INFINITY;
const FINE: &[usize] = &[512, 724, 1024, 1448, 2048];

#[test]
fn every_solver_has_its_order() {
    fn check<S: OdeSolver + Copy>(case: Case<S>) {
        let ways = [(0.95, 0.1), (0.1, 0.95), (1.0, 0.0), (0.0, 1.0)];
        for (way, within) in ways.into_iter().zip([0.15, 0.15, case.whole_way, case.whole_way]) {
            let slopes = [
                (slope_of(&Growth, &case, way), S::ORDER),
                (slope_of(&gaussian(), &case, way), case.on_gaussians),
            ];
            for (slope, order) in slopes {
                let off = (slope - order as f64).abs();
                assert!(off < within, "{} over {way:?}: slope {slope}, order {order}", case.name);
            }
        }
    }
    every_solver!(check);
}

fn slope_of<S: OdeSolver + Copy>(flow: &impl Exact, case: &Case<S>, (from, to): (f64, f64)) -> f64 {
    let errors = case.steps.iter().map(|&n| (1.0 / n as f64, error(flow, case.solver, from, to, n)));
    slope(&errors.collect::<Vec<_>>())
}

/// Over the whole way the error is `h^2 (a + b ln(1/h))`: times `n^2`, it grows by the same amount with every
/// doubling.
#[test]
fn noise_prediction_is_of_second_order_up_to_a_logarithm() {
    for r in [0.3, 0.5, 1.0] {
        for (from, to) in [(1.0, 0.0), (0.0, 1.0)] {
            let scaled = |n: usize| {
                let sampler = Sampler::new(Growth, DpmNoise::new(r).unwrap(), TimeGrid::uniform(n).unwrap());
                let x = Tensor::<F64, 2>::ones([1, 1], &Default::default());
                let end = if from < to { sampler.invert(x.clone()) } else { sampler.sample(x.clone()) };
                (end.unwrap().x - Growth.exact(x, from, to)).into_scalar() * (n * n) as f64
            };
            let errors = [512, 1024, 2048, 4096].map(scaled);
            let growth: Vec<f64> = errors.windows(2).map(|pair| pair[1] - pair[0]).collect();
            for pair in growth.windows(2) {
                assert!((pair[1] / pair[0] - 1.0).abs() < 0.1, "r = {r} from {from} to {to}: {errors:?}");
            }
        }
    }
}

/// A perfectly rectified flow: every path is straight, from `x1` to `m + s x1`.
fn straight() -> impl Flow<F64> {
    flow_fn(|x: Tensor<F64, 2>, t: Time<F64>| {
        let scale = t.like() * 0.6 + 0.4;
        let x1 = (x - (scale.clone() * -1.0 + 1.0) * 2.5) / scale;
        x1 * 0.6 - 1.5
    })
}

#[test]
fn after_perfect_rectification_every_solver_is_exact_in_one_step() {
    fn check<S: OdeSolver>(case: Case<S>) {
        let sampler = Sampler::new(straight(), case.solver, TimeGrid::uniform(1).unwrap());
        let x1 = noise::<F64>(16);
        let x0 = x1.clone() * 0.4 + 1.5;
        let there = root_mean_square(sampler.sample(x1.clone()).unwrap().x - x0.clone());
        let back = root_mean_square(sampler.invert(x0).unwrap().x - x1);
        assert!(there < 1e-6 && back < 1e-6, "{}: {there} there, {back} back", case.name);
    }
    every_solver!(check);
}

#[test]
fn straight_paths_are_followed_exactly_on_any_grid() {
    fn check<S: OdeSolver + Copy>(case: Case<S>) {
        for (times, to) in [(vec![1.0, 0.7, 0.2, 0.0], 0.0), (vec![1.0, 0.3], 0.3)] {
            let sampler = Sampler::new(straight(), case.solver, TimeGrid::new(times).unwrap());
            let x1 = noise::<F64>(16);
            let exact = (x1.clone() * 0.4 + 1.5) * (1.0 - to) + x1.clone() * to;
            let off = root_mean_square(sampler.sample(x1).unwrap().x - exact);
            assert!(off < 1e-6, "{} to {to}: {off}", case.name);
        }
    }
    every_solver!(check);
}

#[test]
fn evaluations_are_counted() {
    fn check<S: OdeSolver>(case: Case<S>) {
        let sampler = Sampler::new(gaussian(), case.solver, TimeGrid::uniform(5).unwrap());
        let out = sampler.sample(noise::<F64>(2)).unwrap();
        assert_eq!((out.evaluations, out.steps), (case.evaluations, 5), "{}", case.name);
    }
    every_solver!(check);
}

#[test]
fn a_denoiser_is_inverted_as_well_as_its_velocity() {
    // D(x, t) of the Gaussian flow. At t = 0 the velocity (x - D) / t is zero over zero.
    let denoiser = denoiser_fn(|x: Tensor<F64, 2>, t: Time<F64>| gaussian().denoise(x, t));
    let x1 = noise::<F64>(16);
    let x0 = gaussian().transport(x1.clone(), 1.0, 0.0);
    let sampler = Sampler::new(denoiser, Heun, TimeGrid::uniform(64).unwrap());
    assert!(root_mean_square(sampler.invert(x0.clone()).unwrap().x - x1.clone()) < 2e-3);
    let fine = Sampler::new(denoiser, RungeKutta4, TimeGrid::uniform(64).unwrap());
    assert!(root_mean_square(fine.sample(x1).unwrap().x - x0) < 1e-5);
}

#[test]
fn adaptive_steps_keep_to_their_tolerance_both_ways() {
    for tolerance in [1e-3, 1e-6, 1e-9] {
        let sampler = Sampler::new(gaussian(), DormandPrince, Adaptive::new(tolerance, tolerance).unwrap());
        let x1 = noise::<F64>(64);
        let x0 = gaussian().transport(x1.clone(), 1.0, 0.0);
        let there = sampler.sample(x1.clone()).unwrap();
        let back = sampler.invert(x0.clone()).unwrap();
        for error in [root_mean_square(there.x - x0), root_mean_square(back.x - x1)] {
            assert!(error < 10.0 * tolerance, "{error} for {tolerance}");
        }
        assert!(there.steps < 200 && there.evaluations > 6 * there.steps);
    }
}

#[test]
fn a_flow_that_cannot_be_followed_ends_in_an_error() {
    let x = || Tensor::<F64, 2>::ones([2, 2], &Default::default());
    let nan = flow_fn(|x: Tensor<F64, 2>, _: Time<F64>| x * f64::NAN);
    let control = Adaptive::new(1e-6, 1e-6).unwrap();
    let error = Sampler::new(nan, DormandPrince, control).sample(x()).unwrap_err();
    assert!(matches!(error, Error::Unfinished { error, t, .. } if error.is_nan() && t == 1.0), "{error}");

    let few = Sampler::new(gaussian(), DormandPrince, control.with_max_steps(2).unwrap());
    assert!(matches!(few.sample(x()).unwrap_err(), Error::Unfinished { steps: 2, .. }));
    let mut trajectory = few.trajectory(x()).unwrap();
    assert!(trajectory.by_ref().any(|point| point.is_err()));
    assert!(trajectory.next().is_none());
}

#[test]
fn a_trajectory_starts_at_the_noise_and_ends_at_the_sample() {
    let sampler = Sampler::new(gaussian(), Heun, TimeGrid::sigmoid(5, 8.0).unwrap());
    let x1 = noise::<F64>(4);
    let points: Vec<_> = sampler.trajectory(x1.clone()).unwrap().map(Result::unwrap).collect();
    assert_eq!(points.len(), 6);
    assert_eq!((points[0].t, points[5].t), (1.0, 0.0));
    assert_eq!(root_mean_square(points[0].x.clone() - x1.clone()), 0.0);
    assert_eq!(root_mean_square(points[5].x.clone() - sampler.sample(x1.clone()).unwrap().x), 0.0);
    let back: Vec<_> = sampler.inverse_trajectory(x1).unwrap().map(|point| point.unwrap().t).collect();
    assert!(back.windows(2).all(|pair| pair[0] < pair[1]) && back.len() == 6);
}

#[test]
fn an_empty_batch_is_an_error() {
    let sampler = Sampler::new(gaussian(), Euler, TimeGrid::uniform(1).unwrap());
    let empty = Tensor::<F64, 2>::zeros([0, 3], &Default::default());
    assert!(matches!(sampler.sample(empty), Err(Error::Empty { .. })));
}

#[test]
fn samples_do_not_depend_on_the_batch() {
    let sampler = Sampler::new(gaussian(), Dpm::default(), TimeGrid::sigmoid(5, 20.0).unwrap());
    let x1 = noise::<F64>(37);
    let whole = sampler.sample(x1.clone()).unwrap().x;
    for (start, len) in [(0, 1), (36, 1), (5, 20)] {
        let part = sampler.sample(x1.clone().narrow(0, start, len)).unwrap().x;
        assert!(root_mean_square(part - whole.clone().narrow(0, start, len)) < 1e-12);
    }
    let split = sampler.split(Split::across_cores(8).unwrap().with_threads(2).unwrap()).sample(x1).unwrap();
    assert!(root_mean_square(split.x - whole) < 1e-12);
    assert_eq!((split.evaluations, split.steps), (9, 5));
}

#[test]
fn noise_rows_do_not_depend_on_the_number_of_rows() {
    let few = noise::<F64>(3);
    let many = noise::<F64>(50).narrow(0, 0, 3);
    assert_eq!(root_mean_square(few - many), 0.0);
}
