use burn::{
    module::{AutodiffModule, Module},
    tensor::{
        Int, Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use reflow::{
    Flow, FlowExt, Key, Time,
    condition::{Optional, OptionalRows},
    flow::{Counted, GaussianFlow, SetDropout, Split, SplitFlow, denoiser_fn},
    flow_fn,
    models::{ClassMlp, Mlp, MlpConfig},
    rows,
};

use super::{In, gap, seeded};

const T: f64 = 0.3;

type OptionalLabels<B> = OptionalRows<B, reflow::Labels>;

fn noise<B: Backend>() -> Tensor<B, 2> {
    Key::new(0).normal([6, 4], &Default::default())
}

/// Asserts that all four readings of a flow agree if the rows share their time.
fn is_one_flow<B: Backend>(flow: &impl Flow<B>) {
    let (x, t) = (noise::<B>(), rows::fill(&noise::<B>(), T));
    let (v, d) = (flow.velocity(x.clone(), t.clone()), flow.denoise(x.clone(), t));
    assert!(gap(v.clone(), flow.velocity(x.clone(), T)) < 1e-5);
    assert!(gap(d.clone(), flow.denoise(x.clone(), T)) < 1e-5);
    assert!(gap(x - v * T, d) < 1e-5);
}

pub fn one_time_for_all_rows_is_the_tensor_of_it<B: AutodiffBackend>() {
    is_one_flow::<In<B>>(&GaussianFlow::new(1.0, 0.5).unwrap());
    is_one_flow::<In<B>>(&flow_fn(|x: Tensor<In<B>, 2>, t: Time<In<B>>| rows::scale(x, t.rows())));
    is_one_flow::<In<B>>(&denoiser_fn(|x: Tensor<In<B>, 2>, t: Time<In<B>>| rows::scale(x, t.rows())));
    let mlp = seeded::<B, _>(|| {
        let net = MlpConfig::new(4).unwrap().init::<In<B>>(&Default::default());
        net.num_params();
        net
    });
    is_one_flow::<In<B>>(&mlp);
    is_one_flow::<In<B>>(&Box::new(&mlp));
    is_one_flow::<In<B>>(&SplitFlow::new(&mlp, Split::across_cores(4).unwrap()));
    is_one_flow::<In<B>>(&Counted::new(mlp));
}

/// The flow's predictions for a fixed batch, read as velocity and as data, with one time per row and with a
/// shared time.
fn readings_given<B: Backend>(
    flow: &impl Flow<B, 2, Optional<reflow::Labels>>,
    y: OptionalLabels<B>,
) -> [Tensor<B, 2>; 4] {
    let (x, t) = (noise::<B>(), rows::fill(&noise::<B>(), T));
    [
        flow.ask(x.clone(), t.clone(), y.clone()).velocity(),
        flow.ask(x.clone(), T, y.clone()).velocity(),
        flow.ask(x.clone(), t, y.clone()).data(),
        flow.given(y).denoise(x, T),
    ]
}

fn class_net<B: AutodiffBackend>() -> ClassMlp<In<B>> {
    seeded::<B, _>(|| {
        let net = MlpConfig::new(4).unwrap().init_with_classes(3, &Default::default()).unwrap();
        net.num_params();
        net
    })
}

fn labels<B: Backend>() -> OptionalLabels<B> {
    Tensor::<B, 1, Int>::from_ints([0, 1, 2, 0, 1, 2], &Default::default()).into()
}

pub fn a_pointer_to_a_conditional_flow_is_that_flow<B: AutodiffBackend>() {
    let mlp = class_net::<B>();
    let y = labels::<In<B>>();
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

pub fn where_a_condition_is_absent_its_value_does_not_matter<B: AutodiffBackend>() {
    let (mlp, x) = (class_net::<B>(), noise::<In<B>>());
    let y = labels::<In<B>>().y;
    let none = |y| mlp.ask(x.clone(), T, Optional::none(y, &x)).velocity();
    assert_eq!(gap(none(y.clone()), none(y.zeros_like())), 0.0);
    let some = mlp.ask(x.clone(), T, Optional::all(y.clone(), &x)).velocity();
    assert!(gap(some, none(y)) > 1e-3);
}

pub fn dropout_acts_in_training_alone<B: AutodiffBackend>() {
    let device = Default::default();
    let net = seeded::<B, _>(|| {
        let net = MlpConfig::new(3).unwrap().with_dropout(0.5).unwrap().init::<B>(&device);
        net.num_params();
        net
    });
    let x: Tensor<In<B>, 2> = Key::new(0).normal([5, 3], &device);
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
