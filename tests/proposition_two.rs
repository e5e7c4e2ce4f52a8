//! Proposition 2: a diffusion model is a flow after a change of variables, with the same loss and the same
//! samples.

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    optim::AdamConfig,
    tensor::{Tensor, TensorData, backend::Backend},
};
use burn_autodiff::Autodiff;
use burn_ndarray::NdArray;
use proptest::prelude::*;
use reflow::{
    ContinuousTime, Flow, FlowExt, Key, OdeSolver, Pair, Sampler, Sampling,
    flow::{DiffusionFlow, DiffusionNetwork, EdmPreconditioning, Preconditioning, VariancePreserving},
    generalized_loss,
    loss::Mse,
    ode::{EdmHeun, Euler, Heun, TimeGrid},
    rows::{scale, sum, to_host},
    time::LogitNormal,
    train::Round,
    weight,
};
use statrs::distribution::{ContinuousCDF, Normal};

type F64 = NdArray<f64>;
type Train = Autodiff<F64>;

/// Data on the line: an equal mixture of N(-1, s^2) and N(2, s^2), whose denoiser has a closed form.
const MEANS: [f64; 2] = [-1.0, 2.0];
const S: f64 = 0.4;

/// `E[x0 | x0 + sigma n = x]`.
fn exact<B: Backend>(x: Tensor<B, 2>, sigma: Tensor<B, 1>) -> Tensor<B, 2> {
    let sigma = sigma.unsqueeze_dim::<2>(1);
    let total = sigma.clone().square() + S * S;
    // The odds of the second component, and the posterior mean of each.
    let odds = ((x.clone() - MEANS[0]).square() - (x.clone() - MEANS[1]).square()) / (total.clone() * 2.0);
    let second = (odds.neg().exp() + 1.0).recip();
    let mean = |m: f64| (x.clone() * S * S + sigma.clone().square() * m) / total.clone();
    mean(MEANS[0]) * (second.clone().neg() + 1.0) + mean(MEANS[1]) * second
}

/// The network that, under a preconditioning, gives the exact denoiser: it inverts the preconditioning.
#[derive(Debug, Clone)]
struct Exact<P> {
    preconditioning: P,
    sigma_of_noise: fn(Tensor<F64, 1>) -> Tensor<F64, 1>,
}

impl<P: Preconditioning> DiffusionNetwork<F64> for Exact<P> {
    fn predict(&self, x: Tensor<F64, 2>, noise: Tensor<F64, 1>, (): ()) -> Tensor<F64, 2> {
        let sigma = (self.sigma_of_noise)(noise);
        let at = self.preconditioning.at(sigma.clone());
        let x = scale(x, at.scale.recip());
        scale(exact(x.clone(), sigma) - scale(x, at.skip), at.out.recip())
    }
}

fn exploding() -> DiffusionFlow<F64, Exact<EdmPreconditioning>, EdmPreconditioning> {
    let edm = EdmPreconditioning::new(0.5).unwrap();
    DiffusionFlow::new(Exact { preconditioning: edm, sigma_of_noise: |noise| (noise * 4.0).exp() }, edm)
}

fn preserving() -> DiffusionFlow<F64, Exact<VariancePreserving>, VariancePreserving> {
    let linear = VariancePreserving::default();
    let sigma_of_noise = |noise: Tensor<F64, 1>| {
        let u = noise / 999.0;
        ((u.clone().square() * (0.5 * 19.9) + u * 0.1).exp() - 1.0).sqrt()
    };
    DiffusionFlow::new(Exact { preconditioning: linear, sigma_of_noise }, linear)
        .with_noise_levels(0.002, 80.0)
        .unwrap()
}

fn column(values: &[f64]) -> Tensor<F64, 2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len(), 1]), &Default::default())
}

fn vector(values: &[f64]) -> Tensor<F64, 1> {
    Tensor::from_data(values, &Default::default())
}

fn largest(x: Tensor<F64, 2>) -> f64 {
    to_host(x).into_iter().map(f64::abs).fold(0.0, f64::max)
}

fn noise(rows: usize) -> Tensor<F64, 2> {
    Key::new(4).normal([rows, 1], &Default::default())
}

