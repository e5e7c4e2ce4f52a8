//! Solvers of `dx/dt = v(x, t)`, and what chooses their steps.
//!
//! | solver | order | evaluations for `N` steps to the data |
//! |---|---|---|
//! | [`Euler`] | 1 | `N` |
//! | [`Heun`] | 2 | `2 N - 1` |
//! | [`EdmHeun`] | 2 | `2 N - 1` |
//! | [`Midpoint`] | 2 | `2 N` |
//! | [`Dpm`] | 2 | `2 N - 1` |
//! | [`DpmMultistep`] | 2 | `N` |
//! | [`RungeKutta4`] | 4 | `4 N` |
//! | [`DormandPrince`] | 5 | `6 N + 1` |
//!
//! Steps come from a [`TimeGrid`], for any solver, or from [`Adaptive`], for solvers that estimate their
//! error ([`EmbeddedSolver`]).
//!
//! # The two ends
//!
//! At `t = 0` a denoiser's velocity is zero over zero, and the log-SNR `ln((1 - t) / t)` is infinite at
//! both ends. So:
//!
//! - a step *into* the data is first order in [`Heun`], [`EdmHeun`], [`Dpm`] and [`DpmMultistep`]: one evaluation, at the
//!   step's start, and the result is `D(x, t)`. Their order stays two, since one step's error is of
//!   second order; this is how 5 steps take 9 evaluations.
//! - where a step *starts* at an infinite log-SNR, the DPM solvers measure it in `t` instead.
//! - on the way back (from data to noise) the DPM solvers are the same methods with the two ends
//!   exchanged.
//! - equal steps in `t` grow without bound in the log-SNR at both ends, so over the whole way the error of the
//!   DPM solvers falls as `h^2 ln(1/h)`; away from the ends it falls as `h^2`.
//! - [`Midpoint`] never evaluates at the end of a step. [`RungeKutta4`] and [`DormandPrince`] do, at `t = 0`
//!   too, and so does every solver that starts there; a denoiser's velocity is then taken at
//!   [`least_time`](crate::time::least_time), so into the data these two are of first order on a denoiser, with an error of
//!   about that time.

mod adaptive;
mod dormand_prince;
mod dpm;
mod dpm_multistep;
mod edm_heun;
mod euler;
mod exponential_step;
mod grid;
mod heun;
mod midpoint;
mod runge_kutta4;
mod step;
mod tableau;

pub use adaptive::{Adaptive, AdaptiveCursor};
pub use dormand_prince::DormandPrince;
pub use dpm::Dpm;
pub use dpm_multistep::{DpmHistory, DpmMultistep};
pub use edm_heun::EdmHeun;
pub use euler::Euler;
pub use grid::{GridCursor, TimeGrid};
pub use heun::Heun;
pub use midpoint::Midpoint;
pub use runge_kutta4::RungeKutta4;
pub use step::{Direction, Step};

use burn::tensor::{Tensor, backend::Backend};

use crate::{Error, Flow};

/// A method that takes one step along a flow.
///
/// # Example
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use reflow::{Flow, FlowExt, OdeSolver, ode::Step};
///
/// struct Euler;
///
/// impl OdeSolver for Euler {
///     type State<B: Backend, const D: usize> = ();
///     const ORDER: usize = 1;
///
///     fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
///         &self,
///         flow: &F,
///         x: Tensor<B, D>,
///         step: Step,
///         (): (),
///     ) -> (Tensor<B, D>, ()) {
///         let v = flow.velocity(x.clone(), step.from());
///         (x + v * step.size(), ())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an ODE solver",
    note = "implement `reflow::OdeSolver` for it; the crate's own solvers are in `reflow::ode`"
)]
pub trait OdeSolver: Send + Sync {
    /// What the method keeps from one step to the next; `()` for one-step methods.
    type State<B: Backend, const D: usize>: Clone + Default;

    /// The order `p`: the error of a whole solve shrinks as the `p`-th power of the step.
    const ORDER: usize;

    /// Carries `x` from `step.from()` to `step.to()`.
    ///
    /// The state goes in and out by value, so that a rejected step leaves no trace.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: the same.
    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        state: Self::State<B, D>,
    ) -> (Tensor<B, D>, Self::State<B, D>);
}

/// A solver that estimates the error of its own step, which [`Adaptive`] needs.
#[diagnostic::on_unimplemented(
    message = "adaptive steps need a solver that estimates its own error, and `{Self}` does not",
    label = "does not estimate its error",
    note = "use `ode::DormandPrince` with `ode::Adaptive`, or `{Self}` with an `ode::TimeGrid`"
)]
pub trait EmbeddedSolver: OdeSolver {
    /// Takes a step and estimates its local error, which must shrink as the power [`ORDER`](OdeSolver::ORDER) of the
    /// step: [`Adaptive`] sizes the next one by it.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`; the result and the error: the same.
    fn step_with_error<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        state: Self::State<B, D>,
    ) -> (Tensor<B, D>, Self::State<B, D>, Tensor<B, D>);
}

/// What chooses the steps of a solve: a [`TimeGrid`] or [`Adaptive`].
///
/// A solve holds a cursor and advances it until it is done.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot choose the steps of `{S}`",
    note = "a `TimeGrid` goes with any solver, `Adaptive` with solvers that estimate their own error"
)]
pub trait StepControl<S: OdeSolver>: Send + Sync {
    /// Where a solve stands.
    type Cursor: std::fmt::Debug + Clone;

    /// A cursor at the start of a solve.
    fn start(&self, direction: Direction) -> Self::Cursor;

    /// The time the cursor stands at.
    fn time(&self, cursor: &Self::Cursor) -> f64;

    /// Whether the solve has reached its end.
    fn is_done(&self, cursor: &Self::Cursor) -> bool;

    /// Takes the next step.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: the same.
    ///
    /// # Errors
    /// [`Error::Unfinished`] if no step can be taken that keeps to the tolerances.
    fn advance<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        solver: &S,
        flow: &F,
        x: Tensor<B, D>,
        state: S::State<B, D>,
        cursor: &mut Self::Cursor,
    ) -> Result<(Tensor<B, D>, S::State<B, D>), Error>;
}
