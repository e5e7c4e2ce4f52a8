//! Arithmetic by row: the first axis of a batch counts its rows, and a time is one number a row.

use burn::tensor::{
    Element, Int, Tensor, TensorCreationOptions, TensorData, backend::Backend, get_device_settings,
};

use crate::Error;

/// Multiplies each row by its own number.
///
/// # Shapes
/// `x`: `[batch, ..]`, `numbers`: `[batch]`, result: `[batch, ..]`.
///
/// # Example
/// ```
/// # use burn::tensor::Tensor;
/// # use burn_flex::Flex;
/// use reflow::rows::{scale, to_host};
///
/// # let device = Default::default();
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 2.0], [3.0, 4.0]], &device);
/// let numbers = Tensor::<Flex, 1>::from_data([10.0, 0.5], &device);
/// assert_eq!(to_host(scale(x, numbers)), [10.0, 20.0, 1.5, 2.0]);
/// ```
#[must_use]
pub fn scale<B: Backend, const D: usize>(x: Tensor<B, D>, numbers: Tensor<B, 1>) -> Tensor<B, D> {
    x * expand(numbers)
}

/// Gives a vector with one number a row the rank of a batch, so that it broadcasts over the rows.
///
/// # Shapes
/// `numbers`: `[batch]`, result: `[batch, 1, ..]`.
///
/// # Example
/// ```
/// # use burn::tensor::Tensor;
/// # use burn_flex::Flex;
/// use reflow::rows::expand;
///
/// let numbers = Tensor::<Flex, 1>::zeros([5], &Default::default());
/// assert_eq!(expand::<Flex, 4>(numbers).dims(), [5, 1, 1, 1]);
/// ```
#[must_use]
pub fn expand<B: Backend, const D: usize>(numbers: Tensor<B, 1>) -> Tensor<B, D> {
    let mut dims = [1; D];
    dims[0] = numbers.dims()[0];
    numbers.reshape(dims)
}

/// Sums each row.
///
/// # Shapes
/// `x`: `[batch, ..]`, result: `[batch]`.
///
/// # Example
/// ```
/// # use burn::tensor::Tensor;
/// # use burn_flex::Flex;
/// use reflow::rows::{sum, to_host};
///
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 2.0], [3.0, 4.0]], &Default::default());
/// assert_eq!(to_host(sum(x)), [3.0, 7.0]);
/// ```
#[must_use]
pub fn sum<B: Backend, const D: usize>(x: Tensor<B, D>) -> Tensor<B, 1> {
    let batch = x.dims()[0];
    flatten(x).sum_dim(1).reshape([batch])
}

/// Takes the mean of each row.
///
/// # Shapes
/// `x`: `[batch, ..]`, result: `[batch]`.
///
/// # Example
/// ```
/// # use burn::tensor::Tensor;
/// # use burn_flex::Flex;
/// use reflow::rows::{mean, to_host};
///
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 2.0], [3.0, 4.0]], &Default::default());
/// assert_eq!(to_host(mean(x)), [1.5, 3.5]);
/// ```
#[must_use]
pub fn mean<B: Backend, const D: usize>(x: Tensor<B, D>) -> Tensor<B, 1> {
    let batch = x.dims()[0];
    flatten(x).mean_dim(1).reshape([batch])
}

/// Flattens each row.
///
/// # Shapes
/// `x`: `[batch, ..]`, result: `[batch, features]`.
///
/// # Example
/// ```
/// # use burn::tensor::Tensor;
/// # use burn_flex::Flex;
/// use reflow::rows::flatten;
///
/// let images = Tensor::<Flex, 4>::zeros([5, 3, 8, 8], &Default::default());
/// assert_eq!(flatten(images).dims(), [5, 192]);
/// ```
#[must_use]
pub fn flatten<B: Backend, const D: usize>(x: Tensor<B, D>) -> Tensor<B, 2> {
    let dims = x.dims();
    x.reshape([dims[0], width(&dims)])
}

/// Repeats a number for every row of `x`, with the float type and on the device of `x`.
///
/// # Shapes
/// `x`: `[batch, ..]`, result: `[batch]`.
///
/// # Example
/// ```
/// # use burn::tensor::Tensor;
/// # use burn_flex::Flex;
/// use reflow::rows::{fill, to_host};
///
/// let x = Tensor::<Flex, 2>::zeros([3, 2], &Default::default());
/// assert_eq!(to_host(fill(&x, 0.5)), [0.5, 0.5, 0.5]);
/// ```
#[must_use]
pub fn fill<B: Backend, const D: usize>(x: &Tensor<B, D>, number: f64) -> Tensor<B, 1> {
    Tensor::full([x.dims()[0]], number, options(x))
}

/// The options for creating a tensor with the float type and on the device of `x`.
pub(crate) fn options<B: Backend, const D: usize>(x: &Tensor<B, D>) -> TensorCreationOptions<B> {
    TensorCreationOptions::new(x.device()).with_dtype(x.dtype())
}

