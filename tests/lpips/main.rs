//! LPIPS against the numbers of PyPI's `lpips`, and its other promises.

mod golden;
mod loading;
mod weights;

use std::{path::PathBuf, sync::LazyLock};

use burn::tensor::{
    Tensor, TensorData,
    backend::{AutodiffBackend, Backend},
};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{
    Key, Loss, Pair, Prediction, Time,
    flow::{Answer, interpolate},
    flow_fn, generalized_loss,
    loss::{Blend, Lpips, Mse, Share},
    rows,
    time::IntoTime,
    weight::Constant,
};
use weights::{Weights, heads, numbers};

type Grad = Autodiff<Flex>;
type Images<B> = Tensor<B, 4>;

const NETS: [&str; 3] = ["alex", "vgg", "squeeze"];

/// The files of the trunks, in the order of [`NETS`].
static TRUNKS: LazyLock<[PathBuf; 3]> = LazyLock::new(|| {
    [Weights::alex().write("alex"), Weights::vgg().write("vgg"), Weights::squeeze().write("squeeze")]
});

fn lpips<B: Backend>(net: &str) -> Lpips<B> {
    let device = Default::default();
    let [alex, vgg, squeeze] = &*TRUNKS;
    let loaded = match net {
        "alex" => Lpips::alex(alex, heads(net), &device),
        "vgg" => Lpips::vgg(vgg, heads(net), &device),
        _ => Lpips::squeeze(squeeze, heads(net), &device),
    };
    loaded.unwrap()
}

/// Images whose values are computed from their name.
fn images<B: Backend>(name: &str, dims: [usize; 4]) -> Images<B> {
    let values = numbers(name, dims.iter().product(), 1.0);
    Tensor::from_data(TensorData::new(values, dims), &Default::default())
}

/// The loss of a network that is asked at `images` and predicts `images` as the data, where the data is `x0`.
fn rows_of<B: Backend>(
    loss: &impl Loss<B, 4>,
    images: Images<B>,
    x0: Images<B>,
    t: impl IntoTime<B>,
) -> Tensor<B, 1> {
    let t = t.into_time(&images);
    let said = Answer::new(images.clone(), t.clone(), Prediction::data(images.clone(), t.clone()));
    // The noise for which the images lie on the path: x_t = x0 + t (x1 - x0).
    let x1 = x0.clone() + (images.detach() - x0.clone()) / t.like();
    loss.rows(&said, &Pair::new(x0, x1).unwrap())
}

fn distance<B: Backend>(lpips: &Lpips<B>, a: Images<B>, b: Images<B>) -> Tensor<B, 1> {
    rows_of(lpips, a, b, 0.5)
}

