use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};
use reflow::{
    ConditionalFlow, Error, Flow, Labels, Rng, Sampler,
    flow::{AutoGuidance, ClassifierFree, Counted, GaussianFlow, Guidance, velocity_from_denoiser},
    models::{ClassMlp, MlpConfig},
    ode::{Dpm, Euler, Heun, TimeGrid},
    rows,
};

use super::{gap, seeded};

type In<B> = <B as AutodiffBackend>::InnerBackend;

fn noise<B: Backend>() -> Tensor<B, 2> {
    Rng::new(2).normal([6, 3], &Default::default())
}

fn labels<B: Backend>(labels: [i64; 6]) -> Tensor<B, 1, Int> {
    Tensor::from_ints(labels, &Default::default())
}

fn net<B: AutodiffBackend>() -> ClassMlp<In<B>> {
    seeded::<B, _>(|| MlpConfig::new(3).unwrap().init_with_classes(4, &Default::default()).unwrap())
}

fn guided<B: AutodiffBackend, F>(flow: F, guidance: Guidance) -> ClassifierFree<F, In<B>, Labels> {
    ClassifierFree::new(flow, Tensor::from_ints([4], &Default::default()), guidance).unwrap()
}

fn scale(scale: f64) -> Guidance {
    Guidance::one_is_none(scale).unwrap()
}

/// The four readings of a conditional flow, at times of the rows' own and at one time.
fn readings<B: Backend>(flow: &impl ConditionalFlow<B, 2, Labels>) -> Vec<Tensor<B, 2>> {
    let (x, y) = (noise::<B>(), labels::<B>([0, 1, 2, 3, 0, 1]));
    let t = Tensor::<B, 1>::from_floats([0.1, 0.3, 0.5, 0.7, 0.9, 1.0], &Default::default());
    vec![
        flow.velocity_given(x.clone(), t.clone(), y.clone()),
        flow.denoise_given(x.clone(), t, y.clone()),
        flow.velocity_given_at(x.clone(), 0.4, y.clone()),
        flow.denoise_given_at(x, 0.4, y),
    ]
}

pub fn scale_one_is_the_conditional_flow<B: AutodiffBackend>() {
    let net = Counted::new(net::<B>());
    let plain = readings(&net);
    let with = readings(&guided::<B, _>(&net, scale(1.0)));
    assert!(plain.into_iter().zip(with).all(|(a, b)| gap(a, b) == 0.0), "exactly");
    assert_eq!(net.evaluations(), 8, "and without evaluating twice");
}

pub fn guidance_is_linear_in_its_scale<B: AutodiffBackend>() {
    let net = net::<B>();
    let (none, all) = (readings(&guided::<B, _>(&net, scale(0.0))), readings(&net));
    for w in [0.3, 1.5, 4.0] {
        for ((null, with), y) in none.iter().zip(readings(&guided::<B, _>(&net, scale(w)))).zip(&all) {
            let expected = null.clone() + (y.clone() - null.clone()) * w;
            assert!(gap(with, expected) < 1e-4);
        }
    }
    let null = net.velocity_given_at(noise(), 0.4, labels([4; 6]));
    assert!(gap(none[2].clone(), null) < 1e-6, "scale 0 is the flow without a condition");
    assert!(gap(none[2].clone(), all[2].clone()) > 1e-3);
}

pub fn a_guide_that_is_the_flow_changes_nothing<B: AutodiffBackend>() {
    let flow = GaussianFlow::new(1.0, 0.5).unwrap();
    let guided = AutoGuidance::new(flow, flow, scale(3.0));
    let sample =
        |x| Sampler::new(guided, Heun, TimeGrid::uniform(6).unwrap()).sample::<In<B>, 2>(x).unwrap().x;
    let plain =
        Sampler::new(flow, Heun, TimeGrid::uniform(6).unwrap()).sample::<In<B>, 2>(noise()).unwrap().x;
    assert!(gap(sample(noise()), plain) < 1e-5);
    let net = net::<B>();
    let same = readings(&AutoGuidance::new(&net, &net, scale(3.0)));
    assert!(same.into_iter().zip(readings(&net)).all(|(a, b)| gap(a, b) < 1e-5));
    let (null, with) = (labels::<In<B>>([4; 6]), guided_null::<B>(&net));
    assert!(gap(with, net.velocity_given_at(noise(), 0.4, null)) < 1e-5);
}

