//! Proposition 1 holds.

use proptest::prelude::*;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use reflow::{
    Key,
    loss::{Mapped, Mse},
    weight::Power,
};

use crate::{
    joint::{Joint, Meetings, normal, off_zero},
    map::Phi,
    objective::{ByCell, Objective, add, largest, norm, row_norms, subtract},
};

/// A joint distribution with random positive weights, with its generalised and its plain loss.
pub struct Case {
    pub joint: Joint,
    pub phi: Phi,
    /// The weight of each cell.
    pub weights: Vec<f64>,
    /// The generator for further draws.
    pub rng: ChaCha8Rng,
}

impl Case {
    pub fn draw(seed: u64, sides: [usize; 2], meetings: Meetings) -> Self {
        let mut rng = Key::new(seed).generator();
        let joint = Joint::draw(&mut rng, sides[0] * sides[1], meetings);
        let phi = Phi::draw(&mut rng, sides);
        let weights = (0..joint.cells).map(|_| rng.random_range(0.2..5.0)).collect();
        Self { joint, phi, weights, rng }
    }

    pub fn generalised(&self) -> Objective<'_, Mapped<Phi>, ByCell> {
        Objective {
            joint: &self.joint,
            times: &self.joint.times,
            loss: Mapped::new(self.phi.clone()),
            weight: ByCell::new(&self.joint, &self.weights),
        }
    }

    /// Flow matching: uniform times, weight `t^-2`, squared error.
    pub fn plain(&self) -> Objective<'_, Mse, Power> {
        Objective { joint: &self.joint, times: &[1.0 / 3.0; 3], loss: Mse, weight: Power::default() }
    }
}

fn sides() -> impl Strategy<Value = [usize; 2]> {
    [1..=3_usize, 1..=2_usize]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_conditional_means_are_a_stationary_minimum(seed: u64, sides in sides()) {
        let mut case = Case::draw(seed, sides, Meetings::Scattered);
        let means = case.joint.means();
        let ways: Vec<Vec<f64>> = (0..4).map(|_| normal(&mut case.rng, means.len())).collect();
        let loss = case.generalised();
        let scale = norm(&loss.gradient(&add(&means, &ways[0], 1.0)));
        prop_assert!(norm(&loss.gradient(&means)) < 1e-12 * scale);
        let least = loss.value(&means);
        for (way, step) in ways.iter().flat_map(|way| [1e-3, 0.1, 1.0, 10.0].map(|step| (way, step))) {
            let value = loss.value(&add(&means, way, step));
            prop_assert!(value > least + 1e-4 * step * step, "{value} after {least} at {step}");
        }
    }

    #[test]
    fn a_minimiser_found_from_anywhere_is_the_conditional_means(seed: u64, sides in sides()) {
        let mut case = Case::draw(seed, sides, Meetings::Scattered);
        let means = case.joint.means();
        let start: Vec<f64> = normal(&mut case.rng, means.len()).iter().map(|number| 3.0 * number).collect();
        let found = case.generalised().minimise_quadratic(&start);
        let gap = largest(&subtract(&found, &means));
        prop_assert!(gap < 1e-7, "{gap}");
    }

    #[test]
    fn both_losses_order_models_alike_around_the_optimum(seed: u64, sides in sides()) {
        let mut case = Case::draw(seed, sides, Meetings::Scattered);
        let means = case.joint.means();
        let way = normal(&mut case.rng, means.len());
        let (generalised, plain) = (case.generalised(), case.plain());
        let mut last = (generalised.value(&means), plain.value(&means));
        for step in [1e-3, 0.1, 0.5, 1.0, 4.0] {
            let model = add(&means, &way, step);
            let next = (generalised.value(&model), plain.value(&model));
            prop_assert!(next.0 > last.0 && next.1 > last.1, "{next:?} after {last:?} at {step}");
            last = next;
        }
    }

    /// In every cell, one gradient vanishes if and only if the other does.
    #[test]
    fn both_gradients_vanish_together(seed: u64, sides in sides()) {
        let mut case = Case::draw(seed, sides, Meetings::Scattered);
        let (cells, dim) = (case.joint.cells, case.joint.dim);
        let moved: Vec<bool> = (0..cells).map(|cell| cell == 0 || case.rng.random()).collect();
        let mut way = off_zero(&mut case.rng, cells * dim);
        for (row, _) in way.chunks_mut(dim).zip(&moved).filter(|(_, moved)| !**moved) {
            row.fill(0.0);
        }
        let model = add(&case.joint.means(), &way, 1.0);
        let generalised = row_norms(&case.generalised().gradient(&model), dim);
        let plain = row_norms(&case.plain().gradient(&model), dim);
        for (cell, moved) in moved.into_iter().enumerate() {
            let sizes = (generalised[cell] / largest(&generalised), plain[cell] / largest(&plain));
            if moved {
                prop_assert!(sizes.0 > 1e-6 && sizes.1 > 1e-6, "{sizes:?}");
            } else {
                prop_assert!(sizes.0 < 1e-12 && sizes.1 < 1e-12, "{sizes:?}");
            }
        }
    }
}
