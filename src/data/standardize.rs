//! Scaling data to mean 0 and standard deviation 1.

use burn::tensor::{Tensor, TensorData, backend::Backend};
use serde::{Deserialize, Serialize};

use crate::{
    ConfigError, Error,
    error::{deserialize_checked, require},
    rows,
};

/// Which values share a mean and a standard deviation.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, data::{Axis, Standardize}};
///
/// let (key, device) = (Key::new(0), Default::default());
/// let small = key.normal::<Flex, 4>([10, 3, 8, 8], &device);
/// let large = key.normal::<Flex, 4>([10, 3, 16, 16], &device);
/// assert!(Standardize::fit(&small, Axis::Channel)?.apply(large.clone()).is_ok()); // three channels each
/// assert!(Standardize::fit(&small, Axis::Feature)?.apply(large).is_err());
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Axis {
    /// Each value of a row has its own.
    Feature,
    /// The values of each channel share theirs: for images and sequences of shape `[batch, channels, ..]`.
    Channel,
    /// All values share theirs.
    All,
}

/// Shifts and scales data to mean 0 and standard deviation 1 before training, and back after sampling.
///
/// ```text
/// z = (x - mean) / std
/// ```
///
/// Fit it once, and save it beside the network's weights: it implements serde's traits. A value that does not
/// vary is only shifted.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::data::{Axis, Dataset, Standardize};
///
/// let x = Tensor::<Flex, 2>::from_data([[0.0, 7.0], [2.0, 7.0]], &Default::default());
/// let scaling = Standardize::fit(&x, Axis::Feature)?;
/// let data = Dataset::new(scaling.apply(x.clone())?)?;
/// assert_eq!(data.rows().into_data().to_vec::<f32>().unwrap(), [-1.0, 0.0, 1.0, 0.0]);
/// assert_eq!(scaling.undo(data.rows())?.into_data(), x.into_data());
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standardize {
    axis: Axis,
    mean: Vec<f64>,
    std: Vec<f64>,
}

deserialize_checked!(Standardize { axis: Axis, mean: Vec<f64>, std: Vec<f64> } via {
    Standardize::new(axis, mean, std)
});

impl Standardize {
    /// A scaling by known means and standard deviations: one of each for every feature, for every channel, or
    /// for all values.
    ///
    /// # Errors
    /// If there are no means, there are several for [`Axis::All`], there are not as many deviations as means,
    /// a mean is not finite, or a deviation is not positive and finite.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::data::{Axis, Standardize};
    ///
    /// let scaling = Standardize::new(Axis::All, vec![0.5], vec![0.25])?;
    /// let grey = Tensor::<Flex, 2>::from_data([[0.0, 1.0]], &Default::default());
    /// assert_eq!(scaling.apply(grey)?.into_data().to_vec::<f32>().unwrap(), [-2.0, 2.0]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn new(axis: Axis, mean: Vec<f64>, std: Vec<f64>) -> Result<Self, ConfigError> {
        let (part, count) = ("Standardize", mean.len());
        let mean =
            require(!mean.is_empty() && mean.iter().all(|m| m.is_finite()), part, "mean", "finite", mean)?;
        require(axis != Axis::All || count == 1, part, "mean", "one for all values", &mean)?;
        let std = require(std.len() == count, part, "std", "as many as means", std)?;
        let ok = std.iter().all(|&std| std > 0.0 && std.is_finite());
        Ok(Self { axis, mean, std: require(ok, part, "std", "positive and finite", std)? })
    }

    /// Measures the mean and the standard deviation of data, the variance being over `n`.
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
    /// use reflow::data::{Axis, Standardize};
    ///
    /// let x = Tensor::<Flex, 2>::from_data([[0.0, 4.0]], &Default::default());
    /// assert_eq!(Standardize::fit(&x, Axis::All)?, Standardize::new(Axis::All, vec![2.0], vec![2.0])?);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn fit<B: Backend, const D: usize>(x: &Tensor<B, D>, axis: Axis) -> Result<Self, Error> {
        const { assert!(D >= 2, "rows of data have a rank of at least 2, the batch included") };
        rows::check_data("the data to standardize", x)?;
        let (count, inner) = axis.layout(&x.dims());
        let group = |at: usize| at / inner % count;
        let values = rows::to_host(x.clone());
        let each = (values.len() / count) as f64;
        let mut mean = vec![0.0; count];
        values.iter().enumerate().for_each(|(at, value)| mean[group(at)] += value / each);
        let mut variance = vec![0.0; count];
        for (at, value) in values.iter().enumerate() {
            variance[group(at)] += (value - mean[group(at)]).powi(2) / each;
        }
        // Values that vary by no more than rounding keep their scale.
        let std = variance.iter().zip(&mean).map(|(variance, mean)| {
            let std = variance.sqrt();
            if std > 1e-12 * mean.abs() { std } else { 1.0 }
        });
        let std = std.collect();
        Ok(Self::new(axis, mean, std)?)
    }

    /// Scales data to train on: `z = (x - mean) / std`.
    ///
    /// # Shapes
    /// `x`: `[batch, ..]`, result: the same.
    ///
    /// # Errors
    /// [`Error::Shape`] if the rows do not have as many features or channels as there are means.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::data::{Axis, Standardize};
    ///
    /// let device = Default::default();
    /// let train = Tensor::<Flex, 2>::from_data([[0.0], [2.0]], &device);
    /// let held_out = Tensor::<Flex, 2>::from_data([[5.0]], &device);
    /// let scaling = Standardize::fit(&train, Axis::Feature)?; // mean 1, standard deviation 1
    /// assert_eq!(scaling.apply(held_out)?.into_scalar(), 4.0);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn apply<B: Backend, const D: usize>(&self, x: Tensor<B, D>) -> Result<Tensor<B, D>, Error> {
        let [mean, std] = self.upload(&x)?;
        Ok((x - mean) / std)
    }

    /// Scales samples back to the units of the data: `x = std z + mean`.
    ///
    /// # Shapes
    /// `z`: `[batch, ..]`, result: the same.
    ///
    /// # Errors
    /// As [`apply`](Standardize::apply).
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::data::{Axis, Standardize};
    ///
    /// let scaling = Standardize::new(Axis::All, vec![3.0], vec![0.5])?;
    /// let samples = Tensor::<Flex, 2>::from_data([[0.0, 2.0]], &Default::default());
    /// assert_eq!(scaling.undo(samples)?.into_data().to_vec::<f32>().unwrap(), [3.0, 4.0]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn undo<B: Backend, const D: usize>(&self, z: Tensor<B, D>) -> Result<Tensor<B, D>, Error> {
        let [mean, std] = self.upload(&z)?;
        Ok(z * std + mean)
    }

    /// Mean and deviation as tensors that broadcast over the rows of `x`.
    fn upload<B: Backend, const D: usize>(&self, x: &Tensor<B, D>) -> Result<[Tensor<B, D>; 2], Error> {
        const { assert!(D >= 2, "rows of data have a rank of at least 2, the batch included") };
        let dims = x.dims();
        let mut shape = [1; D];
        match self.axis {
            Axis::Feature => shape[1..].copy_from_slice(&dims[1..]),
            Axis::Channel => shape[1] = dims[1],
            Axis::All => {}
        }
        if shape.iter().product::<usize>() != self.mean.len() {
            return Err(Error::Shape {
                what: "the rows to standardize, by their features or channels",
                expected: vec![self.mean.len()],
                found: dims[1..].to_vec(),
            });
        }
        Ok([&self.mean, &self.std].map(|numbers| {
            let data = TensorData::new(numbers.clone(), shape).convert_dtype(x.dtype());
            Tensor::from_data(data, rows::options(x))
        }))
    }
}

