//! One-to-one matchings of any size.

use burn::tensor::{Tensor, backend::Backend};

use super::{assignment::match_exactly, near::match_nearly};
use crate::{Key, rows};

/// How rows are matched: exactly up to a size, and closely above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Matching {
    /// The most rows that are matched exactly.
    pub(crate) exact_up_to: usize,
}

impl Matching {
    /// Finds a row of `y` for each row of `x`, each taken once, so that the total squared distance is least,
    /// or close to it above `exact_up_to` rows.
    pub(crate) fn find<B: Backend>(self, x: Tensor<B, 2>, y: Tensor<B, 2>, key: &Key) -> Vec<usize> {
        let [count, width] = x.dims();
        let (x, y) = (rows::to_host(x), rows::to_host(y));
        if count <= self.exact_up_to {
            match_exactly(&x, &y, width)
        } else {
            match_nearly(&x, &y, width, key)
        }
    }
}
