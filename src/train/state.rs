//! Everything that training changes.

use super::{MissingFlow, MissingOptimizer};

/// Everything that training changes, and everything needed to continue it.
///
/// Rows, times and batches are functions of the seed and the step, so there is nothing else to keep.
///
/// A clone shares the tensors, and the running statistics of a network that has some. A
/// [`snapshot`](super::ReflowTrainer::snapshot) shares nothing that changes.
///
/// # Example
///
/// One trainer continues where another stopped:
///
/// ```
/// use burn::optim::AdamConfig;
/// use burn_autodiff::Autodiff;
/// use burn_flex::Flex;
/// use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
///
/// let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
/// let trainer = || -> Result<_, reflow::Error> {
///     Ok(ReflowTrainer::builder()
///         .flow(net.clone())
///         .optimizer(AdamConfig::new().init())
///         .coupling(Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian))
///         .build()?)
/// };
/// let (mut first, mut second) = (trainer()?, trainer()?);
/// first.fit(3)?;
/// second.set_state(first.snapshot());
/// assert_eq!(second.fit(2)?.steps, 5);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct State<M = MissingFlow, A = MissingFlow, O = MissingOptimizer> {
    /// The network as the optimizer sees it.
    pub flow: M,
    /// The average of its weights, if one is kept.
    pub average: Option<A>,
    /// The optimizer, with its moments.
    pub optimizer: O,
    /// The steps taken so far.
    pub step: usize,
    /// The seed of all pairs and times.
    pub seed: u64,
}
