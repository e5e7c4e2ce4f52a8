//! Conditions left out now and then.

use burn::tensor::backend::Backend;
use rand::RngExt;

use super::{Coupling, Pair};
use crate::{
    Error, Rng,
    error::require,
    flow::{ConditionRows, Informative, null_row},
    rows,
};

/// The pairs of another coupling, each of them without its condition with some probability.
///
/// A network that is trained so knows the flow with conditions and the one without, as
/// [`ClassifierFree`](crate::flow::ClassifierFree) guidance needs. What stands for no condition is a row of the kind, such as the
/// null class of [`ClassMlp`](crate::models::ClassMlp).
///
/// # Panics
/// When drawn, as burn's tensors do, if `null` has another row shape than the conditions.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{Coupling, Rng, coupling::{ConditionDropout, Dataset, Gaussian, Independent}};
///
/// let device = Default::default();
/// let x = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &device);
/// let data = Dataset::with_conditions(x, Tensor::<Flex, 1, Int>::from_ints([0, 1], &device))?;
/// let null = Tensor::<Flex, 1, Int>::from_ints([2], &device);
/// let coupling = ConditionDropout::new(Independent::new(data, Gaussian), null, 0.1)?;
/// assert_eq!(coupling.draw(16, &Rng::new(0), &device)?.y().dims(), [16]);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Ho & Salimans, *Classifier-Free Diffusion Guidance*, 2022, Algorithm 1, with probabilities of 0.1 to 0.2.
#[derive(Debug, Clone)]
pub struct ConditionDropout<Q, B: Backend, Y: Informative> {
    coupling: Q,
    null: Y::Rows<B>,
    probability: f64,
}

impl<Q, B: Backend, Y: Informative> ConditionDropout<Q, B, Y> {
    /// Puts the one row of `null` in the place of a condition with this probability.
    ///
    /// # Errors
    /// [`Error::Length`] if `null` is not one row, [`Error::Config`] if the probability is not in `[0, 1]`.
    pub fn new(coupling: Q, null: impl ConditionRows<B, Kind = Y>, probability: f64) -> Result<Self, Error> {
        let null = null_row(null)?;
        let ok = (0.0..=1.0).contains(&probability);
        let probability = require(ok, "ConditionDropout", "probability", "in [0, 1]", probability)?;
        Ok(Self { coupling, null, probability })
    }
}

impl<B, const D: usize, Y, Q> Coupling<B, D, Y> for ConditionDropout<Q, B, Y>
where
    B: Backend,
    Y: Informative,
    Q: Coupling<B, D, Y>,
{
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let (x0, x1, y) = self.coupling.draw(batch, &rng.fork("pairs"), device)?.into_parts();
        let count = x0.dims()[0];
        // The null row comes after the others.
        let drop = rng.fork("drop");
        let keep = |row: usize| if drop.row(row).random_bool(self.probability) { count } else { row };
        let numbers = rows::numbers((0..count).map(keep).collect(), device);
        let null = Y::to_device(self.null.clone(), device);
        Pair::with_conditions(x0, x1, Y::select(Y::cat(vec![y, null]), numbers))
    }
}
