//! Data in memory.

use std::ops::Range;

use burn::tensor::{Int, Tensor, TensorData, backend::Backend};

use super::{Data, Noise, Order, Sample};
use crate::{
    Condition, Error, Key, Labels, condition::check_lengths, error::at_least_one, rows, transport::Classes,
};

/// Data in memory: rows with a condition each.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{Key, data::{Data, Dataset, Order}};
///
/// let device = Default::default();
/// let x = Tensor::<Flex, 2>::from_data([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], &device);
/// let y = Tensor::<Flex, 1, Int>::from_data([7, 8, 9], &device);
/// let data = Dataset::with_labels(x, y)?.in_order(Order::Epochs);
/// let epoch = data.draw(0..3, &Key::new(0), &device)?;
/// assert_eq!(epoch.y.sum().into_scalar(), 24); // each row once
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dataset<B: Backend, const D: usize = 2, Y: Condition = ()> {
    x: Tensor<B, D>,
    y: Y::Rows<B>,
    order: Order,
}

impl<B: Backend, const D: usize> Dataset<B, D> {
    /// Data without conditions.
    ///
    /// # Shapes
    /// `x`: `[rows, ..]`.
    ///
    /// # Errors
    /// [`Error::Empty`] if there are no rows, [`Error::NotFinite`] if a value is NaN or infinite,
    /// [`Error::FloatType`] if the float type of `x` is not the one the device computes in.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::data::Dataset;
    ///
    /// let images = Tensor::<Flex, 4>::zeros([10, 3, 8, 8], &Default::default());
    /// assert_eq!(Dataset::new(images)?.rows().dims(), [10, 3, 8, 8]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn new(x: Tensor<B, D>) -> Result<Self, Error> {
        Self::with_conditions(x, ())
    }
}

impl<B: Backend> Dataset<B> {
    /// Data from rows on the host.
    ///
    /// # Errors
    /// As [`new`](Dataset::new), and [`Error::RowLength`] if the length of a row differs from that of the
    /// first.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::data::Dataset;
    ///
    /// let data = Dataset::<Flex>::from_rows(&[vec![0.0, 1.0], vec![2.0, 3.0]], &Default::default())?;
    /// assert_eq!(data.rows().dims(), [2, 2]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn from_rows(data: &[Vec<f32>], device: &B::Device) -> Result<Self, Error> {
        let width = data.first().map_or(0, Vec::len);
        if let Some(row) = data.iter().position(|row| row.len() != width) {
            return Err(Error::RowLength { row, expected: width, found: data[row].len() });
        }
        Self::new(Tensor::from_data(TensorData::new(data.concat(), [data.len(), width]), device))
    }
}

impl<B: Backend, const D: usize> Dataset<B, D, Labels> {
    /// Data with a class label for each row. Labels count from 0.
    ///
    /// # Shapes
    /// `x`: `[rows, ..]`, `labels`: `[rows]`.
    ///
    /// # Errors
    /// As [`with_conditions`](Dataset::with_conditions), and [`Error::Label`] if a label is negative.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::data::Dataset;
    ///
    /// let device = Default::default();
    /// let x = Tensor::<Flex, 2>::zeros([3, 2], &device);
    /// assert!(Dataset::with_labels(x.clone(), Tensor::from_data([0, 1, 1], &device)).is_ok());
    /// assert!(Dataset::with_labels(x, Tensor::from_data([0, 1, -1], &device)).is_err());
    /// ```
    pub fn with_labels(x: Tensor<B, D>, labels: Tensor<B, 1, Int>) -> Result<Self, Error> {
        let found = labels.clone().into_data().convert::<i64>();
        if let Some((row, label)) = found.iter::<i64>().enumerate().find(|(_, label)| *label < 0) {
            return Err(Error::Label { row, label });
        }
        Self::with_conditions(x, labels)
    }
}

