use burn::tensor::{Tensor, backend::AutodiffBackend};
use reflow::{
    Flow, FlowExt, Key, LinearMap, Loss, Pair, Prediction, Time, generalized_loss,
    loss::{Distance, Filter, HighPass, InvertibleMap, Mapped, Mse, UnsharpMask},
    rows,
    weight::{Constant, Normalized, Power},
};

use super::{In, gap, values};

/// A flow with one weight: `v(x, t) = w x`.
struct Scaled<B: AutodiffBackend> {
    w: Tensor<B, 1>,
}

impl<B: AutodiffBackend> Flow<B> for Scaled<B> {
    fn predict(&self, x: Tensor<B, 2>, _: Time<B>, (): ()) -> Prediction<B> {
        Prediction::velocity(x * self.w.clone().unsqueeze())
    }
}

fn batch<B: AutodiffBackend>() -> (Pair<In<B>>, Tensor<In<B>, 1>) {
    let device = Default::default();
    let normal = |purpose: &str| Key::new(1).fork(purpose).normal([16, 5], &device);
    let t: Vec<f32> = (1..=16).map(|i| i as f32 / 17.0).collect();
    (Pair::new(normal("data"), normal("noise")).unwrap(), Tensor::from_floats(t.as_slice(), &device))
}

fn scaled<B: AutodiffBackend>() -> Scaled<B> {
    Scaled { w: Tensor::from_floats([0.7], &Default::default()).require_grad() }
}

pub fn flow_matching_is_the_generalized_loss<B: AutodiffBackend>() {
    let (pair, t) = batch::<B>();
    let flow = scaled::<B>();
    let generalized = generalized_loss(&flow, pair.clone(), t.clone(), &Mse, &Power::default()).unwrap();
    let x_t = pair.x0() + rows::scale(pair.x1() - pair.x0(), t);
    let plain = (pair.x1() - pair.x0() - x_t * 0.7).square().mean();
    assert!(gap(generalized.weighted.inner(), plain) < 1e-5);
}

pub fn the_unweighted_loss_is_the_one_of_a_constant_weight<B: AutodiffBackend>() {
    let (pair, t) = batch::<B>();
    let flow = scaled::<B>();
    let constant = generalized_loss(&flow, pair.clone(), t.clone(), &Mse, &Constant).unwrap();
    assert_eq!(gap(constant.weighted.inner(), constant.unweighted.clone()), 0.0);
    let power = generalized_loss(&flow, pair, t, &Mse, &Power::default()).unwrap();
    assert_eq!(gap(power.unweighted.clone(), constant.unweighted), 0.0);
    assert!(gap(power.weighted.inner(), power.unweighted) > 0.1);
}

pub fn a_normalized_weight_has_no_gradient<B: AutodiffBackend>() {
    let (pair, t) = batch::<B>();
    let gradient = |loss: Tensor<B, 1>, flow: &Scaled<B>| values(flow.w.grad(&loss.backward()).unwrap())[0];

    let flow = scaled::<B>();
    let weight = Normalized::new(1e-12).unwrap();
    let normalized = generalized_loss(&flow, pair.clone(), t.clone(), &Mse, &weight).unwrap().weighted;
    assert!((values(normalized.clone().inner())[0] - 1.0).abs() < 1e-5);
    let of_normalized = gradient(normalized, &flow);

    let flow = scaled::<B>();
    let x_t = pair.x0() + rows::scale(pair.x1() - pair.x0(), t.clone());
    let said = flow.ask(Tensor::from_inner(x_t), Tensor::<B, 1>::from_inner(t), ());
    let log = Mse.rows(&said, &Pair::<B>::from_inner(pair)).log().mean();
    let of_log = gradient(log, &flow);
    assert!((of_normalized - of_log).abs() < 1e-4 * of_log.abs(), "{of_normalized} and {of_log}");
}

