use std::ops::ControlFlow;

use burn::{
    module::{AutodiffModule, Module},
    optim::{AdamConfig, SgdConfig},
    tensor::{Int, Tensor, backend::AutodiffBackend},
};
use reflow::{
    Error, Flow, Labels, ReflowTrainer, Rng,
    coupling::{Backward, Dataset, Gaussian, Independent, NormalLaw, Pairs},
    flow::GaussianFlow,
    models::{Mlp, MlpConfig},
    ode::{Euler, Heun, TimeGrid},
    train::{ClipNorm, Ema, LearningRate, Progress, StepReport},
    weight::Power,
};

use super::{gap, seeded, values};

type In<B> = <B as AutodiffBackend>::InnerBackend;

fn net<B: AutodiffBackend>(features: usize) -> Mlp<B> {
    let config = MlpConfig::new(features).unwrap().with_hidden(32).unwrap().with_blocks(2).unwrap();
    seeded::<B, _>(|| {
        let net = config.init(&Default::default());
        net.num_params();
        net
    })
}

fn data(features: usize) -> Independent<NormalLaw, Gaussian> {
    Independent::new(NormalLaw::new(vec![features], 1.0, 0.5).unwrap(), Gaussian)
}

/// What a network says at a fixed point.
fn answer<B: AutodiffBackend>(flow: &impl Flow<In<B>>) -> Tensor<In<B>, 2> {
    let device = Default::default();
    let x = Rng::new(8).normal([12, 2], &device);
    flow.velocity(x, Tensor::full([12], 0.6, &device))
}

/// A small trainer, with the parts a test does not care about already there.
macro_rules! trainer {
    ($b:ty, $net:expr $(, $setter:ident($($value:expr)?))*) => {
        ReflowTrainer::builder()
            .flow($net)
            .optimizer(AdamConfig::new().init())
            .coupling(data(2))
            .batch_size(32)
            .progress(Progress::Hidden)
            $(.$setter($($value)?))*
            .build::<$b, 2, ()>()
            .unwrap()
    };
}

pub fn the_flow_of_a_gaussian_is_learned<B: AutodiffBackend>() {
    let rate = LearningRate::new(3e-3).unwrap().warm_up(20).cosine(1500, 1e-5).unwrap();
    let mut trainer =
        trainer!(B, net::<B>(2), batch_size(256), learning_rate(rate), ema(Ema::new(0.98).unwrap()));
    trainer.fit(1500).unwrap();
    let device = Default::default();
    let exact = GaussianFlow::new(1.0, 0.5).unwrap();
    for t in [0.2, 0.5, 0.8, 1.0] {
        let x1 = Rng::new(4).normal::<In<B>, 2>([500, 2], &device);
        let x_t = exact.transport(x1, 1.0, t);
        let t = Tensor::full([500], t, &device);
        let learned = trainer.sampling_flow().denoise(x_t.clone(), t.clone());
        let error = values((learned - exact.denoise(x_t, t)).square().mean())[0].sqrt();
        assert!(error < 0.05, "the denoiser is off by {error}");
    }
}

pub fn the_seed_decides<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let loss = |seed: u64| trainer!(B, net.clone(), seed(seed)).fit(3).unwrap().loss;
    // Not to the bit: a backend may sum in another order on another day.
    let (one, again, other) = (loss(1), loss(1), loss(2));
    assert!((one - again).abs() < 1e-3 * one);
    assert!((one - other).abs() > 1e-2 * one);
}

pub fn a_continued_fit_is_one_fit<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let (mut once, mut twice) = (trainer!(B, net.clone()), trainer!(B, net.clone()));
    once.fit(8).unwrap();
    twice.fit(5).unwrap();
    assert_eq!(twice.fit(3).unwrap().steps, 8);
    // Not to the bit: a backend may sum in another order on another day.
    assert!(gap(answer::<B>(&once.sampling_flow()), answer::<B>(&twice.sampling_flow())) < 1e-4);
}

pub fn numbers_that_cannot_be_are_refused<B: AutodiffBackend>() {
    let message = |error: Error| error.to_string();
    let mut trainer = trainer!(B, net::<B>(2));
    assert!(message(trainer.fit(0).unwrap_err()).contains("steps must be at least 1, got 0"));
    let parts = || {
        let parts = ReflowTrainer::builder().flow(net::<B>(2)).optimizer(AdamConfig::new().init());
        parts.coupling(data(2)).progress(Progress::Hidden)
    };
    let batch = parts().batch_size(0).build::<B, 2, ()>().map(drop).unwrap_err();
    assert!(batch.to_string().contains("batch_size must be at least 1, got 0"));
    let check = parts().check_every(0).build::<B, 2, ()>().map(drop).unwrap_err();
    assert!(check.to_string().contains("check_every must be at least 1, got 0"));
}