impl Axis {
    /// The number of means, and the number of adjacent values that share one.
    fn layout(self, dims: &[usize]) -> (usize, usize) {
        match self {
            Self::Feature => (rows::width(dims), 1),
            Self::Channel => (dims[1], rows::width(&dims[1..])),
            Self::All => (1, 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;
    use crate::Key;

    type B = burn_ndarray::NdArray<f64>;

    #[test]
    fn every_group_has_mean_zero_and_deviation_one_and_comes_back() {
        let noise: Tensor<B, 4> = Key::new(0).normal([20, 3, 4, 5], &Default::default());
        let channels =
            Tensor::<B, 1>::from_data([1.0, 10.0, 100.0], &Default::default()).reshape([1, 3, 1, 1]);
        let x = noise * channels.clone() + channels * 7.0;
        for (axis, groups) in [(Axis::Feature, 60), (Axis::Channel, 3), (Axis::All, 1)] {
            let scaling = Standardize::fit(&x, axis).unwrap();
            assert_eq!(scaling.mean.len(), groups);
            let z = scaling.apply(x.clone()).unwrap();
            let again = Standardize::fit(&z, axis).unwrap();
            again.mean.iter().for_each(|&mean| assert_relative_eq!(mean, 0.0, epsilon = 1e-9));
            again.std.iter().for_each(|&std| assert_relative_eq!(std, 1.0, epsilon = 1e-9));
            for (a, b) in rows::to_host(scaling.undo(z).unwrap()).into_iter().zip(rows::to_host(x.clone())) {
                assert_relative_eq!(a, b, max_relative = 1e-9, epsilon = 1e-9);
            }
        }
    }

    #[test]
    fn it_is_kept_with_serde() {
        let scaling = Standardize::new(Axis::Channel, vec![0.1, 0.2], vec![1.0, 3.0]).unwrap();
        let text = serde_json::to_string(&scaling).unwrap();
        assert_eq!(serde_json::from_str::<Standardize>(&text).unwrap(), scaling);
        assert!(serde_json::from_str::<Standardize>(&text.replace("3.0", "-3.0")).is_err());
    }

    #[test]
    fn other_rows_are_refused() {
        let scaling =
            Standardize::fit(&Tensor::<B, 2>::ones([3, 2], &Default::default()), Axis::Feature).unwrap();
        let error = scaling.apply(Tensor::<B, 2>::ones([3, 4], &Default::default())).unwrap_err().to_string();
        assert!(error.contains("[2]") && error.contains("[4]"), "{error}");
        assert!(Standardize::new(Axis::All, vec![0.0; 2], vec![1.0; 2]).is_err());
        assert!(
            Standardize::new(Axis::Feature, vec![0.0], vec![f64::NAN])
                .unwrap_err()
                .to_string()
                .contains("NaN")
        );
    }
}
