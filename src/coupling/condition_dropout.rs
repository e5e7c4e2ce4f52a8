//! Conditions dropped at random.

use std::ops::Range;

use burn::tensor::{Tensor, backend::Backend};
use rand::RngExt;

use super::{Coupling, Pair};
use crate::{
    Condition, ConfigError, Error, Key,
    condition::{Optional, OptionalRows},
    error::require,
    rows,
};

/// Wraps a coupling and drops each row's condition with a given probability.
///
/// Its pairs have [`Optional`] conditions. A network trained on them learns both the conditional and the
/// unconditional flow, as [`ClassifierFree`](crate::flow::ClassifierFree) guidance needs.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{Coupling, Key, coupling::{ConditionDropout, Independent}, data::{Dataset, Gaussian}};
///
/// let device = Default::default();
/// let x = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &device);
/// let data = Dataset::with_labels(x, Tensor::<Flex, 1, Int>::from_ints([0, 1], &device))?;
/// let coupling = ConditionDropout::new(Independent::new(data, Gaussian), 0.1)?;
/// let present = coupling.draw(0..1000, &Key::new(0), &device)?.y().present;
/// assert!((present.mean().into_scalar() - 0.9).abs() < 0.03);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Ho & Salimans, *Classifier-Free Diffusion Guidance*, 2022, Algorithm 1, with probabilities of 0.1
/// to 0.2.
#[derive(Debug, Clone)]
pub struct ConditionDropout<Q> {
    coupling: Q,
    probability: f64,
}

impl<Q> ConditionDropout<Q> {
    /// Drops each row's condition with this probability; with 0 every row keeps its condition.
    ///
    /// # Errors
    /// If the probability is not in `[0, 1]`.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Coupling, Key, coupling::{ConditionDropout, Independent}, data::{Dataset, Gaussian}};
    ///
    /// let device = Default::default();
    /// let (x, y) = (Tensor::<Flex, 2>::zeros([2, 1], &device), Tensor::from_ints([0, 1], &device));
    /// let pairs = Independent::new(Dataset::with_labels(x, y)?, Gaussian);
    /// let kept = ConditionDropout::new(&pairs, 0.0)?.draw(0..8, &Key::new(0), &device)?.y();
    /// assert_eq!(kept.present.sum().into_scalar(), 8.0);
    /// assert!(ConditionDropout::new(pairs, 1.5).is_err());
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn new(coupling: Q, probability: f64) -> Result<Self, ConfigError> {
        Ok(Self { coupling, probability: checked_probability("ConditionDropout", probability)? })
    }
}

impl<B, const D: usize, Y, Q> Coupling<B, D, Optional<Y>> for ConditionDropout<Q>
where
    B: Backend,
    Y: Condition,
    Q: Coupling<B, D, Y>,
{
    fn draw(
        &self,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<Pair<B, D, Optional<Y>>, Error> {
        let (x0, x1, y) = self.coupling.draw(rows.clone(), &key.fork("pairs"), device)?.into_parts();
        let present = kept(rows, self.probability, &key.fork("drop"), &x0);
        Pair::with_conditions(x0, x1, OptionalRows { y, present })
    }
}

pub(super) fn checked_probability(part: &'static str, probability: f64) -> Result<f64, ConfigError> {
    require((0.0..=1.0).contains(&probability), part, "probability", "in [0, 1]", probability)
}

/// Ones for the rows that keep their condition, zeros for those that lose it, each with this probability.
pub(super) fn kept<B: Backend, const D: usize>(
    rows: Range<usize>,
    probability: f64,
    key: &Key,
    x: &Tensor<B, D>,
) -> Tensor<B, 1> {
    let kept = rows.map(|row| f32::from(u8::from(!key.row(row).random_bool(probability))));
    rows::from_host(kept.collect(), &x.device())
}
