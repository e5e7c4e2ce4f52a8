//! Properties of time distributions and of fixed and learned grids, for random settings.

use burn_ndarray::NdArray;
use proptest::prelude::*;
use reflow::{
    ContinuousTime, Key, OdeSolver, Sampler,
    flow::GaussianFlow,
    ode::{Dpm, DpmMultistep, Euler, Heun, Midpoint, TimeGrid},
    time::{Cosh, Exponential, LogitNormal, Uniform},
    tuning::{GridSearch, Reference},
};

fn quantile_inverts_cdf(distribution: &impl ContinuousTime, u: f64) -> Result<(), TestCaseError> {
    let t = distribution.quantile(u);
    prop_assert!((0.0..=1.0).contains(&t));
    prop_assert!((distribution.cdf(t) - u).abs() < 1e-6, "{u} came back as {}", distribution.cdf(t));
    prop_assert!(distribution.density(t) >= 0.0);
    let draw = distribution.sample(&mut Key::new(u.to_bits()).generator());
    prop_assert!((0.0..=1.0).contains(&draw));
    Ok(())
}

fn falls_from_one_to_zero(grid: &TimeGrid, steps: usize) -> Result<(), TestCaseError> {
    prop_assert_eq!(grid.steps(), steps);
    prop_assert_eq!((grid.times()[0], grid.times()[steps]), (1.0, 0.0));
    prop_assert!(grid.times().windows(2).all(|pair| pair[0] > pair[1]));
    Ok(())
}

fn is_no_worse_than_fixed_grids<S: OdeSolver + Copy>(
    flow: GaussianFlow,
    solver: S,
    steps: usize,
    seed: u64,
) -> Result<(), TestCaseError> {
    let noise = Key::new(seed).normal::<NdArray<f64>, 2>([8, 2], &Default::default());
    let many = Sampler::new(flow, Heun, TimeGrid::uniform(100).unwrap());
    let reference = Reference::of(&many, noise).unwrap();
    let learned = GridSearch::new(steps).unwrap().find_for(&flow, &solver, &reference).unwrap();
    falls_from_one_to_zero(&learned.grid, steps)?;
    for grid in [TimeGrid::uniform(steps), TimeGrid::sigmoid(steps, 10.0), TimeGrid::edm(steps)] {
        let fixed = reference.error_of(&Sampler::new(flow, solver, grid.unwrap())).unwrap();
        prop_assert!(learned.error <= fixed, "{} is above {fixed}", learned.error);
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_quantile_inverts_its_cdf(
        u in 0.001..0.999_f64,
        base in 1e-3..1e3_f64,
        steepness in 0.01..50.0_f64,
        mean in -2.0..2.0_f64,
        std in 0.1..3.0_f64,
    ) {
        quantile_inverts_cdf(&Uniform, u)?;
        if let Ok(distribution) = Exponential::new(base) {
            quantile_inverts_cdf(&distribution, u)?;
        }
        quantile_inverts_cdf(&Cosh::new(steepness).unwrap(), u)?;
        quantile_inverts_cdf(&LogitNormal::new(mean, std).unwrap(), u)?;
    }

    #[test]
    fn every_grid_falls_from_one_to_zero(
        steps in 1..60_usize,
        k in 1e-3..40.0_f64,
        rho in 1.0..12.0_f64,
        shift in 0.05..20.0_f64,
    ) {
        falls_from_one_to_zero(&TimeGrid::uniform(steps).unwrap(), steps)?;
        falls_from_one_to_zero(&TimeGrid::sigmoid(steps, k).unwrap(), steps)?;
        falls_from_one_to_zero(&TimeGrid::edm_with(steps, rho, 0.002, 80.0).unwrap(), steps)?;
        let shifted = TimeGrid::shifted(steps, shift).unwrap();
        falls_from_one_to_zero(&shifted, steps)?;
        // The shift scales the odds: t / (1 - t) is that of the uniform grid, times the shift.
        for (i, &t) in shifted.times().iter().enumerate().take(steps).skip(1) {
            let u = 1.0 - i as f64 / steps as f64;
            prop_assert!((t / (1.0 - t) / (u / (1.0 - u)) / shift - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_learned_grid_is_no_worse_than_fixed_ones(
        steps in 1..7_usize,
        mean in -3.0..3.0_f64,
        std in 0.02..3.0_f64,
        seed in any::<u64>(),
    ) {
        let flow = GaussianFlow::new(mean, std).unwrap();
        is_no_worse_than_fixed_grids(flow, Euler, steps, seed)?;
        is_no_worse_than_fixed_grids(flow, Heun, steps, seed)?;
        is_no_worse_than_fixed_grids(flow, Midpoint, steps, seed)?;
        is_no_worse_than_fixed_grids(flow, Dpm::default(), steps, seed)?;
        is_no_worse_than_fixed_grids(flow, DpmMultistep, steps, seed)?;
    }
}
