//! Guidance by several signals.

use std::marker::PhantomData;

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use super::Guidance;
use crate::{
    ConfigError,
    condition::Signals,
    error::require,
    flow::{Answer, Flow, FlowExt, Prediction, answer::Factor},
    rows,
    time::Time,
};

/// What each signal is compared with to find its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nulls {
    /// Each signal is compared with no signal at all: `v = v() + w0 (v(y0) - v()) + w1 (v(y1) - v())`.
    ///
    /// For signals that are independent given the data. Source: Liu et al., *Compositional Visual Generation
    /// with Composable Diffusion Models*, 2022, equation 11.
    Independent,
    /// Each signal is compared with the signals before it:
    /// `v = v() + w0 (v(y0) - v()) + w1 (v(y0, y1) - v(y0))`.
    ///
    /// If all scales are 1, this is the flow under all signals. Source: Brooks, Holynski & Efros,
    /// *InstructPix2Pix*, 2023, equation 3.
    Joint,
}

/// A flow guided by each signal of its condition, each with its own scale.
///
/// The flow takes each signal as optional; train it with [`SignalDropout`](crate::coupling::SignalDropout).
/// At shared times, evaluations that cannot affect the result are skipped (for a scale of 1 under
/// [`Nulls::Joint`], or a scale of 0).
///
/// # Example
/// ```
/// use burn::{module::Module, nn::{Embedding, Linear}, tensor::{Int, Tensor, backend::Backend}};
/// use reflow::{
///     Flow, Labels, Prediction, Time,
///     condition::{Features, Optional, OptionalRows},
///     flow::{Guidance, Nulls, SignalGuidance},
/// };
///
/// #[derive(Module, Debug)]
/// struct Net<B: Backend> {
///     linear: Linear<B>,
///     classes: Embedding<B>,
/// }
///
/// impl<B: Backend> Flow<B, 2, (Optional<Labels>, Optional<Features>)> for Net<B> {
///     fn predict(
///         &self,
///         x: Tensor<B, 2>,
///         t: Time<B>,
///         (class, text): (OptionalRows<B, Labels>, OptionalRows<B, Features>),
///     ) -> Prediction<B> {
///         let class = self.classes.forward(class.or_class(10).unsqueeze_dim(1)).squeeze_dim(1);
///         let text = text.y * text.present.unsqueeze_dim(1);
///         Prediction::velocity(self.linear.forward(Tensor::cat(vec![x, class, text, t.like()], 1)))
///     }
/// }
///
/// # fn guide<B: Backend>(net: Net<B>) -> Result<(), reflow::Error> {
/// let scales = vec![Guidance::one_is_none(1.5)?, Guidance::one_is_none(4.0)?];
/// let guided = SignalGuidance::new::<(Labels, Features)>(net, scales, Nulls::Joint)?;
/// # let _ = guided;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SignalGuidance<F, Y> {
    flow: F,
    scales: Vec<Guidance>,
    nulls: Nulls,
    signals: PhantomData<fn() -> Y>,
}

impl<F> SignalGuidance<F, ()> {
    /// Guides `flow` by the signals of `Y`, with one guidance for each signal, in their order.
    ///
    /// # Errors
    /// If the number of scales differs from the number of signals.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// # use reflow::{Flow, Prediction, Time, condition::{Features, Optional, OptionalRows}, rows::expand};
    /// use reflow::{FlowExt, flow::{Guidance, Nulls, SignalGuidance}, rows::to_host};
    ///
    /// # type Rows = (OptionalRows<Flex, Features>, OptionalRows<Flex, Features>);
    /// # struct Sum;
    /// # impl Flow<Flex, 2, (Optional<Features>, Optional<Features>)> for Sum {
    /// #     fn predict(&self, x: Tensor<Flex, 2>, _: Time<Flex>, (a, b): Rows) -> Prediction<Flex> {
    /// #         Prediction::velocity(x.zeros_like() + expand(a.present * 10.0 + b.present * 100.0))
    /// #     }
    /// # }
    /// // The velocity of `Sum` is 10 under the first signal, 100 under the second, and 110 under both.
    /// let scales = vec![Guidance::one_is_none(2.0)?, Guidance::one_is_none(3.0)?];
    /// let guided = SignalGuidance::new::<(Features, Features)>(Sum, scales, Nulls::Joint)?;
    ///
    /// let x = Tensor::<Flex, 2>::zeros([1, 1], &Default::default());
    /// let answer = guided.ask::<Flex, 2, (Features, Features)>(x.clone(), 0.5, (x.clone(), x));
    /// assert_eq!((to_host(answer.velocity()), answer.evaluations()), (vec![320.0], 3));
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn new<Y: Signals>(
        flow: F,
        scales: Vec<Guidance>,
        nulls: Nulls,
    ) -> Result<SignalGuidance<F, Y>, ConfigError> {
        let ok = scales.len() == Y::COUNT;
        let scales = require(ok, "SignalGuidance", "scales", "one for each signal", scales)?;
        Ok(SignalGuidance { flow, scales, nulls, signals: PhantomData })
    }
}

