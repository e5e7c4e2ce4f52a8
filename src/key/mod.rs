//! Randomness as a function of a seed, a purpose and an index.
//!
//! A [`Key`] has no position: asking it twice gives the same numbers twice. For fresh numbers, derive another
//! key by purpose ([`Key::fork`]) or by index ([`Key::at`]); each row has its own stream ([`Key::row`]). So
//! there is no state to save for resuming, every backend gets the same numbers, and row `i` is the same in
//! any batch. The numbers are drawn on the host (ChaCha8) and uploaded.

mod permutation;

pub use permutation::Permutation;

use std::ops::Range;

use burn::tensor::{Tensor, TensorData, backend::Backend};
use rand::{Rng as _, RngExt, SeedableRng, rngs::ChaCha8Rng};
use rand_distr::StandardNormal;

use crate::Error;

/// A key to reproducible random numbers.
///
/// # Example
/// ```
/// use rand::RngExt;
/// use reflow::Key;
///
/// let key = Key::new(7);
/// let a: u32 = key.fork("noise").at(3).generator().random();
/// let b: u32 = key.fork("noise").at(3).generator().random();
/// let c: u32 = key.fork("times").at(3).generator().random();
/// assert_eq!(a, b);
/// assert_ne!(a, c);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    bytes: [u8; 32],
}

/// What a stream of a key is for, encoded in the two highest bits of the stream's number.
#[derive(Clone, Copy)]
enum Stream {
    Number(u64),
    Row(u64),
    Own,
    Purpose(u64),
}

impl Stream {
    fn number(self) -> u64 {
        const BELOW: u64 = (1 << 62) - 1;
        match self {
            Self::Number(number) => number & BELOW,
            Self::Row(row) => 1 << 62 | row & BELOW,
            Self::Own => 2 << 62,
            Self::Purpose(hash) => 3 << 62 | hash & BELOW,
        }
    }
}

