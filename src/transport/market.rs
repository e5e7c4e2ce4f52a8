//! The search for the cheapest columns.

use std::array;

use rand::RngExt;

use super::{
    blocks::LANES,
    cells::{CELL, Cells},
    places::Places,
    shortlist::Shortlist,
};
use crate::{Key, threads};

/// Rows that search a cell one after the other, while it is in the processor's cache.
const PART: usize = 32;

/// The least number of values for which threads are worth their start.
const WORTH_A_THREAD: usize = 1 << 24;

/// How many different positions in the random numbers rows start from.
const OFFSETS: usize = 1024;

/// The rows and the columns of an auction.
pub(super) struct Market<'a> {
    rows: &'a [f32],
    width: usize,
    columns: &'a Cells,
    random: Vec<f64>,
}

impl<'a> Market<'a> {
    pub(super) fn new(rows: &'a [f32], width: usize, columns: &'a Cells, key: &Key) -> Self {
        let random = key.generator().random_iter().take(columns.count() * CELL + OFFSETS).collect();
        Self { rows, width, columns, random }
    }

    /// Lists the cheapest columns for each of some rows.
    ///
    /// For the choice of columns, up to `jitter` is added to their costs, at random for each row. Otherwise
    /// rows close to one another would all list the same columns, even if many others are as good.
    pub(super) fn lists(
        &self,
        rows: &[usize],
        old: &[Shortlist],
        places: &Places,
        jitter: f64,
    ) -> Vec<Shortlist> {
        let part = |rows: &[usize]| self.lists_of_part(rows, old, places, jitter);
        let values = rows.len() * places.prices().len() * self.width;
        if values < WORTH_A_THREAD {
            return rows.chunks(PART).flat_map(part).collect();
        }
        threads::map(threads::cores(), rows.chunks(PART).collect(), part).into_iter().flatten().collect()
    }

    fn lists_of_part(
        &self,
        rows: &[usize],
        old: &[Shortlist],
        places: &Places,
        jitter: f64,
    ) -> Vec<Shortlist> {
        let mut searches: Vec<Search> = rows
            .iter()
            .map(|&row| {
                let x = &self.rows[row * self.width..][..self.width];
                let list = Shortlist::below(old[row].bound(places.prices()) + jitter);
                Search {
                    x,
                    bounds: self.columns.bounds(x),
                    random: &self.random[row % OFFSETS..],
                    jitter,
                    list,
                }
            })
            .collect();
        for (cell, lowest) in places.lowest().iter().enumerate() {
            for search in &mut searches {
                if search.list.takes(search.bounds[cell] + lowest) {
                    search.look_into(cell, self.columns, places.prices());
                }
            }
        }
        searches.into_iter().map(|search| search.list.close(jitter)).collect()
    }
}

/// The search for the cheapest columns of one row.
struct Search<'a> {
    x: &'a [f32],
    /// A lower bound on the distances to each cell.
    bounds: Vec<f64>,
    random: &'a [f64],
    jitter: f64,
    list: Shortlist,
}

impl Search<'_> {
    fn look_into(&mut self, cell: usize, columns: &Cells, prices: &[f64]) {
        let start = cell * CELL;
        let [prices, random] = [prices, self.random].map(|all| all[start..][..CELL].as_chunks::<LANES>().0);
        for (block, distances) in columns.distances(cell, self.x).enumerate() {
            let distances = distances.map(f64::from);
            let keys: [f64; LANES] = array::from_fn(|lane| {
                distances[lane] + prices[block][lane] + self.jitter * random[block][lane]
            });
            for lane in 0..LANES {
                if self.list.takes(keys[lane]) {
                    self.list.insert(start + block * LANES + lane, distances[lane], keys[lane]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::cells::by_cells;

    fn random(seed: u64, rows: usize) -> Vec<f32> {
        Key::new(seed).generator().random_iter().take(2 * rows).collect()
    }

    #[test]
    fn no_column_is_cheaper_than_the_choice() {
        let (rows, columns) = (random(0, 100), random(1, 300));
        let columns: Vec<f32> =
            by_cells(&columns, 2).into_iter().flat_map(|row| columns[2 * row..][..2].to_vec()).collect();
        let cells = Cells::new(&columns, 2);
        let market = Market::new(&rows, 2, &cells, &Key::new(2));
        let mut places = Places::new(&[1; 300]);
        let mut lists: Vec<Shortlist> = (0..100).map(|_| Shortlist::unknown()).collect();
        for round in 0..3 {
            (round..300).step_by(3).for_each(|column| {
                places.take(column, 0, f64::from(columns[2 * column]) * 0.01);
            });
            lists = market.lists(&(0..100).collect::<Vec<_>>(), &lists, &places, 1e-4);
            for (row, list) in lists.iter().enumerate() {
                let cost = |column: usize| {
                    let distance = |at: usize| (rows[2 * row + at] - columns[2 * column + at]).powi(2);
                    f64::from(distance(0) + distance(1)) + places.prices()[column]
                };
                let least = (0..300).map(cost).fold(f64::INFINITY, f64::min);
                let choice = list.choose(places.prices(), 2e-4).unwrap();
                assert!((choice.cost - least).abs() <= 1e-4 && choice.others >= least - 1e-4);
                assert!(list.least(places.prices()) <= least);
            }
        }
    }
}
