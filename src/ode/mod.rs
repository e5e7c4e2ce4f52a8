//! Solvers of `dx/dt = v(x, t)`, and what chooses their steps.
//!
//! | solver | order | evaluations for `N` steps to the data |
//! |---|---|---|
//! | [`Euler`] | 1 | `N` |
//! | [`Heun`] | 2 | `2 N - 1` |
//! | [`EdmHeun`] | 2 | `2 N - 1` |
//! | [`Midpoint`] | 2 | `2 N` |
//! | [`Dpm`], [`DpmNoise`] | 2 | `2 N - 1` |
//! | [`DpmMultistep`] | 2 | `N` |
//! | [`RungeKutta4`] | 4 | `4 N` |
//! | [`DormandPrince`] | 5 | `6 N + 1` |
//!
//! Steps come from a [`TimeGrid`], for any solver, or from [`Adaptive`], for solvers that estimate their
//! error ([`EmbeddedSolver`]).
//!
//! # The two ends
//!
//! At `t = 0` a denoiser's velocity is zero over zero, and the log-SNR `ln((1 - t) / t)` is infinite at both
//! ends. Therefore:
//!
//! - A step *into* the data is first order in [`Heun`], [`EdmHeun`], [`Dpm`], [`DpmNoise`] and
//!   [`DpmMultistep`]: it takes one evaluation, at its start, and its result is `D(x, t)`. The order of the
//!   method stays two, since the error of a single first-order step is of second order. This is how 5 steps
//!   take 9 evaluations.
//! - If a step *starts* at an infinite log-SNR, the DPM solvers measure it in `t` instead.
//! - From data to noise, the DPM solvers are the same methods with the two ends exchanged.
//! - Equal steps in `t` grow without bound in the log-SNR at both ends, so over the whole way the error of
//!   the DPM solvers falls as `h^2 ln(1/h)`; away from the ends it falls as `h^2`.
//! - [`Midpoint`] never evaluates at the end of a step. [`RungeKutta4`] and [`DormandPrince`] do, even at
//!   `t = 0`, and every solver evaluates at `t = 0` when it starts there. A denoiser's velocity is then taken
//!   at [`least_time`](crate::time::least_time), so on a denoiser these two are first order into the data,
//!   with an error of about that time.

mod adaptive;
mod dormand_prince;
mod dpm;
mod dpm_multistep;
mod dpm_noise;
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
pub use dpm_noise::DpmNoise;
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
/// use burn_flex::Flex;
/// use reflow::{Flow, FlowExt, OdeSolver, Sampler, flow::GaussianFlow, ode::{Step, TimeGrid}};
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
///
/// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Euler, TimeGrid::uniform(1)?);
/// let out = sampler.sample(Tensor::<Flex, 2>::zeros([1, 1], &Default::default()))?;
/// assert_eq!(out.x.into_scalar(), 3.0); // one step goes to the mean of the data
/// # Ok::<(), reflow::Error>(())
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
    /// The state is passed and returned by value, so that a rejected step leaves no trace.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: the same.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{OdeSolver, flow::GaussianFlow, ode::{DpmMultistep, Step}};
    ///
    /// let flow = GaussianFlow::new(1.0, 0.5)?;
    /// let x1 = Tensor::<Flex, 2>::ones([1, 1], &Default::default());
    /// let (x, state) = DpmMultistep.step(&flow, x1, Step::new(1.0, 0.5), None);
    /// let (x0, _) = DpmMultistep.step(&flow, x, Step::new(0.5, 0.0), state);
    /// assert!((x0.into_scalar() - 1.2).abs() < 1e-6); // many steps lead to 1.5, a single one to 1
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
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
    /// Takes a step and estimates its local error, from which [`Adaptive`] chooses the size of the next step.
    ///
    /// The estimate must shrink as the power [`ORDER`](OdeSolver::ORDER) of the step.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`; the result and the error: the same.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{EmbeddedSolver, flow::GaussianFlow, ode::{DormandPrince, Step}};
    ///
    /// let flow = GaussianFlow::new(1.0, 0.5)?;
    /// let x1 = Tensor::<Flex, 2>::ones([1, 1], &Default::default());
    /// let error = |to| DormandPrince.step_with_error(&flow, x1.clone(), Step::new(1.0, to), None).2;
    /// assert!(error(0.9).abs().into_scalar() < error(0.2).abs().into_scalar());
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
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
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{StepControl, flow::GaussianFlow, ode::{Direction, Euler, TimeGrid}};
///
/// let (flow, grid) = (GaussianFlow::new(1.0, 0.5)?, TimeGrid::uniform(2)?);
/// let mut x = Tensor::<Flex, 2>::ones([1, 1], &Default::default());
/// let mut cursor = StepControl::<Euler>::start(&grid, Direction::ToData);
/// while !StepControl::<Euler>::is_done(&grid, &cursor) {
///     (x, _) = grid.advance(&Euler, &flow, x, (), &mut cursor)?;
/// }
/// assert!((x.into_scalar() - 1.2).abs() < 1e-6);
/// # Ok::<(), reflow::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot choose the steps of `{S}`",
    note = "a `TimeGrid` goes with any solver, `Adaptive` with solvers that estimate their own error"
)]
pub trait StepControl<S: OdeSolver>: Send + Sync {
    /// The position of a solve.
    type Cursor: std::fmt::Debug + Clone;

