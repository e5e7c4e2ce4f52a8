use std::{
    ops::{ControlFlow, Range},
    sync::{Arc, Mutex},
    thread,
};

use burn::{
    module::AutodiffModule,
    optim::SgdConfig,
    tensor::backend::{AutodiffBackend, Backend},
};
use reflow::{
    Coupling, Error, Key, Pair, ReflowTrainer,
    coupling::Independent,
    data::{Gaussian, Normal},
    models::Mlp,
    train::{LearningRate, TrainerOf},
};

use super::{
    gap,
    trainers::{Optimizer, answer, data, net, small, squared_distance},
};

pub fn a_continued_fit_is_one_fit<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let (mut once, mut twice) = (small(net.clone()).build().unwrap(), small(net).build().unwrap());
    once.fit(8).unwrap();
    twice.fit(5).unwrap();
    assert_eq!(twice.fit(3).unwrap().steps, 8);
    // Not bit for bit, because a backend may change its order of summation between runs.
    assert!(gap(answer::<B>(&once.flow()), answer::<B>(&twice.flow())) < 1e-4);
}

pub fn a_state_in_a_new_trainer_goes_on_as_one_fit<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let trainer = || small(net.clone()).learning_rate(LearningRate::new(1e-2).unwrap().warm_up(6).unwrap());
    let mut once = trainer().build().unwrap();
    once.fit(8).unwrap();
    let mut first = trainer().build().unwrap();
    first.fit(5).unwrap();
    let state = first.state().clone();
    drop(first);
    // The seed is part of the state.
    let mut second = trainer().seed(99).build().unwrap();
    second.set_state(state);
    assert_eq!((second.steps(), second.settings().seed), (5, 0));
    assert_eq!(second.fit(3).unwrap().steps, 8);
    assert!(gap(answer::<B>(&once.flow()), answer::<B>(&second.flow())) < 1e-4);
    let (a, b) = (once.state().flow.valid(), second.state().flow.valid());
    assert!(squared_distance(&a, &b) < 1e-8);
    assert!(squared_distance(&a, &net.valid()) > 1e-3);
}

/// A coupling that records which rows are drawn.
#[derive(Clone)]
struct Recorded {
    pairs: Independent<Normal, Gaussian>,
    rows: Arc<Mutex<Vec<Range<usize>>>>,
}

impl<B: Backend> Coupling<B> for Recorded {
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B>, Error> {
        self.rows.lock().unwrap().push(rows.clone());
        self.pairs.draw(rows, key, device)
    }
}

impl Recorded {
    fn new() -> Self {
        Self { pairs: data(2), rows: Arc::default() }
    }

    fn take(&self) -> Vec<Range<usize>> {
        std::mem::take(&mut *self.rows.lock().unwrap())
    }
}

pub fn each_step_takes_the_rows_after_those_of_the_last<B: AutodiffBackend>() {
    let recorded = Recorded::new();
    let mut trainer = small(net::<B>(2)).coupling(recorded.clone()).batch_size(10).build().unwrap();
    trainer.fit(2).unwrap();
    trainer.fit(1).unwrap();
    assert_eq!(recorded.take(), [0..10, 10..20, 20..30]);
    let parts = small(net::<B>(2)).coupling(recorded.clone()).batch_size(10).accumulate(4);
    parts.build().unwrap().fit(2).unwrap();
    assert_eq!(recorded.take(), [0..3, 3..6, 6..9, 9..10, 10..13, 13..16, 16..19, 19..20]);
}

pub fn a_fit_begins_at_its_start_step<B: AutodiffBackend>() {
    let (net, recorded) = (net::<B>(2), Recorded::new());
    let rate = |step: usize| 1e-3 * (step + 1) as f64;
    let builder = small(net.clone()).coupling(recorded.clone()).learning_rate(rate).batch_size(10);
    let mut trainer = builder.start_at(5).build().unwrap();
    assert_eq!(trainer.steps(), 5);
    let mut seen = vec![];
    let report = trainer.fit_with(2, |report| {
        seen.push((report.step, report.until, report.rate));
        ControlFlow::Continue(())
    });
    assert_eq!(report.unwrap().steps, 7);
    assert_eq!(seen, [(5, 7, rate(5)), (6, 7, rate(6))]);
    assert_eq!(recorded.take(), [50..60, 60..70]);
}

/// With an optimizer without moments, starting from another fit's weights at its step continues that fit.
pub fn a_start_at_a_step_with_its_weights_is_one_fit<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let trainer = |net: Mlp<B>, step: usize| {
        let builder = ReflowTrainer::builder().flow(net).optimizer(SgdConfig::new().init());
        builder.coupling(data(2)).batch_size(32).ema(None).start_at(step).build().unwrap()
    };
    let mut once = trainer(net.clone(), 0);
    once.fit(5).unwrap();
    let mut first = trainer(net, 0);
    first.fit(3).unwrap();
    let mut second = trainer(first.into_flow(), 3);
    second.fit(2).unwrap();
    assert!(squared_distance(&once.flow(), &second.flow()) < 1e-10);
}

pub fn a_batch_in_parts_gives_the_same_weights<B: AutodiffBackend>() {
    let net = net::<B>(2);
    let weights = |batch: usize, parts: usize| {
        // Adam's moments would amplify rounding in small gradients.
        let builder = ReflowTrainer::builder().flow(net.clone()).optimizer(SgdConfig::new().init());
        let builder = builder.coupling(data(2)).batch_size(batch).accumulate(parts);
        let mut trainer = builder.learning_rate(LearningRate::new(0.05).unwrap()).build().unwrap();
        let report = trainer.fit(4).unwrap();
        (trainer.state().flow.valid(), report.loss, report.unweighted_loss)
    };
    for (batch, parts) in [(32, 4), (30, 4), (32, 32)] {
        let (whole, loss, unweighted) = weights(batch, 1);
        let (in_parts, same_loss, same_unweighted) = weights(batch, parts);
        assert!(squared_distance(&whole, &net.valid()) > 1e-3);
        assert!(squared_distance(&whole, &in_parts) < 1e-9, "{batch} rows in {parts} parts");
        assert!((loss - same_loss).abs() < 1e-4 * loss);
        assert!((unweighted - same_unweighted).abs() < 1e-4 * unweighted);
    }
}

/// A struct with a trainer in a field.
struct App<B: AutodiffBackend> {
    trainer: TrainerOf<B, Mlp<B>, Optimizer<B, Mlp<B>>>,
}

pub fn a_trainer_is_kept_in_a_field_and_sent_to_a_thread<B: AutodiffBackend>() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    let builder = small(net::<B>(2)).callback(|_| ControlFlow::Continue(()));
    let mut app: App<B> = App { trainer: builder.build().unwrap() };
    app.trainer.fit(1).unwrap();
    let mut app = sent(app);
    let steps = thread::scope(|scope| {
        let worker = scope.spawn(move || {
            app.trainer.fit(2).unwrap();
            app.trainer.steps()
        });
        worker.join().unwrap()
    });
    assert_eq!(steps, 3);
}

pub fn what_is_trained_further_starts_from_the_average<B: AutodiffBackend>() {
    let mut teacher = small(net::<B>(2)).build().unwrap();
    teacher.fit(10).unwrap();
    let (average, last) = (teacher.flow(), teacher.state().flow.valid());
    assert!(squared_distance(&average, &last) > 1e-6);
    assert_eq!(squared_distance(&teacher.into_flow().valid(), &average), 0.0);
}
