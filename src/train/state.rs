//! All that a training changes.

use super::{MissingFlow, MissingOptimizer};

/// All that a training changes and all it needs to go on.
///
/// A clone shares the tensors, and the running statistics of a network that has some;
/// [`ReflowTrainer::snapshot`](super::ReflowTrainer::snapshot) shares nothing that changes.
///
/// Rows, times and batches are functions of the seed and the step, so there is nothing else to keep.
///
/// # Example
///
/// A training that goes on where another stood:
///
/// ```
/// use burn::optim::AdamConfig;
/// use burn_autodiff::Autodiff;
/// use burn_flex::Flex;
/// use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
///
/// let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
/// let builder = || -> Result<_, reflow::Error> {
///     Ok(ReflowTrainer::builder()
///         .flow(net.clone())
///         .optimizer(AdamConfig::new().init())
///         .coupling(Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian))
///         .build()?)
/// };
/// let (mut once, mut again) = (builder()?, builder()?);
/// once.fit(3)?;
/// again.set_state(once.snapshot());
/// assert_eq!(again.steps(), 3);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct State<M = MissingFlow, A = MissingFlow, O = MissingOptimizer> {
    /// The network as the optimizer sees it.
    pub flow: M,
    /// The average of its weights, where one is kept.
    pub average: Option<A>,
    /// The optimizer, with its moments.
    pub optimizer: O,
    /// The steps taken so far.
    pub step: usize,
    /// The seed of all pairs and times.
    pub seed: u64,
}
