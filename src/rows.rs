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

/// Uploads row numbers.
pub(crate) fn numbers<B: Backend>(rows: Vec<usize>, device: &B::Device) -> Tensor<B, 1, Int> {
    let count = rows.len();
    let rows: Vec<i64> = rows.into_iter().map(|row| row as i64).collect();
    Tensor::from_data(TensorData::new(rows, [count]), device)
}

/// Refuses an empty batch and one that holds NaN or an infinity.
pub(crate) fn check_data<B: Backend, const D: usize>(
    what: &'static str,
    x: &Tensor<B, D>,
) -> Result<(), Error> {
    let dims = x.dims();
    if dims.contains(&0) {
        return Err(Error::Empty { what });
    }
    let values = to_host(x.clone());
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Error::NotFinite { what, row: at / width(&dims), value: values[at] }),
        None => Ok(()),
    }
}

/// Refuses rows of another shape; the number of rows may differ.
pub(crate) fn check_row_shape(what: &'static str, expected: &[usize], found: &[usize]) -> Result<(), Error> {
    if expected[1..] == found[1..] {
        return Ok(());
    }
    Err(Error::Shape { what, expected: expected[1..].to_vec(), found: found[1..].to_vec() })
}

/// Refuses another number of rows.
pub(crate) fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { what, expected, found }) }
}