pub fn a_diverged_fit_goes_back<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let explode = |step: usize| if step == 7 { 1e30 } else { 1e-3 };
    let mut trainer = trainer!(B, net.clone(), learning_rate(explode), check_every(5));
    let error = trainer.fit(20).unwrap_err();
    // The losses are read at steps 4 and 9; the weights that came into step 4 were good.
    assert!(matches!(error, Error::Diverged { step: 8, kept: 4, loss } if !loss.is_finite()), "{error}");
    assert_eq!(trainer.steps(), 4);
    let mut short = trainer!(B, net.clone(), learning_rate(explode));
    short.fit(4).unwrap();
    assert!(gap(answer::<B>(&trainer.sampling_flow()), answer::<B>(&short.sampling_flow())) < 1e-4);
    assert!(values(answer::<B>(&trainer.flow().valid())).iter().all(|value| value.is_finite()));
}

/// A network whose velocity is NaN.
#[derive(Module, Debug)]
struct Broken<B: burn::tensor::backend::Backend> {
    net: Mlp<B>,
}

impl<B: burn::tensor::backend::Backend> Flow<B> for Broken<B> {
    fn velocity(&self, x: Tensor<B, 2>, t: Tensor<B, 1>) -> Tensor<B, 2> {
        self.net.velocity(x, t) * f32::NAN
    }
}

pub fn a_flow_that_returns_nan_is_named<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let mut trainer = trainer!(B, Broken { net: net.clone() }, check_every(5));
    let error = trainer.fit(10).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 0, kept: 0, loss } if loss.is_nan()), "{error}");
    assert!(error.to_string().contains("step 0"));
    assert_eq!(trainer.steps(), 0);
    assert_eq!(
        squared_distance(&trainer.flow().net.valid(), &net.valid()),
        0.0,
        "the weights are as they were"
    );
}

pub fn a_rate_that_is_not_finite_is_refused<B: AutodiffBackend>() {
    let rate = |step: usize| if step == 3 { f64::INFINITY } else { 1e-3 };
    let mut trainer = trainer!(B, net::<B>(2), learning_rate(rate));
    let error = trainer.fit(10).unwrap_err();
    assert!(error.to_string().contains("rate must be finite, got inf"), "{error}");
    assert_eq!(trainer.steps(), 3, "the steps until then stay");
}

pub fn weights_that_overflow_in_the_last_step_are_found<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let explode = |step: usize| if step == 3 { 1e39 } else { 1e-3 };
    let mut trainer = trainer!(B, net, learning_rate(explode));
    let error = trainer.fit(4).unwrap_err();
    assert!(matches!(error, Error::Overflowed { step: 3, kept: 0 }), "{error}");
    assert!(values(answer::<B>(&trainer.sampling_flow())).iter().all(|value| value.is_finite()));
}

pub fn an_average_without_memory_is_the_weights<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let mut with = trainer!(B, net.clone(), ema(Ema::new(0.0).unwrap()));
    let mut without = trainer!(B, net.clone(), ema(None));
    with.fit(5).unwrap();
    without.fit(5).unwrap();
    let (with, without) = (with.sampling_flow(), without.sampling_flow());
    assert!(gap(answer::<B>(&with), answer::<B>(&without)) < 1e-4);

    let mut slow = trainer!(B, net, ema(Ema::new(0.9999).unwrap()));
    slow.fit(5).unwrap();
    assert!(gap(answer::<B>(&slow.sampling_flow()), answer::<B>(&slow.flow().valid())) > 1e-3);
}

