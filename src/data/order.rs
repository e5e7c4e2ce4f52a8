//! The order of stored rows.

use std::ops::Range;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::{Key, key::Permutation};

/// The order in which stored rows are drawn.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Data, Key, data::{Dataset, Order}};
///
/// let (rows, device) = ([vec![0.0], vec![1.0], vec![2.0]], Default::default());
/// let data = Dataset::<Flex>::from_rows(&rows, &device)?.in_order(Order::Epochs);
/// let second_epoch = data.draw(3..6, &Key::new(0), &device)?.x;
/// assert_eq!(second_epoch.sum().into_scalar(), 3.0); // each row once
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Each draw takes a row uniformly at random.
    #[default]
    Replacement,
    /// Whole passes over the rows, each in a new random order. From index 0 on, the draw counts of any two
    /// rows never differ by more than one. The order takes no memory.
    Epochs,
}

impl Order {
    /// The rows, out of `stored`, that are drawn for a range of indices.
    pub(crate) fn draw(self, indices: Range<usize>, stored: usize, key: &Key) -> Vec<usize> {
        match self {
            Self::Replacement => indices.map(|index| key.row(index).random_range(0..stored)).collect(),
            Self::Epochs => {
                let mut epoch = indices.start / stored;
                let mut permutation = Permutation::new(stored, &key.at(epoch));
                let row = |index: usize| {
                    if index / stored != epoch {
                        epoch = index / stored;
                        permutation = Permutation::new(stored, &key.at(epoch));
                    }
                    permutation.at(index % stored)
                };
                indices.map(row).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_does_not_depend_on_its_batch() {
        for order in [Order::Replacement, Order::Epochs] {
            let all = order.draw(0..50, 7, &Key::new(1));
            assert_eq!(all[13..29], order.draw(13..29, 7, &Key::new(1)));
        }
    }

    #[test]
    fn an_epoch_draws_each_row_once_and_the_next_in_another_order() {
        let drawn = Order::Epochs.draw(0..60, 20, &Key::new(2));
        for epoch in drawn.chunks(20) {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..20));
        }
        assert_ne!(drawn[..20], drawn[20..40]);
    }

    #[test]
    fn with_replacement_all_rows_are_as_likely() {
        let drawn = Order::Replacement.draw(0..7000, 7, &Key::new(3));
        let count = |row: usize| drawn.iter().filter(|&&drawn| drawn == row).count();
        // The 0.1 % point of chi-square with 6 degrees of freedom.
        let chi: f64 = (0..7).map(|row| (count(row) as f64 - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi < 22.5, "{chi}");
    }
}
