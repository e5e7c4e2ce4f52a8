//! A batch of pairs.

use std::ops::Range;

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

use crate::{Condition, Error, condition::check_lengths, rows};

/// A batch of pairs of data and noise, with the conditions of the data.
///
/// The two ends have one shape, with at least one row, and there are as many conditions as rows.
#[derive(Debug, Clone)]
pub struct Pair<B: Backend, const D: usize = 2, Y: Condition = ()> {
    x0: Tensor<B, D>,
    x1: Tensor<B, D>,
    y: Y::Rows<B>,
}

impl<B: Backend, const D: usize> Pair<B, D> {
    /// Pairs without conditions.
    ///
    /// # Shapes
    /// `x0`, `x1`: `[batch, ..]`.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::Shape`] if there are no rows or the shapes differ.
    pub fn new(x0: Tensor<B, D>, x1: Tensor<B, D>) -> Result<Self, Error> {
        Self::with_conditions(x0, x1, ())
    }
}

impl<B: Backend, const D: usize, Y: Condition> Pair<B, D, Y> {
    /// The same pairs after a map of rows that keeps their shape.
    #[must_use]
    pub(crate) fn mapped(self, map: impl Fn(Tensor<B, D>) -> Tensor<B, D>) -> Self {
        Self { x0: map(self.x0), x1: map(self.x1), y: self.y }
    }

    /// Pairs with a condition for each row of data.
    ///
    /// # Shapes
    /// `x0`, `x1`: `[batch, ..]`, `y`: one condition a row.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::Shape`] if the shapes differ, [`Error::Length`] if the conditions
    /// are not as many as the rows.
    pub fn with_conditions(x0: Tensor<B, D>, x1: Tensor<B, D>, y: Y::Rows<B>) -> Result<Self, Error> {
        let (dims, found) = (x0.dims(), x1.dims());
        if dims.contains(&0) {
            return Err(Error::Empty { what: "a batch of pairs" });
        }
        if dims != found {
            return Err(Error::Shape {
                what: "the noise of a pair must have the shape of its data",
                expected: dims.to_vec(),
                found: found.to_vec(),
            });
        }
        check_lengths::<B, Y>("the conditions of a batch of pairs", dims[0], &y)?;
        Ok(Self { x0, x1, y })
    }

    /// Data, at `t = 0`: `[batch, ..]`.
    #[must_use]
    pub fn x0(&self) -> Tensor<B, D> {
        self.x0.clone()
    }

    /// Noise, at `t = 1`: `[batch, ..]`.
    #[must_use]
    pub fn x1(&self) -> Tensor<B, D> {
        self.x1.clone()
    }

    /// What the flow is told about each row.
    #[must_use]
    pub fn y(&self) -> Y::Rows<B> {
        self.y.clone()
    }

    /// Data, noise and conditions.
    #[must_use]
    pub fn into_parts(self) -> (Tensor<B, D>, Tensor<B, D>, Y::Rows<B>) {
        (self.x0, self.x1, self.y)
    }

    /// The number of pairs, at least one.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.x0.dims()[0]
    }

    /// The pairs with these indices.
    ///
    /// # Errors
    /// [`Error::Empty`] without indices.
    ///
    /// # Panics
    /// As burn's tensors do, if an index is out of range.
    pub fn select(&self, indices: Tensor<B, 1, Int>) -> Result<Self, Error> {
        Self::with_conditions(
            self.x0().select(0, indices.clone()),
            self.x1().select(0, indices.clone()),
            Y::select::<B>(self.y(), indices),
        )
    }

    /// The pairs of a range.
    ///
    /// # Errors
    /// [`Error::Empty`] if the range is, [`Error::TooFew`] if it goes beyond the pairs.
    pub fn slice(&self, range: Range<usize>) -> Result<Self, Error> {
        rows::check_at_least("the pairs to take a range of", range.end, self.len())?;
        if range.is_empty() {
            return Err(Error::Empty { what: "a range of pairs" });
        }
        let part = |x: Tensor<B, D>| x.narrow(0, range.start, range.len());
        Ok(Self { x0: part(self.x0()), x1: part(self.x1()), y: Y::slice::<B>(self.y(), range.clone()) })
    }

    /// The pairs on another device.
    #[must_use]
    pub fn to_device(self, device: &B::Device) -> Self {
        Self {
            x0: self.x0.to_device(device),
            x1: self.x1.to_device(device),
            y: Y::to_device::<B>(self.y, device),
        }
    }

    /// Batches put one after the other.
    ///
    /// # Errors
    /// [`Error::Empty`] without batches, [`Error::Shape`] if their rows differ in shape.
    pub fn cat(batches: Vec<Self>) -> Result<Self, Error> {
        let Some(first) = batches.first() else {
            return Err(Error::Empty { what: "the batches of pairs to join" });
        };
        let dims = first.x0.dims();
        for batch in &batches {
            rows::check_row_shape("the rows of joined pairs", &dims[1..], &batch.x0.dims()[1..])?;
        }
        let (mut x0, mut x1, mut y) = (vec![], vec![], vec![]);
        for batch in batches {
            x0.push(batch.x0);
            x1.push(batch.x1);
            y.push(batch.y);
        }
        Ok(Self { x0: Tensor::cat(x0, 0), x1: Tensor::cat(x1, 0), y: Y::cat::<B>(y) })
    }
}

impl<B: AutodiffBackend, const D: usize, Y: Condition> Pair<B, D, Y> {
    /// The pairs on the backend that records gradients.
    #[must_use]
    pub fn from_inner(pair: Pair<B::InnerBackend, D, Y>) -> Self {
        let Pair { x0, x1, y } = pair;
        Self { x0: Tensor::from_inner(x0), x1: Tensor::from_inner(x1), y: Y::from_inner::<B>(y) }
    }
}
