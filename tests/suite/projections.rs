use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};
use reflow::{
    Error, Key, Pair,
    condition::Features,
    coupling::Projection,
    data::{Dataset, Sample},
    metric::{transport_cost, wasserstein2},
};

use super::{In, as_set, gap, values};

fn normal<B: Backend>(purpose: &str, rows: usize, width: usize) -> Tensor<B, 2> {
    Key::new(8).fork(purpose).normal([rows, width], &Default::default())
}

fn plain<B: Backend>(x: Tensor<B, 2>) -> Sample<B> {
    Sample { x, y: () }
}

/// Pairs whose ends are both off, and rows of the right distributions.
fn crooked<B: Backend>(rows: usize) -> (Pair<B>, Tensor<B, 2>, Tensor<B, 2>) {
    let x1 = normal::<B>("noise", rows, 3) * 1.3 + 0.2;
    let pair = Pair::new(x1.clone() * 0.4 + normal("rest", rows, 3) * 0.1, x1).unwrap();
    (pair, normal("data", rows, 3) * 0.5 + 1.0, normal("fresh", rows, 3))
}

fn projected<B: Backend>(
    by: Projection,
    pair: &Pair<B>,
    data: &Tensor<B, 2>,
    noise: &Tensor<B, 2>,
) -> Pair<B> {
    let key = Key::new(0);
    let pair = by.onto_data(pair.clone(), plain(data.clone()), &key).unwrap();
    by.onto_noise(pair, noise.clone(), &key).unwrap()
}

pub fn the_cost_is_the_sum_of_two_wasserstein_distances<B: AutodiffBackend>() {
    let (pair, data, noise) = crooked::<In<B>>(300);
    let moved = projected(Projection::default(), &pair, &data, &noise);
    assert_eq!(as_set(moved.x0()), as_set(data.clone()));
    assert_eq!(as_set(moved.x1()), as_set(noise.clone()));
    let cost =
        transport_cost(pair.x0(), moved.x0()).unwrap() + transport_cost(pair.x1(), moved.x1()).unwrap();
    let least = wasserstein2(pair.x0(), data.clone()).unwrap().powi(2)
        + wasserstein2(pair.x1(), noise.clone()).unwrap().powi(2);
    assert!((cost - least).abs() < 1e-9 * least, "{cost} and {least}");

    // Another gluing of the same marginals is farther.
    let shuffled = transport_cost(pair.x0(), moved.x0().flip([0])).unwrap();
    assert!(shuffled > transport_cost(pair.x0(), moved.x0()).unwrap());
}

pub fn large_sets_keep_exact_marginals_too<B: AutodiffBackend>() {
    let (pair, data, noise) = crooked::<In<B>>(400);
    let by = Projection::default().with_exact_up_to(60).unwrap();
    let moved = projected(by, &pair, &data, &noise);
    assert_eq!(as_set(moved.x0()), as_set(data.clone()));
    assert_eq!(as_set(moved.x1()), as_set(noise.clone()));
    let exact = projected(Projection::default(), &pair, &data, &noise);
    assert_is_near(pair.x0(), moved.x0(), exact.x0());
    assert_is_near(pair.x1(), moved.x1(), exact.x1());
    let again = projected(by, &pair, &data, &noise);
    assert_eq!(gap(again.x0(), moved.x0()) + gap(again.x1(), moved.x1()), 0.0);
    let stays = projected(by, &moved, &data.flip([0]), &noise.flip([0]));
    assert_eq!(gap(stays.x0(), moved.x0()) + gap(stays.x1(), moved.x1()), 0.0);
    for width in [1, 2, 16] {
        perfect_pairs_move_as_little_as_by_the_exact_matching::<In<B>>(by, width);
        few_rows_repeated_are_shared_out::<In<B>>(by, width);
    }
}

fn assert_is_near<B: Backend>(from: Tensor<B, 2>, found: Tensor<B, 2>, exact: Tensor<B, 2>) {
    let found = transport_cost(from.clone(), found).unwrap();
    let least = transport_cost(from, exact).unwrap();
    assert!(found <= 1.06 * least, "{found} and {least}");
}

fn perfect_pairs_move_as_little_as_by_the_exact_matching<B: Backend>(by: Projection, width: usize) {
    let x1 = normal::<B>("noise", 300, width);
    let pair = Pair::new(x1.clone() * 0.5 + 3.0, x1).unwrap();
    assert_data_moves_near(by, &pair, normal("data", 300, width) * 0.5 + 3.0);
}

fn few_rows_repeated_are_shared_out<B: Backend>(by: Projection, width: usize) {
    let x1 = normal::<B>("noise", 300, width);
    let pair = Pair::new(x1.clone() * 0.7, x1).unwrap();
    assert_data_moves_near(by, &pair, normal("data", 20, width).repeat(&[15, 1]));
}

fn assert_data_moves_near<B: Backend>(by: Projection, pair: &Pair<B>, data: Tensor<B, 2>) {
    let onto = |by: Projection| by.onto_data(pair.clone(), plain(data.clone()), &Key::new(0)).unwrap().x0();
    let (moved, exact) = (onto(by), onto(Projection::default()));
    assert_eq!(as_set(moved.clone()), as_set(data.clone()));
    assert_is_near(pair.x0(), moved, exact);
}