pub fn clipped_steps_are_short<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let distance = |clip: Option<ClipNorm>| {
        let mut trainer = ReflowTrainer::builder()
            .flow(net.clone())
            .optimizer(SgdConfig::new().init())
            .coupling(data(2))
            .weight(Power::new(-2.0).unwrap())
            .learning_rate(LearningRate::new(1.0).unwrap())
            .clip_norm(clip)
            .progress(Progress::Hidden)
            .build::<B, 2, ()>()
            .unwrap();
        trainer.fit(1).unwrap();
        squared_distance(&net.valid(), &trainer.flow().valid()).sqrt()
    };
    let clipped = distance(Some(ClipNorm::new(1e-2).unwrap()));
    assert!((clipped - 1e-2).abs() < 1e-4, "{clipped}");
    assert!(distance(None) > 0.1);
    let loose = distance(Some(ClipNorm::new(1e6).unwrap()));
    assert!((loose - distance(None)).abs() < 1e-3 * loose, "a loose clip changes nothing");
}

/// The squared distance between the weights of two networks, through burn's visitor.
fn squared_distance<B: burn::tensor::backend::Backend>(a: &Mlp<B>, b: &Mlp<B>) -> f64 {
    struct Read(Vec<f64>);
    impl<B: burn::tensor::backend::Backend> burn::module::ModuleVisitor<B> for Read {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<B, D>>) {
            self.0.extend(values(param.val()));
        }
    }
    let read = |net: &Mlp<B>| {
        let mut read = Read(vec![]);
        net.visit(&mut read);
        read.0
    };
    read(a).iter().zip(read(b)).map(|(a, b)| (a - b).powi(2)).sum()
}

pub fn a_callback_ends_the_fit<B: AutodiffBackend>() {
    let mut rates = vec![];
    let mut seen = trainer!(
        B,
        net::<B>(2),
        learning_rate(LearningRate::new(1e-3).unwrap().warm_up(4)),
        callback(|report: &StepReport<'_, B, Mlp<B>>| {
            rates.push((report.step, report.until, report.rate));
            assert!(values(report.loss.clone())[0].is_finite());
            if report.step == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    );
    assert_eq!(seen.fit(10).unwrap().steps, 3);
    drop(seen);
    assert_eq!(rates, [(0, 10, 2.5e-4), (1, 10, 5e-4), (2, 10, 7.5e-4)]);
}

pub fn a_student_goes_on_from_its_teacher<B: AutodiffBackend>() {
    let device = Default::default();
    let mut teacher = trainer!(B, net::<B>(2));
    teacher.fit(10).unwrap();
    let before = answer::<B>(&teacher.sampling_flow());
    let backward = Backward::new(
        teacher.sampler(Heun, TimeGrid::uniform(4).unwrap()),
        NormalLaw::new(vec![2], 1.0, 0.5).unwrap(),
    );
    let pairs = Pairs::<In<B>>::generate(&backward, 64, 32, &Rng::new(0), &device).unwrap();
    let mut student = ReflowTrainer::simple_reflow(teacher.into_flow())
        .optimizer(AdamConfig::new().init())
        .coupling(pairs)
        .progress(Progress::Hidden)
        .build::<B, 2, ()>()
        .unwrap();
    assert_eq!(
        gap(answer::<B>(&student.sampling_flow()), before.clone()),
        0.0,
        "the student starts as its teacher"
    );
    student.fit(10).unwrap();
    assert!(gap(answer::<B>(&student.flow().valid()), before) > 1e-3, "and can be trained");
}

pub fn classes_are_told_apart<B: AutodiffBackend>() {
    let device = Default::default();
    let x = Tensor::<In<B>, 2>::from_data([[-2.0], [2.0]], &device);
    let classes = Dataset::with_conditions(x, Tensor::from_ints([0, 1], &device)).unwrap();
    let config = MlpConfig::new(1).unwrap().with_hidden(32).unwrap();
    let net = seeded::<B, _>(|| {
        let net = config.init_with_classes::<B>(2, &device).unwrap();
        net.num_params();
        net
    });
    let mut trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(classes, Gaussian))
        .batch_size(64)
        .learning_rate(LearningRate::new(3e-3).unwrap())
        .ema(Ema::new(0.95).unwrap())
        .progress(Progress::Hidden)
        .build::<B, 2, Labels>()
        .unwrap();
    trainer.fit(300).unwrap();
    let sampler = trainer.sampler(Euler, TimeGrid::uniform(4).unwrap());
    let x1 = Rng::new(0).normal::<In<B>, 2>([40, 1], &device);
    for (class, mean) in [(0, -2.0), (1, 2.0)] {
        let y = Tensor::<In<B>, 1, Int>::full([40], class, &device);
        let x = sampler.sample_given(x1.clone(), y).unwrap().x;
        assert!(values(x).iter().all(|value| (value - mean).abs() < 0.5));
    }
}
