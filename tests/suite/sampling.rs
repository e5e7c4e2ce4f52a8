use burn::{
    module::Module,
    tensor::{
        Int, Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use reflow::{
    Condition, Data, Error, Flow, FlowExt, Key, Labels, OdeSolver, Prediction, Sampler, Time,
    condition::{Features, Optional, OptionalRows},
    data::{Dataset, Sample},
    flow::{GaussianFlow, Split, denoiser_fn},
    metric::straightness,
    models::{ClassMlp, Mlp, MlpConfig},
    ode::{Dpm, DpmMultistep, Euler, Heun, Midpoint, RungeKutta4, TimeGrid},
    rows,
    sampler::TrajectoryPoint,
    tuning::{GridSearch, Reference},
};

use super::{In, gap, seeded, values};

fn split(threads: usize, rows: usize) -> Split {
    Split::across_cores(rows).unwrap().with_threads(threads).unwrap()
}

/// A network for rows of six features.
fn net<B: AutodiffBackend>() -> Mlp<In<B>> {
    seeded::<B, _>(|| {
        let net = MlpConfig::new(6).unwrap().with_hidden(32).unwrap().init(&Default::default());
        net.num_params();
        net
    })
}

/// A network for rows with this many features, in this many classes.
fn class_net<B: AutodiffBackend>([features, classes]: [usize; 2]) -> ClassMlp<In<B>> {
    seeded::<B, _>(|| {
        let config = MlpConfig::new(features).unwrap();
        let net = config.init_with_classes(classes, &Default::default()).unwrap();
        net.num_params();
        net
    })
}

pub fn a_network_samples_each_row_alone<B: AutodiffBackend>() {
    fn check<B: AutodiffBackend, S: OdeSolver>(solver: S) {
        let device = Default::default();
        let net = net::<B>();
        let sampler = Sampler::new(&net, solver, TimeGrid::sigmoid(4, 8.0).unwrap());
        let x1 = Key::new(0).normal::<In<B>, 2>([33, 6], &device);
        let whole = sampler.sample(x1.clone()).unwrap().x;
        for (start, len) in [(0, 1), (32, 1), (7, 13)] {
            let part = sampler.sample(x1.clone().narrow(0, start, len)).unwrap().x;
            assert!(gap(part, whole.clone().narrow(0, start, len)) < 1e-4);
        }
        let others = Tensor::cat(vec![Key::new(9).normal([40, 6], &device), x1.clone().narrow(0, 0, 5)], 0);
        let beside = sampler.sample(others).unwrap().x.narrow(0, 40, 5);
        assert!(gap(beside, whole.clone().narrow(0, 0, 5)) < 1e-4);
        let split = sampler.split(split(3, 8)).sample(x1).unwrap().x;
        assert!(gap(split, whole) < 1e-4);
    }
    check::<B, _>(Euler);
    check::<B, _>(Heun);
    check::<B, _>(Midpoint);
    check::<B, _>(RungeKutta4);
    check::<B, _>(Dpm::default());
    check::<B, _>(DpmMultistep);
}

pub fn a_network_with_classes_samples_each_row_alone<B: AutodiffBackend>() {
    let device = Default::default();
    let net = class_net::<B>([4, 5]);
    let sampler = Sampler::new(net, Heun, TimeGrid::uniform(3).unwrap());
    let x1 = Key::new(0).normal::<In<B>, 2>([21, 4], &device);
    // Every sixth row has no label.
    let labels: Vec<i64> = (0..21).map(|row| row % 6 % 5).collect();
    let y = Tensor::<In<B>, 1, Int>::from_ints(labels.as_slice(), &device);
    let present = Tensor::<In<B>, 1, Int>::arange(0..21, &device).remainder_scalar(6).lower_elem(5);
    let y = OptionalRows::<_, Labels> { y, present: present.float() };
    let whole = sampler.sample_given(x1.clone(), y.clone()).unwrap().x;
    let (x, label) = (x1.clone().narrow(0, 8, 5), Optional::<Labels>::slice::<In<B>>(y.clone(), 8..13));
    let part = sampler.sample_given(x, label).unwrap().x;
    assert!(gap(part, whole.clone().narrow(0, 8, 5)) < 1e-4);
    let split = sampler.split(split(2, 4)).sample_given(x1, y).unwrap().x;
    assert!(gap(split, whole) < 1e-4);
}

/// A flow that carries every row to its features.
struct ToFeatures;

impl<B: Backend> Flow<B, 2, Features> for ToFeatures {
    fn predict(&self, _: Tensor<B, 2>, t: Time<B>, y: Tensor<B, 2>) -> Prediction<B> {
        Prediction::data(y, t)
    }
}

pub fn features_reach_their_rows<B: AutodiffBackend>() {
    let device = Default::default();
    let x = Key::new(1).normal::<In<B>, 2>([9, 3], &device);
    let data = Dataset::<_, 2, Features>::with_conditions(x.clone(), x).unwrap();
    let Sample { x, y } = data.draw(0..17, &Key::new(2), &device).unwrap();
    assert_eq!(gap(x, y.clone()), 0.0, "features are drawn with their row");
    let sampler = Sampler::new(ToFeatures, Heun, TimeGrid::uniform(3).unwrap()).split(split(2, 4));
    let x1 = Key::new(3).normal::<In<B>, 2>([17, 3], &device);
    assert!(gap(sampler.sample_given(x1, y.clone()).unwrap().x, y) < 1e-4);
}

pub fn conditions_must_be_as_many_as_rows<B: AutodiffBackend>() {
    let device = Default::default();
    let net = class_net::<B>([2, 3]);
    let sampler = Sampler::new(net, Euler, TimeGrid::uniform(1).unwrap());
    let x1 = Tensor::<In<B>, 2>::zeros([4, 2], &device);
    let error = sampler.sample_given(x1, Tensor::<In<B>, 1, Int>::from_ints([0, 1, 2], &device)).unwrap_err();
    assert!(matches!(error, Error::Length { expected: 4, found: 3, .. }), "{error}");
}

pub fn a_grid_is_learned_for_labels_and_for_images<B: AutodiffBackend>() {
    let device = Default::default();
    let net = class_net::<B>([4, 3]);
    let y = Tensor::<In<B>, 1, Int>::from_ints([0, 1, 2, 0, 1, 2], &device);
    let x1 = Key::new(0).normal::<In<B>, 2>([6, 4], &device);
    let learned = GridSearch::new(3).unwrap().find(&net.given(y.clone()), &Heun, x1.clone()).unwrap();
    let sampler = Sampler::new(net.given(y), Heun, learned.grid);
    let reference = Reference::of(&sampler, x1).unwrap();
    assert_eq!(reference.error_of(&sampler).unwrap(), 0.0);

    let flow = GaussianFlow::new(1.0, 0.2).unwrap();
    let images = Key::new(1).normal::<In<B>, 4>([5, 2, 3, 3], &device);
    let learned = GridSearch::new(3).unwrap().find(&flow, &Dpm::default(), images).unwrap();
    assert!(learned.error < learned.starts[0].error);
}

/// Asserts that the trajectories of two samplers have the same points, in both directions, and the same
/// straightness.
fn same_trajectory<B: Backend, F: Flow<B>, S: OdeSolver>(
    whole: &Sampler<F, S, TimeGrid>,
    split: &Sampler<F, S, TimeGrid>,
) {
    let x1 = Key::new(0).normal::<B, 2>([33, 6], &Default::default());
    let points = |sampler: &Sampler<F, S, TimeGrid>, back: bool| -> Vec<TrajectoryPoint<B, 2>> {
        let x1 = x1.clone();
        let trajectory = if back { sampler.inverse_trajectory(x1) } else { sampler.trajectory(x1) };
        trajectory.unwrap().collect::<Result<_, _>>().unwrap()
    };
    for back in [false, true] {
        let (whole, split) = (points(whole, back), points(split, back));
        assert_eq!((whole.len(), split.len()), (6, 6));
        for (a, b) in whole.into_iter().zip(split) {
            assert_eq!(a.t, b.t);
            assert!(gap(a.x, b.x) < 1e-4);
        }
    }
    let [a, b] = [whole, split].map(|sampler| straightness(sampler, x1.clone()).unwrap());
    assert!(a > 1e-6 && (a - b).abs() < 1e-4 * a, "{a} and {b}");
}

pub fn a_split_sampler_has_the_same_trajectory_and_straightness<B: AutodiffBackend>() {
    fn check<B: Backend>(flow: &impl Flow<B>) {
        let sampler = Sampler::new(flow, Heun, TimeGrid::sigmoid(5, 8.0).unwrap());
        same_trajectory(&sampler, &sampler.clone().split(split(3, 8)));
        let sampler = Sampler::new(flow, DpmMultistep, TimeGrid::uniform(5).unwrap());
        same_trajectory(&sampler, &sampler.clone().split(split(2, 32)));
    }
    check::<In<B>>(&net::<B>());
    check::<In<B>>(&denoiser_fn(|x: Tensor<In<B>, 2>, t: Time<In<B>>| rows::scale(x.tanh(), t.rows())));
}

pub fn a_split_sampler_counts_the_evaluations_of_one_part<B: AutodiffBackend>() {
    let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5).unwrap(), Heun, TimeGrid::uniform(5).unwrap());
    let x1 = Key::new(0).normal::<In<B>, 2>([33, 2], &Default::default());
    let whole = sampler.sample(x1.clone()).unwrap();
    let split = sampler.split(split(2, 8)).sample(x1).unwrap();
    assert_eq!((split.evaluations, split.steps, split.times), (9, 5, [1.0, 0.0]));
    assert_eq!((whole.evaluations, whole.steps, whole.times), (9, 5, [1.0, 0.0]));
    assert_eq!(values(split.x), values(whole.x));
}
