use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};
use reflow::{
    ConditionalFlow, Coupling, Error, Labels, Pair, Rng, Sampler,
    coupling::{
        Backward, ConditionDropout, Dataset, Forward, Gaussian, Independent, Law, MinibatchOt, Mixture,
        NormalLaw, Pairs,
    },
    flow::{GaussianFlow, velocity_from_denoiser},
    flow_fn,
    metric::transport_cost,
    ode::{Heun, TimeGrid},
    rows,
    sampler::Split,
};

use super::{gap, values};

type In<B> = <B as AutodiffBackend>::InnerBackend;

fn row_numbers<B: AutodiffBackend>(rows: usize) -> Tensor<In<B>, 1, Int> {
    Tensor::arange(0..rows as i64, &Default::default())
}

/// Data whose label is its value.
fn numbered<B: AutodiffBackend>(rows: usize) -> Dataset<In<B>, 2, Labels> {
    let y = row_numbers::<B>(rows);
    let x = y.clone().float().unsqueeze_dim::<2>(1).repeat_dim(1, 3);
    Dataset::with_conditions(x, y).unwrap()
}

fn labels_match<B: AutodiffBackend>(pair: &Pair<In<B>, 2, Labels>) {
    let first = pair.x0().narrow(1, 0, 1).squeeze_dim::<1>(1);
    assert_eq!(gap(first, pair.y().float()), 0.0);
}

pub fn conditions_stay_with_their_rows<B: AutodiffBackend>() {
    let (device, rng) = (Default::default(), Rng::new(0));
    let independent = Independent::new(numbered::<B>(9), Gaussian);
    labels_match::<B>(&independent.draw(64, &rng, &device).unwrap());
    labels_match::<B>(&MinibatchOt::new(independent.clone()).draw(64, &rng, &device).unwrap());
    let mixture = Mixture::of(independent.clone(), 1.0).unwrap().and(independent.clone(), 2.0).unwrap();
    labels_match::<B>(&mixture.draw(64, &rng, &device).unwrap());
    let pairs = Pairs::generate(&independent, 50, 16, &rng, &device).unwrap();
    assert_eq!(pairs.pair().len(), 50);
    labels_match::<B>(pairs.pair());
    labels_match::<B>(&pairs.draw(64, &rng, &device).unwrap());
}

pub fn conditions_are_dropped_by_their_probability<B: AutodiffBackend>() {
    let (device, rng) = (Default::default(), Rng::new(0));
    let null = |row: i64| Tensor::<In<B>, 1, Int>::from_ints([row], &device);
    let independent = Independent::new(numbered::<B>(9), Gaussian);
    let dropped = |probability: f64| {
        let coupling = ConditionDropout::new(independent.clone(), null(-1), probability).unwrap();
        let pair: Pair<In<B>, 2, Labels> = coupling.draw(4000, &rng, &device).unwrap();
        let labels = values(pair.y().float());
        let kept = labels.iter().zip(values(pair.x0().narrow(1, 0, 1))).filter(|(label, _)| **label >= 0.0);
        assert!(kept.clone().all(|(label, x)| *label == x), "those that are kept stay with their rows");
        1.0 - kept.count() as f64 / 4000.0
    };
    assert_eq!((dropped(0.0), dropped(1.0)), (0.0, 1.0));
    // Four standard errors.
    assert!((dropped(0.2) - 0.2).abs() < 4.0 * (0.16_f64 / 4000.0).sqrt());

    for probability in [-0.1, 1.1, f64::NAN] {
        let error = ConditionDropout::new(independent.clone(), null(9), probability).unwrap_err();
        assert!(error.to_string().contains(&format!("{probability:?}")));
    }
    let two = Tensor::<In<B>, 1, Int>::from_ints([1, 2], &device);
    let error = ConditionDropout::new(independent, two, 0.1).unwrap_err();
    assert!(matches!(error, Error::Length { expected: 1, found: 2, .. }));
}

/// A flow that carries every row to its label.
#[derive(Clone)]
struct ToLabel;

impl<B: Backend> ConditionalFlow<B, 2, Labels> for ToLabel {
    fn velocity_given(&self, x: Tensor<B, 2>, t: Tensor<B, 1>, y: Tensor<B, 1, Int>) -> Tensor<B, 2> {
        velocity_from_denoiser(x, t, |x, _| x.zeros_like() + rows::expand(y.float()))
    }
}

