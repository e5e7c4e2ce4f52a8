//! Networks that cannot be trained, and the networks that a trainer hands out.

use burn::{
    module::{AutodiffModule, Module},
    nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig},
    optim::{Adam, AdamConfig, SgdConfig, adaptor::OptimizerAdaptor},
    tensor::{Tensor, backend::Backend},
};
use burn_flex::{Flex, FlexDevice};
use reflow::{
    Flow, FlowExt, Key, Prediction, ReflowTrainer, Time,
    coupling::Independent,
    data::{Gaussian, Normal},
    models::MlpConfig,
    train::{Ema, TrainerOf},
};

use crate::{Train, assert_says};

fn data() -> Independent<Normal, Gaussian> {
    Independent::new(Normal::new(vec![2], 1.0, 0.5).unwrap(), Gaussian)
}

#[derive(Module, Debug)]
struct Twins<B: Backend> {
    first: Linear<B>,
    second: Linear<B>,
}

impl<B: Backend> Flow<B> for Twins<B> {
    fn predict(&self, x: Tensor<B, 2>, _: Time<B>, (): ()) -> Prediction<B> {
        Prediction::velocity(self.second.forward(self.first.forward(x)))
    }
}

#[test]
fn layers_that_share_an_id_are_refused() {
    let layer: Linear<Train> = LinearConfig::new(2, 2).init(&FlexDevice);
    let twins = Twins { first: layer.clone(), second: layer };
    let builder = ReflowTrainer::builder().flow(twins).optimizer(SgdConfig::new().init()).coupling(data());
    assert_says(&builder.build().unwrap_err(), &["flow", "parameter id", "twice"]);
}

#[test]
fn a_frozen_network_is_refused() {
    let net = MlpConfig::new(2).unwrap().init::<Train>(&FlexDevice).no_grad();
    let builder = ReflowTrainer::builder().flow(net).optimizer(SgdConfig::new().init()).coupling(data());
    assert_says(&builder.build().unwrap_err(), &["flow", "a weight to train"]);
}

#[test]
fn a_rate_that_is_no_rate_is_refused() {
    for (rate, word) in [(-1.0, "-1.0"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let mut trainer = ReflowTrainer::builder()
            .flow(MlpConfig::new(2).unwrap().init::<Train>(&FlexDevice))
            .optimizer(SgdConfig::new().init())
            .coupling(data())
            .learning_rate(move |_: usize| rate)
            .build()
            .unwrap();
        assert_says(&trainer.fit(2).unwrap_err(), &["Schedule", "rate", word]);
        assert_eq!(trainer.steps(), 0);
    }
}

/// A network with running statistics, which all clones of a module share in burn.
#[derive(Module, Debug)]
struct Normed<B: Backend> {
    norm: BatchNorm<B>,
    linear: Linear<B>,
}

impl<B: Backend> Flow<B> for Normed<B> {
    fn predict(&self, x: Tensor<B, 2>, _: Time<B>, (): ()) -> Prediction<B> {
        Prediction::velocity(self.linear.forward(self.norm.forward(x)))
    }
}

fn normed() -> Normed<Train> {
    Normed {
        norm: BatchNormConfig::new(2).init(&FlexDevice),
        linear: LinearConfig::new(2, 2).init(&FlexDevice),
    }
}

fn answer(flow: &impl Flow<Flex>) -> Vec<f32> {
    flow.velocity(Key::new(3).normal([5, 2], &FlexDevice), 0.5).into_data().to_vec().unwrap()
}

#[test]
fn what_a_trainer_hands_out_does_not_change_with_it() {
    let mut trainer = ReflowTrainer::builder()
        .flow(normed())
        .optimizer(AdamConfig::new().init())
        .coupling(data())
        .build()
        .unwrap();
    let mut seen = vec![];
    trainer
        .fit_with(20, |report| {
            seen.push(report.sampling_flow());
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let flow = trainer.flow();
    let before = (answer(&flow), answer(&seen[10]));
    trainer.fit(40).unwrap();
    assert_eq!(before, (answer(&flow), answer(&seen[10])));
    assert_ne!(before.0, answer(&trainer.flow()), "the trainer itself went on");
}

#[test]
fn a_snapshot_stays_as_it_is() {
    let mut trainer = ReflowTrainer::builder()
        .flow(normed())
        .optimizer(AdamConfig::new().init())
        .coupling(data())
        .build()
        .unwrap();
    trainer.fit(10).unwrap();
    let answers =
        |trainer: &Trainer| (answer(&trainer.flow()), answer(&trainer.state().flow.valid()), trainer.steps());
    let (snapshot, before) = (trainer.snapshot(), answers(&trainer));
    trainer.fit(10).unwrap();
    assert_ne!(before, answers(&trainer));
    trainer.set_state(snapshot);
    assert_eq!(before, answers(&trainer));
}

#[test]
fn a_state_is_fitted_to_what_the_settings_say_of_the_average() {
    let trainer = |ema: Option<Ema>| {
        let builder = ReflowTrainer::builder().flow(normed()).optimizer(AdamConfig::new().init());
        builder.coupling(data()).ema(ema).build().unwrap()
    };
    let (mut with, mut without) = (trainer(Some(Ema::new(0.9).unwrap())), trainer(None));
    with.fit(3).unwrap();
    without.fit(3).unwrap();
    let (averaged, plain) = (with.snapshot(), without.snapshot());
    with.set_state(plain);
    assert!(with.state().average.is_some(), "an average begins");
    without.set_state(averaged);
    assert!(without.state().average.is_none());
    assert_eq!(answer(&without.flow()), answer(&without.state().flow.valid()));
}

type Trainer = TrainerOf<Train, Normed<Train>, OptimizerAdaptor<Adam, Normed<Train>, Train>>;

#[test]
fn a_diverged_fit_goes_back_with_its_statistics() {
    let explode = |step: usize| if step == 17 { 1e30 } else { 1e-3 };
    let net = normed();
    net.num_params();
    let trained = |rate: fn(usize) -> f64, steps: usize| {
        // Through a record, because clones share their statistics.
        let mut trainer = ReflowTrainer::builder()
            .flow(normed().load_record(net.clone().into_record()))
            .optimizer(AdamConfig::new().init())
            .coupling(data())
            .learning_rate(rate)
            .check_every(5)
            .build()
            .unwrap();
        let diverged = trainer.fit(steps).is_err();
        (diverged, trainer.steps(), answer(&trainer.flow()), answer(&trainer.state().flow.valid()))
    };
    let (diverged, steps, average, flow) = trained(explode, 40);
    assert!(diverged);
    let (_, _, expected_average, expected_flow) = trained(explode, steps);
    assert_eq!((average, flow), (expected_average, expected_flow));
}
