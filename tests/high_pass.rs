//! The high-pass maps in `f64`: cosines as eigenvectors, the spectrum, the inverse, the gradient, and all
//! ranks.

use std::f64::consts::PI;

use burn::tensor::{Tensor, TensorData};
use burn_autodiff::Autodiff;
use proptest::prelude::*;
use reflow::{
    Key, LinearMap,
    loss::{Filter, HighPass, IdealCut, InvertibleMap, Laplacian, UnsharpMask},
    rows::{flatten, to_host},
};

type F64 = burn_ndarray::NdArray<f64>;

const SIDES: [[usize; 2]; 6] = [[1, 1], [1, 7], [5, 1], [2, 2], [5, 7], [12, 9]];
const SIGMAS: [f64; 5] = [0.05, 0.5, 1.5, 7.0, 300.0];

fn mask(sigma: f64) -> UnsharpMask {
    UnsharpMask::new(sigma).unwrap()
}

fn phi<F>(lambda: f64, filter: F) -> HighPass<F> {
    HighPass::new(lambda).unwrap().with_filter(filter)
}

fn frequencies([height, width]: [usize; 2]) -> impl Iterator<Item = [usize; 2]> {
    (0..height * width).map(move |at| [at / width, at % width])
}

/// A product of cosines along both axes of a mirrored grid.
fn wave([k, l]: [usize; 2], sides: [usize; 2]) -> Tensor<F64, 4> {
    let along = |k: usize, i: usize, n: usize| (PI * k as f64 * (i as f64 + 0.5) / n as f64).cos();
    let values: Vec<f64> =
        frequencies(sides).map(|[i, j]| along(k, i, sides[0]) * along(l, j, sides[1])).collect();
    Tensor::from_data(TensorData::new(values, [1, 1, sides[0], sides[1]]), &Default::default())
}

fn gap<const D: usize>(a: Tensor<F64, D>, b: Tensor<F64, D>) -> f64 {
    to_host(a - b).into_iter().map(f64::abs).fold(0.0, f64::max)
}

/// The factor by which the blur scales a wave along one axis, by definition, with the full kernel.
fn gain(sigma: f64, k: usize, n: usize) -> f64 {
    let pixels = || (1..).map(f64::from).take_while(|j| *j <= (6.0 * sigma).ceil());
    let weight = |j: f64| (-0.5 * (j / sigma).powi(2)).exp();
    let wave: f64 = pixels().map(|j| 2.0 * weight(j) * (PI * k as f64 * j / n as f64).cos()).sum();
    let flat: f64 = pixels().map(|j| 2.0 * weight(j)).sum();
    (1.0 + wave) / (1.0 + flat)
}

#[test]
fn cosines_are_eigenvectors() {
    fn check(filter: impl Filter + Copy) {
        for sides in SIDES {
            for k in frequencies(sides) {
                let eigenvalue = (1.0 + 3.0 * filter.eigenvalue(k, sides)) / 4.0;
                let x = wave(k, sides);
                let image = phi(3.0, filter).apply(x.clone());
                assert!(gap(image, x.clone() * eigenvalue) < 1e-12, "{k:?} on {sides:?}");
                let frames: Tensor<F64, 5> = x.unsqueeze_dim::<5>(2).repeat_dim(2, 3);
                let mapped = phi(3.0, filter).apply(frames.clone());
                assert!(gap(mapped, frames * eigenvalue) < 1e-12, "{k:?} in frames of {sides:?}");
            }
        }
    }
    check(Laplacian);
    check(IdealCut::default());
    check(IdealCut::new(0.4).unwrap());
    for sigma in SIGMAS {
        check(mask(sigma));
    }
}

