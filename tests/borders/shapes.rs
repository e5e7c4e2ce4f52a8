//! Shapes: burn would broadcast any axis of length one.

use std::ops::Range;

use burn::{
    optim::SgdConfig,
    tensor::{Tensor, backend::Backend},
};
use burn_flex::{Flex, FlexDevice};
use proptest::prelude::*;
use reflow::{
    Condition, Coupling, Error, Key, Loss, Pair, ReflowTrainer, Sampler, Weight,
    coupling::Independent,
    data::{Data, Gaussian, Normal, data_fn},
    flow::{Answer, Split},
    objective::{HeldOutLoss, Recipe, Validate},
    ode::{Dpm, DpmMultistep, EdmHeun, Euler, Heun, Midpoint, RungeKutta4, TimeGrid},
};

use crate::{Shaped, Train, assert_says, zeros};

const BATCH: usize = 4;

fn data() -> Independent<Normal, Gaussian> {
    Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian)
}

fn sampled(flow: &Shaped<Flex>) -> Vec<Error> {
    let grid = || TimeGrid::uniform(3).unwrap();
    let split = Split::across_cores(BATCH).unwrap();
    let x = || zeros([BATCH, 2]);
    let mut errors = vec![
        Sampler::new(flow, Euler, grid()).sample(x()).unwrap_err(),
        Sampler::new(flow, Heun, grid()).sample(x()).unwrap_err(),
        Sampler::new(flow, EdmHeun, grid()).sample(x()).unwrap_err(),
        Sampler::new(flow, Midpoint, grid()).sample(x()).unwrap_err(),
        Sampler::new(flow, Dpm::default(), grid()).sample(x()).unwrap_err(),
        Sampler::new(flow, DpmMultistep, grid()).sample(x()).unwrap_err(),
        Sampler::new(flow, RungeKutta4, grid()).sample(x()).unwrap_err(),
        Sampler::new(flow, Euler, grid()).invert(x()).unwrap_err(),
        Sampler::new(flow, Euler, grid()).split(split).sample(x()).unwrap_err(),
    ];
    let sampler = Sampler::new(flow, Euler, grid());
    errors.extend(sampler.trajectory(x()).unwrap().filter_map(Result::err));
    errors
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flow_that_answers_in_another_shape_is_named(rows in 1..6_usize, columns in 1..5_usize) {
        prop_assume!((rows, columns) != (BATCH, 2));
        let found = format!("[{rows}, {columns}]");
        let words = ["the prediction of the flow", "[4, 2]", &found];
        for error in &sampled(&Shaped::new(rows, columns)) {
            assert_says(error, &words);
        }

        let mut trainer = ReflowTrainer::builder()
            .flow(Shaped::<Train>::new(rows, columns))
            .optimizer(SgdConfig::new().init())
            .coupling(data())
            .batch_size(BATCH)
            .build()
            .unwrap();
        assert_says(&trainer.fit(1).unwrap_err(), &words);

        let recipe = Recipe::flow_matching();
        let held_out = HeldOutLoss::<Flex>::new(data(), recipe, 0..BATCH, Key::new(0), &FlexDevice);
        assert_says(&held_out.score(&Shaped::new(rows, columns)).unwrap_err(), &words);
    }
}

/// A loss and a weight that take their mean too early.
struct Early;

impl<B: Backend, const D: usize, Y: Condition> Loss<B, D, Y> for Early {
    fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1> {
        (said.data() - pair.x0()).square().mean()
    }
}

impl Weight for Early {
    fn weights<B: Backend, const D: usize>(
        &self,
        _: &Tensor<B, D>,
        t: &Tensor<B, 1>,
        _: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        t.clone().mean()
    }
}

#[test]
fn a_loss_or_a_weight_that_is_no_number_a_row_is_named() {
    let builder = || {
        ReflowTrainer::builder()
            .flow(Shaped::<Train>::new(BATCH, 2))
            .optimizer(SgdConfig::new().init())
            .coupling(data())
            .batch_size(BATCH)
    };
    let loss = builder().loss(Early).build().unwrap().fit(1).unwrap_err();
    assert_says(&loss, &["the loss of each row", "[4]", "[1]"]);
    let weight = builder().weight(Early).build().unwrap().fit(1).unwrap_err();
    assert_says(&weight, &["the weight of each row", "[4]", "[1]"]);
}

/// A part that draws fewer rows than it was asked for.
struct Few;

impl<B: Backend> Coupling<B> for Few {
    fn draw(&self, _: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B>, Error> {
        Pair::new(key.normal([3, 2], device), key.normal([3, 2], device))
    }
}

#[test]
fn fewer_rows_than_were_asked_for_are_an_error() {
    let few =
        data_fn(|_: Range<usize>, key: &Key, device: &FlexDevice| Ok(key.normal::<Flex, 2>([10, 2], device)));
    assert_says(&few.draw(0..256, &Key::new(0), &FlexDevice).unwrap_err(), &["256", "10"]);
    let mut trainer = ReflowTrainer::builder()
        .flow(Shaped::<Train>::new(BATCH, 2))
        .optimizer(SgdConfig::new().init())
        .coupling(Few)
        .batch_size(BATCH)
        .build()
        .unwrap();
    assert_says(&trainer.fit(1).unwrap_err(), &["the pairs that a coupling drew", "4", "3"]);
}

#[test]
fn ends_of_another_shape_are_an_error() {
    let error = Pair::new(zeros([4, 2]), zeros([4, 1])).unwrap_err();
    assert_says(&error, &["[4, 2]", "[4, 1]"]);
    assert_says(&Pair::new(zeros([0, 2]), zeros([0, 2])).unwrap_err(), &["a batch of pairs is empty"]);
    let pair = Pair::new(zeros([4, 2]), zeros([4, 2])).unwrap();
    assert_says(&pair.slice(2..6).unwrap_err(), &["at least 6", "got 4"]);
    let ranks =
        Data::<Flex, 3>::draw(&Normal::new(vec![2], 0.0, 1.0).unwrap(), 0..2, &Key::new(0), &FlexDevice);
    assert_says(&ranks.unwrap_err(), &["[2]", "rank 2", "rank 3"]);
}
