use std::sync::Arc;

use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};
use reflow::{
    Carry, Coupling, Data, Error, Key, Pair, Sampler, Time,
    coupling::{Backward, Forward, Independent, MinibatchOt},
    data::{Dataset, Gaussian, Normal},
    flow::GaussianFlow,
    flow_fn,
    metric::transport_cost,
    ode::{Direction, Heun, TimeGrid},
    sampler::Solution,
};

use super::{In, as_set, gap, values};

pub fn a_flow_between_two_sets_of_data_has_backward_pairs<B: AutodiffBackend>() {
    let device = Default::default();
    let right: Dataset<In<B>> = Dataset::from_rows(&[vec![1.0, 0.5]], &device).unwrap();
    let straight = flow_fn(|x: Tensor<In<B>, 2>, _: Time<In<B>>| {
        x.zeros_like() + Tensor::<In<B>, 2>::from_floats([[2.0, 0.0]], &Default::default())
    });
    let sampler = Sampler::new(straight, Heun, TimeGrid::uniform(2).unwrap());
    let backward = Backward::new(sampler, vec![2]).unwrap().with_noise(right);
    let pair: Pair<In<B>> = backward.draw(0..4, &Key::new(0), &device).unwrap();
    assert_eq!(values(pair.x1()), [1.0, 0.5].repeat(4));
    assert!(values(pair.x0()).iter().zip([-1.0, 0.5].repeat(4)).all(|(x, y)| (x - y).abs() < 1e-6));
}

pub fn the_same_key_draws_the_same_pairs<B: AutodiffBackend>() {
    let device = Default::default();
    let coupling = Independent::new(Normal::new(vec![3], 1.0, 2.0).unwrap(), Gaussian);
    let draw = |seed: u64| -> Pair<In<B>> { coupling.draw(0..16, &Key::new(seed), &device).unwrap() };
    assert_eq!(gap(draw(1).x0(), draw(1).x0()) + gap(draw(1).x1(), draw(1).x1()), 0.0);
    assert!(gap(draw(1).x0(), draw(2).x0()) > 0.1);
    assert!(gap(draw(1).x0() - 1.0, draw(1).x1() * 2.0) > 0.1, "data and noise have streams of their own");
}

pub fn optimal_transport_moves_noise_only<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(3));
    let data = Normal::new(vec![2], 0.0, 1.0).unwrap();
    let before: Pair<In<B>> = Independent::new(&data, Gaussian).draw(0..128, &key, &device).unwrap();
    let matched = MinibatchOt::new(&data, Gaussian).with_block(128).unwrap();
    let after: Pair<In<B>> = matched.draw(0..128, &key, &device).unwrap();
    assert_eq!(gap(before.x0(), after.x0()), 0.0);
    assert_eq!(as_set(before.x1()), as_set(after.x1()));
    let cost = |pair: Pair<In<B>>| transport_cost(pair.x0(), pair.x1()).unwrap();
    assert!(cost(after) < 0.2 * cost(before));
}

pub fn data_to_data<B: AutodiffBackend>() {
    let device = Default::default();
    let left: Dataset<In<B>> = Dataset::from_rows(&[vec![-1.0, 0.0], vec![-2.0, 0.0]], &device).unwrap();
    let right: Dataset<In<B>> = Dataset::from_rows(&[vec![1.0, 0.0], vec![2.0, 0.0]], &device).unwrap();
    let pair = Independent::new(left.clone(), right).draw(0..32, &Key::new(0), &device).unwrap();
    assert!(values(pair.x0().narrow(1, 0, 1)).iter().all(|&x| x < 0.0));
    assert!(values(pair.x1().narrow(1, 0, 1)).iter().all(|&x| x > 0.0));

    let wide: Dataset<In<B>> = Dataset::from_rows(&[vec![1.0, 0.0, 3.0]], &device).unwrap();
    let error = Independent::new(left, wide).draw(0..4, &Key::new(0), &device).unwrap_err();
    assert!(
        matches!(&error, Error::Shape { expected, found, .. } if expected == &[2] && found == &[3]),
        "{error}"
    );
}

