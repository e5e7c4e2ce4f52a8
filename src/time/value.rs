//! The time of each row of a batch.

use burn::tensor::{DType, Tensor, TensorCreationOptions, backend::Backend};

use super::least_time;
use crate::rows;

/// The time of each row of a batch: one number shared by all rows, or one for each row.
///
/// Solvers ask at a shared time, which the host knows without waiting for the device; training asks at a time
/// for each row. A `Time` knows the batch it belongs to, so a network gets its tensor from it:
/// [`like`](Time::like) to join or multiply with the rows, [`distinct`](Time::distinct) to embed.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::time::{IntoTime, Time};
///
/// let x = Tensor::<Flex, 2>::zeros([4, 3], &Default::default());
/// let t: Time<Flex> = 0.5.into_time(&x);
/// assert_eq!(t.shared(), Some(0.5));
/// assert_eq!((t.rows().dims(), t.like::<2>().dims(), t.distinct().dims()), ([4], [4, 1], [1]));
/// ```
#[derive(Debug, Clone)]
pub struct Time<B: Backend>(Held<B>);

#[derive(Debug, Clone)]
enum Held<B: Backend> {
    Shared { t: f64, rows: usize, device: B::Device, dtype: DType },
    Rows(Tensor<B, 1>),
}

impl<B: Backend> Time<B> {
    /// The number that all rows share, if they do.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::time::{IntoTime, Time};
    ///
    /// let x = Tensor::<Flex, 2>::zeros([2, 3], &Default::default());
    /// let shared: Time<Flex> = 0.5.into_time(&x);
    /// let by_row: Time<Flex> = Tensor::<Flex, 1>::ones([2], &Default::default()).into_time(&x);
    /// assert_eq!((shared.shared(), by_row.shared()), (Some(0.5), None));
    /// ```
    #[must_use]
    pub fn shared(&self) -> Option<f64> {
        match self.0 {
            Held::Shared { t, .. } => Some(t),
            Held::Rows(_) => None,
        }
    }

    /// The number of rows.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::time::{IntoTime, Time};
    ///
    /// let x = Tensor::<Flex, 2>::zeros([2, 3], &Default::default());
    /// let t: Time<Flex> = 0.5.into_time(&x);
    /// assert_eq!(t.batch(), 2);
    /// ```
    #[must_use]
    pub fn batch(&self) -> usize {
        match &self.0 {
            Held::Shared { rows, .. } => *rows,
            Held::Rows(t) => t.dims()[0],
        }
    }

    /// The time of each row.
    ///
    /// # Shapes
    /// Result: `[batch]`.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{rows::to_host, time::{IntoTime, Time}};
    ///
    /// let x = Tensor::<Flex, 2>::zeros([2, 3], &Default::default());
    /// let t: Time<Flex> = 0.5.into_time(&x);
    /// assert_eq!(to_host(t.rows()), [0.5, 0.5]);
    /// ```
    #[must_use]
    pub fn rows(&self) -> Tensor<B, 1> {
        self.repeated(self.batch())
    }

    /// The time of each row, as a tensor of the rank of the batch.
    ///
    /// # Shapes
    /// Result: `[batch, 1, ..]`.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{FlowExt, Time, flow_fn, rows::to_host};
    ///
    /// let flow = flow_fn(|x: Tensor<Flex, 2>, t: Time<Flex>| x * t.like());
    /// let x = Tensor::<Flex, 2>::ones([2, 3], &Default::default());
    /// assert_eq!(to_host(flow.velocity(x, 0.5)), [0.5; 6]);
    /// ```
    #[must_use]
    pub fn like<const D: usize>(&self) -> Tensor<B, D> {
        rows::expand(self.rows())
    }

    /// One time if all rows share it, otherwise one for each row: the times to embed, and to broadcast over
    /// the batch.
    ///
    /// # Shapes
    /// Result: `[1]` or `[batch]`.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{rows::to_host, time::{IntoTime, Time}};
    ///
    /// let x = Tensor::<Flex, 2>::zeros([2, 3], &Default::default());
    /// let t: Time<Flex> = 0.5.into_time(&x);
    /// assert_eq!(to_host(t.distinct()), [0.5]);
    /// ```
    #[must_use]
    pub fn distinct(&self) -> Tensor<B, 1> {
        self.repeated(1)
    }

