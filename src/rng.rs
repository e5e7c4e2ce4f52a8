//! Randomness as a function of a seed, what it is for, and a step or row number.
//!
//! An [`Rng`] is a key and holds no position: asking twice gives the same numbers twice. Fresh numbers
//! come from another key, named for its purpose ([`Rng::fork`]) or numbered ([`Rng::at`]). So there is
//! nothing to save for a resume, every backend gets the same numbers, and row `i` of a batch does not
//! depend on how many rows there are. The numbers are drawn on the host (ChaCha8) and uploaded.

use burn::tensor::{Tensor, TensorData, backend::Backend};
use rand::{Rng as _, RngExt, SeedableRng, distr::Uniform, rngs::ChaCha8Rng};
use rand_distr::StandardNormal;

/// A key to reproducible random numbers.
///
/// ```
/// use rand::RngExt;
/// use reflow::Rng;
///
/// let rng = Rng::new(7);
/// let a: u32 = rng.fork("noise").at(3).generator().random();
/// let b: u32 = rng.fork("noise").at(3).generator().random();
/// let c: u32 = rng.fork("times").at(3).generator().random();
/// assert_eq!(a, b);
/// assert_ne!(a, c);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng {
    key: [u8; 32],
}

impl Rng {
    /// The key that belongs to a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::from_generator(&mut ChaCha8Rng::seed_from_u64(seed))
    }

    /// The key for one purpose, such as `"noise"`.
    #[must_use]
    pub fn fork(&self, purpose: &str) -> Self {
        // FNV-1a; the top bit keeps purposes apart from the numbers of `at`.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::from_generator(&mut self.stream(hash | 1 << 63))
    }

    /// The key for one number, such as a training step.
    #[must_use]
    pub fn at(&self, number: usize) -> Self {
        Self::from_generator(&mut self.stream(number as u64))
    }

    /// A generator of this key's numbers, for [`rand`] and `rand_distr`.
    #[must_use]
    pub fn generator(&self) -> ChaCha8Rng {
        self.row(0)
    }

    /// The generator of one row's numbers.
    #[must_use]
    pub fn row(&self, row: usize) -> ChaCha8Rng {
        self.stream(1 << 62 | row as u64)
    }

    /// Standard normal numbers; the row with number `i` depends on the key and `i` alone.
    ///
    /// # Shapes
    /// `dims`, whose first entry is the number of rows.
    #[must_use]
    pub fn normal<B: Backend, const D: usize>(&self, dims: [usize; D], device: &B::Device) -> Tensor<B, D> {
        let width: usize = dims[1..].iter().product();
        let mut numbers: Vec<f32> = Vec::with_capacity(dims[0] * width);
        for row in 0..dims[0] {
            numbers.extend(self.row(row).sample_iter::<f32, _>(StandardNormal).take(width));
        }
        Tensor::from_data(TensorData::new(numbers, dims), device)
    }

    /// `count` numbers from `0..below`, each as likely as any other.
    ///
    /// # Panics
    /// If `below` is zero.
    #[must_use]
    pub fn indices(&self, count: usize, below: usize) -> Vec<usize> {
        let law = Uniform::new(0, below).expect("there is something to choose from");
        self.generator().sample_iter(law).take(count).collect()
    }

    fn stream(&self, stream: u64) -> ChaCha8Rng {
        let mut generator = ChaCha8Rng::from_seed(self.key);
        generator.set_stream(stream);
        generator
    }

    fn from_generator(generator: &mut ChaCha8Rng) -> Self {
        let mut key = [0; 32];
        generator.fill_bytes(&mut key);
        Self { key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_stable_across_releases() {
        let numbers: Vec<u32> = Rng::new(1).fork("noise").at(2).generator().random_iter().take(3).collect();
        assert_eq!(numbers, [1_970_145_138, 544_517_822, 2_158_493_438]);
        assert_eq!(Rng::new(1).indices(4, 1000), [371, 340, 768, 160]);
        let noise = Rng::new(1).normal::<burn_ndarray::NdArray<f64>, 2>([2, 1], &Default::default());
        assert_eq!(noise.into_data().iter::<f32>().collect::<Vec<_>>(), [-0.239_007_2, 0.182_737_5]);
    }

    #[test]
    fn purposes_numbers_and_rows_never_share_a_stream() {
        let rng = Rng::new(0);
        let first = |mut generator: ChaCha8Rng| generator.random::<u64>();
        let mut seen = vec![first(rng.row(0)), first(rng.row(1)), first(rng.stream(0)), first(rng.stream(1))];
        seen.extend([first(rng.fork("a").row(0)), first(rng.at(0).row(0)), first(rng.at(1).row(0))]);
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn indices_cover_the_range() {
        let drawn = Rng::new(3).indices(1000, 7);
        assert!((0..7).all(|index| drawn.contains(&index)) && drawn.iter().all(|&index| index < 7));
    }
}