impl<F, Y> SignalGuidance<F, Y> {
    /// The sets of signals to evaluate under, each with the weight of its answer.
    fn terms<B: Backend>(&self, t: &Time<B>) -> Vec<(Vec<bool>, Factor<B>)> {
        let count = self.scales.len();
        let set = |present: &dyn Fn(usize) -> bool| (0..count).map(present).collect::<Vec<_>>();
        let mut terms: Vec<(Vec<bool>, Factor<B>)> = vec![(set(&|_| false), Factor::Shared(1.0))];
        for (signal, guidance) in self.scales.iter().enumerate() {
            let scale = guidance.factor(t);
            let negative = scale.clone().neg();
            match self.nulls {
                Nulls::Independent => {
                    terms[0].1 = terms[0].1.clone().plus(negative);
                    terms.push((set(&|at| at == signal), scale));
                }
                Nulls::Joint => {
                    terms[signal].1 = terms[signal].1.clone().plus(negative);
                    terms.push((set(&|at| at <= signal), scale));
                }
            }
        }
        terms.retain(|(_, factor)| !matches!(factor, Factor::Shared(0.0)));
        terms
    }
}

impl<B, const D: usize, Y, F> Flow<B, D, Y> for SignalGuidance<F, Y>
where
    B: Backend,
    Y: Signals,
    F: Flow<B, D, Y::Optional>,
{
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D> {
        let ask = |present: Vec<bool>| {
            let present = present.into_iter().map(|here| rows::fill(&x, f64::from(u8::from(here))));
            let y = Y::present::<B>(y.clone(), present.collect());
            self.flow.ask::<B, D, Y::Optional>(x.clone(), t.clone(), y)
        };
        let terms = self.terms(&t).into_iter().map(|(present, factor)| (ask(present), factor));
        Answer::combined(terms.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        condition::{Features, Optional, OptionalRows},
        rows::to_host,
    };

    type B = burn_ndarray::NdArray<f64>;
    type Y = (Features, Features);

    /// Velocity 1, plus 10 with the first signal, 100 with the second and another 1000 with both.
    #[derive(Debug)]
    struct Signs;

    impl Flow<B, 2, (Optional<Features>, Optional<Features>)> for Signs {
        fn predict(
            &self,
            x: Tensor<B, 2>,
            _: Time<B>,
            (a, b): (OptionalRows<B, Features>, OptionalRows<B, Features>),
        ) -> Prediction<B> {
            let (a, b) = (a.present.unsqueeze_dim::<2>(1), b.present.unsqueeze_dim::<2>(1));
            let both = a.clone() * b.clone() * 1000.0;
            Prediction::velocity(x.zeros_like() + 1.0 + a * 10.0 + b * 100.0 + both)
        }
    }

    fn guided(scales: [f64; 2], nulls: Nulls, t: f64) -> (f64, usize) {
        let between = |scale: f64| Guidance::one_is_none(scale).unwrap().between(0.0, 0.5).unwrap();
        let flow = SignalGuidance::new::<Y>(Signs, scales.map(between).to_vec(), nulls).unwrap();
        let x: Tensor<B, 2> = Tensor::zeros([2, 1], &Default::default());
        let y = (x.clone(), x.clone());
        let one = flow.ask::<B, 2, Y>(x.clone(), t, y.clone());
        let by_row = flow.ask::<B, 2, Y>(x, Tensor::full([2], t, &Default::default()), y);
        assert_eq!(to_host(one.velocity()), to_host(by_row.velocity()));
        (to_host(one.velocity())[0], one.evaluations())
    }

    #[test]
    fn each_signal_has_its_scale() {
        assert_eq!(guided([2.0, 3.0], Nulls::Independent, 0.2), (1.0 + 20.0 + 300.0, 3));
        assert_eq!(guided([2.0, 3.0], Nulls::Joint, 0.2), (1.0 + 20.0 + 3.0 * 1100.0, 3));
    }

    #[test]
    fn what_cannot_matter_is_not_evaluated() {
        assert_eq!(guided([1.0, 1.0], Nulls::Joint, 0.2), (1111.0, 1));
        assert_eq!(guided([2.0, 3.0], Nulls::Joint, 0.9), (1111.0, 1), "outside the interval");
        assert_eq!(guided([0.0, 0.0], Nulls::Independent, 0.2), (1.0, 1));
    }

    #[test]
    fn every_signal_wants_a_scale() {
        let error = SignalGuidance::new::<Y>(Signs, vec![Guidance::none()], Nulls::Joint).unwrap_err();
        assert!(error.to_string().contains("one for each signal"), "{error}");
    }
}
