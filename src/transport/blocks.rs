//! Squared distances from one row to many at a time.

/// Rows of a block: their distances are computed side by side, in vector registers.
pub(super) const LANES: usize = 8;

/// Rows in blocks. In each block the values of all rows in the first dimension come first, then those in the
/// second, and so on.
pub(super) struct Blocks {
    values: Vec<[f32; LANES]>,
    width: usize,
}

impl Blocks {
    /// Lays rows out; zeros fill the last block.
    pub(super) fn new(rows: &[f32], width: usize) -> Self {
        let blocks = rows.chunks(LANES * width).flat_map(|block| {
            let value = move |lane: usize, at: usize| block.get(lane * width + at).copied().unwrap_or(0.0);
            (0..width).map(move |at| std::array::from_fn(|lane| value(lane, at)))
        });
        Self { values: blocks.collect(), width }
    }

    pub(super) fn count(&self) -> usize {
        self.values.len() / self.width
    }

    /// The squared distances from a row to those of a block.
    pub(super) fn distances(&self, block: usize, x: &[f32]) -> [f32; LANES] {
        let mut sums = [0.0; LANES];
        for (x, y) in x.iter().zip(&self.values[block * self.width..][..self.width]) {
            for lane in 0..LANES {
                let difference = x - y[lane];
                sums[lane] += difference * difference;
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_distance() {
        for width in 1..5 {
            let rows: Vec<f32> = (0..11 * width).map(|value| value as f32).collect();
            let blocks = Blocks::new(&rows, width);
            assert_eq!(blocks.count(), 2);
            let found: Vec<f32> =
                (0..2).flat_map(|block| blocks.distances(block, &rows[3 * width..][..width])).collect();
            for (row, found) in found.into_iter().enumerate().take(11) {
                let step = (width * row.abs_diff(3)) as f32;
                assert_eq!(found, width as f32 * step * step);
            }
        }
    }
}
