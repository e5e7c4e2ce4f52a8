//! Names for the parts a trainer still lacks, so that the compiler can say them.

/// No flow yet: call `.flow(network)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MissingFlow;

/// No optimizer yet: call `.optimizer(AdamConfig::new().init())`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MissingOptimizer;
