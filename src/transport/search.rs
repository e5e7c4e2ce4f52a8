//! The search for an optimal assignment.
//!
//! Rows and columns have prices with `u_i + v_j <= c_ij`. An assignment for which equality holds throughout
//! is optimal. Cheap reductions assign most rows first; each row left over is then brought in along a
//! shortest path of exchanges.
//!
//! Source: Jonker & Volgenant, *A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment
//! Problems*, 1987; the search for a path is as in Crouse, *On Implementing 2D Rectangular Assignment
//! Algorithms*, 2016.

/// No row, or no column.
pub(super) const NONE: usize = usize::MAX;

/// A partial assignment on its way to the optimum.
pub(super) struct Search<'a> {
    cost: &'a [f64],
    n: usize,
    /// The column of each row, or [`NONE`].
    pub(super) column_of: Vec<usize>,
    row_of: Vec<usize>,
    row_price: Vec<f64>,
    column_price: Vec<f64>,
    path: Path,
}

/// The state of the search for one path, reused from row to row.
struct Path {
    /// The cost of the shortest path found to each column so far, and the row before it on that path.
    length: Vec<f64>,
    from: Vec<usize>,
    open: Vec<usize>,
    visited: Vec<usize>,
}

impl<'a> Search<'a> {
    pub(super) fn new(cost: &'a [f64], n: usize) -> Self {
        let path = Path {
            length: vec![f64::INFINITY; n],
            from: vec![NONE; n],
            open: Vec::with_capacity(n),
            visited: Vec::with_capacity(n),
        };
        let (row_price, column_price) = (vec![0.0; n], vec![0.0; n]);
        Self { cost, n, column_of: vec![NONE; n], row_of: vec![NONE; n], row_price, column_price, path }
    }

    fn row(&self, row: usize) -> &'a [f64] {
        &self.cost[row * self.n..][..self.n]
    }

    /// Prices each column at the cost of its cheapest row, and assigns it to that row if it is still free.
    pub(super) fn reduce_columns(&mut self) {
        let mut cheapest = vec![0; self.n];
        self.column_price.fill(f64::INFINITY);
        for row in 0..self.n {
            for (column, &cost) in self.row(row).iter().enumerate() {
                if cost < self.column_price[column] {
                    self.column_price[column] = cost;
                    cheapest[column] = row;
                }
            }
        }
        for (column, &row) in cheapest.iter().enumerate() {
            if self.column_of[row] == NONE {
                (self.column_of[row], self.row_of[column]) = (column, row);
            }
        }
    }

    /// Lets each free row take its cheapest column, at the price that makes its second choice as good. The
    /// row that had the column is free again. Returns the rows that are free at the end.
    pub(super) fn reduce_rows(&mut self, mut free: Vec<usize>) -> Vec<usize> {
        let mut left = Vec::new();
        free.reverse();
        // Prices may fall by smaller and smaller steps: after a while, the search for paths does the rest.
        let mut budget = 4 * self.n;
        while let Some(row) = free.pop() {
            let [(first, least), (second, next)] = self.two_cheapest(row);
            let (column, falls) = match () {
                () if least < next => (first, true),
                () if self.row_of[first] != NONE && second != NONE => (second, false),
                () => (first, false),
            };
            if falls && next.is_finite() {
                self.column_price[column] -= next - least;
            }
            let before = self.row_of[column];
            (self.column_of[row], self.row_of[column]) = (column, row);
            if before == NONE {
                continue;
            }
            self.column_of[before] = NONE;
            if falls && budget > 0 {
                budget -= 1;
                free.push(before);
            } else {
                left.push(before);
            }
        }
        left
    }

    /// The two cheapest columns for a row at the current prices, with their costs.
    fn two_cheapest(&self, row: usize) -> [(usize, f64); 2] {
        let mut best = [(NONE, f64::INFINITY); 2];
        for (column, (cost, price)) in self.row(row).iter().zip(&self.column_price).enumerate() {
            let reduced = cost - price;
            if reduced < best[1].1 {
                best[1] = (column, reduced);
                if reduced < best[0].1 {
                    best.swap(0, 1);
                }
            }
        }
        best
    }

    /// Gives each row the highest price that the columns' prices allow.
    pub(super) fn price_rows(&mut self) {
        for row in 0..self.n {
            let reduced = self.row(row).iter().zip(&self.column_price).map(|(cost, price)| cost - price);
            self.row_price[row] = reduced.fold(f64::INFINITY, f64::min);
        }
    }

    /// Assigns a free row along the shortest path of exchanges to a free column.
    pub(super) fn augment(&mut self, free: usize) {
        let (sink, length) = self.shortest_path(free);
        self.row_price[free] += length;
        for &column in &self.path.visited {
            let gain = length - self.path.length[column];
            self.column_price[column] -= gain;
            if column != sink {
                self.row_price[self.row_of[column]] += gain;
            }
        }
        let mut column = sink;
        loop {
            let row = self.path.from[column];
            self.row_of[column] = row;
            column = std::mem::replace(&mut self.column_of[row], column);
            if row == free {
                return;
            }
        }
    }

    /// The nearest free column to a free row, and the length of the path to it.
    fn shortest_path(&mut self, free: usize) -> (usize, f64) {
        let Path { length, from, open, visited } = &mut self.path;
        length.fill(f64::INFINITY);
        visited.clear();
        open.clear();
        open.extend(0..self.n);
        let (mut row, mut reached) = (free, 0.0);
        loop {
            let costs = &self.cost[row * self.n..][..self.n];
            let offset = reached - self.row_price[row];
            let (mut nearest, mut at) = (f64::INFINITY, 0);
            for (place, &column) in open.iter().enumerate() {
                let through = offset + costs[column] - self.column_price[column];
                if through < length[column] {
                    length[column] = through;
                    from[column] = row;
                }
                let here = length[column];
                if here < nearest || here == nearest && self.row_of[column] == NONE {
                    (nearest, at) = (here, place);
                }
            }
            reached = nearest;
            let column = open.swap_remove(at);
            visited.push(column);
            if self.row_of[column] == NONE {
                return (column, reached);
            }
            row = self.row_of[column];
        }
    }
}