/// The rows of a loss, and the gradient of their sum with respect to the first images.
fn rows_and_gradient<B: AutodiffBackend>(
    loss: &impl Loss<B, 4>,
    a: Images<B>,
    b: Images<B>,
) -> (Vec<f64>, Vec<f64>) {
    let a = a.require_grad();
    let rows = rows_of(loss, a.clone(), b, 0.5);
    let gradient = a.grad(&rows.clone().sum().backward()).unwrap();
    (rows::to_host(rows.inner()), rows::to_host(gradient))
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

#[test]
fn equal_images_have_no_distance_and_no_gradient() {
    for net in NETS {
        let x = images::<Grad>("image.first", [2, 3, 32, 32]);
        let (rows, gradient) = rows_and_gradient(&lpips(net), x.clone(), x);
        assert_eq!(rows, [0.0, 0.0]);
        assert!(gradient.iter().all(|&value| value == 0.0));
    }
}

#[test]
fn the_order_does_not_matter_and_the_data_gets_no_gradient() {
    let [a, b] = ["image.first", "image.second"].map(|name| images::<Grad>(name, [2, 3, 25, 25]));
    let lpips = lpips("squeeze");
    let there = distance(&lpips, a.clone(), b.clone()).into_data();
    assert_eq!(there, distance(&lpips, b.clone(), a.clone()).into_data());
    assert_eq!(there, lpips.between(a.clone(), b.clone()).into_data());
    let gradients = distance(&lpips, a.require_grad(), b.clone()).sum().backward();
    assert!(b.grad(&gradients).is_none());
}

#[test]
fn a_row_does_not_depend_on_its_batch() {
    let [a, b] = ["image.first", "image.second"].map(|name| images::<Flex>(name, [3, 1, 16, 20]));
    let lpips = lpips("squeeze");
    let all = rows::to_host(distance(&lpips, a.clone(), b.clone()));
    for (row, value) in all.into_iter().enumerate() {
        let alone = distance(&lpips, a.clone().narrow(0, row, 1), b.clone().narrow(0, row, 1));
        let alone = f64::from(alone.into_scalar());
        assert!((alone / value - 1.0).abs() < 1e-6, "{alone} and {value}");
    }
}

#[test]
fn grey_is_three_equal_channels_and_a_small_image_is_enlarged_by_nearest() {
    let lpips = lpips::<Flex>("squeeze");
    let [a, b] = ["image.first", "image.second"].map(|name| images::<Flex>(name, [2, 1, 9, 13]));
    let small = distance(&lpips, a.clone(), b.clone()).into_data();
    let coloured = |x: &Images<Flex>| x.clone().repeat_dim(1, 3);
    assert_eq!(small, distance(&lpips, coloured(&a), coloured(&b)).into_data());
    // 9 by 13 becomes 27 by 39, the smallest multiple with at least 25 rows. Row i comes from row i / 3, and
    // so do columns.
    let thrice = |count: i32| {
        let places: Vec<i32> = (0..3 * count).map(|i| i / 3).collect();
        Tensor::from_ints(places.as_slice(), &Default::default())
    };
    let enlarged = |x: Images<Flex>| x.select(2, thrice(9)).select(3, thrice(13));
    assert_eq!(small, distance(&lpips, enlarged(a), enlarged(b)).into_data());
}

#[test]
fn the_smallest_side_is_taken_and_a_smaller_one_refused() {
    for (net, smallest) in NETS.into_iter().zip([31, 16, 25]) {
        let x = images("image.first", [1, 3, smallest, smallest]);
        assert!(distance(&lpips::<Flex>(net), x.clone(), -x).into_scalar() > 0.0);
        let message = lpips::<Flex>(net).enlarged_to(smallest - 1).unwrap_err().to_string();
        assert!(message.ends_with(&format!("got {}", smallest - 1)), "{message}");
    }
}

#[test]
#[should_panic(expected = "1 or 3 channels and at least 1 by 1, got 2 channels of 32 by 40")]
fn two_channels_are_no_image() {
    let x = images::<Flex>("image.first", [1, 2, 32, 40]);
    let _ = distance(&lpips("squeeze"), x.clone(), x);
}

/// Where all features are zero, their norm has no derivative.
#[test]
fn dead_features_have_no_gradient() {
    let mut weights = Weights::squeeze();
    weights.0.get_mut("features.0.bias").unwrap().1.fill(-1e3);
    let lpips = Lpips::<Grad>::squeeze(weights.write("dead"), heads("squeeze"), &Default::default()).unwrap();
    let [a, b] = ["image.first", "image.second"].map(|name| images(name, [1, 3, 25, 25]));
    let (rows, gradient) = rows_and_gradient(&lpips, a, b);
    assert_eq!(rows, [0.0]);
    assert!(gradient.iter().all(|&value| value == 0.0));
}

/// The data is one of two equally likely images. Their mean minimises the squared error and every other loss
/// that Proposition 1 covers. LPIPS has a nonzero gradient there, and decreases along it.
#[test]
fn it_leaves_proposition_1() {
    let data = images::<Grad>("image.first", [2, 3, 32, 32]);
    let mean = data.clone().mean_dim(0);
    let twice = |x: Images<Grad>| x.repeat_dim(0, 2);
    // The norm of the sum of the two gradients, relative to the sum of their norms: 0 if they cancel, 1 if
    // they agree.
    let slope = |loss: &dyn Fn(Images<Grad>) -> Vec<f64>| {
        let gradient = loss(twice(mean.clone()));
        let (first, second) = gradient.split_at(gradient.len() / 2);
        let sum: Vec<f64> = first.iter().zip(second).map(|(a, b)| a + b).collect();
        (norm(&sum) / (norm(first) + norm(second)), sum)
    };
    let (of_mse, _) = slope(&|x| rows_and_gradient(&Mse, x, data.clone()).1);
    assert!(of_mse < 1e-6, "{of_mse}");
    for net in NETS {
        let lpips = lpips::<Grad>(net);
        let (of_lpips, way) = slope(&|x| rows_and_gradient(&lpips, x, data.clone()).1);
        let largest = way.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let way: Vec<f64> = way.iter().map(|value| value / largest).collect();
        let way = TensorData::new(way, [1, 3, 32, 32]).convert::<f32>();
        let way = Tensor::<Grad, 4>::from_data(way, &Default::default());
        let at = |step: f64| {
            let rows = distance(&lpips, twice(mean.clone() - way.clone() * step), data.clone());
            rows::to_host(rows).iter().sum::<f64>()
        };
        let fallen = [0.01, 0.03, 0.1, 0.3, 1.0].map(|step| at(step) / at(0.0));
        let least = fallen.into_iter().fold(f64::INFINITY, f64::min);
        println!("{net}: of MSE {of_mse:e} is left, of LPIPS {of_lpips}; it falls to {least} by {fallen:?}");
        assert!(of_lpips > 0.1, "{of_lpips}");
        assert!(least < 0.95, "{least}");
    }
}

/// Combined with Pseudo-Huber as in Lee et al., the gradient passes through the objective to the weight of a
/// flow.
#[test]
fn a_flow_learns_from_it() {
    let device = Default::default();
    let weight = Tensor::<Grad, 1>::from_floats([0.7], &device).require_grad();
    let flow = flow_fn(|x: Images<Grad>, _: Time<Grad>| x * weight.clone().unsqueeze());
    let noise = Key::new(3).normal::<Flex, 4>([2, 3, 8, 8], &device);
    let pair = Pair::new(images("image.first", [2, 3, 8, 8]), noise).unwrap();
    let times = [0.3_f32, 0.8];
    let t = Tensor::from_floats(times, &device);
    let loss = Blend::lpips_huber(lpips::<Grad>("squeeze"), 3 * 8 * 8).unwrap();
    let whole = generalized_loss(&flow, pair.clone(), t.clone(), &loss, &Constant).unwrap();
    let gradient = weight.grad(&whole.weighted.backward()).unwrap().into_scalar();
    assert!(gradient.is_finite() && gradient != 0.0, "{gradient}");

    // The second share applies only to the perceptual part.
    let x_t = interpolate(pair.x0(), pair.x1(), t.clone());
    let [x0, x_t] = [pair.x0(), x_t].map(Tensor::<Grad, 4>::from_inner);
    let t = Tensor::<Grad, 1>::from_inner(t);
    let perceptual = rows::to_host(rows_of(&lpips("squeeze"), x_t.clone(), x0.clone(), t.clone()));
    let both = rows::to_host(rows_of(&loss, x_t.clone(), x0.clone(), t.clone()));
    let divided = rows::to_host(rows_of(&loss.with_second_share(Share::inverse()), x_t, x0, t));
    for (row, t) in times.map(f64::from).into_iter().enumerate() {
        let expected = both[row] + perceptual[row] * (1.0 / t - 1.0);
        assert!((divided[row] - expected).abs() < 1e-6, "{} and {expected}", divided[row]);
    }
}
