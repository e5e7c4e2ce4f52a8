//! The methods of every flow.

use burn::tensor::{Tensor, backend::Backend};

use super::{Answer, Flow, Given};
use crate::{Condition, time::IntoTime};

/// Evaluates a flow at a point, as a velocity or as a denoiser; every [`Flow`] has these methods.
///
/// A time is one number for all rows (`0.5`), or a tensor with one time a row.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{FlowExt, flow::GaussianFlow};
///
/// let flow = GaussianFlow::new(3.0, 0.5)?;
/// let x = Tensor::<Flex, 2>::from_data([[1.0], [2.0]], &Default::default());
/// let t = Tensor::<Flex, 1>::from_data([0.25, 1.0], &Default::default());
/// assert_eq!(flow.velocity(x.clone(), 0.5).dims(), [2, 1]);
/// assert_eq!(flow.denoise(x, t).dims(), [2, 1]);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
pub trait FlowExt {
    /// Evaluates the flow at `x` and `t` under the conditions `y`; the answer can be read both ways.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `y`: one condition a row.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// use reflow::{FlowExt, flow::GaussianFlow, rows::to_host};
    ///
    /// let x = Tensor::<Flex, 2>::from_data([[2.0], [5.0]], &Default::default());
    /// let answer = GaussianFlow::new(3.0, 0.5)?.ask::<Flex, 2, ()>(x, 1.0, ());
    /// assert_eq!(to_host(answer.velocity()), [-1.0, 2.0]);
    /// assert_eq!(to_host(answer.data()), [3.0, 3.0]);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    fn ask<B: Backend, const D: usize, Y: Condition>(
        &self,
        x: Tensor<B, D>,
        t: impl IntoTime<B>,
        y: Y::Rows<B>,
    ) -> Answer<B, D>
    where
        Self: Flow<B, D, Y>,
    {
        let t = t.into_time(&x);
        let prediction = self.predict(x.clone(), t.clone(), y);
        Answer::new(x, t, prediction)
    }

    /// The velocity `v(x, t) = E[x1 - x0 | x_t = x]`.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: the same.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// use reflow::{FlowExt, flow::GaussianFlow, rows::to_host};
    ///
    /// // At t = 1 the data is independent of x, so v = x - E[x0].
    /// let x = Tensor::<Flex, 2>::from_data([[2.0], [5.0]], &Default::default());
    /// assert_eq!(to_host(GaussianFlow::new(3.0, 0.5)?.velocity(x, 1.0)), [-1.0, 2.0]);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    fn velocity<B: Backend, const D: usize>(&self, x: Tensor<B, D>, t: impl IntoTime<B>) -> Tensor<B, D>
    where
        Self: Flow<B, D>,
    {
        self.ask(x, t, ()).velocity()
    }

    /// The denoiser `D(x, t) = E[x0 | x_t = x]`.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: the same.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// use reflow::{FlowExt, flow::GaussianFlow, rows::to_host};
    ///
    /// let flow = GaussianFlow::new(3.0, 0.5)?;
    /// let x = Tensor::<Flex, 2>::from_data([[2.0], [5.0]], &Default::default());
    /// assert_eq!(to_host(flow.denoise(x.clone(), 0.0)), [2.0, 5.0]); // already data
    /// assert_eq!(to_host(flow.denoise(x, 1.0)), [3.0, 3.0]); // the mean of the data
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    fn denoise<B: Backend, const D: usize>(&self, x: Tensor<B, D>, t: impl IntoTime<B>) -> Tensor<B, D>
    where
        Self: Flow<B, D>,
    {
        self.ask(x, t, ()).data()
    }

    /// Fixes the conditions, one for each row of a batch: the result is a flow without conditions.
    ///
    /// # Panics
    /// The result panics when it is evaluated on a batch with another number of rows.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::{Int, Tensor};
    /// # use burn_flex::Flex;
    /// # use reflow::{Flow, Prediction, Time, rows::expand};
    /// use reflow::{FlowExt, Labels, rows::to_host};
    ///
    /// # struct ToLabel;
    /// # impl Flow<Flex, 2, Labels> for ToLabel {
    /// #     fn predict(
    /// #         &self, x: Tensor<Flex, 2>, t: Time<Flex>, y: Tensor<Flex, 1, Int>,
    /// #     ) -> Prediction<Flex> {
    /// #         Prediction::data(x.zeros_like() + expand(y.float()), t)
    /// #     }
    /// # }
    /// # let device = Default::default();
    /// // `ToLabel` predicts the label of each row as its data.
    /// let labels = Tensor::<Flex, 1, Int>::from_ints([3, 7], &device);
    /// let flow = ToLabel.given::<Flex, 2, Labels>(labels);
    /// let x = Tensor::<Flex, 2>::zeros([2, 1], &device);
    /// assert_eq!(to_host(flow.denoise(x, 0.5)), [3.0, 7.0]);
    /// ```
    fn given<B: Backend, const D: usize, Y: Condition>(&self, y: impl Into<Y::Rows<B>>) -> Given<&Self, B, Y>
    where
        Self: Flow<B, D, Y>,
    {
        Given::new(self, y.into())
    }
}

impl<F: ?Sized> FlowExt for F {}
