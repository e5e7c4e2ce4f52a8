//! Proposition 1: with a positive weight `w(x_t, t)`, a positive density of the time and an invertible linear `phi`, a
//! model minimises the generalised loss if and only if it minimises the plain one, that is, if it is `E[x0 | x_t]`.
//!
//! The distributions are finite, so expectations are exact: one batch holds every atom `(x0, x1, t)`, and the model is a table
//! with a row for each `(x_t, t)`. Values and gradients are those of `reflow::generalized_loss` and its backward pass.
//!
//! One float type a test binary: burn keeps the default type of a device for the whole process.

mod controls;
mod holds;
mod joint;
mod map;
mod normalized;
mod objective;
mod trained;

/// What is trained.
type Train = burn_autodiff::Autodiff<Plain>;
/// Everything else.
type Plain = burn_ndarray::NdArray<f64>;
