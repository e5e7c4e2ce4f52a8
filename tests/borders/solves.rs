//! Solves: adaptive steps, grids that stop short, and backends that record gradients.

use burn::tensor::{Tensor, backend::Backend};
use burn_flex::{Flex, FlexDevice};
use reflow::{
    Coupling, Error, Key, Sampler,
    coupling::Backward,
    flow::GaussianFlow,
    flow_fn,
    ode::{Adaptive, DormandPrince, Euler, TimeGrid},
    time::Time,
};

use crate::{Shaped, Train, assert_says, zeros};

// dx/dt = 1.99 sqrt(x) with x(1) = 1 leads to x(0) = (1 - 0.995)^2 = 2.5e-5. A longer step overshoots to
// where the root is NaN.
#[test]
fn an_adaptive_step_that_leaves_the_flow_is_shortened() {
    let flow = flow_fn(|x: Tensor<Flex, 2>, _: Time<Flex>| x.sqrt() * 1.99);
    let sampler = Sampler::new(flow, DormandPrince, Adaptive::new(1e-6, 1e-6).unwrap());
    let x = sampler.sample(Tensor::ones([1, 1], &FlexDevice)).unwrap().x.into_scalar();
    assert!((f64::from(x) - 2.5e-5).abs() < 2e-6, "{x}");
}

#[test]
fn a_flow_that_is_nan_however_short_the_step_is_an_error_soon() {
    let flow = flow_fn(|x: Tensor<Flex, 2>, _: Time<Flex>| x * f32::NAN);
    let sampler = Sampler::new(flow, DormandPrince, Adaptive::new(1e-6, 1e-6).unwrap());
    let error = sampler.sample(zeros([1, 1])).unwrap_err();
    assert_says(&error, &["NaN there however short the step"]);
    assert!(matches!(error, Error::Unfinished { steps, .. } if steps < 30), "{error}");
}

#[test]
fn a_spent_budget_of_steps_does_not_speak_of_nan() {
    let control = Adaptive::new(1e-6, 1e-6).unwrap().with_max_steps(3).unwrap();
    let sampler = Sampler::new(GaussianFlow::new(3.0, 0.01).unwrap(), DormandPrince, control);
    let message = sampler.sample(Tensor::<Flex, 2>::ones([1, 1], &FlexDevice)).unwrap_err().to_string();
    assert!(message.contains("allow more steps") && !message.contains("NaN"), "{message}");
}

#[test]
fn a_sampler_on_a_backend_that_records_is_refused() {
    let sampler = Sampler::new(Shaped::<Train>::new(3, 2), Euler, TimeGrid::uniform(2).unwrap());
    let noise = || Tensor::<Train, 2>::zeros([3, 2], &FlexDevice);
    assert_says(&sampler.sample(noise()).unwrap_err(), &["trainer.flow()", "module.valid()"]);
    assert!(matches!(sampler.trajectory(noise()).err(), Some(Error::Recorded)));
    let pairs =
        Coupling::<Train>::draw(&Backward::new(sampler, vec![2]).unwrap(), 0..3, &Key::new(0), &FlexDevice);
    assert!(matches!(pairs.err(), Some(Error::Recorded)));
    assert!(Train::ad_enabled(&FlexDevice) && !Flex::ad_enabled(&FlexDevice));
}

#[test]
fn an_empty_batch_is_refused_by_samples_and_trajectories_alike() {
    let sampler = Sampler::new(GaussianFlow::new(0.0, 1.0).unwrap(), Euler, TimeGrid::uniform(2).unwrap());
    assert_says(&sampler.sample(zeros([0, 2])).unwrap_err(), &["the batch to solve is empty"]);
    assert!(matches!(sampler.trajectory(zeros([0, 2])).err(), Some(Error::Empty { .. })));
}
