//! Learned time grids against closed forms and fixed grids, and refused settings.

use approx::assert_relative_eq;
use burn::tensor::Tensor;
use burn_ndarray::NdArray;
use reflow::{
    Error, Flow, Key, OdeSolver, Sampler, Time,
    flow::GaussianFlow,
    flow_fn,
    ode::{Adaptive, DormandPrince, Dpm, DpmMultistep, Euler, Heun, TimeGrid},
    rows,
    tuning::{GridSearch, Reference},
};

type B = NdArray<f64>;

fn noise(rows: usize) -> Tensor<B, 2> {
    Key::new(5).normal([rows, 2], &Default::default())
}

fn exact(flow: &impl Flow<B>, x1: Tensor<B, 2>) -> Reference<B> {
    let sampler = Sampler::new(flow, DormandPrince, Adaptive::new(1e-10, 1e-10).unwrap());
    Reference::of(&sampler, x1).unwrap()
}

fn search(steps: usize) -> GridSearch {
    GridSearch::new(steps).unwrap()
}

// Between centred Gaussians, two Euler steps multiply by r s^2 / (r^2 + s^2), with r = t / (1 - t), where the
// exact factor is s. The closest is s / 2, at r = s.
#[test]
fn two_steps_of_euler_between_gaussians_have_a_closed_form() {
    for s in [0.05, 0.3, 0.9, 2.0] {
        let flow = GaussianFlow::new(0.0, s).unwrap();
        let reference = exact(&flow, noise(20));
        let learned = search(2).with_tolerance(1e-5).unwrap().find_for(&flow, &Euler, &reference).unwrap();
        assert_relative_eq!(learned.grid.times()[1], s / (1.0 + s), max_relative = 1e-4);
        let size = rows::to_host(rows::sum(noise(20).square()).mean())[0];
        assert_relative_eq!(learned.error, size * s * s / 4.0, max_relative = 1e-6);
    }
}

#[test]
fn curved_flows_gain_a_tenth_and_more_at_5_to_9_evaluations() {
    fn check<S: OdeSolver + Clone>(solver: S, steps: std::ops::RangeInclusive<usize>) {
        let flow = GaussianFlow::new(2.0, 0.2).unwrap();
        let [learning, held_out] = noise(200).chunk(2, 0).try_into().unwrap();
        let (learning, held_out) = (exact(&flow, learning), exact(&flow, held_out));
        for steps in steps {
            let fixed = [TimeGrid::uniform(steps), TimeGrid::sigmoid(steps, 10.0), TimeGrid::edm(steps)];
            let error = |reference: &Reference<B>, grid: TimeGrid| {
                reference.error_of(&Sampler::new(&flow, solver.clone(), grid)).unwrap()
            };
            let best = |reference: &Reference<B>| {
                fixed.iter().map(|grid| error(reference, grid.clone().unwrap())).fold(f64::INFINITY, f64::min)
            };
            let learned = search(steps).find_for(&flow, &solver, &learning).unwrap();
            assert!((5..=9).contains(&learned.evaluations));
            assert!(learned.error <= 0.9 * best(&learning), "{learned:?}");
            assert!(error(&held_out, learned.grid.clone()) <= 0.9 * best(&held_out), "{learned:?}");
        }
    }
    check(Euler, 5..=9);
    check(DpmMultistep, 5..=9);
    check(Heun, 3..=5);
    check(Dpm::default(), 3..=5);
}

#[test]
fn the_error_is_that_of_a_solve_on_the_grid() {
    fn check<S: OdeSolver + Clone>(solver: S) {
        let flow = GaussianFlow::new(1.0, 0.3).unwrap();
        let reference = exact(&flow, noise(10));
        let learned = search(4).find_for(&flow, &solver, &reference).unwrap();
        let sampler = Sampler::new(flow, solver, learned.grid);
        assert_eq!(learned.error, reference.error_of(&sampler).unwrap());
        assert_eq!(learned.evaluations, sampler.sample(noise(1)).unwrap().evaluations);
    }
    check(Euler);
    check(DpmMultistep);
    check(Dpm::default());
}

// Each path is a straight line at constant speed: x1 (t + (1 - t) s) + (1 - t) m.
#[test]
fn on_straight_paths_there_is_nothing_to_gain() {
    let flow = flow_fn(|x: Tensor<B, 2>, t: Time<B>| {
        let t = t.like();
        let data = t.clone().neg() + 1.0;
        let x1 = (x - data.clone() * 3.0) / (t + data * 0.5);
        x1 * 0.5 - 3.0
    });
    for steps in [1, 2, 5] {
        for error in [
            search(steps).find(&flow, &Euler, noise(10)).unwrap().error,
            search(steps).find(&flow, &Heun, noise(10)).unwrap().error,
            search(steps).find(&flow, &Dpm::default(), noise(10)).unwrap().error,
        ] {
            assert!(error < 1e-25, "{error}");
        }
    }
}

#[test]
fn one_step_leaves_nothing_to_learn() {
    let learned = search(1).find(&GaussianFlow::new(1.0, 0.3).unwrap(), &Heun, noise(10)).unwrap();
    assert_eq!((learned.grid.times(), learned.sweeps), ([1.0, 0.0].as_slice(), 0));
    assert_eq!((learned.error, learned.evaluations), (learned.starts[0].error, 1));
}

#[test]
fn it_begins_at_a_given_grid_where_that_is_better() {
    let flow = GaussianFlow::new(0.0, 0.05).unwrap();
    let given = TimeGrid::new(vec![1.0, 0.05 / 1.05, 0.0]).unwrap();
    let learned = search(2).with_start(given).unwrap().find(&flow, &Euler, noise(10)).unwrap();
    assert_eq!(learned.starts[0].name, "given");
}

#[test]
fn what_cannot_be_searched_is_an_error() {
    let flow = GaussianFlow::new(1.0, 0.3).unwrap();
    let empty: Tensor<B, 2> = Tensor::zeros([0, 2], &Default::default());
    assert!(matches!(search(3).find(&flow, &Heun, empty), Err(Error::Empty { .. })));
    let nan = flow_fn(|x: Tensor<B, 2>, _: Time<B>| x * f64::NAN);
    assert!(matches!(search(3).find(&nan, &Heun, noise(4)), Err(Error::NotFinite { row: 0, .. })));
    let reference = exact(&flow, noise(4));
    let error = search(3).find_for(&nan, &Heun, &reference).unwrap_err();
    assert!(error.to_string().contains("NaN"), "{error}");
}
