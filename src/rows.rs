//! Arithmetic by row: a batch is rows along its first axis, and a time is one number a row.

use burn::tensor::{Element, Int, Tensor, TensorCreationOptions, TensorData, backend::Backend};

use crate::Error;

/// Multiplies each row by its own number.
///
/// # Shapes
/// `x`: `[batch, ..]`, `numbers`: `[batch]`, result: `[batch, ..]`.
#[must_use]
pub fn scale<B: Backend, const D: usize>(x: Tensor<B, D>, numbers: Tensor<B, 1>) -> Tensor<B, D> {
    x * expand(numbers)
}

/// Gives a vector of one number a row the rank of the rows, so that it broadcasts over them.
///
/// # Shapes
/// `numbers`: `[batch]`, result: `[batch, 1, ..]`.
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
#[must_use]
pub fn sum<B: Backend, const D: usize>(x: Tensor<B, D>) -> Tensor<B, 1> {
    let batch = x.dims()[0];
    flatten(x).sum_dim(1).reshape([batch])
}

/// Takes the mean of each row.
///
/// # Shapes
/// `x`: `[batch, ..]`, result: `[batch]`.
#[must_use]
pub fn mean<B: Backend, const D: usize>(x: Tensor<B, D>) -> Tensor<B, 1> {
    let batch = x.dims()[0];
    flatten(x).mean_dim(1).reshape([batch])
}

/// Lays each row out flat.
///
/// # Shapes
/// `x`: `[batch, ..]`, result: `[batch, features]`.
#[must_use]
pub fn flatten<B: Backend, const D: usize>(x: Tensor<B, D>) -> Tensor<B, 2> {
    let dims = x.dims();
    x.reshape([dims[0], width(&dims)])
}

/// Gives every row of `x` the same number, in the float type and on the device of `x`.
///
/// # Shapes
/// `x`: `[batch, ..]`, result: `[batch]`.
#[must_use]
pub fn fill<B: Backend, const D: usize>(x: &Tensor<B, D>, number: f64) -> Tensor<B, 1> {
    Tensor::full([x.dims()[0]], number, options(x))
}

/// The options that create a tensor of the float type and on the device of `x`.
pub(crate) fn options<B: Backend, const D: usize>(x: &Tensor<B, D>) -> TensorCreationOptions<B> {
    TensorCreationOptions::new(x.device()).with_dtype(x.dtype())
}

/// The number of values in one row.
pub(crate) fn width(dims: &[usize]) -> usize {
    dims[1..].iter().product()
}

/// Reads the values to the host as `f64`, row after row; waits for the device.
///
/// # Shapes
/// `x`: any.
///
/// # Panics
/// As burn's tensors do, where the device fails.
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

/// Values that are checked in one pass: bounds what the check needs besides the data.
const CHECKED: usize = 1 << 22;

/// Refuses an empty batch, one that holds NaN or an infinity, and one of another type of float than the device computes in.
pub(crate) fn check_data<B: Backend, const D: usize>(
    what: &'static str,
    x: &Tensor<B, D>,
) -> Result<(), Error> {
    let dims = x.dims();
    if dims.contains(&0) {
        return Err(Error::Empty { what });
    }
    let expected = Tensor::<B, 1>::zeros([1], &x.device()).dtype();
    if x.dtype() != expected {
        return Err(Error::FloatType { what, expected, found: x.dtype() });
    }
    check_finite(what, x)
}

/// Zero if every value is finite, else NaN; nothing is waited for.
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

/// Refuses a batch that holds NaN or an infinity; only rows that do are read to the host.
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

/// Refuses rows of another shape, given without the batch.
pub(crate) fn check_row_shape(what: &'static str, expected: &[usize], found: &[usize]) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::Shape { what, expected: expected.to_vec(), found: found.to_vec() })
}

/// Refuses another number of rows.
pub(crate) fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { what, expected, found }) }
}

/// Refuses fewer rows than are needed.
pub(crate) fn check_at_least(what: &'static str, least: usize, found: usize) -> Result<(), Error> {
    if found >= least { Ok(()) } else { Err(Error::TooFew { what, least, found }) }
}

/// Refuses anything but one number a row: burn would broadcast another shape over the batch.
pub(crate) fn check_numbers<B: Backend>(
    what: &'static str,
    numbers: &Tensor<B, 1>,
    batch: usize,
) -> Result<(), Error> {
    let found = numbers.dims();
    if found == [batch] {
        return Ok(());
    }
    Err(Error::Shape { what, expected: vec![batch], found: found.to_vec() })
}