pub fn conditions_stay_with_pairs_of_a_flow<B: AutodiffBackend>() {
    let (device, rng) = (Default::default(), Rng::new(0));
    let sampler = Sampler::new(ToLabel, Heun, TimeGrid::uniform(3).unwrap()).split(Split::new(2, 5).unwrap());
    let backward = Backward::new(sampler.clone(), numbered::<B>(9));
    let close = |pair: &Pair<In<B>, 2, Labels>| {
        assert!(gap(pair.x0().narrow(1, 0, 1).squeeze_dim::<1>(1), pair.y().float()) < 1e-4);
    };
    close(&backward.draw(33, &rng, &device).unwrap());
    let forward = Forward::new(sampler, numbered::<B>(9));
    labels_match::<B>(&forward.draw(33, &rng, &device).unwrap());
    let both = Mixture::of(backward, 1.0).unwrap().and(forward, 1.0).unwrap();
    close(&both.draw(33, &rng, &device).unwrap());
}

pub fn a_flow_between_two_sets_of_data_has_backward_pairs<B: AutodiffBackend>() {
    let device = Default::default();
    let left: Dataset<In<B>> = Dataset::from_rows(&[vec![-1.0, 0.5]], &device).unwrap();
    let right: Dataset<In<B>> = Dataset::from_rows(&[vec![1.0, 0.5]], &device).unwrap();
    let straight = flow_fn(|x: Tensor<In<B>, 2>, _: Tensor<In<B>, 1>| {
        x.zeros_like() + Tensor::<In<B>, 2>::from_floats([[2.0, 0.0]], &Default::default())
    });
    let sampler = Sampler::new(straight, Heun, TimeGrid::uniform(2).unwrap());
    let pair = Backward::new(sampler, left).with_noise(right).draw(4, &Rng::new(0), &device).unwrap();
    assert_eq!(values(pair.x1()), [1.0, 0.5].repeat(4));
    assert!(values(pair.x0()).iter().zip([-1.0, 0.5].repeat(4)).all(|(x, y)| (x - y).abs() < 1e-6));
}

pub fn the_same_key_draws_the_same_pairs<B: AutodiffBackend>() {
    let device = Default::default();
    let coupling = Independent::new(NormalLaw::new(vec![3], 1.0, 2.0).unwrap(), Gaussian);
    let draw = |seed: u64| -> Pair<In<B>> { coupling.draw(16, &Rng::new(seed), &device).unwrap() };
    assert_eq!(gap(draw(1).x0(), draw(1).x0()) + gap(draw(1).x1(), draw(1).x1()), 0.0);
    assert!(gap(draw(1).x0(), draw(2).x0()) > 0.1);
    assert!(gap(draw(1).x0() - 1.0, draw(1).x1() * 2.0) > 0.1, "data and noise have streams of their own");
}

pub fn optimal_transport_moves_noise_only<B: AutodiffBackend>() {
    let (device, rng) = (Default::default(), Rng::new(3));
    let independent = Independent::new(NormalLaw::new(vec![2], 0.0, 1.0).unwrap(), Gaussian);
    let before: Pair<In<B>> = independent.draw(128, &rng, &device).unwrap();
    let after = MinibatchOt::new(independent).draw(128, &rng, &device).unwrap();
    assert_eq!(gap(before.x0(), after.x0()), 0.0);
    let sorted = |x: Tensor<In<B>, 2>| {
        let mut rows: Vec<_> =
            values(x).chunks_exact(2).map(|row| (row[0].to_bits(), row[1].to_bits())).collect();
        rows.sort_unstable();
        rows
    };
    assert_eq!(sorted(before.x1()), sorted(after.x1()));
    let cost = |pair: Pair<In<B>>| transport_cost(pair.x0(), pair.x1()).unwrap();
    assert!(cost(after) < 0.2 * cost(before));
}

