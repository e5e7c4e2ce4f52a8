use burn::{
    module::{AutodiffModule, Module},
    optim::{AdamConfig, SgdConfig},
    tensor::{Int, Tensor, backend::AutodiffBackend},
};
use reflow::{
    FlowExt, Key, ReflowTrainer,
    coupling::{Backward, ConditionDropout, Independent, Pairs},
    data::{Dataset, Gaussian},
    flow::GaussianFlow,
    loss::Mse,
    models::MlpConfig,
    ode::{Euler, Heun, TimeGrid},
    train::{ClipNorm, Ema, LearningRate},
    weight::Power,
};

use super::{
    In, gap, seeded,
    trainers::{answer, data, net, small, squared_distance},
    values,
};

pub fn the_flow_of_a_gaussian_is_learned<B: AutodiffBackend>() {
    let rate = LearningRate::new(3e-3).unwrap().warm_up(20).unwrap().cosine(3000, 1e-5).unwrap();
    let builder = small(net::<B>(2)).batch_size(256).learning_rate(rate).ema(Ema::new(0.98).unwrap());
    let mut trainer = builder.build().unwrap();
    trainer.fit(3000).unwrap();
    let device = Default::default();
    let exact = GaussianFlow::new(1.0, 0.5).unwrap();
    for t in [0.2, 0.5, 0.8, 1.0] {
        let x1 = Key::new(4).normal::<In<B>, 2>([500, 2], &device);
        let x_t = exact.transport(x1, 1.0, t);
        let t = Tensor::<In<B>, 1>::full([500], t, &device);
        let learned = trainer.flow().denoise(x_t.clone(), t.clone());
        let error = values((learned - exact.denoise(x_t, t)).square().mean())[0].sqrt();
        assert!(error < 0.05, "the denoiser is off by {error}");
    }
}

pub fn the_seed_decides<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let loss = |seed: u64| small(net.clone()).seed(seed).build().unwrap().fit(3).unwrap().loss;
    // Not bit for bit, because a backend may change its order of summation between runs.
    let (one, again, other) = (loss(1), loss(1), loss(2));
    assert!((one - again).abs() < 1e-3 * one);
    assert!((one - other).abs() > 1e-2 * one);
}

pub fn numbers_that_cannot_be_are_refused<B: AutodiffBackend>() {
    let parts = || small(net::<B>(2));
    let steps = parts().build().unwrap().fit(0).unwrap_err();
    assert!(steps.to_string().contains("steps must be at least 1, got 0"));
    let batch = parts().batch_size(0).build().map(drop).unwrap_err();
    assert!(batch.to_string().contains("batch_size must be at least 1, got 0"));
    let check = parts().check_every(0).build().map(drop).unwrap_err();
    assert!(check.to_string().contains("check_every must be at least 1, got 0"));
    let parts_of_none = parts().accumulate(0).build().map(drop).unwrap_err();
    assert!(parts_of_none.to_string().contains("accumulate must be at least 1, got 0"));
    let many = parts().accumulate(33).build().map(drop).unwrap_err();
    assert!(many.to_string().contains("accumulate must be at most the batch size, got 33"));
}

pub fn an_average_without_memory_is_the_weights<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let mut with = small(net.clone()).ema(Ema::new(0.0).unwrap()).build().unwrap();
    let mut without = small(net.clone()).ema(None).build().unwrap();
    with.fit(5).unwrap();
    without.fit(5).unwrap();
    assert!(gap(answer::<B>(&with.flow()), answer::<B>(&without.flow())) < 1e-4);

    let mut slow = small(net).ema(Ema::new(0.9999).unwrap()).build().unwrap();
    slow.fit(5).unwrap();
    assert!(gap(answer::<B>(&slow.flow()), answer::<B>(&slow.state().flow.valid())) > 1e-3);
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
            .build()
            .unwrap();
        trainer.fit(1).unwrap();
        squared_distance(&net.valid(), &trainer.state().flow.valid()).sqrt()
    };
    let clipped = distance(Some(ClipNorm::new(1e-2).unwrap()));
    assert!((clipped - 1e-2).abs() < 1e-4, "{clipped}");
    assert!(distance(None) > 0.1);
    let loose = distance(Some(ClipNorm::new(1e6).unwrap()));
    assert!((loose - distance(None)).abs() < 1e-3 * loose, "a loose clip changes nothing");
}

pub fn a_student_goes_on_from_its_teacher<B: AutodiffBackend>() {
    let mut teacher = small(net::<B>(2)).build().unwrap();
    teacher.fit(10).unwrap();
    let before = answer::<B>(&teacher.flow());
    let sampler = teacher.sampler(Heun, TimeGrid::uniform(4).unwrap());
    let backward = Backward::new(sampler, vec![2]).unwrap();
    let pairs = Pairs::<In<B>>::generate(&backward, 0..64, &Key::new(0), &Default::default()).unwrap();
    let mut student = ReflowTrainer::simple_reflow(teacher.into_flow())
        .loss(Mse)
        .optimizer(AdamConfig::new().init())
        .coupling(pairs)
        .build()
        .unwrap();
    assert_eq!(gap(answer::<B>(&student.flow()), before.clone()), 0.0, "the student starts as its teacher");
    student.fit(10).unwrap();
    assert!(gap(answer::<B>(&student.state().flow.valid()), before) > 1e-3, "and can be trained");
}

pub fn classes_are_told_apart<B: AutodiffBackend>() {
    let device = Default::default();
    let x = Tensor::<In<B>, 2>::from_data([[-2.0], [2.0]], &device);
    let classes = Dataset::with_labels(x, Tensor::from_ints([0, 1], &device)).unwrap();
    let config = MlpConfig::new(1).unwrap().with_hidden(32).unwrap();
    let net = seeded::<B, _>(|| {
        let net = config.init_with_classes::<B>(2, &device).unwrap();
        net.num_params();
        net
    });
    let mut trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(ConditionDropout::new(Independent::new(classes, Gaussian), 0.0).unwrap())
        .batch_size(64)
        .learning_rate(LearningRate::new(3e-3).unwrap())
        .ema(Ema::new(0.95).unwrap())
        .build()
        .unwrap();
    trainer.fit(300).unwrap();
    let sampler = trainer.sampler(Euler, TimeGrid::uniform(4).unwrap());
    let x1 = Key::new(0).normal::<In<B>, 2>([40, 1], &device);
    for (class, mean) in [(0, -2.0), (1, 2.0)] {
        let y = Tensor::<In<B>, 1, Int>::full([40], class, &device);
        let x = sampler.sample_given(x1.clone(), y).unwrap().x;
        assert!(values(x).iter().all(|value| (value - mean).abs() < 0.5));
    }
}
