//! An auction in which rows bid for columns.
//!
//! A column costs a row its distance and its price. A free row takes the column that costs it least and
//! raises the price until the second best would cost as much, then by `epsilon` more. The row that had the
//! column is free again. When no row is free, each has a column that costs at most `epsilon` more than its
//! best one, so the total distance is at most `n * epsilon` above the least possible.
//!
//! Equal columns are one column with several places, and its price is that of the cheapest place.
//!
//! Source: Bertsekas, *The Auction Algorithm: A Distributed Relaxation Method for the Assignment Problem*,
//! 1988; equal columns as in Bertsekas & Castañon, *The Auction Algorithm for the Transportation Problem*,
//! 1989.

use super::{
    market::Market,
    places::Places,
    shortlist::{Choice, Shortlist},
};

/// Rows that make new lists at a time. If they were more, the bids of some would outdate the lists of others.
const ROUND: usize = 256;

/// The [jitter](Market::lists) of lists, as a part of `epsilon`.
const JITTER: f64 = 0.1;

/// The state of an auction.
pub(super) struct Auction<'a> {
    market: Market<'a>,
    places: Places,
    lists: Vec<Shortlist>,
    /// The column of each row with its distance, if it has one.
    held: Vec<Option<(usize, f64)>>,
}

impl<'a> Auction<'a> {
    /// Opens an auction of columns that occur `counts` times, as many in total as there are rows.
    pub(super) fn new(market: Market<'a>, counts: &[usize]) -> Self {
        let rows = counts.iter().sum();
        let lists = (0..rows).map(|_| Shortlist::unknown()).collect();
        Self { market, places: Places::new(counts), lists, held: vec![None; rows] }
    }

    /// Lets rows bid until each has a column. Those whose column is good enough keep it.
    pub(super) fn run(&mut self, epsilon: f64) {
        let mut free = self.reopen(epsilon);
        let mut outdated = Vec::new();
        loop {
            while let Some(row) = free.pop() {
                match self.lists[row].choose(self.places.prices(), 2.0 * JITTER * epsilon) {
                    Some(choice) => free.extend(self.bid(row, choice, epsilon)),
                    None => outdated.push(row),
                }
            }
            if outdated.is_empty() {
                return;
            }
            free = outdated.split_off(outdated.len().saturating_sub(ROUND));
            self.look(&free, JITTER * epsilon);
        }
    }

    /// Frees the rows whose column costs them more than `epsilon` above the best one.
    fn reopen(&mut self, epsilon: f64) -> Vec<usize> {
        let excess = self.excess();
        let moves: Vec<bool> = excess.map(|excess| excess.is_none_or(|excess| excess > epsilon)).collect();
        self.places.free(&moves);
        let free: Vec<usize> = (0..moves.len()).filter(|&row| moves[row]).collect();
        for &row in &free {
            self.held[row] = None;
        }
        free
    }

    fn bid(&mut self, row: usize, choice: Choice, epsilon: f64) -> Option<usize> {
        let Choice { column, distance, cost, others } = choice;
        // There may be no other column.
        let rise = if others.is_finite() { others - cost + epsilon } else { epsilon };
        self.held[row] = Some((column, distance));
        let before = self.places.take(column, row, rise);
        if let Some(before) = before {
            self.held[before] = None;
        }
        before
    }

    /// Makes new lists for rows.
    fn look(&mut self, rows: &[usize], jitter: f64) {
        let lists = self.market.lists(rows, &self.lists, &self.places, jitter);
        rows.iter().zip(lists).for_each(|(&row, list)| self.lists[row] = list);
    }

    /// An upper bound on how much more each row's column costs than its best one; none for a free row.
    fn excess(&self) -> impl Iterator<Item = Option<f64>> {
        let prices = self.places.prices();
        let excess = |(column, distance): (usize, f64), list: &Shortlist| {
            distance + prices[column] - list.least(prices)
        };
        self.held.iter().zip(&self.lists).map(move |(held, list)| held.map(|held| excess(held, list)))
    }

    /// The total distance.
    pub(super) fn cost(&self) -> f64 {
        self.held.iter().flatten().map(|(_, distance)| distance).sum()
    }

    /// The total distance, with each of the largest tenth of the distances replaced by the next smaller one.
    pub(super) fn capped_cost(&self) -> f64 {
        let mut distances: Vec<f64> = self.held.iter().flatten().map(|&(_, distance)| distance).collect();
        let tenth = distances.len() / 10;
        let (_, &mut cap, _) = distances.select_nth_unstable_by(tenth, |a, b| b.total_cmp(a));
        distances.iter().map(|&distance| distance.min(cap)).sum()
    }

    /// An upper bound on how far the total distance is above the least possible: by duality, what all rows
    /// together could save at these prices.
    pub(super) fn gap(&self) -> f64 {
        self.excess().flatten().sum()
    }

    /// The column of each row.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        self.held.iter().flatten().map(|&(column, _)| column)
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use rand::RngExt;

    use super::*;
    use crate::{Key, transport::cells::Cells};

    fn random(seed: u64, values: usize) -> Vec<f32> {
        Key::new(seed).generator().random_iter().take(values).collect()
    }

    #[test]
    fn no_row_pays_much_more_than_it_has_to_and_the_gap_says_how_much() {
        let (rows, columns) = (random(0, 400), random(1, 200));
        let cells = Cells::new(&columns, 2);
        let mut auction = Auction::new(Market::new(&rows, 2, &cells, &Key::new(2)), &[2; 100]);
        let mut costs = Vec::new();
        for epsilon in [1.0, 0.1, 1e-3, 1e-6] {
            auction.run(epsilon);
            assert!(auction.excess().all(|excess| excess.unwrap() <= epsilon * (1.0 + 1e-6)));
            costs.push((auction.cost(), auction.gap()));
            let mut columns: Vec<usize> = auction.columns().collect();
            columns.sort_unstable();
            assert!(columns.into_iter().eq((0..200).map(|place| place / 2)));
        }
        let &(least, _) = costs.last().unwrap();
        assert!(costs.iter().all(|(cost, gap)| cost - gap <= least + 1e-9));
    }

    #[test]
    fn the_largest_tenth_of_the_distances_is_capped() {
        let rows: Vec<f32> = (0..20_u16).map(f32::from).collect();
        let cells = Cells::new(&[0.0], 1);
        let mut auction = Auction::new(Market::new(&rows, 1, &cells, &Key::new(0)), &[20]);
        auction.run(0.1);
        assert_relative_eq!(auction.cost(), 2470.0);
        assert_relative_eq!(auction.capped_cost(), 2470.0 - 361.0 - 324.0 + 2.0 * 289.0);
    }
}
