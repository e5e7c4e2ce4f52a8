use burn::tensor::{Tensor, backend::AutodiffBackend};
use reflow::{
    Flow, Loss, Pair, Rng, generalized_loss,
    loss::{HighPass, Mapped, Mse},
    rows,
    weight::{Constant, Normalized, Power},
};

use super::{gap, values};

type In<B> = <B as AutodiffBackend>::InnerBackend;

/// A flow with one weight: `v(x, t) = w x`.
struct Scaled<B: AutodiffBackend> {
    w: Tensor<B, 1>,
}

impl<B: AutodiffBackend> Flow<B> for Scaled<B> {
    fn velocity(&self, x: Tensor<B, 2>, _: Tensor<B, 1>) -> Tensor<B, 2> {
        x * self.w.clone().unsqueeze()
    }
}

fn batch<B: AutodiffBackend>() -> (Pair<In<B>>, Tensor<In<B>, 1>) {
    let device = Default::default();
    let normal = |purpose: &str| Rng::new(1).fork(purpose).normal([16, 5], &device);
    let t: Vec<f32> = (1..=16).map(|i| i as f32 / 17.0).collect();
    (Pair::new(normal("data"), normal("noise")).unwrap(), Tensor::from_floats(t.as_slice(), &device))
}

fn scaled<B: AutodiffBackend>() -> Scaled<B> {
    Scaled { w: Tensor::from_floats([0.7], &Default::default()).require_grad() }
}

pub fn flow_matching_is_the_generalized_loss<B: AutodiffBackend>() {
    let (pair, t) = batch::<B>();
    let flow = scaled::<B>();
    let generalized = generalized_loss(&flow, pair.clone(), t.clone(), &Mse, &Power::default());
    let x_t = pair.x0() + rows::scale(pair.x1() - pair.x0(), t);
    let plain = (pair.x1() - pair.x0() - x_t * 0.7).square().mean();
    assert!(gap(generalized.inner(), plain) < 1e-5);
}

pub fn a_normalized_weight_has_no_gradient<B: AutodiffBackend>() {
    let (pair, t) = batch::<B>();
    let gradient = |loss: Tensor<B, 1>, flow: &Scaled<B>| values(flow.w.grad(&loss.backward()).unwrap())[0];

    let flow = scaled::<B>();
    let weight = Normalized::new(1e-12).unwrap();
    let normalized = generalized_loss(&flow, pair.clone(), t.clone(), &Mse, &weight);
    assert!((values(normalized.clone().inner())[0] - 1.0).abs() < 1e-5);
    let of_normalized = gradient(normalized, &flow);

    let flow = scaled::<B>();
    let x_t = pair.x0() + rows::scale(pair.x1() - pair.x0(), t.clone());
    let t = Tensor::from_inner(t);
    let denoised = flow.denoise(Tensor::from_inner(x_t), t.clone());
    let log = Mse.rows(denoised, Tensor::from_inner(pair.x0()), &t).log().mean();
    let of_log = gradient(log, &flow);
    assert!((of_normalized - of_log).abs() < 1e-4 * of_log.abs(), "{of_normalized} and {of_log}");
}

pub fn high_pass_is_differentiable<B: AutodiffBackend>() {
    let device = Default::default();
    let image = |purpose: &str| Rng::new(2).fork(purpose).normal::<In<B>, 4>([2, 3, 4, 5], &device);
    let x0 = Tensor::<B, 4>::from_inner(image("x0"));
    let loss = Mapped::new(HighPass::new(3.0).unwrap());
    let sum = |x: Tensor<B, 4>| loss.rows(x, x0.clone(), &Tensor::ones([2], &device)).sum();
    let value = |x: Tensor<In<B>, 4>| values(sum(Tensor::from_inner(x)).inner())[0];
    let x = Tensor::<B, 4>::from_inner(image("x")).require_grad();
    let gradient = x.grad(&sum(x.clone()).backward()).unwrap();
    let way = image("way");
    let slope = values((gradient * way.clone()).sum())[0];
    let step = 1e-2;
    let ahead = value(x.clone().inner() + way.clone() * step);
    let behind = value(x.inner() - way * step);
    let difference = (ahead - behind) / (2.0 * step);
    assert!((slope - difference).abs() < 1e-2 * slope.abs(), "{slope} and {difference}");

    // Constant weights leave the mapped loss as it is.
    let (pair, t) = batch::<B>();
    let flat = Mapped::new(HighPass::new(3.0).unwrap());
    let mapped = generalized_loss(&scaled::<B>(), pair.clone(), t.clone(), &flat, &Constant);
    let plain = generalized_loss(&scaled::<B>(), pair, t, &Mse, &Constant);
    assert!(gap(mapped.inner(), plain.inner()) < 1e-6, "rows of rank 2 have nothing to pass");
}
