use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};
use reflow::{
    Condition, Key, Labels, Loss, Pair, Prediction,
    condition::Mask,
    flow::Answer,
    loss::{Distance, InVelocity, Masked, Mse},
    time::IntoTime,
};

use super::{In, gap, values};

fn normal<B: Backend>(purpose: &str) -> Tensor<B, 2> {
    Key::new(6).fork(purpose).normal([6, 4], &Default::default())
}

/// A mask that is different in every row.
fn mask<B: Backend>() -> Tensor<B, 2> {
    let rows = [[1, 1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 1, 0], [1, 1, 1, 1], [0, 1, 1, 1]];
    Tensor::<B, 2, Int>::from_ints(rows, &Default::default()).float()
}

/// The answer of a flow that predicts this velocity, and the pair it was asked about.
fn asked<B: Backend>(x0: Tensor<B, 2>, v: Tensor<B, 2>) -> (Answer<B, 2>, Pair<B, 2, Mask>) {
    let x1 = normal("noise");
    let x = x0.clone() * 0.25 + x1.clone() * 0.75;
    let t = 0.75.into_time(&x);
    (Answer::new(x, t, Prediction::velocity(v)), Pair::with_conditions(x0, x1, mask()).unwrap())
}

pub fn values_outside_a_mask_have_no_effect_on_a_loss<B: AutodiffBackend>() {
    fn check<B: Backend>(loss: impl Loss<B, 2, Mask>) {
        let outside = mask::<B>().neg() + 1.0;
        let (x0, v) = (normal::<B>("data"), normal::<B>("velocity"));
        let (said, pair) = asked(x0.clone(), v.clone());
        let plain = loss.rows(&said, &pair);
        let (said, pair) = asked(x0.clone() + outside.clone() * 1e6, v.clone() - outside * 1e5);
        assert_eq!(gap(loss.rows(&said, &pair), plain.clone()), 0.0);
        let (said, pair) = asked(x0 + mask::<B>(), v);
        assert!(values(loss.rows(&said, &pair) - plain).iter().all(|change| change.abs() > 1e-3));
    }
    check::<In<B>>(Masked::new(Mse));
    check::<In<B>>(Masked::new(InVelocity::new(Mse)));
}

pub fn values_outside_a_mask_have_no_gradient<B: AutodiffBackend>() {
    let v = normal::<B>("velocity").require_grad();
    let (said, pair) = asked(normal("data"), v.clone());
    let gradient = v.grad(&Masked::new(Mse).rows(&said, &pair).sum().backward()).unwrap();
    let inside = values(mask::<In<B>>());
    assert!(values(gradient).iter().zip(inside).all(|(slope, inside)| (*slope != 0.0) == (inside == 1.0)));
}

pub fn a_masked_mean_is_the_mean_of_what_counts<B: AutodiffBackend>() {
    let (said, pair) = asked(normal::<In<B>>("data"), normal("velocity"));
    let losses = Masked::new(Mse).rows(&said, &pair);
    let first = |x: Tensor<In<B>, 2>| x.narrow(0, 0, 1).narrow(1, 0, 2);
    let expected = Mse.between(first(said.data()), first(pair.x0()));
    assert!(gap(losses.clone().narrow(0, 0, 1), expected) < 1e-6);
    let whole = Mse.rows(&said, &pair);
    assert!(gap(losses.narrow(0, 4, 1), whole.narrow(0, 4, 1)) < 1e-6, "where all counts it is the loss");
}

pub fn a_row_of_which_nothing_counts_has_no_loss<B: AutodiffBackend>() {
    let x = normal::<In<B>>("data");
    let pair = Pair::<_, 2, Mask>::with_conditions(x.clone(), x.clone(), x.zeros_like()).unwrap();
    let said = Answer::new(x.clone(), 0.5.into_time(&x), Prediction::velocity(x + 1.0));
    assert_eq!(values(Masked::new(Mse).rows(&said, &pair)), [0.0; 6]);
}

/// Sequences of three vectors, the last of which is padding.
pub fn a_mask_of_lower_rank_holds_for_the_last_axes<B: AutodiffBackend>() {
    type Padded = (Labels, Mask<2>);
    fn padded<B: Backend>(x: &Tensor<B, 3>) -> <Padded as Condition>::Rows<B> {
        let mask = Tensor::<B, 2>::from_floats([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]], &x.device());
        (Tensor::from_ints([7, 8], &x.device()), mask)
    }
    let sequences = |purpose: &str| -> Tensor<In<B>, 3> {
        Key::new(7).fork(purpose).normal([2, 3, 5], &Default::default())
    };
    let (x0, d) = (sequences("data"), sequences("denoised"));
    let y = padded(&x0);
    let pair = Pair::<_, 3, Padded>::with_conditions(x0.clone(), x0.clone(), y).unwrap();
    let t = 0.5.into_time(&x0);
    let said = Answer::new(x0.clone(), t.clone(), Prediction::data(d.clone(), t));
    let expected = Mse.between(d.narrow(1, 0, 2), x0.narrow(1, 0, 2));
    assert!(gap(Masked::new(Mse).rows(&said, &pair), expected) < 1e-6);
}