#[test]
fn spectra_lie_where_they_are_said_to() {
    for sides in SIDES {
        for k in frequencies(sides) {
            let flat = k == [0, 0];
            let eigenvalue = Laplacian.eigenvalue(k, sides);
            assert!((0.0..1.0).contains(&eigenvalue) && (eigenvalue == 0.0) == flat);
            let [a, b] = [0, 1].map(|axis| k[axis] as f64 / sides[axis] as f64);
            let axes = if sides.contains(&1) { 1.0 } else { 2.0 };
            let low = a * a + b * b <= 0.3 * 0.3 * axes;
            assert_eq!(IdealCut::new(0.3).unwrap().eigenvalue(k, sides), if low { 0.0 } else { 1.0 });
            for sigma in SIGMAS {
                let eigenvalue = mask(sigma).eigenvalue(k, sides);
                assert!((0.0..=1.0 + 1e-8).contains(&eigenvalue), "{eigenvalue} for {sigma} at {k:?}");
                assert!((eigenvalue == 0.0) == flat);
            }
        }
    }
}

#[test]
fn the_masks_spectrum_is_one_less_a_gaussian() {
    for sigma in SIGMAS {
        for sides in SIDES {
            for k in frequencies(sides) {
                let expected = 1.0 - gain(sigma, k[0], sides[0]) * gain(sigma, k[1], sides[1]);
                assert!((mask(sigma).eigenvalue(k, sides) - expected).abs() < 1e-12);
            }
        }
    }
    // If pixels are small relative to the blur, its gain is that of the continuous blur.
    for k in 0..64 {
        let gaussian = (-0.5 * (2.0 * PI * k as f64 / 64.0).powi(2)).exp();
        assert!((mask(2.0).eigenvalue([0, k], [1, 64]) - (1.0 - gaussian)).abs() < 1e-7);
    }
}

#[test]
fn a_flat_image_keeps_one_part_in_one_plus_lambda() {
    for [height, width] in SIDES {
        let x = Tensor::<F64, 4>::full([2, 3, height, width], 2.5, &Default::default());
        let left = x.clone() / 101.0;
        assert!(gap(phi(100.0, Laplacian).apply(x.clone()), left.clone()) < 1e-12);
        assert!(gap(phi(100.0, IdealCut::default()).apply(x.clone()), left.clone()) < 1e-12);
        for sigma in SIGMAS {
            assert!(gap(phi(100.0, mask(sigma)).apply(x.clone()), left.clone()) < 1e-12);
        }
    }
}

/// Maps rows of another rank forward and back, and returns the gap to mapping the same values as images.
fn gap_to_images<const D: usize>(
    phi: &(impl InvertibleMap<F64, D> + InvertibleMap<F64, 4>),
    x: Tensor<F64, D>,
    images: [usize; 4],
) -> f64 {
    let (dims, as_images) = (x.dims(), x.clone().reshape(images));
    let applied = gap(phi.apply(x.clone()), phi.apply(as_images.clone()).reshape(dims));
    applied.max(gap(phi.invert(x), phi.invert(as_images).reshape(dims)))
}

#[test]
fn rows_of_every_rank_are_mapped_as_images() {
    fn check(phi: HighPass<impl Filter + Copy>) {
        for [height, width] in SIDES {
            let (key, device) = (Key::new(6), Default::default());
            let signals: Tensor<F64, 3> = key.normal([2, 3, width], &device);
            assert_eq!(gap_to_images(&phi, signals, [2, 3, 1, width]), 0.0);
            // A video is mapped frame by frame.
            let videos: Tensor<F64, 5> = key.normal([2, 3, 4, height, width], &device);
            assert_eq!(gap_to_images(&phi, videos, [2, 12, height, width]), 0.0);
            let flat: Tensor<F64, 2> = key.normal([2, 3 * height * width], &device);
            let images = flat.clone().reshape([2, 3, height, width]);
            let on_grid = phi.on_grid([height, width]).unwrap();
            assert_eq!(gap(on_grid.apply(flat.clone()), flatten(phi.apply(images.clone()))), 0.0);
            assert_eq!(gap(on_grid.invert(flat), flatten(phi.invert(images))), 0.0);
        }
    }
    check(phi(3.0, Laplacian));
    check(phi(3.0, IdealCut::default()));
    for sigma in SIGMAS {
        check(phi(3.0, mask(sigma)));
    }
}

