//! Values: float types, labels and NaN.

use burn::{
    optim::AdamConfig,
    tensor::{DType, Int, Tensor},
};
use burn_autodiff::Autodiff;
use burn_flex::{Flex, FlexDevice};
use reflow::{
    Error, Labels, Pair, ReflowTrainer, Sampler, Sampling,
    condition::Optional,
    coupling::{Independent, Pairs},
    data::{Axis, Dataset, Gaussian, Standardize},
    flow::{ClassifierFree, GaussianFlow, Guidance, Split},
    flow_fn,
    models::MlpConfig,
    ode::{Euler, TimeGrid},
    time::Time,
};

use crate::{assert_says, zeros};

#[test]
fn data_of_another_float_type_is_refused_with_both_types() {
    for found in [DType::F64, DType::F16, DType::BF16] {
        let x = || zeros([4, 2]).cast(found);
        let sampler =
            Sampler::new(GaussianFlow::new(0.0, 1.0).unwrap(), Euler, TimeGrid::uniform(2).unwrap());
        for error in [
            sampler.sample(x()).map(drop).unwrap_err(),
            sampler.trajectory(x()).map(drop).unwrap_err(),
            Dataset::new(x()).map(drop).unwrap_err(),
            Standardize::fit(&x(), Axis::Feature).map(drop).unwrap_err(),
            Pairs::new(Pair::new(x(), x()).unwrap()).map(drop).unwrap_err(),
        ] {
            assert!(matches!(error, Error::FloatType { expected: DType::F32, .. }), "{error}");
            assert_says(&error, &["F32", &format!("{found:?}")]);
        }
    }
}

#[test]
fn what_is_not_finite_is_named_with_its_row() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let x = || Tensor::<Flex, 2>::from_data([[0.0, 1.0], [2.0, value]], &FlexDevice);
        assert_says(&Dataset::new(x()).unwrap_err(), &["the data", "row 1"]);
        assert_says(
            &Pairs::new(Pair::new(zeros([2, 2]), x()).unwrap()).unwrap_err(),
            &["the noise", "row 1"],
        );
        let sampler =
            Sampler::new(GaussianFlow::new(0.0, 1.0).unwrap(), Euler, TimeGrid::uniform(2).unwrap());
        assert_says(&sampler.sample(x()).unwrap_err(), &["the batch to solve", "row 1"]);
        let split = sampler.split(Split::across_cores(1).unwrap());
        assert_says(&split.sample(x()).unwrap_err(), &["the batch to solve", "row 1"]);
    }
}

#[test]
fn a_flow_that_is_not_finite_is_named() {
    let flow = flow_fn(|x: Tensor<Flex, 2>, _: Time<Flex>| x * f32::NAN);
    let error = Sampler::new(flow, Euler, TimeGrid::uniform(2).unwrap()).sample(zeros([3, 2])).unwrap_err();
    assert_says(&error, &["flow is not finite", "row 0", "NaN"]);
}

#[test]
fn labels_count_from_zero() {
    let labels = Tensor::<Flex, 1, Int>::from_ints([0, 3, -1], &FlexDevice);
    let error = Dataset::with_labels(zeros([3, 2]), labels).unwrap_err();
    assert_says(&error, &["row 2", "-1", "from 0"]);
    let few = Tensor::<Flex, 1, Int>::zeros([2], &FlexDevice);
    assert_says(&Dataset::with_labels(zeros([3, 2]), few).unwrap_err(), &["conditions", "3", "2"]);
}

#[test]
fn a_label_beyond_the_classes_of_a_network_is_named() {
    let labels = |last: i64| Tensor::<Flex, 1, Int>::from_ints([0, 9, last], &FlexDevice);
    let net = MlpConfig::new(2).unwrap().init_with_classes::<Flex>(10, &FlexDevice).unwrap();
    let guided = ClassifierFree::new(net.clone(), Guidance::one_is_none(2.0).unwrap());
    for last in [10, 11, -2] {
        let said = ["row 2", &last.to_string(), "0 to 9"];
        let sampler = Sampling::simple_reflow(2).unwrap().of(&net);
        assert_says(&sampler.sample_given(zeros([3, 2]), labels(last)).unwrap_err(), &said);
        let sampler = Sampling::simple_reflow(2).unwrap().of(&guided);
        let error = sampler.sample_given::<Flex, 2, Labels>(zeros([3, 2]), labels(last)).unwrap_err();
        assert_says(&error, &said);
    }
    let data = Dataset::<_, 2, Optional<Labels>>::with_conditions(zeros([3, 2]), labels(10)).unwrap();
    let net = MlpConfig::new(2).unwrap().init_with_classes::<Autodiff<Flex>>(10, &FlexDevice).unwrap();
    let mut trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(data, Gaussian))
        .build()
        .unwrap();
    assert_says(&trainer.fit(1).unwrap_err(), &["label 10", "0 to 9"]);
    assert_eq!(trainer.steps(), 0);
}

#[test]
fn pairs_beyond_the_last_are_not_selected() {
    let pair = Pair::<Flex>::new(zeros([3, 2]), zeros([3, 2])).unwrap();
    assert_says(&pair.select(vec![0, 3]).unwrap_err(), &["pairs to select from", "4", "3"]);
    assert_says(&pair.select(vec![]).unwrap_err(), &["empty"]);
}

#[test]
fn a_row_of_another_length_is_named() {
    let error = Dataset::<Flex>::from_rows(&[vec![0.0, 1.0], vec![2.0]], &FlexDevice).unwrap_err();
    assert_says(&error, &["row 1", "1 values", "2"]);
}