    /// Raises every time below `least` to it.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{rows::to_host, time::IntoTime};
    ///
    /// let x = Tensor::<Flex, 2>::zeros([2, 3], &Default::default());
    /// let t = Tensor::<Flex, 1>::from_data([0.25, 1.0], &Default::default()).into_time(&x);
    /// assert_eq!(to_host(t.at_least(0.5).rows()), [0.5, 1.0]);
    /// ```
    #[must_use]
    pub fn at_least(self, least: f64) -> Self {
        Self(match self.0 {
            Held::Shared { t, rows, device, dtype } => Held::Shared { t: t.max(least), rows, device, dtype },
            Held::Rows(t) => Held::Rows(t.clamp_min(least)),
        })
    }

    /// Raises every time that is too small to divide by to [`least_time`].
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::time::{IntoTime, Time};
    ///
    /// let x = Tensor::<Flex, 2>::zeros([2, 3], &Default::default());
    /// let t: Time<Flex> = 0.0.into_time(&x);
    /// assert_eq!(t.divisible().shared(), Some(1e-4));
    /// ```
    #[must_use]
    pub fn divisible(self) -> Self {
        let least = least_time(match &self.0 {
            Held::Shared { dtype, .. } => *dtype,
            Held::Rows(t) => t.dtype(),
        });
        self.at_least(least)
    }

    /// The times of a range of rows.
    pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        Self(match &self.0 {
            Held::Shared { t, device, dtype, .. } => {
                Held::Shared { t: *t, rows: range.len(), device: device.clone(), dtype: *dtype }
            }
            Held::Rows(t) => Held::Rows(t.clone().narrow(0, range.start, range.len())),
        })
    }

    /// Joins the times of parts of a batch, one after the other; `None` if there are no parts.
    pub(crate) fn cat(parts: Vec<Self>) -> Option<Self> {
        let batch = parts.iter().map(Self::batch).sum();
        match parts.first()? {
            Self(Held::Shared { t, device, dtype, .. }) => {
                Some(Self(Held::Shared { t: *t, rows: batch, device: device.clone(), dtype: *dtype }))
            }
            Self(Held::Rows(_)) => {
                Some(Self(Held::Rows(Tensor::cat(parts.iter().map(Self::rows).collect(), 0))))
            }
        }
    }

    /// Multiplies each row by its time.
    pub(crate) fn scale<const D: usize>(&self, x: Tensor<B, D>) -> Tensor<B, D> {
        match self.shared() {
            Some(t) => x * t,
            None => x * self.like(),
        }
    }

    /// Divides each row by its time.
    pub(crate) fn divide<const D: usize>(&self, x: Tensor<B, D>) -> Tensor<B, D> {
        match self.shared() {
            Some(t) => x / t,
            None => x / self.like(),
        }
    }

    /// The shared time repeated `count` times, or the time of each row.
    fn repeated(&self, count: usize) -> Tensor<B, 1> {
        match &self.0 {
            Held::Shared { t, device, dtype, .. } => {
                let options = TensorCreationOptions::new(device.clone()).with_dtype(*dtype);
                Tensor::full([count], *t, options)
            }
            Held::Rows(t) => t.clone(),
        }
    }
}

/// What can be given as the time of a batch: a number such as `0.5`, a tensor with one time for each row, or
/// a [`Time`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the time of a batch",
    note = "pass one number for all rows (`0.5`), or one a row (`Tensor<B, 1>`)"
)]
pub trait IntoTime<B: Backend> {
    /// The times of the rows of `x`.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{rows::to_host, time::{IntoTime, Time}};
    ///
    /// let x = Tensor::<Flex, 2>::zeros([2, 3], &Default::default());
    /// let t: Time<Flex> = 0.5.into_time(&x);
    /// let u = Tensor::<Flex, 1>::from_data([0.25, 1.0], &Default::default()).into_time(&x);
    /// assert_eq!((to_host(t.rows()), to_host(u.rows())), (vec![0.5, 0.5], vec![0.25, 1.0]));
    /// ```
    fn into_time<const D: usize>(self, x: &Tensor<B, D>) -> Time<B>;
}

impl<B: Backend> IntoTime<B> for f64 {
    fn into_time<const D: usize>(self, x: &Tensor<B, D>) -> Time<B> {
        Time(Held::Shared { t: self, rows: x.dims()[0], device: x.device(), dtype: x.dtype() })
    }
}

impl<B: Backend> IntoTime<B> for Tensor<B, 1> {
    fn into_time<const D: usize>(self, _: &Tensor<B, D>) -> Time<B> {
        Time(Held::Rows(self))
    }
}

impl<B: Backend> IntoTime<B> for Time<B> {
    fn into_time<const D: usize>(self, _: &Tensor<B, D>) -> Time<B> {
        self
    }
}