impl<B: Backend, const D: usize, Y: Condition> Dataset<B, D, Y> {
    /// Data with a condition of any kind for each row.
    ///
    /// The network that the data is given to determines the kind; elsewhere, name it as in the example.
    ///
    /// # Shapes
    /// `x`: `[rows, ..]`, `y`: one condition a row.
    ///
    /// # Errors
    /// As [`new`](Dataset::new), and [`Error::Length`] if there are not as many conditions as rows.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{condition::Features, data::Dataset};
    ///
    /// let device = Default::default();
    /// let (x, y) = (Tensor::<Flex, 2>::zeros([4, 2], &device), Tensor::<Flex, 2>::ones([4, 3], &device));
    /// let data = Dataset::<_, 2, Features>::with_conditions(x, y)?;
    /// assert_eq!((data.rows().dims(), data.conditions().dims()), ([4, 2], [4, 3]));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_conditions(x: Tensor<B, D>, y: impl Into<Y::Rows<B>>) -> Result<Self, Error> {
        rows::check_data("the data", &x)?;
        let y = y.into();
        check_lengths::<B, Y>("the conditions of the data", x.dims()[0], &y)?;
        Ok(Self { x, y, order: Order::default() })
    }

    /// Sets the order in which rows are drawn: with replacement by default. See [`Order`].
    #[must_use]
    pub fn in_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// All rows: `[rows, ..]`.
    ///
    /// # Example
    /// ```
    /// # use burn_flex::Flex;
    /// # use reflow::data::Dataset;
    /// let data = Dataset::<Flex>::from_rows(&[vec![0.0], vec![1.0], vec![2.0]], &Default::default())?;
    /// assert_eq!(data.rows().into_data().to_vec::<f32>().unwrap(), [0.0, 1.0, 2.0]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn rows(&self) -> Tensor<B, D> {
        self.x.clone()
    }

    /// The conditions of all rows.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// # use reflow::data::Dataset;
    /// # let device = Default::default();
    /// # let x = Tensor::<Flex, 2>::zeros([3, 2], &device);
    /// let data = Dataset::with_labels(x, Tensor::from_data([7, 8, 9], &device))?;
    /// assert_eq!(data.conditions().into_data().iter::<i64>().collect::<Vec<_>>(), [7, 8, 9]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn conditions(&self) -> Y::Rows<B> {
        self.y.clone()
    }

    /// Draws rows as evenly as possible: whole passes over the data, each in a new random order, so the draw
    /// counts of any two rows never differ by more than one.
    ///
    /// # Shapes
    /// Result: `count` rows with a condition each.
    ///
    /// # Errors
    /// [`ConfigError`](crate::ConfigError) if `count` is zero.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, data::Dataset};
    ///
    /// let data = Dataset::<Flex>::from_rows(&[vec![0.0], vec![1.0], vec![2.0]], &Default::default())?;
    /// let twice = data.balanced(6, &Key::new(0))?;
    /// assert_eq!(twice.x.sum().into_scalar(), 6.0); // each row twice
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn balanced(&self, count: usize, key: &Key) -> Result<Sample<B, D, Y>, Error> {
        at_least_one("Dataset", "count", count)?;
        Ok(self.select(self.indices(Order::Epochs, 0..count, key)))
    }

    /// Draws a row of the same class for each condition, as evenly as [`balanced`](Dataset::balanced) does.
    ///
    /// Use it to make the target of a [`Projection`](crate::coupling::Projection) of pairs with labels.
    ///
    /// # Shapes
    /// `y`: one condition a row; result: as many rows, grouped by class.
    ///
    /// # Errors
    /// [`Error::TooFew`] if the data has no row of a class.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Key, data::Dataset};
    ///
    /// let device = Default::default();
    /// let x = Tensor::<Flex, 2>::from_data([[0.0], [1.0], [2.0]], &device);
    /// let data = Dataset::with_labels(x, Tensor::from_data([0, 0, 1], &device))?;
    /// let drawn = data.balanced_for(&Tensor::from_data([1, 0, 1], &device), &Key::new(0))?;
    /// assert_eq!(drawn.y.sum().into_scalar(), 2); // two rows of class 1, one of class 0
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn balanced_for(&self, y: &Y::Rows<B>, key: &Key) -> Result<Sample<B, D, Y>, Error> {
        let count = Y::lengths::<B>(y).into_iter().next().unwrap_or(self.x.dims()[0]);
        let (wanted, here) = (Classes::of::<B, Y>(y, count), Classes::of::<B, Y>(&self.y, self.x.dims()[0]));
        let mut chosen = Vec::with_capacity(count);
        for (class, (rows, own)) in wanted.with_rows_of(&here).enumerate() {
            rows::check_at_least("the rows of a class of the data", 1, own.len())?;
            let order = Order::Epochs.draw(0..rows.len(), own.len(), &key.at(class));
            chosen.extend(order.into_iter().map(|at| own[at]));
        }
        Ok(self.select(rows::indices(chosen, &self.x.device())))
    }

    /// The conditions of the rows drawn for a range of indices.
    pub(super) fn conditions_of(&self, rows: Range<usize>, key: &Key) -> Y::Rows<B> {
        Y::select::<B>(self.y.clone(), self.indices(self.order, rows, key))
    }

    fn indices(&self, order: Order, rows: Range<usize>, key: &Key) -> Tensor<B, 1, Int> {
        rows::indices(order.draw(rows, self.x.dims()[0], key), &self.x.device())
    }

    fn select(&self, indices: Tensor<B, 1, Int>) -> Sample<B, D, Y> {
        Sample { x: self.x.clone().select(0, indices.clone()), y: Y::select::<B>(self.y.clone(), indices) }
    }
}

impl<B: Backend, const D: usize, Y: Condition> Data<B, D, Y> for Dataset<B, D, Y> {
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Sample<B, D, Y>, Error> {
        let Sample { x, y } = self.select(self.indices(self.order, rows, key));
        Ok(Sample { x: x.to_device(device), y: Y::to_device::<B>(y, device) })
    }
}

/// Data in place of noise, for flows between two sets of data.
///
/// Only for data without conditions: a pair has a single condition, and its two rows, drawn independently,
/// would come with different ones.
impl<B: Backend, const D: usize> Noise<B, D> for Dataset<B, D> {
    fn draw_noise(
        &self,
        rows: Range<usize>,
        row: &[usize],
        key: &Key,
        device: &B::Device,
    ) -> Result<Tensor<B, D>, Error> {
        rows::check_row_shape("the two ends of a coupling", row, &self.x.dims()[1..])?;
        Ok(self.x.clone().select(0, self.indices(self.order, rows, key)).to_device(device))
    }
}
