use std::ops::{ControlFlow, Range};

use burn::{
    module::AutodiffModule,
    optim::AdamConfig,
    tensor::{Tensor, backend::AutodiffBackend},
};
use reflow::{
    Error, Flow, FlowExt, Key, ReflowTrainer,
    loss::Mse,
    objective::{FlowMatching, Objective, Recipe, StepLoss},
    time::Uniform,
    train::{Ema, LearningRate},
    weight::{Constant, Normalized},
};

use super::{
    gap,
    trainers::{Matching, answer, data, net, small, squared_distance},
    values,
};

pub fn an_unweighted_loss_tells_what_a_normalized_one_hides<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let builder = small(net.clone()).weight(Normalized::new(1e-12).unwrap());
    let mut trainer = builder.learning_rate(LearningRate::new(3e-3).unwrap()).build().unwrap();
    let mut unweighted = vec![];
    let report = trainer.fit_with(150, |report| {
        assert!((report.loss() - 1.0).abs() < 1e-3, "what is minimised is 1 all along");
        unweighted.push(report.unweighted_loss());
        ControlFlow::Continue(())
    });
    let report = report.unwrap();
    assert!((report.loss - 1.0).abs() < 1e-3);
    assert_eq!(report.unweighted_loss, unweighted[149]);
    assert!((report.unweighted_loss - 1.0).abs() > 0.3, "{}", report.unweighted_loss);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    assert!(mean(&unweighted[140..]) < 0.7 * mean(&unweighted[..10]), "{unweighted:?}");

    let plain = small(net).weight(Constant).build().unwrap().fit(1).unwrap();
    assert_eq!(plain.loss, plain.unweighted_loss);
    assert!((plain.loss - unweighted[0]).abs() < 1e-4 * plain.loss, "it is the loss under no weight");
}

/// Pulls the velocity towards a constant everywhere.
struct Toward(f64);

impl<B: AutodiffBackend, M: Flow<B>> Objective<B, M> for Toward {
    fn loss(
        &self,
        flow: &M,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<StepLoss<B>, Error> {
        let x = Tensor::from_inner(key.normal_rows::<B::InnerBackend, 2>(rows, &[2], device)?);
        let apart = (flow.velocity(x, 0.6) - self.0).square().mean();
        Ok(StepLoss { unweighted: apart.clone().inner(), weighted: apart })
    }
}

pub fn a_custom_objective_is_minimised<B: AutodiffBackend>() {
    let mut trainer = ReflowTrainer::builder()
        .flow(net::<B>(2))
        .optimizer(AdamConfig::new().init())
        .objective(Toward(3.0))
        .batch_size(32)
        .learning_rate(LearningRate::new(1e-2).unwrap())
        .ema(Ema::new(0.9).unwrap())
        .build()
        .unwrap();
    let before = trainer.fit(1).unwrap();
    let after = trainer.fit(199).unwrap();
    assert!(before.loss > 1.0 && after.loss < 0.05, "{} and {}", before.loss, after.loss);
    assert_eq!(after.loss, after.unweighted_loss);
    let off = values((answer::<B>(&trainer.flow()) - 3.0).square().mean())[0].sqrt();
    assert!(off < 0.5, "the velocity is off by {off}");
}

/// Flow matching inside a custom objective.
struct Wrapped(Matching);

impl<B: AutodiffBackend, M: Flow<B>> Objective<B, M> for Wrapped {
    fn loss(
        &self,
        flow: &M,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<StepLoss<B>, Error> {
        self.0.loss(flow, rows, key, device)
    }
}

pub fn flow_matching_in_a_custom_objective_is_flow_matching<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let mut plain = small(net.clone()).build().unwrap();
    let matching = FlowMatching { coupling: data(2), recipe: Recipe::flow_matching() };
    let mut wrapped = small(net.clone()).objective(Wrapped(matching)).build().unwrap();
    let (a, b) = (plain.fit(5).unwrap(), wrapped.fit(5).unwrap());
    assert!((a.loss - b.loss).abs() < 1e-4 * a.loss);
    assert!(gap(answer::<B>(&plain.flow()), answer::<B>(&wrapped.flow())) < 1e-4);
    assert!(squared_distance(&plain.state().flow.valid(), &net.valid()) > 1e-3);
}

/// An objective that runs out of data.
struct Lost;

impl<B: AutodiffBackend, M: Flow<B>> Objective<B, M> for Lost {
    fn loss(
        &self,
        flow: &M,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<StepLoss<B>, Error> {
        if rows.start >= 64 {
            Err(Error::custom("no row 64"))
        } else {
            Toward(1.0).loss(flow, rows, key, device)
        }
    }
}

pub fn an_error_of_an_objective_ends_the_fit<B: AutodiffBackend>() {
    let mut trainer = small(net::<B>(2)).objective(Lost).build().unwrap();
    assert_eq!(trainer.fit(9).unwrap_err().to_string(), "no row 64");
    assert_eq!(trainer.steps(), 2, "the steps until then stay");
}

pub fn the_parts_of_a_recipe_are_set_one_by_one<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let parts = small(net.clone()).time(Uniform).loss(Mse).weight(Constant);
    let whole = small(net).recipe(Recipe { time: Uniform, loss: Mse, weight: Constant });
    let (a, b) = (parts.build().unwrap().fit(2).unwrap(), whole.build().unwrap().fit(2).unwrap());
    assert!((a.loss - b.loss).abs() < 1e-4 * a.loss);
}
