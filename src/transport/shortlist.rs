//! The columns that a row may bid for.

/// The length of a list.
const LENGTH: usize = 32;

/// The columns that were cheapest for a row when the list was made, and a lower bound on what all others
/// cost. Prices only rise, so the bound stays valid.
pub(super) struct Shortlist {
    entries: Vec<Entry>,
    others: f64,
}

#[derive(Clone, Copy)]
struct Entry {
    column: usize,
    distance: f64,
    /// What the column cost when the list was made, with jitter. Entries are in this order.
    key: f64,
}

/// The cheapest column for a row.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    pub(super) column: usize,
    pub(super) distance: f64,
    pub(super) cost: f64,
    /// A lower bound on what every other column costs.
    pub(super) others: f64,
}

impl Shortlist {
    /// The list of a row that has not looked at any column yet.
    pub(super) fn unknown() -> Self {
        Self { entries: Vec::new(), others: f64::NEG_INFINITY }
    }

    /// An empty list that takes columns below a bound.
    pub(super) fn below(bound: f64) -> Self {
        Self { entries: Vec::with_capacity(LENGTH + 2), others: bound }
    }

    /// A bound that leaves enough columns for a new list: those on this list cost no more at these prices.
    pub(super) fn bound(&self, prices: &[f64]) -> f64 {
        if self.entries.len() < LENGTH {
            return f64::INFINITY;
        }
        let costs = self.entries.iter().map(|entry| entry.distance + prices[entry.column]);
        costs.fold(f64::NEG_INFINITY, f64::max)
    }

    /// Whether a column of this key would be listed.
    pub(super) fn takes(&self, key: f64) -> bool {
        key < self.others
    }

    pub(super) fn insert(&mut self, column: usize, distance: f64, key: f64) {
        let at = self.entries.partition_point(|entry| entry.key <= key);
        self.entries.insert(at, Entry { column, distance, key });
        if let Some(next) = self.entries.get(LENGTH) {
            self.others = next.key;
            self.entries.truncate(LENGTH + 1);
        }
    }

    /// Finishes a list whose keys exceed the costs by up to `jitter`.
    pub(super) fn close(mut self, jitter: f64) -> Self {
        self.entries.truncate(LENGTH);
        self.others -= jitter;
        self
    }

    /// The cheapest column on the list at these prices, unless another might be cheaper by more than the
    /// tolerance.
    pub(super) fn choose(&self, prices: &[f64], tolerance: f64) -> Option<Choice> {
        let mut entries = self.entries.iter();
        let cost = |entry: &Entry| entry.distance + prices[entry.column];
        let first = entries.next()?;
        let (mut best, mut least, mut others) = (first, cost(first), self.others);
        for entry in entries {
            let cost = cost(entry);
            if cost < least {
                (best, others, least) = (entry, others.min(least), cost);
            } else {
                others = others.min(cost);
            }
        }
        let &Entry { column, distance, .. } = best;
        (least <= self.others + tolerance).then_some(Choice { column, distance, cost: least, others })
    }

    /// A lower bound on what the cheapest of all columns costs.
    pub(super) fn least(&self, prices: &[f64]) -> f64 {
        let costs = self.entries.iter().map(|entry| entry.distance + prices[entry.column]);
        costs.fold(self.others, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list of 40 columns, column `i` at the distance `i`.
    fn listed(prices: &[f64; 40]) -> Shortlist {
        let mut list = Shortlist::below(f64::INFINITY);
        for column in (0..40).rev() {
            let key = column as f64 + prices[column];
            if list.takes(key) {
                list.insert(column, column as f64, key);
            }
        }
        list.close(0.0)
    }

    #[test]
    fn the_cheapest_is_chosen_as_long_as_the_list_can_tell() {
        let mut prices = [0.0; 40];
        let list = listed(&prices);
        let Choice { column, cost, others, .. } = list.choose(&prices, 0.0).unwrap();
        assert_eq!((column, cost, others), (0, 0.0, 1.0));
        prices[0] = 1.5;
        let Choice { column, others, .. } = list.choose(&prices, 0.0).unwrap();
        assert_eq!((column, others), (1, 1.5));
        prices[..32].fill(32.5);
        assert!(list.choose(&prices, 0.0).is_none());
        let Choice { column, others, .. } = list.choose(&prices, 0.5).unwrap();
        assert_eq!((column, others), (0, 32.0), "column 32 costs that");
    }

    #[test]
    fn a_new_list_fills_up_below_the_bound_of_the_old_one() {
        let mut prices = [0.0; 40];
        let old = listed(&prices);
        assert_eq!((old.bound(&prices), old.least(&prices)), (31.0, 0.0));
        prices[3] = 100.0;
        assert_eq!(old.bound(&prices), 103.0);
        assert_eq!(Shortlist::unknown().bound(&prices), f64::INFINITY);
        assert!(Shortlist::unknown().choose(&prices, 0.0).is_none());
    }
}
