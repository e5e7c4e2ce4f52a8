//! What every flow can be asked.

use burn::tensor::{Tensor, backend::Backend};

use super::{Answer, Flow, Given};
use crate::{Condition, time::IntoTime};

/// The readings of a flow; every [`Flow`] has them.
///
/// A time is one number for all rows (`0.5`) or a tensor with one a row.
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
    /// What the flow says at `x` and `t` under the conditions `y`, to be read both ways.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, `y`: one condition a row.
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
    fn denoise<B: Backend, const D: usize>(&self, x: Tensor<B, D>, t: impl IntoTime<B>) -> Tensor<B, D>
    where
        Self: Flow<B, D>,
    {
        self.ask(x, t, ()).data()
    }

    /// The flow under fixed conditions, one for each row of the batches it will see: a flow without conditions.
    fn given<B: Backend, const D: usize, Y: Condition>(&self, y: impl Into<Y::Rows<B>>) -> Given<&Self, B, Y>
    where
        Self: Flow<B, D, Y>,
    {
        Given::new(self, y.into())
    }
}

impl<F: ?Sized> FlowExt for F {}