// Between N(a, s^2) and N(m, r^2) the map is x -> m + (r / s) (x - a), and costs (a - m)^2 + (s - r)^2.
pub fn gaussian_pairs_meet_the_closed_form<B: AutodiffBackend>() {
    let n = 700;
    let x1 = normal::<In<B>>("noise", n, 1);
    let pair = Pair::new(x1.clone() * 0.6 + 1.0, x1).unwrap();
    let data = normal::<In<B>>("data", n, 1) * 0.9 + 2.0;
    let moved = Projection::default().onto_data(pair.clone(), plain(data), &Key::new(0)).unwrap();
    let cost = transport_cost(pair.x0(), moved.x0()).unwrap();
    // Of two samples of n the means and deviations each have an error of about n^(-1/2).
    assert!((cost - 1.09).abs() < 4.0 * 2.0 / (n as f64).sqrt(), "{cost}");
    let expected = (pair.x0() - 1.0) * 1.5 + 2.0;
    let deviation = values((moved.x0() - expected).square().mean())[0].sqrt();
    assert!(deviation < 0.2, "{deviation}");
}

pub fn what_is_right_stays<B: AutodiffBackend>() {
    let (pair, ..) = crooked::<In<B>>(200);
    let same = projected(Projection::default(), &pair, &pair.x0(), &pair.x1());
    assert_eq!(gap(same.x0(), pair.x0()) + gap(same.x1(), pair.x1()), 0.0);
}

pub fn conditions_are_those_of_the_new_data<B: AutodiffBackend>() {
    let x = Tensor::<In<B>, 1, Int>::arange(0..100, &Default::default()).float().unsqueeze_dim::<2>(1);
    let pair =
        Pair::<_, 2, Features>::with_conditions(x.clone().flip([0]), x.clone() * 2.0, x.clone()).unwrap();
    // Rows are matched across their conditions.
    let moved = Projection::default().with_condition_weight(0.0).unwrap();
    let data = moved.onto_data(pair.clone(), Sample { x: x.clone(), y: x.clone() }, &Key::new(0)).unwrap();
    assert_eq!(gap(data.x0(), data.y()), 0.0);
    assert_eq!(gap(data.x0(), x.clone().flip([0])), 0.0, "the values were right, so they stay");
    assert_eq!(gap(data.x1(), pair.x1()), 0.0);
    let noise = moved.onto_noise(pair.clone(), x, &Key::new(0)).unwrap();
    assert_eq!(gap(noise.y(), pair.y()) + gap(noise.x0(), pair.x0()), 0.0);
}

pub fn features_keep_near_rows_together_as_their_weight_grows<B: AutodiffBackend>() {
    let (y, other) = (normal::<In<B>>("features", 60, 2), normal::<In<B>>("other features", 60, 2));
    let pair =
        Pair::<_, 2, Features>::with_conditions(normal("pairs", 60, 2), normal("noise", 60, 2), y.clone())
            .unwrap();
    let data = Sample { x: normal::<In<B>>("data", 60, 2), y: other };
    let apart = |weight: f64| {
        let by = Projection::default().with_condition_weight(weight).unwrap();
        let moved = by.onto_data(pair.clone(), data.clone(), &Key::new(0)).unwrap();
        transport_cost(moved.y(), y.clone()).unwrap()
    };
    let (none, some, all) = (apart(0.0), apart(1.0), apart(1e6));
    assert!(all < some && some < none, "{none}, {some}, {all}");
    let least = wasserstein2(data.y.clone(), y.clone()).unwrap().powi(2);
    assert!((all - least).abs() < 1e-3 * least, "{all} and {least}");
}

pub fn a_set_drawn_in_balance_is_the_data<B: AutodiffBackend>() {
    let x = normal::<In<B>>("data", 7, 2);
    let data = Dataset::new(x.clone()).unwrap();
    let twice = data.balanced(14, &Key::new(3)).unwrap().x;
    assert_eq!(as_set(twice.clone()), as_set(Tensor::cat(vec![x.clone(), x.clone()], 0)));
    assert!(gap(twice.narrow(0, 0, 7), x.clone()) > 0.0, "it is shuffled");
    let some = as_set(data.balanced(10, &Key::new(3)).unwrap().x);
    assert!(as_set(x).iter().all(|row| (1..=2).contains(&some.iter().filter(|other| *other == row).count())));
    assert!(data.balanced(0, &Key::new(0)).unwrap_err().to_string().contains("count"));
}

pub fn ends_that_do_not_fit_are_named<B: AutodiffBackend>() {
    let (pair, data, noise) = crooked::<In<B>>(20);
    let (by, key) = (Projection::default(), Key::new(0));
    let few = by.onto_data(pair.clone(), plain(data.narrow(0, 0, 19)), &key).unwrap_err();
    assert!(matches!(few, Error::Length { expected: 20, found: 19, .. }));
    let wide = by.onto_noise(pair.clone(), Tensor::ones([20, 4], &Default::default()), &key).unwrap_err();
    assert!(matches!(wide, Error::Shape { .. }));
    let holed = by.onto_noise(pair, noise / 0.0, &key).unwrap_err();
    assert!(holed.to_string().contains("the noise to project onto: row 0"), "{holed}");

    // Features that are no numbers, and a weight that makes them so.
    let x = normal::<In<B>>("pairs", 4, 2);
    let conditioned = |y: f64| {
        let y = Tensor::<In<B>, 2>::full([4, 1], y, &Default::default());
        (
            Pair::<_, 2, Features>::with_conditions(x.clone(), x.clone(), y.clone()).unwrap(),
            Sample { x: x.clone(), y },
        )
    };
    for (value, weight) in [(f64::NAN, 1.0), (1e30, 1e30)] {
        let (pair, data) = conditioned(value);
        for by in [by, by.with_exact_up_to(1).unwrap()] {
            let error = by.with_condition_weight(weight).unwrap().onto_data(pair.clone(), data.clone(), &key);
            assert!(error.unwrap_err().to_string().contains("features"));
        }
    }
}