impl Key {
    /// The key of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::from_generator(&mut ChaCha8Rng::seed_from_u64(seed))
    }

    /// The key for one purpose, such as `"noise"`.
    ///
    /// # Example
    /// ```
    /// use reflow::Key;
    ///
    /// let key = Key::new(0);
    /// assert_eq!(key.fork("noise"), key.fork("noise"));
    /// assert_ne!(key.fork("noise"), key.fork("times"));
    /// ```
    #[must_use]
    pub fn fork(&self, purpose: &str) -> Self {
        // FNV-1a.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::from_generator(&mut self.stream(Stream::Purpose(hash)))
    }

    /// The key for one index, such as that of an epoch.
    ///
    /// # Example
    /// ```
    /// use reflow::Key;
    ///
    /// let key = Key::new(0).fork("epochs");
    /// assert_eq!(key.at(3), key.at(3));
    /// assert_ne!(key.at(3), key.at(4));
    /// ```
    #[must_use]
    pub fn at(&self, number: usize) -> Self {
        Self::from_generator(&mut self.stream(Stream::Number(number as u64)))
    }

    /// A generator of the key's own numbers, for [`rand`] and `rand_distr`. No row shares them.
    ///
    /// # Example
    /// ```
    /// use rand::RngExt;
    /// use rand_distr::Exp1;
    /// use reflow::Key;
    ///
    /// let draw = || Key::new(0).generator().sample_iter(Exp1).take(3).collect::<Vec<f64>>();
    /// assert_eq!(draw(), draw()); // a generator always starts at the beginning
    /// ```
    #[must_use]
    pub fn generator(&self) -> ChaCha8Rng {
        self.stream(Stream::Own)
    }

    /// A generator of one row's numbers.
    ///
    /// # Example
    /// ```
    /// use rand::RngExt;
    /// use reflow::Key;
    ///
    /// let key = Key::new(0).fork("times");
    /// let time = |row: usize| key.row(row).random::<f64>();
    /// assert_eq!(time(5), time(5)); // whichever rows were drawn before
    /// assert_ne!(time(5), time(6));
    /// ```
    #[must_use]
    pub fn row(&self, row: usize) -> ChaCha8Rng {
        self.stream(Stream::Row(row as u64))
    }

    /// Standard normal numbers for the rows `0..dims[0]`.
    ///
    /// # Shapes
    /// `dims`: the shape of the result, `[batch, ..]`.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::Key;
    ///
    /// let (key, device) = (Key::new(0), Default::default());
    /// let few = key.normal::<Flex, 2>([4, 3], &device);
    /// let many = key.normal::<Flex, 2>([100, 3], &device);
    /// assert_eq!(many.slice([0..4]).into_data(), few.into_data());
    /// ```
    #[must_use]
    pub fn normal<B: Backend, const D: usize>(&self, dims: [usize; D], device: &B::Device) -> Tensor<B, D> {
        self.upload(0..dims[0], dims, device)
    }

    /// Standard normal numbers for a range of rows; row `i` depends only on the key and `i`.
    ///
    /// # Shapes
    /// `row`: the shape of one row, without the batch; result: `[rows, ..row]`.
    ///
    /// # Errors
    /// [`Error::Rank`] if rows of this shape do not form a batch of rank `D`.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::Key;
    ///
    /// let (key, device) = (Key::new(0), Default::default());
    /// let all: Tensor<Flex, 2> = key.normal([10, 3], &device);
    /// let some: Tensor<Flex, 2> = key.normal_rows(4..6, &[3], &device)?;
    /// assert_eq!(all.slice([4..6]).into_data(), some.into_data());
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn normal_rows<B: Backend, const D: usize>(
        &self,
        rows: Range<usize>,
        row: &[usize],
        device: &B::Device,
    ) -> Result<Tensor<B, D>, Error> {
        let mut dims = vec![rows.len()];
        dims.extend(row);
        let dims: [usize; D] = dims.try_into().map_err(|dims: Vec<usize>| Error::Rank {
            what: "the noise",
            expected: D,
            found: dims.len(),
            row: row.to_vec(),
        })?;
        Ok(self.upload(rows, dims, device))
    }

    fn upload<B: Backend, const D: usize>(
        &self,
        rows: Range<usize>,
        dims: [usize; D],
        device: &B::Device,
    ) -> Tensor<B, D> {
        let width: usize = dims[1..].iter().product();
        let mut numbers: Vec<f32> = Vec::with_capacity(dims[0] * width);
        for row in rows {
            numbers.extend(self.row(row).sample_iter::<f32, _>(StandardNormal).take(width));
        }
        Tensor::from_data(TensorData::new(numbers, dims), device)
    }

    fn stream(&self, stream: Stream) -> ChaCha8Rng {
        let mut generator = ChaCha8Rng::from_seed(self.bytes);
        generator.set_stream(stream.number());
        generator
    }

    fn from_generator(generator: &mut ChaCha8Rng) -> Self {
        let mut bytes = [0; 32];
        generator.fill_bytes(&mut bytes);
        Self { bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_stable_across_releases() {
        let numbers: Vec<u32> = Key::new(1).fork("noise").at(2).generator().random_iter().take(3).collect();
        assert_eq!(numbers, [2_631_162_203, 3_660_485_200, 3_119_715_421]);
        let noise = Key::new(1).normal::<burn_ndarray::NdArray<f64>, 2>([2, 1], &Default::default());
        assert_eq!(noise.into_data().iter::<f32>().collect::<Vec<_>>(), [-0.239_007_2, 0.182_737_5]);
    }

    #[test]
    fn purposes_numbers_rows_and_the_key_itself_never_share_a_stream() {
        let key = Key::new(0);
        let first = |mut generator: ChaCha8Rng| generator.random::<u64>();
        let mut seen = vec![first(key.generator()), first(key.row(0)), first(key.row(1))];
        for number in [0, 1] {
            seen.push(first(key.stream(Stream::Number(number))));
            seen.push(first(key.stream(Stream::Purpose(number))));
            seen.push(first(key.at(usize::try_from(number).unwrap()).row(0)));
        }
        seen.extend([first(key.fork("a").row(0)), first(key.fork("a").generator())]);
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn rows_are_the_same_in_any_batch() {
        type B = burn_ndarray::NdArray<f64>;
        let key = Key::new(3);
        let all = key.normal::<B, 3>([9, 2, 2], &Default::default());
        let some = key.normal_rows::<B, 3>(5..8, &[2, 2], &Default::default()).unwrap();
        assert_eq!(all.narrow(0, 5, 3).into_data(), some.into_data());
        let error = key.normal_rows::<B, 2>(0..1, &[2, 2], &Default::default()).unwrap_err().to_string();
        assert!(error.contains("rank 2") && error.contains("[2, 2]"), "{error}");
    }
}
