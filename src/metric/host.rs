//! Samples on the host.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Error, rows};

// For values in the range of `f32`, neither squares nor products of squares overflow in `f64`.
const LARGEST: f64 = f32::MAX as f64;

/// Rows on the host: at least one row of at least one value, all finite as `f32`.
pub(super) struct HostRows {
    pub(super) values: Vec<f64>,
    pub(super) count: usize,
    pub(super) width: usize,
}

impl HostRows {
    /// Reads two samples whose rows have the same shape.
    pub(super) fn read_samples<B: Backend, const D: usize>(
        a: Tensor<B, D>,
        b: Tensor<B, D>,
    ) -> Result<(Self, Self), Error> {
        Self::read_two(["the first sample", "the second sample"], a, b)
    }

    /// Reads two batches whose rows have the same shape. Errors call them by these names.
    pub(super) fn read_two<B: Backend, const D: usize>(
        names: [&'static str; 2],
        a: Tensor<B, D>,
        b: Tensor<B, D>,
    ) -> Result<(Self, Self), Error> {
        rows::check_row_shape(names[1], &a.dims()[1..], &b.dims()[1..])?;
        Ok((Self::read(names[0], a)?, Self::read(names[1], b)?))
    }

    /// The rows in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width)
    }

    /// One row.
    pub(super) fn row(&self, number: usize) -> &[f64] {
        &self.values[number * self.width..][..self.width]
    }

    /// Reads a sample. Errors call it by this name.
    pub(super) fn read<B: Backend, const D: usize>(
        what: &'static str,
        x: Tensor<B, D>,
    ) -> Result<Self, Error> {
        let (count, width) = (x.dims()[0], rows::width(&x.dims()));
        if count * width == 0 {
            return Err(Error::Empty { what });
        }
        let values = rows::to_host(x);
        match values.iter().position(|value| !(-LARGEST..=LARGEST).contains(value)) {
            Some(at) => Err(Error::NotFinite { what, row: at / width, value: values[at] }),
            None => Ok(Self { values, count, width }),
        }
    }
}

/// What the tests of the metrics share.
#[cfg(test)]
pub(super) mod testing {
    use burn::tensor::{Tensor, TensorData};
    use burn_ndarray::{NdArray, NdArrayDevice};

    use crate::{Error, Key};

    pub(crate) type B = NdArray<f64>;
    pub(crate) const DEVICE: NdArrayDevice = NdArrayDevice::Cpu;

    pub(crate) fn rows<const N: usize, const W: usize>(values: [[f32; W]; N]) -> Tensor<B, 2> {
        Tensor::from_data(TensorData::from(values), &DEVICE)
    }

    pub(crate) fn normal(seed: u64, dims: [usize; 2]) -> Tensor<B, 2> {
        Key::new(seed).normal(dims, &DEVICE)
    }

    /// Asserts that a metric refuses what every metric of two samples must refuse.
    pub(crate) fn assert_refusals(metric: impl Fn(Tensor<B, 2>, Tensor<B, 2>) -> Result<f64, Error>) {
        let good = || rows([[0.0, 1.0], [2.0, 3.0]]);
        let empty = || Tensor::zeros([0, 2], &DEVICE);
        assert!(matches!(metric(empty(), good()), Err(Error::Empty { .. })));
        assert!(matches!(metric(good(), empty()), Err(Error::Empty { .. })));

        let no_width = || Tensor::zeros([2, 0], &DEVICE);
        assert!(matches!(metric(no_width(), no_width()), Err(Error::Empty { .. })));

        let wide = rows([[0.0; 3]; 2]);
        let Err(Error::Shape { expected, found, .. }) = metric(good(), wide) else {
            panic!("no shape error")
        };
        assert_eq!((expected, found), (vec![2], vec![3]));

        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let holed = || rows([[0.0, 1.0], [2.0, bad]]);
            assert!(matches!(metric(holed(), good()), Err(Error::NotFinite { row: 1, .. })));
            assert!(matches!(metric(good(), holed()), Err(Error::NotFinite { row: 1, .. })));
        }
    }

    /// Asserts that values at the ends of the range of `f32` give a finite result.
    pub(crate) fn assert_numbers(metric: impl Fn(Tensor<B, 2>, Tensor<B, 2>) -> Result<f64, Error>) {
        for size in [0.0, f32::MIN_POSITIVE, 1.0, f32::MAX] {
            let a = rows([[size, -size], [-size, size], [size, size]]);
            let b = rows([[-size, -size], [0.0, size], [size, 0.0]]);
            let value = metric(a, b).expect("the data is in order");
            assert!(value.is_finite() && value >= 0.0, "{value} for data of size {size}");
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;
    use burn_ndarray::NdArray;

    use super::{testing::DEVICE, *};

    #[test]
    fn images_are_read_as_rows() {
        let images = Tensor::<NdArray<f64>, 4>::ones([3, 2, 4, 5], &DEVICE);
        let (a, _) = HostRows::read_samples(images.clone(), images).unwrap();
        assert_eq!((a.count, a.width, a.iter().count()), (3, 40, 3));
    }

    #[test]
    fn vectors_are_rows_of_one_number() {
        let numbers = Tensor::<NdArray<f64>, 1>::ones([3], &DEVICE);
        let (a, _) = HostRows::read_samples(numbers.clone(), numbers).unwrap();
        assert_eq!((a.count, a.width), (3, 1));
    }

    #[test]
    fn numbers_beyond_single_precision_are_refused() {
        let numbers = Tensor::<NdArray<f64>, 1>::from_data([0.0, 1e39], &DEVICE);
        let result = HostRows::read_samples(numbers.clone(), numbers);
        assert!(matches!(result, Err(Error::NotFinite { row: 1, .. })));
    }
}
