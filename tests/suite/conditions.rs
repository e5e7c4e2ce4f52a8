use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};
use reflow::{
    Coupling, Flow, Key, Labels, Pair, Prediction, Sampler, Time,
    condition::{Features, Optional},
    coupling::{
        Backward, ConditionDropout, Forward, Independent, MinibatchOt, Mixture, Pairs, SignalDropout,
    },
    data::{Dataset, Gaussian},
    flow::Split,
    ode::{Heun, TimeGrid},
    rows,
};

use super::{
    In, gap,
    numbered::{ToLabel, gap_to_labels, labels_match, numbered},
    values,
};

pub fn conditions_stay_with_their_rows<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(0));
    let independent = Independent::new(numbered::<In<B>>(9), Gaussian);
    labels_match::<In<B>>(&independent.draw(0..64, &key, &device).unwrap());
    labels_match::<In<B>>(&MinibatchOt::new(numbered(9), Gaussian).draw(0..64, &key, &device).unwrap());
    let mixture = Mixture::of(independent.clone(), 1.0).unwrap().and(independent.clone(), 2.0).unwrap();
    labels_match::<In<B>>(&mixture.draw(0..64, &key, &device).unwrap());
    let pairs = Pairs::generate(&independent, 0..50, &key, &device).unwrap();
    assert_eq!(pairs.pair().len(), 50);
    labels_match::<In<B>>(pairs.pair());
    labels_match::<In<B>>(&pairs.draw(0..64, &key, &device).unwrap());
}

pub fn conditions_stay_with_pairs_of_a_flow<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(0));
    let split = Split::across_cores(5).unwrap().with_threads(2).unwrap();
    let sampler = Sampler::new(ToLabel, Heun, TimeGrid::uniform(3).unwrap()).split(split);
    let backward = Backward::new(sampler.clone(), vec![3]).unwrap().with_conditions(numbered::<In<B>>(9));
    let close = |pair: &Pair<In<B>, 2, Labels>| assert!(gap_to_labels(pair.x0(), pair.y()) < 1e-4);
    close(&backward.draw(0..33, &key, &device).unwrap());
    let forward = Forward::new(sampler, numbered::<In<B>>(9));
    labels_match::<In<B>>(&forward.draw(0..33, &key, &device).unwrap());
    let both = Mixture::of(backward, 1.0).unwrap().and(forward, 1.0).unwrap();
    close(&both.draw(0..33, &key, &device).unwrap());
}

/// A label, and a sequence of two vectors of three values.
type Both = (Labels, Features<3>);

/// Rows of three values, all equal to the row's index, which is also its label and all of its features.
fn described<B: Backend>(rows: usize) -> Dataset<B, 2, Both> {
    let index = Tensor::<B, 1, Int>::arange(0..rows as i64, &Default::default());
    let x = index.clone().float().unsqueeze_dim::<2>(1).repeat_dim(1, 3);
    let features = x.clone().unsqueeze_dim::<3>(1).repeat_dim(1, 2);
    Dataset::with_conditions(x, (index, features)).unwrap()
}

/// The largest distance of data and features from the labels.
fn gaps<B: Backend>(x0: Tensor<B, 2>, (labels, features): (Tensor<B, 1, Int>, Tensor<B, 3>)) -> f64 {
    let apart = gap(features, rows::expand(labels.clone().float()));
    gap_to_labels(x0, labels).max(apart)
}

/// A flow that carries every row to the mean of its label and its features.
#[derive(Clone)]
struct ToBoth;

impl<B: Backend> Flow<B, 2, Both> for ToBoth {
    fn predict(
        &self,
        x: Tensor<B, 2>,
        t: Time<B>,
        (labels, features): (Tensor<B, 1, Int>, Tensor<B, 3>),
    ) -> Prediction<B> {
        let target = (labels.float() + rows::mean(features)) * 0.5;
        Prediction::data(x.zeros_like() + rows::expand(target), t)
    }
}

