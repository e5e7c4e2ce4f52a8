//! Data and noise drawn independently.

use std::ops::Range;

use burn::tensor::backend::Backend;

use super::{Coupling, Pair};
use crate::{
    Condition, Error, Key,
    data::{Data, Noise},
    rows::check_length,
};

/// The independent coupling `Q^0 = P0 x P1`, on which a first flow is trained.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Coupling, Key, coupling::Independent, data::{Dataset, Gaussian}};
///
/// let device = Default::default();
/// let data = Dataset::new(Tensor::<Flex, 2>::from_data([[0.0, 1.0], [2.0, 3.0]], &device))?;
/// let pair = Independent::new(data, Gaussian).draw(0..8, &Key::new(0), &device)?;
/// assert_eq!((pair.x0().dims(), pair.x1().dims()), ([8, 2], [8, 2]));
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Independent<P0, P1> {
    data: P0,
    noise: P1,
}

impl<P0, P1> Independent<P0, P1> {
    /// Pairs a distribution of data with one of noise, which may be another set of data.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Coupling, Key, coupling::Independent, data::Dataset, rows::to_host};
    ///
    /// let device = Default::default();
    /// let left = Dataset::<Flex>::from_rows(&[vec![-1.0]], &device)?;
    /// let right = Dataset::<Flex>::from_rows(&[vec![1.0]], &device)?;
    /// let pair = Independent::new(left, right).draw(0..4, &Key::new(0), &device)?;
    /// assert_eq!((to_host(pair.x0()), to_host(pair.x1())), (vec![-1.0; 4], vec![1.0; 4]));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn new(data: P0, noise: P1) -> Self {
        Self { data, noise }
    }
}

impl<B, const D: usize, Y, P0, P1> Coupling<B, D, Y> for Independent<P0, P1>
where
    B: Backend,
    Y: Condition,
    P0: Data<B, D, Y>,
    P1: Noise<B, D>,
{
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let data = self.data.draw(rows.clone(), &key.fork("data"), device)?;
        check_length("the data that a distribution drew", rows.len(), data.x.dims()[0])?;
        let noise = self.noise.draw_noise(rows, &data.x.dims()[1..], &key.fork("noise"), device)?;
        Pair::with_conditions(data.x, noise, data.y)
    }
}
