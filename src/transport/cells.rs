//! Rows in cells of neighbours, so that a search can skip those that are too far away.

use std::iter;

use super::{
    blocks::{Blocks, LANES},
    scale::centre,
};

/// Rows of a cell.
pub(super) const CELL: usize = 64;

const BLOCKS: usize = CELL / LANES;

// Distances are computed in single precision.
const ROUNDING: f64 = 1e-5;

/// Rows in cells: a ball around each bounds the distance to its rows from below.
pub(super) struct Cells {
    rows: Blocks,
    centres: Blocks,
    radii: Vec<f64>,
}

impl Cells {
    /// Cells of consecutive rows: see [`by_cells`].
    pub(super) fn new(rows: &[f32], width: usize) -> Self {
        let blocks = Blocks::new(rows, width);
        let centres = rows.chunks(CELL * width).flat_map(|cell| centre(cell, width));
        #[allow(clippy::cast_possible_truncation, reason = "a ball may be around any point")]
        let centres: Vec<f32> = centres.map(|value| value as f32).collect();
        let mut cells = Self { rows: blocks, radii: Vec::new(), centres: Blocks::new(&centres, width) };
        cells.radii = centres.chunks(width).enumerate().map(|(cell, x)| cells.radius(cell, x)).collect();
        cells
    }

    pub(super) fn count(&self) -> usize {
        self.radii.len()
    }

    /// The squared distances from a row to those of a cell, in blocks.
    pub(super) fn distances(&self, cell: usize, x: &[f32]) -> impl Iterator<Item = [f32; LANES]> {
        let end = self.rows.count().min((cell + 1) * BLOCKS);
        (cell * BLOCKS..end).map(move |block| self.rows.distances(block, x))
    }

    /// A lower bound on the squared distance from a row to those of each cell.
    pub(super) fn bounds(&self, x: &[f32]) -> Vec<f64> {
        let squares = (0..self.centres.count()).flat_map(|block| self.centres.distances(block, x));
        let bound = |(square, radius): (f32, &f64)| {
            (f64::from(square).sqrt() * (1.0 - ROUNDING) - radius * (1.0 + ROUNDING)).max(0.0).powi(2)
        };
        squares.zip(&self.radii).map(bound).collect()
    }

    // What fills the last block can only make the ball larger.
    fn radius(&self, cell: usize, centre: &[f32]) -> f64 {
        f64::from(self.distances(cell, centre).flatten().fold(0.0, f32::max)).sqrt()
    }
}

/// Orders rows so that consecutive ones are neighbours: they are halved along their widest dimension until
/// they fit into cells.
pub(super) fn by_cells(rows: &[f32], width: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len() / width).collect();
    let mut parts = vec![&mut order[..]];
    while let Some(part) = parts.pop() {
        if part.len() <= CELL {
            continue;
        }
        let widest = widest(rows, width, part);
        let half = (part.len() / 2).next_multiple_of(CELL);
        let value = |row: usize| rows[row * width + widest];
        part.select_nth_unstable_by(half - 1, |&a, &b| value(a).total_cmp(&value(b)).then(a.cmp(&b)));
        parts.extend(<[_; 2]>::from(part.split_at_mut(half)));
    }
    order
}

/// The dimension in which rows spread most.
fn widest(rows: &[f32], width: usize, part: &[usize]) -> usize {
    let spread = |at: usize| {
        let values = part.iter().map(|&row| rows[row * width + at]);
        let least = values.clone().fold(f32::INFINITY, f32::min);
        values.fold(f32::NEG_INFINITY, f32::max) - least
    };
    let spreads = iter::zip(0.., (0..width).map(spread));
    spreads.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::Key;

    fn random(rows: usize, width: usize) -> Vec<f32> {
        Key::new(0).generator().random_iter().take(rows * width).collect()
    }

    fn picked(rows: &[f32], width: usize, order: &[usize]) -> Vec<f32> {
        order.iter().flat_map(|&row| &rows[row * width..][..width]).copied().collect()
    }

    #[test]
    fn every_row_is_in_a_cell() {
        for rows in [1, 63, 64, 65, 128, 129, 1000] {
            let mut order = by_cells(&random(rows, 2), 2);
            order.sort_unstable();
            assert!(order.into_iter().eq(0..rows));
        }
    }

    #[test]
    fn no_row_is_nearer_than_its_bound_and_few_cells_are_near() {
        let rows = random(1000, 2);
        let rows = picked(&rows, 2, &by_cells(&rows, 2));
        let cells = Cells::new(&rows, 2);
        for x in rows.chunks(2) {
            let bounds = cells.bounds(x);
            assert_eq!(bounds.len(), 16);
            for (cell, &bound) in bounds.iter().enumerate() {
                let rows = (1000 - cell * CELL).min(CELL);
                let distances = cells.distances(cell, x).flatten().take(rows);
                assert!(distances.into_iter().all(|distance| f64::from(distance) >= bound));
            }
            assert!(bounds.iter().filter(|&&bound| bound < 0.01).count() <= 8);
        }
    }
}