    /// A cursor at the start of a solve.
    ///
    /// # Example
    /// ```
    /// use reflow::{StepControl, ode::{Direction, Euler, TimeGrid}};
    ///
    /// let grid = TimeGrid::uniform(2)?;
    /// let cursor = StepControl::<Euler>::start(&grid, Direction::ToNoise);
    /// assert_eq!(StepControl::<Euler>::time(&grid, &cursor), 0.0);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    fn start(&self, direction: Direction) -> Self::Cursor;

    /// The time at the cursor.
    ///
    /// # Example
    /// ```
    /// use reflow::{StepControl, ode::{Adaptive, Direction, DormandPrince}};
    ///
    /// let control = Adaptive::new(1e-4, 1e-4)?;
    /// let cursor = StepControl::<DormandPrince>::start(&control, Direction::ToData);
    /// assert_eq!(StepControl::<DormandPrince>::time(&control, &cursor), 1.0);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    fn time(&self, cursor: &Self::Cursor) -> f64;

    /// Whether the solve has reached its end.
    ///
    /// # Example
    /// ```
    /// use reflow::{StepControl, ode::{Direction, Euler, TimeGrid}};
    ///
    /// let grid = TimeGrid::uniform(2)?;
    /// let cursor = StepControl::<Euler>::start(&grid, Direction::ToData);
    /// assert!(!StepControl::<Euler>::is_done(&grid, &cursor));
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    fn is_done(&self, cursor: &Self::Cursor) -> bool;

    /// Takes the next step.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: the same.
    ///
    /// # Errors
    /// [`Error::Unfinished`] if no step keeps to the tolerances.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{StepControl, flow::GaussianFlow, ode::{Direction, Euler, TimeGrid}};
    ///
    /// let (flow, grid) = (GaussianFlow::new(1.0, 0.5)?, TimeGrid::uniform(2)?);
    /// let x1 = Tensor::<Flex, 2>::ones([1, 1], &Default::default());
    /// let mut cursor = StepControl::<Euler>::start(&grid, Direction::ToData);
    /// grid.advance(&Euler, &flow, x1, (), &mut cursor)?;
    /// assert_eq!(StepControl::<Euler>::time(&grid, &cursor), 0.5);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    fn advance<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        solver: &S,
        flow: &F,
        x: Tensor<B, D>,
        state: S::State<B, D>,
        cursor: &mut Self::Cursor,
    ) -> Result<(Tensor<B, D>, S::State<B, D>), Error>;
}
