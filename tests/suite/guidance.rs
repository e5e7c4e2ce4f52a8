use std::sync::Arc;

use burn::{
    module::Module,
    tensor::{
        Int, Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use reflow::{
    Flow, FlowExt, Key, Labels, Prediction, Sampler, Time,
    condition::{Optional, OptionalRows},
    flow::{AutoGuidance, ClassifierFree, Counted, GaussianFlow, Guidance, Split},
    models::{ClassMlp, MlpConfig},
    ode::{Dpm, Euler, Heun, TimeGrid},
    rows,
};

use super::{In, gap, seeded};

fn noise<B: Backend>() -> Tensor<B, 2> {
    Key::new(2).normal([6, 3], &Default::default())
}

fn labels<B: Backend>(labels: [i64; 6]) -> Tensor<B, 1, Int> {
    Tensor::from_ints(labels, &Default::default())
}

fn net<B: AutodiffBackend>() -> ClassMlp<In<B>> {
    seeded::<B, _>(|| {
        let net = MlpConfig::new(3).unwrap().init_with_classes(4, &Default::default()).unwrap();
        net.num_params();
        net
    })
}

fn scale(scale: f64) -> Guidance {
    Guidance::one_is_none(scale).unwrap()
}

/// A flow of optional conditions, with all conditions present.
struct Present<F>(F);

impl<B: Backend, F: Flow<B, 2, Optional<Labels>>> Flow<B, 2, Labels> for Present<F> {
    fn predict(&self, x: Tensor<B, 2>, t: Time<B>, y: Tensor<B, 1, Int>) -> Prediction<B> {
        self.0.predict(x, t, y.into())
    }
}

/// A flow of optional conditions that ignores them.
struct Absent<F>(F);

impl<B: Backend, F: Flow<B, 2, Optional<Labels>>> Flow<B, 2, Optional<Labels>> for Absent<F> {
    fn predict(&self, x: Tensor<B, 2>, t: Time<B>, y: OptionalRows<B, Labels>) -> Prediction<B> {
        let y = Optional::none(y.y, &x);
        self.0.predict(x, t, y)
    }
}

/// The four readings of a conditional flow, with one time per row and with a shared time.
fn readings<B: Backend>(flow: &impl Flow<B, 2, Labels>) -> Vec<Tensor<B, 2>> {
    let (x, y) = (noise::<B>(), labels::<B>([0, 1, 2, 3, 0, 1]));
    let t = Tensor::<B, 1>::from_floats([0.1, 0.3, 0.5, 0.7, 0.9, 1.0], &Default::default());
    vec![
        flow.ask(x.clone(), t.clone(), y.clone()).velocity(),
        flow.ask(x.clone(), t, y.clone()).data(),
        flow.ask(x.clone(), 0.4, y.clone()).velocity(),
        flow.ask(x, 0.4, y).data(),
    ]
}

pub fn scale_one_is_the_conditional_flow<B: AutodiffBackend>() {
    let net = Counted::new(net::<B>());
    let plain = readings(&Present(&net));
    let with = readings(&ClassifierFree::new(&net, scale(1.0)));
    assert!(plain.into_iter().zip(with).all(|(a, b)| gap(a, b) == 0.0), "exactly");
    assert_eq!(net.evaluations(), 8, "and without evaluating twice");
}

pub fn guidance_is_linear_in_its_scale<B: AutodiffBackend>() {
    let net = net::<B>();
    let (none, all) = (readings(&ClassifierFree::new(&net, scale(0.0))), readings(&Present(&net)));
    for w in [0.3, 1.5, 4.0] {
        let guided = readings(&ClassifierFree::new(&net, scale(w)));
        for ((null, with), y) in none.iter().zip(guided).zip(&all) {
            let expected = null.clone() + (y.clone() - null.clone()) * w;
            assert!(gap(with, expected) < 1e-4);
        }
    }
    let absent = Optional::none(labels([0; 6]), &noise::<In<B>>());
    let null = net.ask(noise(), 0.4, absent).velocity();
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
    let net = Present(net::<B>());
    let same = readings(&AutoGuidance::new(&net, &net, scale(3.0)));
    assert!(same.into_iter().zip(readings(&net)).all(|(a, b)| gap(a, b) < 1e-5));
    let without = Absent(&net.0);
    let same = readings(&ClassifierFree::new(&without, scale(5.0)));
    assert!(same.into_iter().zip(readings(&Present(&without))).all(|(a, b)| gap(a, b) < 1e-5));
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
    assert_eq!((out.evaluations, flow.evaluations(), guide.evaluations()), (15, 10, 5));

    let never = AutoGuidance::new(&flow, &guide, scale(2.0).between(0.95, 0.96).unwrap());
    Sampler::new(never, Dpm::default(), TimeGrid::uniform(5).unwrap()).sample::<In<B>, 2>(noise()).unwrap();
    assert_eq!((flow.evaluations(), guide.evaluations()), (19, 5));

    let net = Counted::new(net::<B>());
    let guided = ClassifierFree::new(&net, scale(2.0).between(0.0, 0.5).unwrap());
    let sampler = Sampler::new(guided, Euler, TimeGrid::uniform(4).unwrap());
    let out = sampler.sample_given::<In<B>, 2, Labels>(noise(), labels([0; 6])).unwrap();
    assert_eq!(net.evaluations(), 6, "t = 1 and 0.75 once, 0.5 and 0.25 twice");
    assert_eq!(out.evaluations, 6);
}

pub fn a_guided_evaluation_counts_two_networks<B: AutodiffBackend>() {
    let y = || labels::<In<B>>([0, 1, 2, 3, 0, 1]);
    let guided = ClassifierFree::new(net::<B>(), scale(2.0));
    let once =
        |flow: &dyn Flow<In<B>, 2, Labels>| flow.ask::<In<B>, 2, Labels>(noise(), 0.4, y()).evaluations();
    let counted = Counted::new(&guided);
    let held: Arc<dyn Flow<In<B>, 2, Labels>> = Arc::new(guided.clone());
    assert_eq!([once(&guided), once(&counted), once(&held), once(&&Box::new(&held))], [2; 4]);
    assert_eq!(counted.evaluations(), 2);

    let counted = Counted::new(held);
    let sampler = Sampler::new(&counted, Heun, TimeGrid::uniform(4).unwrap());
    let out = sampler.sample_given::<In<B>, 2, Labels>(noise(), y()).unwrap();
    assert_eq!((out.evaluations, counted.evaluations()), (14, 14), "7 evaluations of two networks each");
    let split = sampler.split(Split::across_cores(3).unwrap().with_threads(2).unwrap());
    let out = split.sample_given::<In<B>, 2, Labels>(noise(), y()).unwrap();
    assert_eq!(
        (out.evaluations, counted.evaluations()),
        (14, 14 + 28),
        "of a split batch, those of one part"
    );
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

/// A flow that carries every row to its label, or to 10 if it has none.
struct ToLabel;

impl<B: Backend> Flow<B, 2, Optional<Labels>> for ToLabel {
    fn predict(&self, x: Tensor<B, 2>, t: Time<B>, y: OptionalRows<B, Labels>) -> Prediction<B> {
        Prediction::data(x.zeros_like() + rows::expand(y.or_class(10).float()), t)
    }
}

// The denoiser is y, and 10 without a condition. Guided with the scale w, it is 10 + w (y - 10).
pub fn guided_samples_of_classes_go_beyond_their_class<B: AutodiffBackend>() {
    let guided = ClassifierFree::new(ToLabel, scale(1.5));
    let sampler = Sampler::new(guided, Heun, TimeGrid::uniform(5).unwrap());
    let y = labels([8, 12, 10, 0, 20, 9]);
    let x = sampler.sample_given::<In<B>, 2, Labels>(noise(), y).unwrap().x;
    let expected = Tensor::<In<B>, 1>::from_floats([7.0, 13.0, 10.0, -5.0, 25.0, 8.5], &Default::default());
    assert!(gap(x, noise::<In<B>>().zeros_like() + rows::expand(expected)) < 1e-3);
}
