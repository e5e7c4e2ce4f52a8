//! The suite on burn-flex.

mod suite;

suite::run_all_on!(burn_autodiff::Autodiff<burn_flex::Flex>);