/// The gap between a flow's denoiser and that of the mixture at a point.
fn denoises(flow: &impl Flow<F64>, x_t: f64, t: f64) -> f64 {
    let expected = exact(column(&[x_t / (1.0 - t)]), vector(&[t / (1.0 - t)]));
    largest(flow.denoise(column(&[x_t]), vector(&[t])) - expected)
}

proptest! {
    #[test]
    fn both_preconditionings_give_the_denoiser_of_the_flow(x_t in -4.0..4.0_f64, t in 0.003..0.985_f64) {
        prop_assert!(denoises(&exploding(), x_t, t) < 1e-8);
        prop_assert!(denoises(&preserving(), x_t, t) < 1e-8);
    }
}

/// A network with weights, to train under a preconditioning.
#[derive(Module, Debug)]
struct Net<B: Backend> {
    linear: Linear<B>,
}

impl<B: Backend> DiffusionNetwork<B> for Net<B> {
    fn predict(&self, x: Tensor<B, 2>, noise: Tensor<B, 1>, (): ()) -> Tensor<B, 2> {
        self.linear.forward(Tensor::cat(vec![x, noise.unsqueeze_dim(1)], 1)).tanh()
    }
}

fn net<B: Backend>() -> Net<B> {
    Net { linear: LinearConfig::new(2, 1).init(&Default::default()) }
}

proptest! {
    // EDM's loss in its own notation: x0 + sigma n is denoised, with ln sigma ~ N(-1.2, 1.2^2) and the weight
    // (sigma^2 + s^2) / (sigma s)^2.
    #[test]
    fn the_generalised_loss_is_that_of_the_diffusion_model(
        seed in 0..1000_u64,
        logs in proptest::collection::vec(-5.0..4.0_f64, 1..20),
        s in 0.1..3.0_f64,
    ) {
        let count = logs.len();
        let draw = |purpose: &str| Key::new(seed).fork(purpose).normal::<F64, 2>([count, 1], &Default::default());
        let (x0, n) = (draw("x0"), draw("n"));
        let sigma: Vec<f64> = logs.iter().map(|log| log.exp()).collect();
        let (edm, net) = (EdmPreconditioning::new(s).unwrap(), net::<Train>());

        let x_sigma = x0.clone() + scale(n.clone(), vector(&sigma));
        let at = edm.at(vector(&sigma));
        let predicted = burn::module::AutodiffModule::valid(&net).predict(scale(x_sigma.clone(), at.scale), at.noise, ());
        let denoised = scale(x_sigma, at.skip) + scale(predicted, at.out);
        let weights: Vec<f64> = sigma.iter().map(|v| (v * v + s * s) / (v * s).powi(2)).collect();
        let expected = (sum((denoised - x0.clone()).square()) * vector(&weights)).mean().into_scalar();

        let t: Vec<f64> = sigma.iter().map(|v| v / (1.0 + v)).collect();
        let loss = generalized_loss(
            &DiffusionFlow::new(net, edm),
            Pair::new(x0, n).unwrap(),
            vector(&t),
            &Mse,
            &weight::Edm::new(s).unwrap(),
        );
        let loss = loss.unwrap().weighted;
        let found = loss.clone().inner().into_scalar();
        loss.backward();
        prop_assert!((found - expected).abs() < 1e-9 * expected, "{} and {}", found, expected);
    }

    #[test]
    fn the_distribution_of_the_noise_level_is_one_of_time(u in 0.001..0.999_f64) {
        let sigma = (-1.2 + 1.2 * Normal::standard().inverse_cdf(u)).exp();
        let t = LogitNormal::new(-1.2, 1.2).unwrap().quantile(u);
        prop_assert!((sigma / (1.0 + sigma) - t).abs() < 1e-9);
    }
}

/// EDM's noise levels, without the last one, which is zero.
fn levels(steps: usize) -> Vec<f64> {
    let (low, high) = (0.002_f64.powf(1.0 / 7.0), 80_f64.powf(1.0 / 7.0));
    (0..steps).map(|i| (high + i as f64 / (steps - 1) as f64 * (low - high)).powi(7)).collect()
}

