//! The suite on burn-ndarray.

mod suite;

suite::run_all_on!(burn_autodiff::Autodiff<burn_ndarray::NdArray>);
