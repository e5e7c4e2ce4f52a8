use burn::{
    module::{AutodiffModule, Module},
    tensor::{
        Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use reflow::{Error, Flow, FlowExt, Prediction, Time, models::Mlp};

use super::{
    gap,
    trainers::{answer, net, small, squared_distance},
    values,
};

pub fn a_diverged_fit_goes_back<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let explode = |step: usize| if step == 7 { 1e30 } else { 1e-3 };
    let mut trainer = small(net.clone()).learning_rate(explode).check_every(5).build().unwrap();
    let error = trainer.fit(20).unwrap_err();
    // The losses are read at steps 4 and 9. The weights before step 4 were good.
    assert!(matches!(error, Error::Diverged { step: 8, kept: 4, loss, .. } if !loss.is_finite()), "{error}");
    assert_eq!(trainer.steps(), 4);
    let mut short = small(net).learning_rate(explode).build().unwrap();
    short.fit(4).unwrap();
    assert!(gap(answer::<B>(&trainer.flow()), answer::<B>(&short.flow())) < 1e-4);
    assert!(values(answer::<B>(&trainer.state().flow.valid())).iter().all(|value| value.is_finite()));
}

/// A network whose velocity is NaN.
#[derive(Module, Debug)]
struct Broken<B: Backend> {
    net: Mlp<B>,
}

impl<B: Backend> Flow<B> for Broken<B> {
    fn predict(&self, x: Tensor<B, 2>, t: Time<B>, (): ()) -> Prediction<B> {
        Prediction::velocity(self.net.velocity(x, t) * f32::NAN)
    }
}

pub fn a_flow_that_returns_nan_is_named<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let mut trainer = small(Broken { net: net.clone() }).check_every(5).build().unwrap();
    let error = trainer.fit(10).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 0, kept: 0, loss, .. } if loss.is_nan()), "{error}");
    assert!(error.to_string().contains("step 0"));
    assert_eq!(trainer.steps(), 0);
    let weights = trainer.state().flow.net.valid();
    assert_eq!(squared_distance(&weights, &net.valid()), 0.0, "the weights are as they were");
}

pub fn a_rate_that_is_not_finite_is_refused<B: AutodiffBackend>() {
    let rate = |step: usize| if step == 3 { f64::INFINITY } else { 1e-3 };
    let mut trainer = small(net::<B>(2)).learning_rate(rate).build().unwrap();
    let error = trainer.fit(10).unwrap_err();
    assert!(error.to_string().contains("rate must be at least 0 and finite, got inf"), "{error}");
    assert_eq!(trainer.steps(), 3, "the steps until then stay");
}

pub fn weights_that_overflow_in_the_last_step_are_found<B: AutodiffBackend>() {
    let explode = |step: usize| if step == 3 { 1e39 } else { 1e-3 };
    let mut trainer = small(net::<B>(2)).learning_rate(explode).build().unwrap();
    let error = trainer.fit(4).unwrap_err();
    assert!(matches!(error, Error::Overflowed { step: 3, kept: 0 }), "{error}");
    assert!(values(answer::<B>(&trainer.flow())).iter().all(|value| value.is_finite()));
}
