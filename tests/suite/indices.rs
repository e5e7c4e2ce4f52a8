use std::ops::Range;

use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};
use reflow::{
    Condition, Coupling, Data, Key, Labels, Pair, Sampler, TimeDistribution,
    condition::{OptionalRows, Signals},
    coupling::{
        Backward, ConditionDropout, Forward, Independent, MinibatchOt, Mixture, Pairs, SignalDropout, batches,
    },
    data::{Dataset, Gaussian, Normal, Order, Sample, data_fn},
    flow::GaussianFlow,
    ode::{Heun, TimeGrid},
    time::{Stratified, Uniform},
};

use super::{
    In, as_set, gap,
    numbered::{ToLabel, numbered},
    values,
};

/// All numbers in some pairs.
fn held<B: Backend, Y: Condition>(
    pair: Pair<B, 2, Y>,
    numbers: impl Fn(Y::Rows<B>) -> Vec<f64>,
) -> [Vec<f64>; 3] {
    let (x0, x1, y) = pair.into_parts();
    [values(x0), values(x1), numbers(y)]
}

/// Asserts that the pairs of a range are those of any two ranges that it is cut into.
fn is_by_index<B: Backend, Y: Condition>(
    coupling: &impl Coupling<B, 2, Y>,
    numbers: impl Fn(Y::Rows<B>) -> Vec<f64> + Copy,
) {
    let draw = |rows: Range<usize>| coupling.draw(rows, &Key::new(4), &Default::default()).unwrap();
    for (rows, cuts) in [(0..40, [1, 7, 16, 25, 39]), (995..1040, [996, 1000, 1007, 1023, 1024])] {
        let whole = held(draw(rows.clone()), numbers);
        for cut in cuts {
            let parts = Pair::cat(vec![draw(rows.start..cut), draw(cut..rows.end)]).unwrap();
            assert_eq!(held(parts, numbers), whole, "{rows:?} cut at {cut}");
        }
    }
}

fn nothing((): ()) -> Vec<f64> {
    vec![]
}

fn labels<B: Backend>(y: <Labels as Condition>::Rows<B>) -> Vec<f64> {
    values(y.float())
}

fn normal() -> Normal {
    Normal::new(vec![2], 2.0, 0.5).unwrap()
}

pub fn pairs_drawn_apart_are_drawn_by_index<B: AutodiffBackend>() {
    is_by_index::<In<B>, ()>(&Independent::new(normal(), Gaussian), nothing);
    for order in [Order::Replacement, Order::Epochs] {
        let data = numbered::<In<B>>(9).in_order(order);
        is_by_index::<In<B>, _>(&Independent::new(data.clone(), Gaussian), labels);
        let other = Dataset::<In<B>>::new(data.rows()).unwrap().in_order(order);
        is_by_index::<In<B>, _>(&Independent::new(data, other), labels);
    }
    let shifted = data_fn(|rows: Range<usize>, key: &Key, device: &B::Device| {
        let x: Tensor<In<B>, 2> = key.normal_rows(rows, &[2], device)?;
        Ok(x + 1.0)
    });
    is_by_index::<In<B>, ()>(&Independent::new(shifted, Gaussian), nothing);
}

pub fn matched_pairs_are_drawn_by_index<B: AutodiffBackend>() {
    for block in [1, 16, 100] {
        let plain = MinibatchOt::new(normal(), Gaussian).with_block(block).unwrap();
        is_by_index::<In<B>, ()>(&plain, nothing);
        let matched = MinibatchOt::new(numbered::<In<B>>(9), Gaussian).with_block(block).unwrap();
        is_by_index::<In<B>, _>(&matched, labels);
    }
}

pub fn pairs_of_a_flow_are_drawn_by_index<B: AutodiffBackend>() {
    let grid = || TimeGrid::uniform(3).unwrap();
    let plain = Sampler::new(GaussianFlow::new(2.0, 0.5).unwrap(), Heun, grid());
    is_by_index::<In<B>, ()>(&Backward::new(plain.clone(), vec![2]).unwrap(), nothing);
    is_by_index::<In<B>, ()>(&Forward::new(plain, normal()), nothing);
    let sampler = Sampler::new(ToLabel, Heun, grid());
    let data = numbered::<In<B>>(9);
    let backward = Backward::new(sampler.clone(), vec![3]).unwrap().with_conditions(data.clone());
    is_by_index::<In<B>, _>(&backward, labels);
    is_by_index::<In<B>, _>(&Forward::new(sampler, data), labels);
}

pub fn stored_pairs_are_drawn_by_index<B: AutodiffBackend>() {
    let independent = Independent::new(numbered::<In<B>>(9), Gaussian);
    let pairs = Pairs::generate(&independent, 0..13, &Key::new(0), &Default::default()).unwrap();
    is_by_index::<In<B>, _>(&pairs, labels);
    is_by_index::<In<B>, _>(&pairs.in_order(Order::Epochs), labels);
}

