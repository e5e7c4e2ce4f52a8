//! Why a loss was not finite.

use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};

use super::asked;
use crate::{Condition, Error, Flow, Loss, Pair, Weight, rows};

/// The first of the parts of a [`generalized_loss`](super::generalized_loss) whose numbers are not finite.
pub(super) fn cause<B, const D: usize, Y, F, L, W>(
    flow: &F,
    pair: Pair<B::InnerBackend, D, Y>,
    t: Tensor<B::InnerBackend, 1>,
    loss: &L,
    weight: &W,
) -> Result<(), Error>
where
    B: AutodiffBackend,
    Y: Condition,
    F: Flow<B, D, Y>,
    L: Loss<B, D, Y>,
    W: Weight,
{
    rows::check_finite("the data of the pairs", &pair.x0())?;
    rows::check_finite("the noise of the pairs", &pair.x1())?;
    let (x_t, pair, said) = asked::<B, D, Y, F>(flow, pair, t.clone());
    let losses = loss.rows(&said, &pair);
    let (velocity, plain) = (said.velocity().inner(), losses.clone().inner());
    // Frees what was recorded.
    drop(losses.sum().backward());
    rows::check_finite("the prediction of the flow", &velocity)?;
    numbers_are_finite("the loss of each row", &plain)?;
    numbers_are_finite("the weight of each row", &weight.weights(&x_t, &t, &plain))
}

fn numbers_are_finite<B: Backend>(what: &'static str, numbers: &Tensor<B, 1>) -> Result<(), Error> {
    rows::check_finite(what, &numbers.clone().unsqueeze_dim::<2>(1))
}
