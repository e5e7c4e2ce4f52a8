//! Signals of a condition dropped independently.

use std::ops::Range;

use burn::tensor::backend::Backend;

use super::{
    Coupling, Pair,
    condition_dropout::{checked_probability, kept},
};
use crate::{ConfigError, Error, Key, condition::Signals};

/// Wraps a coupling whose condition has several signals and drops each signal independently.
///
/// In its pairs each signal is [`Optional`](crate::condition::Optional), as
/// [`SignalGuidance`](crate::flow::SignalGuidance) needs.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{
///     Coupling, Key, Labels,
///     condition::Features,
///     coupling::{Independent, SignalDropout},
///     data::{Dataset, Gaussian},
/// };
///
/// let device = Default::default();
/// let x = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &device);
/// let y = (Tensor::<Flex, 1, Int>::from_ints([0, 1], &device), x.clone());
/// let data = Dataset::<Flex, 2, (Labels, Features)>::with_conditions(x, y)?;
/// let pairs = Independent::new(data, Gaussian);
/// let coupling = SignalDropout::new::<(Labels, Features)>(pairs, vec![0.0, 1.0])?;
/// let (class, text) = coupling.draw(0..4, &Key::new(0), &device)?.y();
/// assert_eq!((class.present.sum().into_scalar(), text.present.sum().into_scalar()), (4.0, 0.0));
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Brooks, Holynski & Efros, *InstructPix2Pix*, 2023, section 3.2.1, which drops either of two
/// signals with probability 0.05 each, and both with a further 0.05.
#[derive(Debug, Clone)]
pub struct SignalDropout<Q, Y> {
    coupling: Q,
    probabilities: Vec<f64>,
    signals: std::marker::PhantomData<fn() -> Y>,
}

impl<Q> SignalDropout<Q, ()> {
    /// Drops each signal of `Y` with its own probability, given in the order of the tuple.
    ///
    /// # Errors
    /// If there is not one probability for each signal, or one is not in `[0, 1]`.
    ///
    /// # Example
    /// ```
    /// use reflow::{
    ///     Labels, condition::Features, coupling::{Independent, SignalDropout}, data::{Gaussian, Normal},
    /// };
    ///
    /// let pairs = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// let refused = SignalDropout::new::<(Labels, Features)>(pairs, vec![0.1]).unwrap_err();
    /// let message = "SignalDropout: probabilities must be one for each signal, got [0.1]";
    /// assert_eq!(refused.to_string(), message);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn new<Y: Signals>(coupling: Q, probabilities: Vec<f64>) -> Result<SignalDropout<Q, Y>, ConfigError> {
        if probabilities.len() != Y::COUNT {
            let rule = "one for each signal";
            return Err(ConfigError::new("SignalDropout", "probabilities", rule, probabilities));
        }
        for &probability in &probabilities {
            checked_probability("SignalDropout", probability)?;
        }
        Ok(SignalDropout { coupling, probabilities, signals: std::marker::PhantomData })
    }
}

impl<B, const D: usize, Y, Q> Coupling<B, D, Y::Optional> for SignalDropout<Q, Y>
where
    B: Backend,
    Y: Signals,
    Q: Coupling<B, D, Y>,
{
    fn draw(
        &self,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<Pair<B, D, Y::Optional>, Error> {
        let (x0, x1, y) = self.coupling.draw(rows.clone(), &key.fork("pairs"), device)?.into_parts();
        let drop = key.fork("drop");
        let present = self.probabilities.iter().enumerate();
        let present = present.map(|(signal, &p)| kept(rows.clone(), p, &drop.at(signal), &x0)).collect();
        Pair::with_conditions(x0, x1, Y::present::<B>(y, present))
    }
}
