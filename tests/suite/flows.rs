use burn::{
    module::{AutodiffModule, Module},
    tensor::{
        Int, Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use reflow::{
    ConditionalFlow, Flow, Labels, Rng,
    flow::{Counted, GaussianFlow, denoiser_fn},
    flow_fn,
    models::{Mlp, MlpConfig},
    rows,
};

use super::{gap, seeded};

type In<B> = <B as AutodiffBackend>::InnerBackend;

const T: f64 = 0.3;

fn noise<B: Backend>() -> Tensor<B, 2> {
    Rng::new(0).normal([6, 4], &Default::default())
}

/// All four readings of a flow agree where the rows share their time.
fn is_one_flow<B: Backend>(flow: &impl Flow<B>) {
    let (x, t) = (noise::<B>(), rows::fill(&noise::<B>(), T));
    let (v, d) = (flow.velocity(x.clone(), t.clone()), flow.denoise(x.clone(), t));
    assert!(gap(v.clone(), flow.velocity_at(x.clone(), T)) < 1e-5);
    assert!(gap(d.clone(), flow.denoise_at(x.clone(), T)) < 1e-5);
    assert!(gap(x - v * T, d) < 1e-5);
}

pub fn one_time_for_all_rows_is_the_tensor_of_it<B: AutodiffBackend>() {
    is_one_flow::<In<B>>(&GaussianFlow::new(1.0, 0.5).unwrap());
    is_one_flow::<In<B>>(&flow_fn(|x: Tensor<In<B>, 2>, t| rows::scale(x, t)));
    is_one_flow::<In<B>>(&denoiser_fn(|x: Tensor<In<B>, 2>, t| rows::scale(x, t)));
    let mlp = seeded::<B, _>(|| MlpConfig::new(4).unwrap().init::<In<B>>(&Default::default()));
    is_one_flow::<In<B>>(&mlp);
    is_one_flow::<In<B>>(&Box::new(&mlp));
    is_one_flow::<In<B>>(&Counted::new(mlp));
}

fn readings_given<B: Backend>(
    flow: &impl ConditionalFlow<B, 2, Labels>,
    y: Tensor<B, 1, Int>,
) -> [Tensor<B, 2>; 4] {
    let (x, t) = (noise::<B>(), rows::fill(&noise::<B>(), T));
    [
        flow.velocity_given(x.clone(), t.clone(), y.clone()),
        flow.velocity_given_at(x.clone(), T, y.clone()),
        flow.denoise_given(x.clone(), t, y.clone()),
        flow.denoise_given_at(x, T, y),
    ]
}

pub fn a_pointer_to_a_conditional_flow_is_that_flow<B: AutodiffBackend>() {
    let device = Default::default();
    let mlp = seeded::<B, _>(|| MlpConfig::new(4).unwrap().init_with_classes::<In<B>>(3, &device).unwrap());
    let y = Tensor::<In<B>, 1, Int>::from_ints([0, 1, 2, 0, 1, 2], &device);
    let expected = readings_given(&mlp, y.clone());
    assert!(gap(expected[0].clone(), expected[1].clone()) < 1e-5);
    assert!(gap(expected[2].clone(), expected[3].clone()) < 1e-5);
    let counted = Counted::new(mlp.clone());
    let through = [
        readings_given(&&mlp, y.clone()),
        readings_given(&std::sync::Arc::new(mlp.clone()), y.clone()),
        readings_given(&counted, y.clone()),
    ];
    for readings in through {
        for (a, b) in readings.into_iter().zip(expected.clone()) {
            assert_eq!(gap(a, b), 0.0);
        }
    }
    assert_eq!(counted.evaluations(), 4);
}

pub fn dropout_acts_in_training_alone<B: AutodiffBackend>() {
    let device = Default::default();
    let net = seeded::<B, _>(|| {
        let net = MlpConfig::new(3).unwrap().with_dropout(0.5).unwrap().init::<B>(&device);
        net.num_params();
        net
    });
    let x: Tensor<In<B>, 2> = Rng::new(0).normal([5, 3], &device);
    let t = || Tensor::<In<B>, 1>::ones([5], &device);
    let sampled = net.valid().velocity(x.clone(), t());
    assert_eq!(gap(sampled.clone(), net.valid().velocity(x.clone(), t())), 0.0);
    let trained = |net: &Mlp<B>| {
        let v = net.velocity(Tensor::from_inner(x.clone()), Tensor::from_inner(t()));
        let value = v.clone().inner();
        v.sum().backward();
        value
    };
    assert!(gap(trained(&net), sampled.clone()) > 1e-3);
    assert!(gap(trained(&net.with_dropout(0.0).unwrap()), sampled) < 1e-5);
}