/// EDM's sampler in its own variables: Euler or Heun steps in sigma, with an Euler step at the end.
fn edm_sampler(noise: Tensor<F64, 2>, steps: usize, heun: bool) -> Tensor<F64, 2> {
    let mut sigma = levels(steps);
    sigma.push(0.0);
    let slope = |x: &Tensor<F64, 2>, v: f64| {
        let at = Tensor::full([x.dims()[0]], v, &Default::default());
        (x.clone() - exact(x.clone(), at)) / v
    };
    let mut x = noise * sigma[0];
    for pair in sigma.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let d = slope(&x, from);
        let ahead = x.clone() + d.clone() * (to - from);
        x = if heun && to > 0.0 { x + (d + slope(&ahead, to)) * (0.5 * (to - from)) } else { ahead };
    }
    x
}

/// Carries the same noise along the flow, with EDM's noise levels as times.
fn along_the_flow<S: OdeSolver>(flow: &impl Flow<F64>, solver: S, steps: usize) -> Tensor<F64, 2> {
    let mut times: Vec<f64> = levels(steps).into_iter().map(|sigma| sigma / (1.0 + sigma)).collect();
    let start = times[0];
    times.push(0.0);
    let sampler = Sampler::new(flow, solver, TimeGrid::new(times).unwrap());
    sampler.sample(noise(64) * start).unwrap().x
}

#[test]
fn the_same_noise_ends_in_the_same_place() {
    for steps in [5, 18, 60] {
        let (euler, heun) = (edm_sampler(noise(64), steps, false), edm_sampler(noise(64), steps, true));
        for gap in [
            euler.clone() - along_the_flow(&exploding(), Euler, steps),
            euler - along_the_flow(&preserving(), Euler, steps),
            heun.clone() - along_the_flow(&exploding(), EdmHeun, steps),
            heun - along_the_flow(&preserving(), EdmHeun, steps),
        ] {
            assert!(largest(gap) < 1e-7, "{steps} steps");
        }
    }
}

// Heun's method in t has a different correction from Heun's method in sigma; the two converge as the steps
// shrink.
#[test]
fn heun_in_time_meets_heun_in_sigma_at_second_order() {
    let gap = |steps| {
        let edm = edm_sampler(noise(64), steps, true);
        to_host(sum((edm - along_the_flow(&exploding(), Heun, steps)).square()).mean())[0].sqrt()
    };
    let (coarse, fine) = (gap(100), gap(200));
    let order = (coarse / fine).log2();
    assert!((order - 2.0).abs() < 0.25, "{order}");
}

#[test]
fn a_flow_begins_at_pure_noise_where_the_model_begins_at_its_greatest_level() {
    let flow = exploding();
    let (x, t) = (noise(16), Tensor::ones([16], &Default::default()));
    let expected = exact(x.clone() * 80.0, Tensor::full([16], 80.0, &Default::default()));
    assert!(largest(flow.denoise(x.clone(), t) - expected) < 1e-9);
    // The first time is 1 instead of 80/81, where x_t contains 1/81 of the data, so the paths start that far
    // apart.
    let sampled = Sampler::new(&flow, EdmHeun, TimeGrid::edm(60).unwrap()).sample(x.clone()).unwrap().x;
    let mut gaps: Vec<f64> = to_host(sampled - edm_sampler(x, 60, true)).into_iter().map(f64::abs).collect();
    gaps.sort_by(f64::total_cmp);
    assert!(gaps[8] < 1.0 / 81.0, "{gaps:?}");
}

#[test]
fn starting_a_student_is_one_call() {
    let teacher = DiffusionFlow::new(net::<Train>(), EdmPreconditioning::new(0.5).unwrap());
    let taught = teacher.network().linear.weight.val().inner();
    let sampling = Sampling { solver: Heun, control: TimeGrid::edm(6).unwrap() };
    let student = Round::new(64, vec![1]).unwrap().rectify(teacher, sampling).unwrap();
    let mut student = student.optimizer(AdamConfig::new().init()).loss(Mse).build().unwrap();
    let weight = |student: &DiffusionFlow<_, Net<Train>, _>| student.network().linear.weight.val().inner();
    let before = weight(&student.state().flow);
    assert_eq!(largest(before.clone() - taught), 0.0);
    student.fit(3).unwrap();
    assert!(largest(weight(&student.state().flow) - before) > 1e-5);
}
