//! `weight::Normalized` and the proposition: its weight depends on `x0`, not only on `x_t` and `t`.
//!
//! Normalised by the loss of the cell, `E[loss | x_t]`, it satisfies the proposition. Normalised by the loss
//! of the sample, its gradient is that of `E log(loss)`, whose minimum is at a likely data point rather than
//! at the mean. If each `x_t` has a single `x0`, as in a rectified coupling, the two are the same.

use burn::tensor::{Tensor, backend::Backend};
use proptest::prelude::*;
use reflow::{
    Loss, Pair, Weight,
    flow::Answer,
    loss::Mapped,
    rows,
    weight::{Constant, Normalized},
};

use crate::{
    Train,
    holds::Case,
    joint::{Joint, Meetings, off_zero},
    map::Phi,
    objective::{Objective, add, dot, norm, row_norms, subtract, upload},
};

const EPSILON: f64 = 1e-6;

fn normalized() -> Normalized {
    Normalized::new(EPSILON).unwrap()
}

/// One over the expected loss of the cell.
struct OfCell<'a>(&'a Joint);

impl Weight for OfCell<'_> {
    fn weights<B: Backend, const D: usize>(
        &self,
        x_t: &Tensor<B, D>,
        t: &Tensor<B, 1>,
        losses: &Tensor<B, 1>,
    ) -> Tensor<B, 1> {
        let mut sums = vec![(0.0, 0.0); self.0.cells];
        for (((_, pair), &cell), loss) in self.0.atoms().zip(&self.0.cell).zip(rows::to_host(losses.clone()))
        {
            sums[cell].0 += self.0.pairs[pair] * loss;
            sums[cell].1 += self.0.pairs[pair];
        }
        let means: Vec<f64> = self.0.cell.iter().map(|&cell| sums[cell].0 / sums[cell].1).collect();
        normalized().weights(x_t, t, &upload(&means))
    }
}

/// `log(loss + epsilon)`.
struct Log(Mapped<Phi>);

impl Loss<Train> for Log {
    fn rows(&self, said: &Answer<Train>, pair: &Pair<Train>) -> Tensor<Train, 1> {
        (self.0.rows(said, pair) + EPSILON).log()
    }
}

fn with_weight<W: Weight>(case: &Case, weight: W) -> Objective<'_, Mapped<Phi>, W> {
    let Objective { joint, times, loss, .. } = case.generalised();
    Objective { joint, times, loss, weight }
}

/// Asserts that the gradient vanishes at the conditional means and points away from them elsewhere, in every
/// cell.
fn is_right(
    case: &Case,
    loss: &Objective<'_, Mapped<Phi>, impl Weight>,
    way: &[f64],
) -> Result<(), TestCaseError> {
    let (means, dim) = (case.joint.means(), case.joint.dim);
    let gradient = loss.gradient(&add(&means, way, 1.0));
    prop_assert!(norm(&loss.gradient(&means)) < 1e-9 * norm(&gradient));
    for (gradient, way) in gradient.chunks(dim).zip(way.chunks(dim)) {
        prop_assert!(dot(gradient, way) > 1e-3 * norm(gradient) * norm(way));
    }
    Ok(())
}

fn sides() -> impl Strategy<Value = [usize; 2]> {
    [1..=3_usize, 1..=2_usize]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn by_cell_it_is_a_weight_of_the_proposition(seed: u64, sides in sides()) {
        let mut case = Case::draw(seed, sides, Meetings::Scattered);
        let way = off_zero(&mut case.rng, case.joint.cells * case.joint.dim);
        is_right(&case, &with_weight(&case, OfCell(&case.joint)), &way)?;
    }

    #[test]
    fn by_sample_it_is_one_where_each_point_has_one_datum(seed: u64, sides in sides()) {
        let mut case = Case::draw(seed, sides, Meetings::Alone);
        let way = off_zero(&mut case.rng, case.joint.cells * case.joint.dim);
        is_right(&case, &with_weight(&case, normalized()), &way)?;
    }

    #[test]
    fn by_sample_its_gradient_is_that_of_the_mean_log_loss(seed: u64, sides in sides()) {
        let mut case = Case::draw(seed, sides, Meetings::Scattered);
        let model = add(&case.joint.means(), &off_zero(&mut case.rng, case.joint.cells * case.joint.dim), 1.0);
        let of_log = log_loss(&case).gradient(&model);
        let gap = norm(&subtract(&with_weight(&case, normalized()).gradient(&model), &of_log));
        prop_assert!(gap < 1e-12 * norm(&of_log), "{gap}");
    }

    /// The control: where pairs meet, the minimiser moves from the mean to the likeliest data point.
    #[test]
    fn by_sample_it_moves_the_minimiser_where_pairs_meet(seed: u64, sides in sides()) {
        let case = Case::draw(seed, sides, Meetings::Skewed);
        let (means, dim) = (case.joint.means(), case.joint.dim);
        let gradient = row_norms(&with_weight(&case, normalized()).gradient(&means), dim);
        let met = case.joint.met();
        prop_assert!(met.iter().all(|&cell| gradient[cell] > 1e-3), "{gradient:?}");

        let loss = log_loss(&case);
        let likeliest: Vec<f64> = case.joint.data_by_cell().iter().flat_map(|data| data[0].0.to_vec()).collect();
        let (at_means, at_likeliest) = (loss.value(&means), loss.value(&likeliest));
        prop_assert!(at_likeliest < at_means - 0.5, "{at_likeliest} and {at_means}");
    }
}

fn log_loss(case: &Case) -> Objective<'_, Log, Constant> {
    let Objective { joint, times, loss, .. } = case.generalised();
    Objective { joint, times, loss: Log(loss), weight: Constant }
}
