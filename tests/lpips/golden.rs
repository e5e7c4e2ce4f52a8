//! Compares with the numbers of PyPI's `lpips` 0.1.4; `tests/data/lpips/README.md` says how they were made.

use burn_ndarray::NdArray;
use serde::Deserialize;

use super::{Autodiff, AutodiffBackend, Grad, images, lpips, norm, rows_and_gradient};

/// The distances between two batches of images, and the gradient of their sum with respect to the first.
#[derive(Deserialize)]
struct Golden {
    net: String,
    dims: [usize; 4],
    side: usize,
    rows: Vec<f64>,
    gradient_norm: f64,
    gradient_max: f64,
    stride: usize,
    gradient: Vec<f64>,
}

/// The largest difference, each divided by its unit.
fn worst(ours: &[f64], theirs: &[f64], unit: impl Fn(f64) -> f64) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let errors = ours.iter().zip(theirs).map(|(ours, theirs)| (ours - theirs).abs() / unit(*theirs));
    errors.fold(0.0, f64::max)
}

/// Asserts that the distances and the norm of the gradient agree to a relative error of `tolerance`, and the
/// gradient to `tolerance` times its largest value.
fn assert_agrees<B: AutodiffBackend>(net: &str, tolerance: f64) {
    let text = std::fs::read_to_string("tests/data/lpips/golden.json").unwrap();
    let all: Vec<Golden> = serde_json::from_str(&text).unwrap();
    let of_net: Vec<Golden> = all.into_iter().filter(|golden| golden.net == net).collect();
    assert_eq!(of_net.len(), 5);
    for golden in of_net {
        let loss = lpips::<B>(net).enlarged_to(golden.side).unwrap();
        let [a, b] = ["image.first", "image.second"].map(|name| images(name, golden.dims));
        let (rows, gradient) = rows_and_gradient(&loss, a, b);
        let sampled: Vec<f64> = gradient.iter().step_by(golden.stride).copied().collect();
        let errors = [
            worst(&rows, &golden.rows, |value| value),
            worst(&[norm(&gradient)], &[golden.gradient_norm], |value| value),
            worst(&sampled, &golden.gradient, |_| golden.gradient_max),
        ];
        let found = format!(
            "{net} {:?}, side {}: {}",
            golden.dims,
            golden.side,
            errors.map(|error| format!("{error:.1e}")).join(", ")
        );
        println!("{found}");
        assert!(errors.into_iter().all(|error| error < tolerance), "{found}");
    }
}

#[test]
fn alex_agrees() {
    assert_agrees::<Grad>("alex", 1e-5);
}

#[test]
fn vgg_agrees() {
    assert_agrees::<Grad>("vgg", 1e-5);
}

#[test]
fn squeeze_agrees() {
    assert_agrees::<Grad>("squeeze", 1e-5);
}

/// The reference was computed in `f64` too, so only its rounding to ten digits remains.
#[test]
fn in_double_precision_they_are_the_same() {
    assert_agrees::<Autodiff<NdArray<f64>>>("alex", 1e-9);
    assert_agrees::<Autodiff<NdArray<f64>>>("squeeze", 1e-9);
}
