//! Batches split into parts that threads work on in parallel.

use std::ops::Range;

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Flow, Prediction};
use crate::{
    Condition, ConfigError,
    error::{at_least_one, deserialize_checked},
    threads,
    time::Time,
};

/// How a batch is split into parts, and how many threads work on them.
///
/// Splitting pays on a CPU: element-wise operations use one core only, and small parts stay in the caches.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Sampler, flow::{GaussianFlow, Split}, ode::{Heun, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::uniform(5)?)
///     .split(Split::across_cores(64)?);
/// let out = sampler.sample(Key::new(0).normal::<Flex, 2>([1000, 2], &Default::default()))?;
/// assert_eq!(out.x.dims(), [1000, 2]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Split {
    rows: usize,
    threads: usize,
}

deserialize_checked!(Split { rows: usize, threads: usize } via {
    Split::across_cores(rows).and_then(|split| split.with_threads(threads))
});

impl Split {
    /// Parts of at most `rows` rows, on as many threads as the machine can run at once.
    ///
    /// # Errors
    /// If `rows` is zero.
    ///
    /// # Example
    /// ```
    /// use reflow::flow::Split;
    ///
    /// let error = Split::across_cores(0).unwrap_err();
    /// assert_eq!(error.to_string(), "Split: rows must be at least 1, got 0");
    /// ```
    pub fn across_cores(rows: usize) -> Result<Self, ConfigError> {
        Ok(Self { rows: at_least_one("Split", "rows", rows)?, threads: threads::cores() })
    }

    /// Sets the number of threads.
    ///
    /// # Errors
    /// If it is zero.
    ///
    /// # Example
    /// ```
    /// use reflow::flow::Split;
    ///
    /// let split = Split::across_cores(64)?.with_threads(2)?;
    /// assert_eq!(serde_json::to_string(&split).unwrap(), r#"{"rows":64,"threads":2}"#);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn with_threads(self, threads: usize) -> Result<Self, ConfigError> {
        Ok(Self { threads: at_least_one("Split", "threads", threads)?, ..self })
    }

    /// The range of rows of each part.
    fn parts(self, batch: usize) -> Vec<Range<usize>> {
        (0..batch).step_by(self.rows).map(|start| start..(start + self.rows).min(batch)).collect()
    }

    /// Applies `work` to each part of a batch and its conditions. The results are in the order of the parts.
    pub(crate) fn map<B: Backend, const D: usize, Y: Condition, O: Send>(
        self,
        x: &Tensor<B, D>,
        y: &Y::Rows<B>,
        work: impl Fn(Tensor<B, D>, Range<usize>, Y::Rows<B>) -> O + Sync,
    ) -> Vec<O> {
        let cut = |part: Range<usize>| {
            let rows = x.clone().narrow(0, part.start, part.len());
            (rows, part.clone(), Y::slice::<B>(y.clone(), part))
        };
        let inputs = self.parts(x.dims()[0]).into_iter().map(cut).collect();
        threads::map(self.threads, inputs, |(x, part, y)| work(x, part, y))
    }
}

/// A flow that evaluates each batch in parts, on several threads.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{FlowExt, flow::{GaussianFlow, Split, SplitFlow}};
///
/// let flow = SplitFlow::new(GaussianFlow::new(3.0, 0.5)?, Split::across_cores(64)?);
/// let x = Tensor::<Flex, 2>::ones([1000, 2], &Default::default());
/// assert_eq!(flow.velocity(x, 0.5).dims(), [1000, 2]);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SplitFlow<F> {
    flow: F,
    split: Option<Split>,
}

impl<F> SplitFlow<F> {
    /// Evaluates `flow` in parts; with `None`, evaluates whole batches.
    pub fn new(flow: F, split: impl Into<Option<Split>>) -> Self {
        Self { flow, split: split.into() }
    }
}

impl<B: Backend, const D: usize, Y: Condition, F: Flow<B, D, Y>> Flow<B, D, Y> for SplitFlow<F> {
    fn predict(&self, x: Tensor<B, D>, t: Time<B>, y: Y::Rows<B>) -> Prediction<B, D> {
        match self.split {
            Some(split) if x.dims()[0] > split.rows => {
                let part = |x, part, y| self.flow.predict(x, t.slice(part), y);
                Prediction::cat(split.map::<B, D, Y, _>(&x, &y, part))
            }
            _ => self.flow.predict(x, t, y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FlowExt, Key, flow::GaussianFlow, rows::to_host};

    #[test]
    fn parts_cover_the_batch_once() {
        assert_eq!(Split::across_cores(4).unwrap().parts(10), [0..4, 4..8, 8..10]);
        assert_eq!(Split::across_cores(4).unwrap().parts(4).len(), 1);
    }

    #[test]
    fn a_split_flow_is_the_flow() {
        type B = burn_ndarray::NdArray<f64>;
        let flow = GaussianFlow::new(1.0, 0.3).unwrap();
        let split = SplitFlow::new(flow, Split::across_cores(3).unwrap().with_threads(2).unwrap());
        let x: Tensor<B, 2> = Key::new(0).normal([10, 2], &Default::default());
        let t: Tensor<B, 1> =
            Tensor::from_data([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], &Default::default());
        assert_eq!(to_host(split.velocity(x.clone(), t.clone())), to_host(flow.velocity(x.clone(), t)));
        assert_eq!(to_host(split.denoise(x.clone(), 0.5)), to_host(flow.denoise(x, 0.5)));
    }

    #[test]
    fn wrong_settings_are_refused() {
        let split = Split::across_cores(1).unwrap();
        assert!(split.with_threads(0).unwrap_err().to_string().contains("threads"));
        assert!(Split::across_cores(0).unwrap_err().to_string().contains("rows"));
    }
}
