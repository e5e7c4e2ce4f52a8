//! Times spread evenly over each batch.

use rand::RngExt;
use serde::Serialize;

use super::{ContinuousTime, TimeDistribution};
use crate::{
    ConfigError, Key,
    error::{at_least_one, deserialize_checked},
    key::Permutation,
};

/// The times of another distribution, stratified: each block of `n` rows has one time in each of `n` parts of
/// equal probability.
///
/// ```text
/// t_i = quantile((p(i) + u_i) / n),   p a random permutation of each block of n rows, u_i uniform on (0, 1)
/// ```
///
/// Each row still has the other distribution, but the mean of a loss over a block varies less. Set `n` to the
/// batch size.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, TimeDistribution, rows::to_host, time::{Stratified, Uniform}};
///
/// let times = Stratified::new(Uniform, 4)?;
/// let mut t = to_host(times.draw::<Flex>(0..4, &Key::new(0), &Default::default())?);
/// t.sort_by(f64::total_cmp);
/// assert!(t[0] < 0.25 && t[3] > 0.75);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: stratified sampling; Kingma et al., *Variational Diffusion Models*, 2021, use a form with one `u`
/// for the batch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stratified<T> {
    time: T,
    block: usize,
}

deserialize_checked!(Stratified<T> { time: T, block: usize } via Stratified::new(time, block));

impl<T> Stratified<T> {
    /// Spreads every `block` rows over the distribution.
    ///
    /// # Errors
    /// If `block` is zero.
    pub fn new(time: T, block: usize) -> Result<Self, ConfigError> {
        Ok(Self { time, block: at_least_one("Stratified", "block", block)? })
    }
}

impl<T: ContinuousTime> TimeDistribution for Stratified<T> {
    fn sample(&self, rng: &mut dyn rand::Rng) -> f64 {
        self.time.sample(rng)
    }

    fn sample_row(&self, row: usize, key: &Key) -> f64 {
        let (block, within) = (row / self.block, row % self.block);
        let part = Permutation::new(self.block, &key.at(block)).at(within);
        let u: f64 = key.row(row).sample(rand_distr::Open01);
        self.time.quantile((part as f64 + u) / self.block as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Exponential, Uniform};

    #[test]
    fn each_part_of_a_block_has_one_time() {
        let (times, key) = (Stratified::new(Exponential::default(), 10).unwrap(), Key::new(5));
        for block in 0..20 {
            let mut parts: Vec<u32> = (0..10)
                .map(|row| Exponential::default().cdf(times.sample_row(10 * block + row, &key)) * 10.0)
                .map(|part| part.floor().to_string().parse().unwrap())
                .collect();
            parts.sort_unstable();
            assert!(parts.into_iter().eq(0..10));
        }
    }

    #[test]
    fn the_mean_of_a_block_varies_less() {
        let key = Key::new(6);
        let variance = |time: &dyn TimeDistribution| {
            let means = (0..500)
                .map(|block| (0..8).map(|row| time.sample_row(8 * block + row, &key)).sum::<f64>() / 8.0);
            means.map(|mean| (mean - 0.5).powi(2)).sum::<f64>() / 500.0
        };
        // 1 / (12 n) against 1 / (12 n^3).
        assert!(variance(&Stratified::new(Uniform, 8).unwrap()) < 0.05 * variance(&Uniform));
    }

    #[test]
    fn an_empty_block_is_refused() {
        assert!(Stratified::new(Uniform, 0).unwrap_err().to_string().contains("block"));
    }
}
