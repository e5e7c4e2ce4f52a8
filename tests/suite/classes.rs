use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};
use reflow::{
    Coupling, Error, Key, Labels, Noise, Pair,
    coupling::{Independent, MinibatchOt, Projection},
    data::{Dataset, Gaussian},
};

use super::{In, as_set, gap, values};

const ROWS: usize = 512;

/// Two classes: a quarter of the rows, far to the left, and the rest, to the right.
fn two_classes<B: Backend>() -> Dataset<B, 2, Labels> {
    let labels: Vec<i64> = (0..8).map(|row| i64::from(row % 4 != 0)).collect();
    let y = Tensor::<B, 1, Int>::from_ints(labels.as_slice(), &Default::default());
    let x = (y.clone().float() * 6.0 - 3.0).unsqueeze_dim::<2>(1).repeat_dim(1, 2);
    Dataset::with_labels(x, y).unwrap()
}

/// The noise of the rows with this label.
fn noise_under<B: Backend>(label: i64, pair: &Pair<B, 2, Labels>) -> Tensor<B, 2> {
    let indices = pair.y().equal_elem(label).argwhere().squeeze_dim::<1>(1);
    pair.x1().select(0, indices)
}

/// Whether mean and variance are within four standard errors of those of standard normal values.
fn is_standard_normal<B: Backend>(x: Tensor<B, 2>) -> bool {
    let count = (x.dims()[0] * x.dims()[1]) as f64;
    let mean = values(x.clone().mean())[0];
    let variance = values((x - mean).square().mean())[0];
    mean.abs() < 4.0 / count.sqrt() && (variance - 1.0).abs() < 4.0 * (2.0 / count).sqrt()
}

fn independent<B: Backend>(key: &Key) -> Pair<B, 2, Labels> {
    Independent::new(two_classes::<B>(), Gaussian).draw(0..ROWS, key, &Default::default()).unwrap()
}

pub fn matched_noise_is_standard_normal_under_each_label<B: AutodiffBackend>() {
    let key = Key::new(3);
    let apart = independent::<In<B>>(&key);
    let coupling = MinibatchOt::new(two_classes::<In<B>>(), Gaussian).with_block(ROWS).unwrap();
    let matched = coupling.draw(0..ROWS, &key, &Default::default()).unwrap();
    assert!(gap(matched.x1(), apart.x1()) > 0.1, "noise is exchanged");
    for label in [0, 1] {
        let noise = noise_under(label, &matched);
        assert_eq!(as_set(noise.clone()), as_set(noise_under(label, &apart)), "within its label alone");
        assert!(is_standard_normal(noise));
    }
    let across = MinibatchOt::new(Dataset::new(apart.x0()).unwrap(), Gaussian).with_block(ROWS).unwrap();
    let (x0, x1, ()) = across.draw(0..ROWS, &key, &Default::default()).unwrap().into_parts();
    let right = x0.narrow(1, 0, 1).greater_elem(0.0).squeeze_dim::<1>(1).argwhere().squeeze_dim::<1>(1);
    assert!(!is_standard_normal(x1.select(0, right)), "without labels it would follow the data");
}

pub fn projected_noise_is_standard_normal_under_each_label<B: AutodiffBackend>() {
    let (key, device) = (Key::new(4), Default::default());
    let apart = independent::<In<B>>(&key);
    // The noise of the two classes has drifted to opposite sides, like that of a poor flow.
    let drift = apart.y().float() - 0.5;
    let drifted = apart.x1() * 0.8 + drift.unsqueeze_dim::<2>(1);
    let pair = Pair::<_, 2, Labels>::with_conditions(apart.x0(), drifted, apart.y()).unwrap();
    assert!([0, 1].iter().all(|label| !is_standard_normal(noise_under(*label, &pair))));
    let fresh: Tensor<In<B>, 2> = Gaussian.draw_noise(0..ROWS, &[2], &key.fork("fresh"), &device).unwrap();
    let moved = Projection::default().onto_noise(pair.clone(), fresh.clone(), &key).unwrap();
    assert_eq!(as_set(moved.x1()), as_set(fresh));
    assert_eq!(gap(moved.x0(), pair.x0()) + gap(moved.y().float(), pair.y().float()), 0.0);
    assert!([0, 1].iter().all(|label| is_standard_normal(noise_under(*label, &moved))));
}

pub fn projected_data_is_of_the_label_it_had<B: AutodiffBackend>() {
    let key = Key::new(5);
    let apart = independent::<In<B>>(&key);
    // All data has moved to the other class.
    let pair = Pair::<_, 2, Labels>::with_conditions(-apart.x0(), apart.x1(), apart.y()).unwrap();
    let target = two_classes::<In<B>>().balanced_for(&pair.y(), &key).unwrap();
    let moved = Projection::default().onto_data(pair.clone(), target, &key).unwrap();
    assert_eq!(gap(moved.y().float(), pair.y().float()), 0.0);
    assert_eq!(gap(moved.x0(), apart.x0()), 0.0);
}

pub fn data_is_drawn_for_the_classes_of_pairs<B: AutodiffBackend>() {
    let (data, key) = (two_classes::<In<B>>(), Key::new(6));
    let y = Tensor::<In<B>, 1, Int>::from_ints([1, 0, 1, 1, 0, 1, 1, 1], &Default::default());
    let drawn = data.balanced_for(&y, &key).unwrap();
    let count = |y: Tensor<In<B>, 1, Int>| values(y.float()).iter().filter(|label| **label == 1.0).count();
    assert_eq!((drawn.x.dims()[0], count(drawn.y.clone())), (8, count(y)));
    let signs = drawn.y.float() * 6.0 - 3.0;
    assert_eq!(gap(drawn.x.narrow(1, 0, 1).squeeze_dim::<1>(1), signs), 0.0);

    let third = Tensor::<In<B>, 1, Int>::from_ints([0, 2], &Default::default());
    assert!(matches!(data.balanced_for(&third, &key).unwrap_err(), Error::TooFew { least: 1, found: 0, .. }));
}

pub fn classes_of_another_size_are_no_target<B: AutodiffBackend>() {
    let key = Key::new(7);
    let pair = independent::<In<B>>(&key);
    let target = Independent::new(two_classes::<In<B>>(), Gaussian);
    let other = target.draw(ROWS..2 * ROWS, &key, &Default::default()).unwrap();
    let data = reflow::data::Sample { x: other.x0(), y: other.y() };
    let error = Projection::default().onto_data(pair, data, &key).unwrap_err();
    assert!(matches!(error, Error::Length { .. }), "{error}");
}