/// Guided where the condition is none itself.
fn guided_null<B: AutodiffBackend>(net: &ClassMlp<In<B>>) -> Tensor<In<B>, 2> {
    guided::<B, _>(net, scale(5.0)).velocity_given_at(noise(), 0.4, labels([4; 6]))
}

pub fn outside_the_interval_nothing_is_evaluated_twice<B: AutodiffBackend>() {
    let (flow, guide) = (
        Counted::new(GaussianFlow::new(1.0, 0.5).unwrap()),
        Counted::new(GaussianFlow::new(0.0, 1.0).unwrap()),
    );
    let guidance = scale(2.0).between(0.3, 0.7).unwrap();
    let sampler =
        Sampler::new(AutoGuidance::new(&flow, &guide, guidance), Euler, TimeGrid::uniform(10).unwrap());
    let out = sampler.sample::<In<B>, 2>(noise()).unwrap();
    assert_eq!((out.evaluations, flow.evaluations(), guide.evaluations()), (10, 10, 5));

    let never = AutoGuidance::new(&flow, &guide, scale(2.0).between(0.95, 0.96).unwrap());
    Sampler::new(never, Dpm::default(), TimeGrid::uniform(5).unwrap()).sample::<In<B>, 2>(noise()).unwrap();
    assert_eq!((flow.evaluations(), guide.evaluations()), (19, 5));

    let net = Counted::new(net::<B>());
    let guided = guided::<B, _>(&net, scale(2.0).between(0.0, 0.5).unwrap());
    let sampler = Sampler::new(guided, Euler, TimeGrid::uniform(4).unwrap());
    sampler.sample_given(noise::<In<B>>(), labels([0; 6])).unwrap();
    assert_eq!(net.evaluations(), 6, "t = 1 and 0.75 once, 0.5 and 0.25 twice");
}

pub fn rows_at_their_own_times_are_guided_alone<B: AutodiffBackend>() {
    let (flow, guide) = (GaussianFlow::new(1.0, 0.5).unwrap(), GaussianFlow::new(0.0, 1.0).unwrap());
    let guided = AutoGuidance::new(flow, guide, scale(2.0).between(0.3, 0.7).unwrap());
    let t = Tensor::<In<B>, 1>::from_floats([0.0, 0.3, 0.5, 0.7, 0.71, 1.0], &Default::default());
    let scales = Tensor::<In<B>, 1>::from_floats([1.0, 2.0, 2.0, 2.0, 1.0, 1.0], &Default::default());
    let (of_flow, of_guide) = (flow.velocity(noise(), t.clone()), guide.velocity(noise(), t.clone()));
    let expected = of_guide.clone() + rows::scale(of_flow - of_guide, scales);
    assert!(gap(guided.velocity(noise(), t), expected) < 1e-5);
}

pub fn one_row_stands_for_no_condition<B: AutodiffBackend>() {
    let null = Tensor::<In<B>, 1, Int>::from_ints([4, 4], &Default::default());
    let error = ClassifierFree::new(net::<B>(), null, scale(2.0)).unwrap_err();
    assert!(matches!(error, Error::Length { expected: 1, found: 2, .. }), "{error}");
}

/// A flow that carries every row to its label; without one, to 10.
struct ToLabel;

impl<B: Backend> ConditionalFlow<B, 2, Labels> for ToLabel {
    fn velocity_given(&self, x: Tensor<B, 2>, t: Tensor<B, 1>, y: Tensor<B, 1, Int>) -> Tensor<B, 2> {
        velocity_from_denoiser(x, t, |x, _| x.zeros_like() + rows::expand(y.float()))
    }
}

// The denoiser is y, without a condition 10: guided by w it is 10 + w (y - 10).
pub fn guided_samples_of_classes_go_beyond_their_class<B: AutodiffBackend>() {
    let null = Tensor::<In<B>, 1, Int>::from_ints([10], &Default::default());
    let guided = ClassifierFree::new(ToLabel, null, scale(1.5)).unwrap();
    let sampler = Sampler::new(guided, Heun, TimeGrid::uniform(5).unwrap());
    let x = sampler.sample_given(noise::<In<B>>(), labels([8, 12, 10, 0, 20, 9])).unwrap().x;
    let expected = Tensor::<In<B>, 1>::from_floats([7.0, 13.0, 10.0, -5.0, 25.0, 8.5], &Default::default());
    assert!(gap(x, noise::<In<B>>().zeros_like() + rows::expand(expected)) < 1e-3);
}
