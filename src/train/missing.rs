//! Names for the parts that a trainer still lacks, for the compiler's messages.

/// No flow yet: call `.flow(network)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MissingFlow;

/// No optimizer yet: call `.optimizer(AdamConfig::new().init())`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MissingOptimizer;