/// The number of values in one row.
pub(crate) fn width(dims: &[usize]) -> usize {
    dims[1..].iter().product()
}

/// Reads the values to the host as `f64`, row by row; waits for the device.
///
/// # Shapes
/// `x`: any.
///
/// # Panics
/// If the device fails, as burn's tensors do.
///
/// # Example
/// ```
/// # use burn::tensor::Tensor;
/// # use burn_flex::Flex;
/// use reflow::rows::to_host;
///
/// let x = Tensor::<Flex, 2>::from_data([[1.0, 2.0], [3.0, 4.0]], &Default::default());
/// assert_eq!(to_host(x), [1.0, 2.0, 3.0, 4.0]);
/// ```
#[must_use]
pub fn to_host<B: Backend, const D: usize>(x: Tensor<B, D>) -> Vec<f64> {
    x.into_data().convert::<f64>().into_vec().expect("the data was just converted to f64")
}

/// Uploads one number a row.
pub(crate) fn from_host<B: Backend, E: Element>(numbers: Vec<E>, device: &B::Device) -> Tensor<B, 1> {
    let count = numbers.len();
    Tensor::from_data(TensorData::new(numbers, [count]), device)
}

/// Uploads indices of rows.
pub(crate) fn indices<B: Backend>(rows: Vec<usize>, device: &B::Device) -> Tensor<B, 1, Int> {
    let count = rows.len();
    let rows: Vec<i64> = rows.into_iter().map(|row| row as i64).collect();
    Tensor::from_data(TensorData::new(rows, [count]), device)
}

/// The number of values checked in one pass, which bounds the memory that a check needs besides the data.
const CHECKED: usize = 1 << 22;

/// Refuses an empty batch, one with a NaN or an infinity, and one whose float type is not the device's
/// default.
pub(crate) fn check_data<B: Backend, const D: usize>(
    what: &'static str,
    x: &Tensor<B, D>,
) -> Result<(), Error> {
    let dims = x.dims();
    if dims.contains(&0) {
        return Err(Error::Empty { what });
    }
    check_float(what, x)?;
    check_finite(what, x)
}

/// Refuses another type of float than the device computes in.
pub(crate) fn check_float<B: Backend, const D: usize>(
    what: &'static str,
    x: &Tensor<B, D>,
) -> Result<(), Error> {
    let expected = get_device_settings::<B>(&x.device()).float_dtype.into();
    if x.dtype() == expected {
        return Ok(());
    }
    Err(Error::FloatType { what, expected, found: x.dtype() })
}

/// Zero if every value is finite, otherwise NaN; does not wait for the device.
///
/// # Shapes
/// Result: `[1]`.
pub(crate) fn zero_or_nan<B: Backend, const D: usize>(x: Tensor<B, D>) -> Tensor<B, 1> {
    (x * 0.0).sum()
}

/// Whether every value is finite; waits for the device.
pub(crate) fn is_finite<B: Backend, const D: usize>(x: &Tensor<B, D>) -> bool {
    to_host(zero_or_nan(x.clone()))[0] == 0.0
}

/// Refuses a batch with a NaN or an infinity; only the part of the batch that has one is read to the host.
pub(crate) fn check_finite<B: Backend, const D: usize>(
    what: &'static str,
    x: &Tensor<B, D>,
) -> Result<(), Error> {
    let dims = x.dims();
    let part = (CHECKED / width(&dims).max(1)).max(1);
    for start in (0..dims[0]).step_by(part) {
        let rows = x.clone().narrow(0, start, part.min(dims[0] - start));
        if is_finite(&rows) {
            continue;
        }
        let values = to_host(rows);
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::NotFinite { what, row: start + at / width(&dims), value: values[at] });
        }
    }
    Ok(())
}

/// Refuses rows whose shape, without the batch, is not the expected one.
pub(crate) fn check_row_shape(what: &'static str, expected: &[usize], found: &[usize]) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::Shape { what, expected: expected.to_vec(), found: found.to_vec() })
}

/// Refuses a number of rows other than the expected one.
pub(crate) fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { what, expected, found }) }
}

/// Refuses fewer rows than are needed.
pub(crate) fn check_at_least(what: &'static str, least: usize, found: usize) -> Result<(), Error> {
    if found >= least { Ok(()) } else { Err(Error::TooFew { what, least, found }) }
}

/// Refuses anything but one number for each row: burn would broadcast another shape over the batch.
pub(crate) fn check_numbers<B: Backend>(
    what: &'static str,
    numbers: &Tensor<B, 1>,
    batch: usize,
) -> Result<(), Error> {
    let found = numbers.dims();
    if found == [batch] {
        return check_float(what, numbers);
    }
    Err(Error::Shape { what, expected: vec![batch], found: found.to_vec() })
}
