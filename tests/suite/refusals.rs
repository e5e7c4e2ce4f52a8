use burn::tensor::{Int, Tensor, backend::AutodiffBackend};
use reflow::{
    Coupling, Error, Key, Labels, Pair, Sampler,
    coupling::{Backward, Forward, Independent, Pairs},
    data::{Dataset, Gaussian, Normal},
    flow::GaussianFlow,
    ode::{Heun, TimeGrid},
};

use super::In;

fn labels<B: AutodiffBackend>(rows: usize) -> Tensor<In<B>, 1, Int> {
    Tensor::arange(0..rows as i64, &Default::default())
}

pub fn wrong_data_is_an_error<B: AutodiffBackend>() {
    let device = Default::default();
    let message = |error: Error| error.to_string();
    let empty = Dataset::<In<B>>::new(Tensor::zeros([0, 3], &device)).unwrap_err();
    assert!(matches!(empty, Error::Empty { .. }));
    assert!(matches!(Dataset::<In<B>>::from_rows(&[], &device).unwrap_err(), Error::Empty { .. }));

    let ragged = Dataset::<In<B>>::from_rows(&[vec![1.0, 2.0], vec![1.0]], &device).unwrap_err();
    assert_eq!(ragged, Error::RowLength { row: 1, expected: 2, found: 1 });

    let nan = Tensor::<In<B>, 2>::from_data([[0.0, 1.0], [f32::NAN, 2.0]], &device);
    assert!(message(Dataset::new(nan.clone()).unwrap_err()).contains("row 1 holds NaN"));
    let infinite = Tensor::<In<B>, 2>::from_data([[0.0, f32::INFINITY]], &device);
    assert!(message(Dataset::new(infinite).unwrap_err()).contains("row 0 holds inf"));

    let x = Tensor::<In<B>, 2>::ones([4, 2], &device);
    let short = Dataset::with_labels(x.clone(), labels::<B>(3)).unwrap_err();
    assert!(matches!(short, Error::Length { expected: 4, found: 3, .. }));
    let pair = Pair::<In<B>, 2, Labels>::with_conditions(x.clone(), x.clone(), labels::<B>(5)).unwrap_err();
    assert!(matches!(pair, Error::Length { expected: 4, found: 5, .. }));
    let shapes = Pair::new(x.clone(), Tensor::<In<B>, 2>::ones([4, 3], &device)).unwrap_err();
    assert!(matches!(shapes, Error::Shape { .. }));
    assert!(matches!(
        Pairs::<In<B>>::new(Pair::new(nan.clone(), nan).unwrap()),
        Err(Error::NotFinite { .. })
    ));
}

pub fn pairs_of_no_rows_or_of_another_rank_are_refused<B: AutodiffBackend>() {
    let device = Default::default();
    let independent = Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian);
    let none: Result<Pairs<In<B>>, _> = Pairs::generate(&independent, 0..0, &Key::new(0), &device);
    assert!(matches!(none.unwrap_err(), Error::Empty { .. }));
    let flat: Result<Pair<In<B>, 4>, _> = independent.draw(0..2, &Key::new(0), &device);
    let error = flat.unwrap_err();
    assert!(matches!(&error, Error::Rank { expected: 4, found: 2, row, .. } if row == &[2]), "{error}");
    for row in [vec![], vec![3, 0]] {
        let sampler = Sampler::new(GaussianFlow::new(0.0, 1.0).unwrap(), Heun, TimeGrid::uniform(1).unwrap());
        assert!(Backward::new(sampler, row).unwrap_err().to_string().contains("a shape without zeros"));
    }
}

pub fn a_range_beyond_the_pairs_is_refused<B: AutodiffBackend>() {
    let x = Tensor::<In<B>, 2>::ones([4, 2], &Default::default());
    let pair = Pair::new(x.clone(), x).unwrap();
    assert_eq!(pair.slice(1..4).unwrap().len(), 3);
    assert!(matches!(pair.slice(1..6).unwrap_err(), Error::TooFew { least: 6, found: 4, .. }));
    assert!(matches!(pair.slice(2..2).unwrap_err(), Error::Empty { .. }));
}

fn through<const N: usize>(times: [f64; N]) -> Sampler<GaussianFlow, Heun, TimeGrid> {
    Sampler::new(GaussianFlow::new(1.0, 0.5).unwrap(), Heun, TimeGrid::new(times.to_vec()).unwrap())
}

pub fn backward_pairs_of_a_solve_short_of_the_data_are_refused<B: AutodiffBackend>() {
    let backward = Backward::new(through([1.0, 0.5]), vec![2]).unwrap();
    let error = Coupling::<In<B>>::draw(&backward, 0..4, &Key::new(0), &Default::default()).unwrap_err();
    assert_eq!(error, Error::PartOfTheWay { from: 1.0, to: 0.5 });
    let stored = Pairs::<In<B>>::generate(&backward, 0..4, &Key::new(0), &Default::default());
    assert!(matches!(stored, Err(Error::PartOfTheWay { .. })));
    // The noise is treated as a point at an intermediate time.
    let late = Backward::new(through([0.5, 0.0]), vec![2]).unwrap();
    let error = Coupling::<In<B>>::draw(&late, 0..4, &Key::new(0), &Default::default()).unwrap_err();
    assert_eq!(error, Error::PartOfTheWay { from: 0.5, to: 0.0 });
}

pub fn forward_pairs_of_a_solve_short_of_the_noise_are_refused<B: AutodiffBackend>() {
    let forward = Forward::new(through([0.5, 0.0]), Normal::new(vec![2], 1.0, 0.5).unwrap());
    let error = Coupling::<In<B>>::draw(&forward, 0..4, &Key::new(0), &Default::default()).unwrap_err();
    assert_eq!(error, Error::PartOfTheWay { from: 0.0, to: 0.5 });
    let late = Forward::new(through([1.0, 0.5]), Normal::new(vec![2], 1.0, 0.5).unwrap());
    let error = Coupling::<In<B>>::draw(&late, 0..4, &Key::new(0), &Default::default()).unwrap_err();
    assert_eq!(error, Error::PartOfTheWay { from: 0.5, to: 1.0 });
}
