//! Every part a user can write, giving numbers of every wrong kind: training and sampling end in an error that names the
//! part.

use std::ops::Range;

use burn::{
    optim::AdamConfig,
    tensor::{DType, FloatDType, Tensor, backend::Backend},
};
use burn_flex::{Flex, FlexDevice};
use proptest::prelude::*;
use reflow::{
    Condition, Coupling, Error, Key, Loss, Noise, Pair, ReflowTrainer, Sampler, Time, Weight,
    condition::Features,
    coupling::Independent,
    data::{Dataset, Gaussian, Normal, data_fn},
    flow::Answer,
    flow_fn,
    loss::Mse,
    models::MlpConfig,
    ode::{Euler, TimeGrid},
    train::Schedule,
};

use crate::{Train, assert_says, zeros};

/// What is wrong with the numbers of a part.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    /// This many rows more.
    Rows(usize),
    Float(DType),
    Value(f64),
}

impl Wrong {
    fn of<B: Backend, const D: usize>(self, x: Tensor<B, D>) -> Tensor<B, D> {
        match self {
            Self::Rows(more) => Tensor::cat(vec![x.clone(), x.narrow(0, 0, 1).repeat_dim(0, more)], 0),
            Self::Float(DType::F64) => x.cast(FloatDType::F64),
            Self::Float(_) => x.cast(FloatDType::F16),
            // On every row, and differentiable.
            Self::Value(value) => x * value,
        }
    }

    /// Words that a message about it has.
    fn words(self) -> Vec<String> {
        match self {
            Self::Rows(_) => vec![],
            Self::Float(float) => vec![format!("{float:?}"), "F32".to_owned()],
            Self::Value(_) => vec!["NaN".to_owned()],
        }
    }
}

fn wrongs() -> impl Strategy<Value = Wrong> {
    prop_oneof![
        (1..5_usize).prop_map(Wrong::Rows),
        prop_oneof![Just(DType::F64), Just(DType::F16)].prop_map(Wrong::Float),
        Just(Wrong::Value(f64::NAN)),
    ]
}

/// The numbers of a sound part, spoiled.
struct Spoiled<P>(P, Wrong);

impl<B: Backend, const D: usize, Y: Condition, P: Coupling<B, D, Y>> Coupling<B, D, Y> for Spoiled<P> {
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let (x0, x1, y) = self.0.draw(rows, key, device)?.into_parts();
        Pair::with_conditions(self.1.of(x0), self.1.of(x1), y)
    }
}

impl<B: Backend> Noise<B> for Spoiled<Gaussian> {
    fn draw_noise(
        &self,
        rows: Range<usize>,
        row: &[usize],
        key: &Key,
        device: &B::Device,
    ) -> Result<Tensor<B, 2>, Error> {
        Ok(self.1.of(Noise::<B>::draw_noise(&self.0, rows, row, key, device)?))
    }
}

impl<B: Backend, const D: usize, Y: Condition> Loss<B, D, Y> for Spoiled<Mse> {
    fn rows(&self, said: &Answer<B, D>, pair: &Pair<B, D, Y>) -> Tensor<B, 1> {
        self.1.of(Loss::<B, D, Y>::rows(&self.0, said, pair))
    }
}

impl Weight for Spoiled<()> {
    fn weights<B: Backend, const D: usize>(
        &self,
        _: &Tensor<B, D>,
        _: &Tensor<B, 1>,
        losses: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        self.1.of(losses.ones_like())
    }
}

impl Schedule for Spoiled<f64> {
    fn rate(&self, _: usize) -> f64 {
        self.0
    }
}

fn data() -> Independent<Normal, Gaussian> {
    Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian)
}

/// The error of one step of a trainer.
macro_rules! refused {
    ($builder:ident => $with_parts:expr) => {{
        let net = MlpConfig::new(2).unwrap().with_hidden(4).unwrap().init::<Train>(&FlexDevice);
        let $builder = ReflowTrainer::builder().flow(net).optimizer(AdamConfig::new().init());
        let mut trainer = $with_parts.batch_size(8).build().unwrap();
        trainer.fit(1).unwrap_err()
    }};
}

fn says(error: &Error, part: &str, wrong: Wrong) {
    let words = wrong.words();
    let words: Vec<&str> = words.iter().map(String::as_str).chain([part]).collect();
    assert_says(error, &words);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_part_of_a_training_is_named(wrong in wrongs()) {
        says(&refused!(b => b.coupling(Spoiled(data(), wrong))), "pairs", wrong);
        says(&refused!(b => b.coupling(data()).loss(Spoiled(Mse, wrong))), "loss of each row", wrong);
        says(&refused!(b => b.coupling(data()).weight(Spoiled((), wrong))), "weight of each row", wrong);
        let spoiled = data_fn(move |rows: Range<usize>, key: &Key, device: &FlexDevice| {
            Ok(wrong.of(key.normal_rows::<Flex, 2>(rows, &[2], device)?))
        });
        let error = refused!(b => b.coupling(Independent::new(spoiled, Gaussian)));
        says(&error, "data", wrong);
        let noise = Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Spoiled(Gaussian, wrong));
        says(&refused!(b => b.coupling(noise)), "noise", wrong);
    }

    #[test]
    fn a_flow_of_wrong_numbers_is_named(wrong in wrongs()) {
        let flow = flow_fn(move |x: Tensor<Flex, 2>, _: Time<Flex>| wrong.of(x));
        let sampler = Sampler::new(flow, Euler, TimeGrid::uniform(2).unwrap());
        says(&sampler.sample(zeros([3, 2]) + 1.0).unwrap_err(), "flow", wrong);
    }

    #[test]
    fn a_rate_or_a_time_that_is_no_number_is_named(value in prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-1.0)]) {
        let error = refused!(b => b.coupling(data()).learning_rate(Spoiled(value, Wrong::Rows(0))));
        assert_says(&error, &["rate", &format!("{value:?}")]);
        let error = refused!(b => b.coupling(data()).time(At(value)));
        assert_says(&error, &["time"]);
    }

    #[test]
    fn conditions_of_another_number_are_named(more in 1..5_usize) {
        let (x, y) = (zeros([6, 2]), zeros([6 + more, 3]));
        let error = Dataset::<_, 2, Features>::with_conditions(x, y).unwrap_err();
        assert_says(&error, &["conditions", "6", &(6 + more).to_string()]);
    }
}

/// A time that is none.
struct At(f64);

impl reflow::TimeDistribution for At {
    fn sample(&self, _: &mut dyn rand::Rng) -> f64 {
        self.0
    }
}