pub fn mixed_pairs_are_drawn_by_index<B: AutodiffBackend>() {
    let data = || numbered::<In<B>>(9);
    let mixture = Mixture::of(Independent::new(data(), Gaussian), 1.0)
        .and_then(|mixture| mixture.and(MinibatchOt::new(data(), Gaussian).with_block(8)?, 0.3))
        .and_then(|mixture| mixture.and(Independent::new(data().in_order(Order::Epochs), Gaussian), 2.0))
        .unwrap();
    is_by_index::<In<B>, _>(&mixture, labels);
}

/// Two labels per row.
type Two = (Labels, Labels);

pub fn conditions_are_dropped_by_index<B: AutodiffBackend>() {
    let independent = Independent::new(numbered::<In<B>>(9), Gaussian);
    let optional = |y: OptionalRows<In<B>, Labels>| [values(y.y.float()), values(y.present)].concat();
    is_by_index::<In<B>, _>(&ConditionDropout::new(independent, 0.4).unwrap(), optional);

    let Sample { x, y } = numbered::<In<B>>(9).balanced(9, &Key::new(0)).unwrap();
    let two = Dataset::<_, 2, Two>::with_conditions(x, (y.clone(), y)).unwrap();
    let dropout = SignalDropout::new::<Two>(Independent::new(two, Gaussian), vec![0.4, 0.7]).unwrap();
    let each =
        |(a, b): <<Two as Signals>::Optional as Condition>::Rows<In<B>>| [optional(a), optional(b)].concat();
    is_by_index::<In<B>, <Two as Signals>::Optional>(&dropout, each);
}

pub fn times_are_drawn_by_index<B: AutodiffBackend>() {
    fn check<B: Backend>(time: &impl TimeDistribution) {
        let draw = |rows| values(time.draw::<B>(rows, &Key::new(4), &Default::default()).unwrap());
        assert_eq!([draw(3..7), draw(7..20)].concat(), draw(3..20));
    }
    check::<In<B>>(&Uniform);
    check::<In<B>>(&Stratified::new(Uniform, 8).unwrap());
}

pub fn generated_pairs_do_not_depend_on_how_they_are_batched<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(1));
    let sampler = Sampler::new(GaussianFlow::new(2.0, 0.5).unwrap(), Heun, TimeGrid::uniform(2).unwrap());
    let coupling = Backward::new(sampler, vec![2]).unwrap();
    let generate = |rows| Pairs::<In<B>>::generate(&coupling, rows, &key, &device).unwrap().into_pair();
    let whole = held(generate(0..2500), nothing);
    assert_eq!(held(Pair::cat(vec![generate(0..900), generate(900..2500)]).unwrap(), nothing), whole);
    let at_once: Pair<In<B>> = coupling.draw(0..2500, &key, &device).unwrap();
    assert_eq!(held(at_once, nothing), whole);
    for batch in [301, 2500, 9999] {
        let drawn: Vec<Pair<In<B>>> =
            batches(&coupling, 0..2500, batch, &key, &device).collect::<Result<_, _>>().unwrap();
        assert_eq!(drawn.len(), 2500_usize.div_ceil(batch));
        assert_eq!(held(Pair::cat(drawn).unwrap(), nothing), whole);
    }
    let refused = batches::<In<B>, 2, ()>(&coupling, 0..10, 0, &key, &device).next().unwrap().unwrap_err();
    assert!(refused.to_string().contains("batch must be at least 1, got 0"), "{refused}");
}

pub fn an_epoch_covers_each_row_once<B: AutodiffBackend>() {
    let (device, key) = (Default::default(), Key::new(2));
    let data = numbered::<In<B>>(11).in_order(Order::Epochs);
    let epoch = |index: usize| data.draw(11 * index..11 * (index + 1), &key, &device).unwrap().x;
    let pairs = Pairs::generate(&Independent::new(numbered::<In<B>>(11), Gaussian), 0..11, &key, &device);
    let pairs = pairs.unwrap().in_order(Order::Epochs);
    for index in 0..3 {
        assert_eq!(as_set(epoch(index)), as_set(data.rows()));
        let drawn = pairs.draw(11 * index..11 * (index + 1), &key, &device).unwrap();
        assert_eq!(as_set(drawn.x1()), as_set(pairs.pair().x1()));
    }
    assert!(gap(epoch(0), epoch(1)) > 0.0 && gap(epoch(1), epoch(2)) > 0.0, "each in an order of its own");
    let drawn = data.draw(0..11, &Key::new(3), &device).unwrap().x;
    assert!(gap(drawn, epoch(0)) > 0.0, "which is the key's");
}

/// Each part supplies every second row, so 22 rows are one epoch of each.
pub fn the_parts_of_a_mixture_go_through_epochs<B: AutodiffBackend>() {
    let part = || Independent::new(numbered::<In<B>>(11).in_order(Order::Epochs), Gaussian);
    let mixture = Mixture::of(part(), 1.0).unwrap().and(part(), 1.0).unwrap();
    let pair = mixture.draw(0..22, &Key::new(2), &Default::default()).unwrap();
    let twice = Tensor::cat(vec![numbered::<In<B>>(11).rows(); 2], 0);
    assert_eq!(as_set(pair.x0()), as_set(twice));
}