pub fn several_conditions_reach_their_rows_through_every_coupling<B: AutodiffBackend>() {
    fn check<B: Backend>(coupling: &impl Coupling<B, 2, Both>) {
        let pair = coupling.draw(3..40, &Key::new(1), &Default::default()).unwrap();
        assert_eq!(pair.len(), 37);
        assert!(gaps(pair.x0(), pair.y()) < 1e-4);
        assert!(values(pair.y().0.float()).iter().any(|label| *label != values(pair.y().0.float())[0]));
    }
    let (data, key) = (described::<In<B>>(9), Key::new(2));
    let split = Split::across_cores(5).unwrap().with_threads(2).unwrap();
    let sampler = Sampler::new(ToBoth, Heun, TimeGrid::uniform(3).unwrap()).split(split);
    let independent = Independent::new(data.clone(), Gaussian);
    let backward = Backward::new(sampler.clone(), vec![3]).unwrap().with_conditions(data.clone());
    let forward = Forward::new(sampler, data.clone());
    check::<In<B>>(&independent);
    check::<In<B>>(&MinibatchOt::new(data, Gaussian).with_block(16).unwrap());
    check::<In<B>>(&backward);
    check::<In<B>>(&forward);
    check::<In<B>>(&Pairs::generate(&independent, 0..50, &key, &Default::default()).unwrap());
    let mixture = Mixture::of(backward, 1.0).unwrap().and(forward, 2.0).unwrap();
    check::<In<B>>(&mixture.and(independent, 1.0).unwrap());
}

pub fn several_conditions_reach_their_rows_where_some_are_dropped<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(2));
    let independent = Independent::new(described::<In<B>>(9), Gaussian);
    let together = ConditionDropout::new(independent.clone(), 0.3).unwrap();
    let pair: Pair<In<B>, 2, Optional<Both>> = together.draw(0..64, &key, &device).unwrap();
    assert_eq!(gaps(pair.x0(), pair.y().y), 0.0);
    let apart = SignalDropout::new::<Both>(independent, vec![0.3, 0.6]).unwrap();
    let pair = apart.draw(0..64, &key, &device).unwrap();
    let (labels, features) = pair.y();
    assert_eq!(gaps(pair.x0(), (labels.y, features.y)), 0.0);
}

pub fn conditions_are_dropped_by_their_probability<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(0));
    let independent = Independent::new(numbered::<In<B>>(9), Gaussian);
    let dropped = |probability: f64| {
        let coupling = ConditionDropout::new(independent.clone(), probability).unwrap();
        let pair: Pair<In<B>, 2, Optional<Labels>> = coupling.draw(0..4000, &key, &device).unwrap();
        assert_eq!(gap_to_labels(pair.x0(), pair.y().y), 0.0, "labels stay with their rows");
        let labels = values(pair.y().or_class(-1).float());
        let kept = labels.iter().zip(values(pair.x0().narrow(1, 0, 1))).filter(|(label, _)| **label >= 0.0);
        assert!(kept.clone().all(|(label, x)| *label == x), "those that are kept stay with their rows");
        1.0 - kept.count() as f64 / 4000.0
    };
    assert_eq!((dropped(0.0), dropped(1.0)), (0.0, 1.0));
    // Four standard errors.
    assert!((dropped(0.2) - 0.2).abs() < 4.0 * (0.16_f64 / 4000.0).sqrt());

    for probability in [-0.1, 1.1, f64::NAN] {
        let error = ConditionDropout::new(independent.clone(), probability).unwrap_err();
        assert!(error.to_string().contains(&format!("{probability:?}")));
    }
}

pub fn each_signal_is_dropped_by_itself<B: AutodiffBackend>() {
    let independent = Independent::new(described::<In<B>>(9), Gaussian);
    let present = |probabilities: [f64; 2]| {
        let coupling = SignalDropout::new::<Both>(&independent, probabilities.to_vec()).unwrap();
        let pair = coupling.draw(0..4000, &Key::new(0), &Default::default()).unwrap();
        let (labels, features) = pair.y();
        [values(labels.present), values(features.present)]
    };
    let share = |kept: &[f64]| kept.iter().sum::<f64>() / 4000.0;
    // At most four standard errors.
    let near = |share: f64, expected: f64| (share - expected).abs() < 4.0 * (0.25_f64 / 4000.0).sqrt();
    let [labels, features] = present([0.3, 0.6]);
    assert!(near(share(&labels), 0.7) && near(share(&features), 0.4));
    let both: Vec<f64> = labels.iter().zip(&features).map(|(a, b)| a * b).collect();
    assert!(near(share(&both), 0.7 * 0.4), "one says nothing of the other");
    let [labels, features] = present([1.0, 0.0]);
    assert_eq!((share(&labels), share(&features)), (0.0, 1.0));

    let one = SignalDropout::new::<Both>(&independent, vec![0.1]).unwrap_err();
    assert!(one.to_string().contains("one for each signal"), "{one}");
    assert!(
        SignalDropout::new::<Both>(&independent, vec![0.1, 1.1]).unwrap_err().to_string().contains("1.1")
    );
}
