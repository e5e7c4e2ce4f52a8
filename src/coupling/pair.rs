//! A batch of pairs.

use std::ops::Range;

use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};

use crate::{Condition, Error, condition::check_lengths, rows};

/// A batch of pairs of data and noise, with the conditions of the data.
///
/// Both ends have the same shape, with at least one row, and there is one condition for each row.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Pair, rows::to_host};
///
/// let device = Default::default();
/// let x0 = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &device);
/// let pair = Pair::new(x0, Tensor::from_data([[-0.5], [0.5]], &device))?;
/// assert_eq!((to_host(pair.x0()), to_host(pair.x1())), (vec![0.0, 1.0], vec![-0.5, 0.5]));
/// assert_eq!(pair.len(), 2);
/// # Ok::<(), reflow::Error>(())
/// ```
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
    /// [`Error::Empty`] if there are no rows, [`Error::Shape`] if the shapes differ.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Error, Pair};
    ///
    /// let device = Default::default();
    /// let (four, five) = (Tensor::<Flex, 2>::zeros([4, 1], &device), Tensor::zeros([5, 1], &device));
    /// assert!(matches!(Pair::new(four, five), Err(Error::Shape { .. })));
    /// ```
    pub fn new(x0: Tensor<B, D>, x1: Tensor<B, D>) -> Result<Self, Error> {
        Self::with_conditions(x0, x1, ())
    }
}

impl<B: Backend, const D: usize, Y: Condition> Pair<B, D, Y> {
    /// Applies a map to the rows of both ends; the map keeps their shape.
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
    /// [`Error::Empty`] if there are no rows, [`Error::Shape`] if the shapes differ, [`Error::Length`] if
    /// there is not one condition for each row.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::{Int, Tensor};
    /// use burn_flex::Flex;
    /// use reflow::{Labels, Pair};
    ///
    /// let device = Default::default();
    /// # let (x0, x1) = (Tensor::<Flex, 2>::zeros([2, 1], &device), Tensor::ones([2, 1], &device));
    /// let y = Tensor::<Flex, 1, Int>::from_ints([7, 8], &device);
    /// let pair = Pair::<_, 2, Labels>::with_conditions(x0, x1, y)?;
    /// assert_eq!(pair.y().dims(), [2]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
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

    /// The conditions, one for each row.
    #[must_use]
    pub fn y(&self) -> Y::Rows<B> {
        self.y.clone()
    }

    /// Takes the pairs apart: data, noise and conditions.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, Pair};
    ///
    /// let x = Key::new(0).normal::<Flex, 2>([4, 3], &Default::default());
    /// let (x0, x1, ()) = Pair::new(x.clone(), x)?.into_parts();
    /// assert_eq!((x0.dims(), x1.dims()), ([4, 3], [4, 3]));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn into_parts(self) -> (Tensor<B, D>, Tensor<B, D>, Y::Rows<B>) {
        (self.x0, self.x1, self.y)
    }

    /// The number of pairs, at least one.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a batch of pairs never is")]
    pub fn len(&self) -> usize {
        self.x0.dims()[0]
    }

    /// The pairs at these indices.
    ///
    /// # Errors
    /// [`Error::Empty`] if there are no indices, [`Error::TooFew`] if one is beyond the last pair.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Pair, rows::to_host};
    ///
    /// let device = Default::default();
    /// let x = Tensor::<Flex, 2>::from_data([[0.0], [1.0], [2.0]], &device);
    /// let pair = Pair::new(x.clone(), x)?.select(vec![2, 0])?;
    /// assert_eq!(to_host(pair.x0()), [2.0, 0.0]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn select(&self, indices: Vec<usize>) -> Result<Self, Error> {
        let least = indices.iter().max().map_or(0, |last| last.saturating_add(1));
        rows::check_at_least("the pairs to select from", least, self.len())?;
        let indices = rows::indices(indices, &self.x0.device());
        Self::with_conditions(
            self.x0().select(0, indices.clone()),
            self.x1().select(0, indices.clone()),
            Y::select::<B>(self.y(), indices),
        )
    }

    /// The pairs in a range.
    ///
    /// # Errors
    /// [`Error::Empty`] if the range is empty, [`Error::TooFew`] if it ends beyond the last pair.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Error, Key, Pair};
    ///
    /// let x = Key::new(0).normal::<Flex, 2>([4, 3], &Default::default());
    /// let pair = Pair::new(x.clone(), x)?;
    /// assert_eq!(pair.slice(1..3)?.len(), 2);
    /// assert!(matches!(pair.slice(1..9), Err(Error::TooFew { least: 9, found: 4, .. })));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn slice(&self, range: Range<usize>) -> Result<Self, Error> {
        rows::check_at_least("the pairs to take a range of", range.end, self.len())?;
        if range.is_empty() {
            return Err(Error::Empty { what: "a range of pairs" });
        }
        let part = |x: Tensor<B, D>| x.narrow(0, range.start, range.len());
        Ok(Self { x0: part(self.x0()), x1: part(self.x1()), y: Y::slice::<B>(self.y(), range.clone()) })
    }

    /// Moves the pairs to another device.
    ///
    /// # Example
    /// ```
    /// use burn_flex::{Flex, FlexDevice};
    /// use reflow::{Key, Pair};
    ///
    /// let x = Key::new(0).normal::<Flex, 2>([4, 3], &FlexDevice);
    /// let pair = Pair::new(x.clone(), x)?.to_device(&FlexDevice);
    /// assert_eq!(pair.x0().device(), FlexDevice);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn to_device(self, device: &B::Device) -> Self {
        Self {
            x0: self.x0.to_device(device),
            x1: self.x1.to_device(device),
            y: Y::to_device::<B>(self.y, device),
        }
    }

    /// Joins batches, one after the other.
    ///
    /// # Errors
    /// [`Error::Empty`] if there are no batches, [`Error::Shape`] if their rows differ in shape.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, Pair};
    ///
    /// let x = Key::new(0).normal::<Flex, 2>([4, 3], &Default::default());
    /// let pair = Pair::new(x.clone(), x)?;
    /// assert_eq!(Pair::cat(vec![pair.clone(), pair])?.len(), 8);
    /// # Ok::<(), reflow::Error>(())
    /// ```
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
    /// Moves the pairs to the backend that records gradients.
    ///
    /// # Example
    /// ```
    /// use burn_autodiff::Autodiff;
    /// use burn_flex::Flex;
    /// use reflow::{Key, Pair};
    ///
    /// let x = Key::new(0).normal::<Flex, 2>([4, 3], &Default::default());
    /// let pair: Pair<Autodiff<Flex>> = Pair::from_inner(Pair::new(x.clone(), x.clone())?);
    /// assert_eq!(pair.x0().inner().into_data(), x.into_data());
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn from_inner(pair: Pair<B::InnerBackend, D, Y>) -> Self {
        let Pair { x0, x1, y } = pair;
        Self { x0: Tensor::from_inner(x0), x1: Tensor::from_inner(x1), y: Y::from_inner::<B>(y) }
    }
}
