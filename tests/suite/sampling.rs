use burn::{
    module::Module,
    tensor::{
        Int, Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use reflow::{
    ConditionalFlow, Embedding, Error, Law, OdeSolver, Rng, Sampler,
    coupling::{Dataset, Sample},
    flow::velocity_from_denoiser,
    models::MlpConfig,
    ode::{Dpm, DpmMultistep, Euler, Heun, Midpoint, RungeKutta4, TimeGrid},
    sampler::{GridSearch, Reference, Split},
};

use super::gap;

type In<B> = <B as AutodiffBackend>::InnerBackend;

pub fn a_network_samples_each_row_alone<B: AutodiffBackend>() {
    fn check<B: AutodiffBackend, S: OdeSolver + Sync + Clone>(solver: S) {
        let device = Default::default();
        let net = MlpConfig::new(6).unwrap().with_hidden(32).unwrap().init::<In<B>>(&device);
        net.num_params();
        let sampler = Sampler::new(&net, solver, TimeGrid::sigmoid(4, 8.0).unwrap());
        let x1 = Rng::new(0).normal::<In<B>, 2>([33, 6], &device);
        let whole = sampler.sample(x1.clone()).unwrap().x;
        for (start, len) in [(0, 1), (32, 1), (7, 13)] {
            let part = sampler.sample(x1.clone().narrow(0, start, len)).unwrap().x;
            assert!(gap(part, whole.clone().narrow(0, start, len)) < 1e-4);
        }
        let others = Tensor::cat(vec![Rng::new(9).normal([40, 6], &device), x1.clone().narrow(0, 0, 5)], 0);
        let beside = sampler.sample(others).unwrap().x.narrow(0, 40, 5);
        assert!(gap(beside, whole.clone().narrow(0, 0, 5)) < 1e-4);
        let split = sampler.split(Split::new(3, 8).unwrap()).sample(x1).unwrap().x;
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
    let net = MlpConfig::new(4).unwrap().init_with_classes::<In<B>>(5, &device).unwrap();
    net.num_params();
    let sampler = Sampler::new(net, Heun, TimeGrid::uniform(3).unwrap());
    let x1 = Rng::new(0).normal::<In<B>, 2>([21, 4], &device);
    let labels: Vec<i64> = (0..21).map(|row| row % 6).collect();
    let y = Tensor::<In<B>, 1, Int>::from_ints(labels.as_slice(), &device);
    let whole = sampler.sample_given(x1.clone(), y.clone()).unwrap().x;
    let (x, label) = (x1.clone().narrow(0, 8, 5), y.clone().narrow(0, 8, 5));
    let part = sampler.sample_given(x, label).unwrap().x;
    assert!(gap(part, whole.clone().narrow(0, 8, 5)) < 1e-4);
    let split = sampler.split(Split::new(2, 4).unwrap()).sample_given(x1, y).unwrap().x;
    assert!(gap(split, whole) < 1e-4);
}

/// A flow that carries every row to its embedding.
struct ToEmbedding;

impl<B: Backend> ConditionalFlow<B, 2, Embedding> for ToEmbedding {
    fn velocity_given(&self, x: Tensor<B, 2>, t: Tensor<B, 1>, y: Tensor<B, 2>) -> Tensor<B, 2> {
        velocity_from_denoiser(x, t, |_, _| y)
    }
}

pub fn embeddings_reach_their_rows<B: AutodiffBackend>() {
    let device = Default::default();
    let x = Rng::new(1).normal::<In<B>, 2>([9, 3], &device);
    let data = Dataset::with_conditions(x.clone(), x).unwrap();
    let Sample { x, y } = data.draw(17, &Rng::new(2), &device).unwrap();
    assert_eq!(gap(x, y.clone()), 0.0, "an embedding is drawn with its row");
    let sampler =
        Sampler::new(ToEmbedding, Heun, TimeGrid::uniform(3).unwrap()).split(Split::new(2, 4).unwrap());
    let x1 = Rng::new(3).normal::<In<B>, 2>([17, 3], &device);
    assert!(gap(sampler.sample_given(x1, y.clone()).unwrap().x, y) < 1e-4);
}

pub fn conditions_must_be_as_many_as_rows<B: AutodiffBackend>() {
    let device = Default::default();
    let net = MlpConfig::new(2).unwrap().init_with_classes::<In<B>>(3, &device).unwrap();
    let sampler = Sampler::new(net, Euler, TimeGrid::uniform(1).unwrap());
    let x1 = Tensor::<In<B>, 2>::zeros([4, 2], &device);
    let error = sampler.sample_given(x1, Tensor::from_ints([0, 1, 2], &device)).unwrap_err();
    assert!(matches!(error, Error::Length { expected: 4, found: 3, .. }), "{error}");
}

pub fn a_grid_is_learned_for_labels_and_for_images<B: AutodiffBackend>() {
    let device = Default::default();
    let net = MlpConfig::new(4).unwrap().init_with_classes::<In<B>>(3, &device).unwrap();
    let y = Tensor::<In<B>, 1, Int>::from_ints([0, 1, 2, 0, 1, 2], &device);
    let x1 = Rng::new(0).normal::<In<B>, 2>([6, 4], &device);
    let learned = GridSearch::new(3).unwrap().find(&net.given(y.clone()), &Heun, x1.clone()).unwrap();
    let sampler = Sampler::new(net.given(y), Heun, learned.grid);
    let reference = Reference::of(&sampler, x1).unwrap();
    assert_eq!(reference.error_of(&sampler).unwrap(), 0.0);

    let flow = reflow::flow::GaussianFlow::new(1.0, 0.2).unwrap();
    let images = Rng::new(1).normal::<In<B>, 4>([5, 2, 3, 3], &device);
    let learned = GridSearch::new(3).unwrap().find(&flow, &Dpm::default(), images).unwrap();
    assert!(learned.error < learned.starts[0].error);
}