/// Compares the gradient of `|map(x)|^2` with a central difference, which is exact for any step because the
/// function is quadratic.
fn slope_is_a_difference<B: AutodiffBackend>(sides: [usize; 2], map: impl Fn(Tensor<B, 4>) -> Tensor<B, 4>) {
    let image = |purpose: &str| {
        Key::new(2).fork(purpose).normal::<In<B>, 4>([2, 3, sides[0], sides[1]], &Default::default())
    };
    let square = |x: Tensor<B, 4>| map(x).square().sum();
    let value = |x: Tensor<In<B>, 4>| values(square(Tensor::from_inner(x)).inner())[0];
    let (at, way) = (image("at"), image("way"));
    let x = Tensor::<B, 4>::from_inner(at.clone()).require_grad();
    let gradient = x.grad(&square(x.clone()).backward()).unwrap();
    let slope = values((gradient.clone() * way.clone()).sum())[0];
    let difference = (value(at.clone() + way.clone()) - value(at - way.clone())) / 2.0;
    let size = values(gradient.square().sum() * way.square().sum())[0].sqrt();
    assert!((slope - difference).abs() < 1e-5 * size, "{slope} and {difference} at {sides:?}");
}

pub fn high_pass_is_differentiable<B: AutodiffBackend>() {
    fn check<B: AutodiffBackend>(phi: HighPass<impl Filter>) {
        for sides in [[1, 1], [1, 2], [3, 1], [2, 2], [4, 5], [9, 8]] {
            slope_is_a_difference::<B>(sides, |x| phi.apply(x));
            slope_is_a_difference::<B>(sides, |x| phi.invert(x));
        }
    }
    let phi = HighPass::new(3.0).unwrap();
    check::<B>(phi);
    for sigma in [0.7, 4.0] {
        check::<B>(phi.with_filter(UnsharpMask::new(sigma).unwrap()));
    }
}

/// In `f32` and with `lambda = 10`, the round trip keeps five digits; rounding grows with `1 + lambda`.
pub fn high_pass_is_undone<B: AutodiffBackend>() {
    let x: Tensor<In<B>, 4> = Key::new(3).normal([2, 3, 13, 20], &Default::default());
    let phi = HighPass::new(10.0).unwrap();
    assert!(gap(phi.invert(phi.apply(x.clone())), x.clone()) < 1e-5);
    let phi = phi.with_filter(UnsharpMask::new(2.0).unwrap());
    assert!(gap(phi.invert(phi.apply(x.clone())), x.clone()) < 1e-5);
    assert!(gap(phi.apply(phi.invert(x.clone())), x) < 1e-5);
}

pub fn images_of_one_pixel_have_nothing_to_pass<B: AutodiffBackend>() {
    let (pair, t) = batch::<B>();
    let pixels = Mapped::new(HighPass::new(3.0).unwrap().on_grid([1, 1]).unwrap());
    let mapped = generalized_loss(&scaled::<B>(), pair.clone(), t.clone(), &pixels, &Constant).unwrap();
    let plain = generalized_loss(&scaled::<B>(), pair, t, &Mse, &Constant).unwrap();
    // One part in 1 + lambda is kept of every pixel, and the loss is square.
    assert!(
        gap(mapped.weighted.inner() * 16.0, plain.weighted.inner()) < 1e-5,
        "the mapped loss is the plain one"
    );
}

pub fn flat_rows_on_a_grid_have_the_loss_of_their_images<B: AutodiffBackend>() {
    let image = |purpose: &str| -> Tensor<In<B>, 4> {
        Key::new(4).fork(purpose).normal([5, 2, 3, 4], &Default::default())
    };
    let (a, b) = (image("a"), image("b"));
    let phi = HighPass::new(3.0).unwrap();
    let of_images = Mapped::new(phi).between(a.clone(), b.clone());
    let of_rows =
        Mapped::new(phi.on_grid([3, 4]).unwrap()).between(rows::flatten(a.clone()), rows::flatten(b.clone()));
    assert!(gap(of_images.clone(), of_rows) < 1e-5);
    assert!(gap(of_images, Mse.between(a, b)) > 0.1, "the map does something");
}
