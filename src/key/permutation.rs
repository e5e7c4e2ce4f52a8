//! A permutation that is evaluated one index at a time.

use rand::Rng as _;

use super::Key;

const ROUNDS: usize = 12;

/// A random permutation of `0..len`, drawn from a key, that stores none of its entries.
///
/// The bits of an index are split into two halves, which pass through the rounds of a Feistel network: a
/// bijection of `0..size`, where `size` is a power of four. An image beyond the end passes through again
/// until it is in range, which takes at most four passes on average.
///
/// # Example
/// ```
/// use reflow::{Key, key::Permutation};
///
/// let permutation = Permutation::new(10, &Key::new(0));
/// let mut order: Vec<usize> = (0..10).map(|index| permutation.at(index)).collect();
/// order.sort_unstable();
/// assert!(order.into_iter().eq(0..10));
/// ```
///
/// There are 12 rounds. Four are enough if `len` is large, but with few bits they leave some places more
/// likely than others.
///
/// Source: Luby & Rackoff, *How to Construct Pseudorandom Permutations from Pseudorandom Functions*, 1988;
/// passing an image through again is from Black & Rogaway, *Ciphers with Arbitrary Finite Domains*, 2002.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permutation {
    len: u64,
    half_bits: u32,
    rounds: [u64; ROUNDS],
}

impl Permutation {
    /// The permutation of `0..len` of a key.
    #[must_use]
    pub fn new(len: usize, key: &Key) -> Self {
        let len = len as u64;
        let bits = u64::BITS - len.saturating_sub(1).leading_zeros();
        let mut generator = key.generator();
        Self {
            len,
            half_bits: bits.div_ceil(2).max(1),
            rounds: std::array::from_fn(|_| generator.next_u64()),
        }
    }

    /// The image of an index.
    ///
    /// # Panics
    /// If the index is not below the length.
    ///
    /// # Example
    /// ```
    /// use reflow::{Key, key::Permutation};
    ///
    /// let permutation = Permutation::new(1_000_000_000, &Key::new(0)); // costs no more than a short one
    /// assert!(permutation.at(0) < 1_000_000_000);
    /// assert_ne!(permutation.at(0), permutation.at(1));
    /// ```
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the image is below the length, which was a usize")]
    pub fn at(&self, index: usize) -> usize {
        let mut image = index as u64;
        assert!(image < self.len, "index {index} of a permutation of {}", self.len);
        loop {
            image = self.once(image);
            if image < self.len {
                return image as usize;
            }
        }
    }

    fn once(&self, index: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let (mut left, mut right) = (index >> self.half_bits, index & mask);
        for round in self.rounds {
            (left, right) = (right, left ^ (scramble(right ^ round) & mask));
        }
        left << self.half_bits | right
    }
}

/// The finaliser of SplitMix64.
fn scramble(mut number: u64) -> u64 {
    number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_met_once() {
        for len in (1..70).chain([255, 256, 257, 1000, 4097]) {
            let permutation = Permutation::new(len, &Key::new(len as u64));
            let mut order: Vec<usize> = (0..len).map(|index| permutation.at(index)).collect();
            order.sort_unstable();
            assert!(order.into_iter().eq(0..len), "{len}");
        }
    }

    // The limits are the 0.1 % points of chi-square with (n - 1)^2 degrees of freedom, as both margins are
    // fixed.
    #[test]
    fn each_place_is_as_likely() {
        for (len, limit) in [(2, 10.8), (3, 18.5), (4, 27.9), (5, 39.3), (8, 85.4), (11, 149.4), (16, 294.0)]
        {
            assert!(chi_square(len) < limit, "{} for {len}", chi_square(len));
        }
    }

    fn chi_square(len: usize) -> f64 {
        let keys = 4000;
        let mut counts = vec![0_u32; len * len];
        for seed in 0..keys {
            let permutation = Permutation::new(len, &Key::new(seed));
            (0..len).for_each(|index| counts[index * len + permutation.at(index)] += 1);
        }
        let expected = keys as f64 / len as f64;
        counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum()
    }

    #[test]
    #[should_panic(expected = "index 5 of a permutation of 5")]
    fn an_index_out_of_range_is_refused() {
        let _ = Permutation::new(5, &Key::new(0)).at(5);
    }
}