/// The largest gap between the gradient of `|map(x)|^2` and its central differences, which are exact for a
/// quadratic.
fn gradient_gap(
    sides: [usize; 2],
    map: impl Fn(Tensor<Autodiff<F64>, 4>) -> Tensor<Autodiff<F64>, 4>,
) -> f64 {
    let dims = [1, 2, sides[0], sides[1]];
    let at: Tensor<F64, 4> = Key::new(4).normal(dims, &Default::default());
    let square = |x: Tensor<Autodiff<F64>, 4>| map(x).square().sum();
    let x = Tensor::from_inner(at.clone()).require_grad();
    let gradient = to_host(x.grad(&square(x.clone()).backward()).unwrap());
    let gap_of = |entry: usize| {
        let mut way = vec![0.0; gradient.len()];
        way[entry] = 0.5;
        let way = Tensor::<F64, 4>::from_data(TensorData::new(way, dims), &Default::default());
        let value = |x: Tensor<F64, 4>| square(Tensor::from_inner(x)).inner().into_scalar();
        (gradient[entry] - (value(at.clone() + way.clone()) - value(at.clone() - way))).abs()
    };
    (0..gradient.len()).map(gap_of).fold(0.0, f64::max)
}

#[test]
fn gradients_are_differences() {
    fn check(phi: HighPass<impl Filter>) {
        for sides in [[1, 1], [1, 2], [3, 1], [2, 2], [3, 4]] {
            assert!(gradient_gap(sides, |x| phi.apply(x)) < 1e-10);
            assert!(gradient_gap(sides, |x| phi.invert(x)) < 1e-10);
        }
    }
    check(phi(5.0, Laplacian));
    check(phi(5.0, IdealCut::new(0.3).unwrap()));
    for sigma in SIGMAS {
        check(phi(5.0, mask(sigma)));
    }
}

fn there_and_back<const D: usize>(
    phi: &impl InvertibleMap<F64, D>,
    x: &Tensor<F64, D>,
) -> Result<(), TestCaseError> {
    prop_assert!(gap(phi.invert(phi.apply(x.clone())), x.clone()) < 1e-10);
    prop_assert!(gap(phi.apply(phi.invert(x.clone())), x.clone()) < 1e-10);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_inverse_undoes_the_map(
        height in 1..=20_usize,
        width in 1..=20_usize,
        channels in 1..=3_usize,
        lambda in 0.0..1000.0_f64,
        sigma in 0.1..30.0_f64,
        cutoff in 0.0..0.9_f64,
        seed: u64,
    ) {
        let key = Key::new(seed);
        let videos: Tensor<F64, 5> = key.normal([2, channels, 2, height, width], &Default::default());
        let images: Tensor<F64, 4> = key.normal([2, channels, height, width], &Default::default());
        let signals: Tensor<F64, 3> = key.normal([2, channels, width], &Default::default());
        let flat: Tensor<F64, 2> = key.normal([2, channels * height * width], &Default::default());
        let (laplacian, masked) = (phi(lambda, Laplacian), phi(lambda, mask(sigma)));
        let cut = phi(lambda, IdealCut::new(cutoff).unwrap());
        there_and_back(&cut, &videos)?;
        there_and_back(&cut, &images)?;
        there_and_back(&cut, &signals)?;
        there_and_back(&cut.on_grid([height, width]).unwrap(), &flat)?;
        there_and_back(&laplacian, &videos)?;
        there_and_back(&masked, &videos)?;
        there_and_back(&laplacian, &images)?;
        there_and_back(&masked, &images)?;
        there_and_back(&laplacian, &signals)?;
        there_and_back(&masked, &signals)?;
        there_and_back(&laplacian.on_grid([height, width]).unwrap(), &flat)?;
        there_and_back(&masked.on_grid([height, width]).unwrap(), &flat)?;
    }
}
