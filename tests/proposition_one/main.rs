//! Proposition 1: with a positive weight `w(x_t, t)`, a positive density of the time and an invertible linear
//! `phi`, a model minimises the generalised loss if and only if it minimises the plain loss, that is, if it
//! equals `E[x0 | x_t]`.
//!
//! The distributions are finite, so expectations are exact: one batch holds every atom `(x0, x1, t)`, and the
//! model is a table with a row for each `(x_t, t)`. Values and gradients come from `reflow::generalized_loss`
//! and its backward pass.
//!
//! This test binary uses one float type, because burn keeps a device's default type for the whole process.

mod controls;
mod holds;
mod joint;
mod map;
mod normalized;
mod objective;
mod predicted;
mod trained;

/// The backend of the model.
type Train = burn_autodiff::Autodiff<Plain>;
/// The backend of everything else.
type Plain = burn_ndarray::NdArray<f64>;