pub fn backward_and_forward_pairs_follow_the_flow<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(5));
    let flow = GaussianFlow::new(2.0, 0.5).unwrap();
    let sampler = Sampler::new(flow, Heun, TimeGrid::uniform(100).unwrap());
    let data = Normal::new(vec![2], 2.0, 0.5).unwrap();
    let backward = Backward::new(sampler.clone(), vec![2]).unwrap();
    let backward: Pair<In<B>> = backward.draw(0..32, &key, &device).unwrap();
    assert!(gap(backward.x0(), flow.transport(backward.x1(), 1.0, 0.0)) < 1e-3);
    let forward: Pair<In<B>> = Forward::new(sampler, data.clone()).draw(0..32, &key, &device).unwrap();
    assert!(gap(forward.x1(), flow.transport(forward.x0(), 0.0, 1.0)) < 1e-3);
    let drawn = Data::<In<B>>::draw(&data, 0..32, &key.fork("data"), &device).unwrap();
    assert_eq!(gap(forward.x0(), drawn.x), 0.0, "the data end of a forward pair is data");
}

/// A one-step generator without a flow.
struct Affine;

impl<B: Backend> Carry<B> for Affine {
    fn carry(&self, x: Tensor<B, 2>, (): (), direction: Direction) -> Result<Solution<B>, Error> {
        let x = match direction {
            Direction::ToData => x * 0.5 + 3.0,
            Direction::ToNoise => (x - 3.0) * 2.0,
        };
        Ok(Solution { x, evaluations: 1, steps: 1, times: direction.times() })
    }
}

pub fn whatever_carries_rows_makes_pairs<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(5));
    let sampler = Sampler::new(GaussianFlow::new(2.0, 0.5).unwrap(), Heun, TimeGrid::uniform(5).unwrap());
    let carriers: [Arc<dyn Carry<In<B>>>; 2] = [Arc::new(Affine), Arc::new(sampler.clone())];
    let [of_affine, of_sampler] = carriers.map(|carrier| {
        let pair: Pair<In<B>> = Backward::new(carrier, vec![2]).unwrap().draw(0..8, &key, &device).unwrap();
        pair
    });
    assert!(gap(of_affine.x0(), of_affine.x1() * 0.5 + 3.0) < 1e-6);
    assert_eq!(gap(of_sampler.x0(), sampler.sample(of_sampler.x1()).unwrap().x), 0.0);
    let forward = Forward::new(Affine, Normal::new(vec![2], 2.0, 0.5).unwrap());
    let pair: Pair<In<B>> = forward.draw(0..8, &key, &device).unwrap();
    assert!(gap(pair.x1(), (pair.x0() - 3.0) * 2.0) < 1e-6);
}

pub fn inverted_noise_can_have_unit_variance<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(0));
    let sampler = Sampler::new(GaussianFlow::new(0.5, 0.5).unwrap(), Heun, TimeGrid::uniform(8).unwrap());
    let forward = Forward::new(sampler, Normal::new(vec![4, 8], 0.5, 0.9).unwrap());
    let plain: Pair<In<B>, 3> = forward.clone().draw(0..6, &key, &device).unwrap();
    let unit: Pair<In<B>, 3> = forward.with_unit_noise().draw(0..6, &key, &device).unwrap();
    assert_eq!(gap(unit.x0(), plain.x0()), 0.0);
    for (row, before) in values(unit.x1()).chunks(32).zip(values(plain.x1()).chunks(32)) {
        let mean = row.iter().sum::<f64>() / 32.0;
        let variance = row.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 32.0;
        assert!((variance - 1.0).abs() < 1e-4, "{variance}");
        let scale = before[0] / row[0];
        assert!(scale > 1.3, "the noise was too large: {scale}");
        assert!(row.iter().zip(before).all(|(value, before)| (value * scale - before).abs() < 1e-4));
    }

    // Rows of equal values stay as they are, whatever their mean rounds to.
    for width in [3, 7, 10] {
        let (x, still) =
            (Tensor::<In<B>, 2>::full([2, width], 0.1, &device), flow_fn(|x: Tensor<In<B>, 2>, _| x * 0.0));
        let sampler = Sampler::new(still, Heun, TimeGrid::uniform(1).unwrap());
        let forward = Forward::new(sampler, Dataset::new(x.clone()).unwrap()).with_unit_noise();
        let pair: Pair<In<B>> = forward.draw(0..2, &key, &device).unwrap();
        assert_eq!(gap(pair.x1(), x), 0.0);
    }
}