pub fn data_to_data<B: AutodiffBackend>() {
    let device = Default::default();
    let left: Dataset<In<B>> = Dataset::from_rows(&[vec![-1.0, 0.0], vec![-2.0, 0.0]], &device).unwrap();
    let right: Dataset<In<B>> = Dataset::from_rows(&[vec![1.0, 0.0], vec![2.0, 0.0]], &device).unwrap();
    let pair = Independent::new(left.clone(), right).draw(32, &Rng::new(0), &device).unwrap();
    assert!(values(pair.x0().narrow(1, 0, 1)).iter().all(|&x| x < 0.0));
    assert!(values(pair.x1().narrow(1, 0, 1)).iter().all(|&x| x > 0.0));

    let wide: Dataset<In<B>> = Dataset::from_rows(&[vec![1.0, 0.0, 3.0]], &device).unwrap();
    let error = Independent::new(left, wide).draw(4, &Rng::new(0), &device).unwrap_err();
    assert!(
        matches!(&error, Error::Shape { expected, found, .. } if expected == &[2] && found == &[3]),
        "{error}"
    );
}

pub fn backward_and_forward_pairs_follow_the_flow<B: AutodiffBackend>() {
    let (device, rng) = (Default::default(), Rng::new(5));
    let flow = GaussianFlow::new(2.0, 0.5).unwrap();
    let sampler = Sampler::new(flow, Heun, TimeGrid::uniform(100).unwrap());
    let data = NormalLaw::new(vec![2], 2.0, 0.5).unwrap();
    let backward: Pair<In<B>> = Backward::new(sampler.clone(), data.clone()).draw(32, &rng, &device).unwrap();
    assert!(gap(backward.x0(), flow.transport(backward.x1(), 1.0, 0.0)) < 1e-3);
    let forward: Pair<In<B>> = Forward::new(sampler, data.clone()).draw(32, &rng, &device).unwrap();
    assert!(gap(forward.x1(), flow.transport(forward.x0(), 0.0, 1.0)) < 1e-3);
    let drawn = Law::<In<B>>::draw(&data, 32, &rng.fork("data"), &device).unwrap();
    assert_eq!(gap(forward.x0(), drawn.x), 0.0, "the data end of a forward pair is data");
}

pub fn wrong_data_is_an_error<B: AutodiffBackend>() {
    let device = Default::default();
    let message = |error: Error| error.to_string();
    let empty = Dataset::<In<B>>::new(Tensor::zeros([0, 3], &device)).unwrap_err();
    assert!(matches!(empty, Error::Empty { .. }));
    assert!(matches!(Dataset::<In<B>>::from_rows(&[], &device).unwrap_err(), Error::Empty { .. }));

    let ragged = Dataset::<In<B>>::from_rows(&[vec![1.0, 2.0], vec![1.0]], &device).unwrap_err();
    assert!(matches!(ragged, Error::Length { expected: 2, found: 1, .. }));

    let nan = Tensor::<In<B>, 2>::from_data([[0.0, 1.0], [f32::NAN, 2.0]], &device);
    assert!(message(Dataset::new(nan.clone()).unwrap_err()).contains("row 1 holds NaN"));
    let infinite = Tensor::<In<B>, 2>::from_data([[0.0, f32::INFINITY]], &device);
    assert!(message(Dataset::new(infinite).unwrap_err()).contains("row 0 holds inf"));

    let x = Tensor::<In<B>, 2>::ones([4, 2], &device);
    let labels = Dataset::with_conditions(x.clone(), row_numbers::<B>(3)).unwrap_err();
    assert!(matches!(labels, Error::Length { expected: 4, found: 3, .. }));
    let pair =
        Pair::<In<B>, 2, Labels>::with_conditions(x.clone(), x.clone(), row_numbers::<B>(5)).unwrap_err();
    assert!(matches!(pair, Error::Length { expected: 4, found: 5, .. }));
    let shapes = Pair::new(x.clone(), Tensor::<In<B>, 2>::ones([4, 3], &device)).unwrap_err();
    assert!(matches!(shapes, Error::Shape { .. }));
    assert!(matches!(
        Pairs::<In<B>>::new(Pair::new(nan.clone(), nan).unwrap()),
        Err(Error::NotFinite { .. })
    ));

    let independent = Independent::new(NormalLaw::new(vec![2], 0.0, 1.0).unwrap(), Gaussian);
    let none: Result<Pairs<In<B>>, _> = Pairs::generate(&independent, 0, 4, &Rng::new(0), &device);
    assert!(message(none.unwrap_err()).contains("count must be at least 1, got 0"));
    let flat: Result<Pair<In<B>, 4>, _> = independent.draw(2, &Rng::new(0), &device);
    assert!(matches!(flat.unwrap_err(), Error::Length { expected: 4, found: 2, .. }));
}
