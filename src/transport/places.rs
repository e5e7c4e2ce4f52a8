//! What is for sale: as many places of each column as it occurs times, at prices that only rise.

use super::cells::CELL;

/// The places of all columns.
pub(super) struct Places {
    /// The places of a column are consecutive and in order of their prices.
    all: Vec<Place>,
    starts: Vec<usize>,
    /// The lowest price of each column; columns that fill the last cell are out of reach.
    prices: Vec<f64>,
    /// The lowest price in each cell of columns.
    lowest: Vec<f64>,
}

#[derive(Clone, Copy)]
struct Place {
    price: f64,
    row: Option<usize>,
}

impl Places {
    /// As many places of each column as counted, all free and at the price of zero.
    pub(super) fn new(counts: &[usize]) -> Self {
        let ends = counts.iter().scan(0, |end, count| {
            *end += count;
            Some(*end)
        });
        let starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
        let mut prices = vec![0.0; counts.len()];
        prices.resize(counts.len().next_multiple_of(CELL), f64::INFINITY);
        let all = vec![Place { price: 0.0, row: None }; starts[counts.len()]];
        Self { all, starts, lowest: vec![0.0; prices.len() / CELL], prices }
    }

    pub(super) fn prices(&self) -> &[f64] {
        &self.prices
    }

    pub(super) fn lowest(&self) -> &[f64] {
        &self.lowest
    }

    /// Gives the cheapest place of a column to a row and raises its price. Returns the row that had it.
    pub(super) fn take(&mut self, column: usize, row: usize, rise: f64) -> Option<usize> {
        let places = &mut self.all[self.starts[column]..self.starts[column + 1]];
        let Place { price, row: before } = places[0];
        let taken = Place { price: price + rise, row: Some(row) };
        let dearer = places.partition_point(|place| place.price <= taken.price);
        places[..dearer].rotate_left(1);
        places[dearer - 1] = taken;
        self.prices[column] = places[0].price;
        let cell = column / CELL;
        if price <= self.lowest[cell] {
            let prices = &self.prices[cell * CELL..][..CELL];
            self.lowest[cell] = prices.iter().copied().fold(f64::INFINITY, f64::min);
        }
        before
    }

    /// Frees the places of the rows that move, and gives all places of a column its lowest price.
    pub(super) fn free(&mut self, moves: &[bool]) {
        for (column, bounds) in self.starts.windows(2).enumerate() {
            let places = &mut self.all[bounds[0]..bounds[1]];
            for place in &mut *places {
                *place = Place { price: self.prices[column], row: place.row.filter(|&row| !moves[row]) };
            }
            places.sort_by_key(|place| place.row.is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_place_is_taken() {
        let mut places = Places::new(&[2, 1]);
        assert_eq!(places.take(0, 7, 3.0), None);
        assert_eq!(places.prices()[..2], [0.0, 0.0], "one place is left");
        assert_eq!(places.take(0, 8, 1.0), None);
        assert_eq!(places.prices()[..2], [1.0, 0.0]);
        assert_eq!(places.take(0, 9, 5.0), Some(8));
        assert_eq!((places.prices()[0], places.lowest()[0]), (3.0, 0.0));
        assert_eq!(places.take(1, 8, 4.0), None);
        assert_eq!(places.lowest()[0], 3.0);
    }

    #[test]
    fn freed_places_come_first() {
        let mut places = Places::new(&[2]);
        places.take(0, 0, 1.0);
        places.take(0, 1, 2.0);
        places.free(&[false, true]);
        assert_eq!(places.take(0, 1, 0.5), None);
        assert_eq!(places.prices()[0], 1.0);
        assert_eq!(places.take(0, 2, 1.0), Some(0));
    }
}
