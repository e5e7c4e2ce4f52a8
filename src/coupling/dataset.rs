//! Data in memory.

use burn::tensor::{Int, Tensor, TensorData, backend::Backend};
use rand::seq::SliceRandom;

use super::{Law, Noise, Sample};
use crate::{Condition, Error, Rng, error::at_least_one, flow::ConditionRows, rows};

/// Rows of data in memory, with a condition each; drawn evenly, with replacement.
///
/// # Example
/// ```
/// use burn::tensor::{Int, Tensor};
/// use burn_flex::Flex;
/// use reflow::{Rng, coupling::{Dataset, Law}};
///
/// let device = Default::default();
/// let x = Tensor::<Flex, 2>::from_data([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], &device);
/// let y = Tensor::<Flex, 1, Int>::from_data([7, 8, 9], &device);
/// let data = Dataset::with_conditions(x, y)?;
/// assert_eq!(data.draw(10, &Rng::new(0), &device)?.y.dims(), [10]);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dataset<B: Backend, const D: usize = 2, Y: Condition = ()> {
    x: Tensor<B, D>,
    y: Y::Rows<B>,
}

impl<B: Backend, const D: usize> Dataset<B, D> {
    /// Data without conditions.
    ///
    /// # Shapes
    /// `x`: `[rows, ..]`.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows, [`Error::NotFinite`] if a row holds NaN or an infinity.
    pub fn new(x: Tensor<B, D>) -> Result<Self, Error> {
        Self::with_conditions(x, ())
    }
}

impl<B: Backend> Dataset<B> {
    /// Data from rows on the host.
    ///
    /// # Errors
    /// As [`new`](Dataset::new), and [`Error::Length`] if a row is not as long as the first.
    pub fn from_rows(data: &[Vec<f32>], device: &B::Device) -> Result<Self, Error> {
        let width = data.first().map_or(0, Vec::len);
        for row in data {
            rows::check_length("the values of a data row, by the first row's", width, row.len())?;
        }
        Self::new(Tensor::from_data(TensorData::new(data.concat(), [data.len(), width]), device))
    }
}

impl<B: Backend, const D: usize, Y: Condition> Dataset<B, D, Y> {
    /// Data with a condition for each row.
    ///
    /// # Shapes
    /// `x`: `[rows, ..]`, `y`: one condition a row.
    ///
    /// # Errors
    /// As [`new`](Dataset::new), and [`Error::Length`] if the conditions are not as many as the rows.
    pub fn with_conditions(x: Tensor<B, D>, y: impl ConditionRows<B, Kind = Y>) -> Result<Self, Error> {
        rows::check_data("the data", &x)?;
        let y = y.into_rows();
        if let Some(count) = Y::len(&y) {
            rows::check_length("the conditions of the data", x.dims()[0], count)?;
        }
        Ok(Self { x, y })
    }

    /// All rows: `[rows, ..]`.
    #[must_use]
    pub fn rows(&self) -> Tensor<B, D> {
        self.x.clone()
    }

    /// The conditions of all rows.
    #[must_use]
    pub fn conditions(&self) -> Y::Rows<B> {
        self.y.clone()
    }

    /// Draws each row as often as any other, give or take one: all of them in random order, again and again.
    ///
    /// # Shapes
    /// Result: `count` rows with a condition each.
    ///
    /// # Errors
    /// [`ConfigError`](crate::ConfigError) if `count` is zero.
    pub fn balanced(&self, count: usize, rng: &Rng) -> Result<Sample<B, D, Y>, Error> {
        at_least_one("Dataset", "count", count)?;
        let all = self.x.dims()[0];
        let shuffled = |round: usize| {
            let mut order: Vec<usize> = (0..all).collect();
            order.shuffle(&mut rng.at(round).generator());
            order
        };
        let order = (0..count.div_ceil(all)).flat_map(shuffled).take(count).collect();
        let numbers = rows::numbers(order, &self.x.device());
        Ok(Sample { x: self.x.clone().select(0, numbers.clone()), y: Y::select(self.y.clone(), numbers) })
    }

    fn numbers(&self, count: usize, rng: &Rng) -> Tensor<B, 1, Int> {
        rows::numbers(rng.indices(count, self.x.dims()[0]), &self.x.device())
    }
}

impl<B: Backend, const D: usize, Y: Condition> Law<B, D, Y> for Dataset<B, D, Y> {
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Sample<B, D, Y>, Error> {
        let numbers = self.numbers(batch, rng);
        Ok(Sample {
            x: self.x.clone().select(0, numbers.clone()).to_device(device),
            y: Y::to_device(Y::select(self.y.clone(), numbers), device),
        })
    }
}

/// Data in the place of noise, for flows between two sets of data.
impl<B: Backend, const D: usize, Y: Condition> Noise<B, D> for Dataset<B, D, Y> {
    fn draw_like(&self, dims: [usize; D], rng: &Rng, device: &B::Device) -> Result<Tensor<B, D>, Error> {
        rows::check_row_shape("the two ends of a coupling", &dims, &self.x.dims())?;
        Ok(self.x.clone().select(0, self.numbers(dims[0], rng)).to_device(device))
    }
}
