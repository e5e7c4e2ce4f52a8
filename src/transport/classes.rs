//! Matchings within the classes of conditions.

use burn::tensor::{Tensor, backend::Backend};

use super::assignment::match_exactly;
use crate::{Condition, Error, rows};

/// The rows of each class, in the order of the classes' hashes. Rows are matched only within their class.
pub(crate) struct Classes(Vec<Class>);

struct Class {
    hash: u64,
    rows: Vec<usize>,
}

/// The two sides of a matching, on the host: as many rows on each.
pub(crate) struct Sides {
    a: Vec<f64>,
    b: Vec<f64>,
    width: usize,
}

impl Sides {
    pub(crate) fn read<B: Backend>(a: Tensor<B, 2>, b: Tensor<B, 2>) -> Self {
        let width = a.dims()[1];
        Self { a: rows::to_host(a), b: rows::to_host(b), width }
    }
}

impl Classes {
    /// The classes of conditions. Waits for the device, unless there are no conditions.
    pub(crate) fn of<B: Backend, Y: Condition>(y: &Y::Rows<B>, count: usize) -> Self {
        let mut hashes = vec![0; count];
        Y::classes::<B>(y, &mut hashes);
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&row| hashes[row]);
        let classes = order.chunk_by(|&a, &b| hashes[a] == hashes[b]);
        Self(classes.map(|rows| Class { hash: hashes[rows[0]], rows: rows.to_vec() }).collect())
    }

    /// The rows of each class on this side, with those on another side, which may have none.
    pub(crate) fn with_rows_of<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = (&'a [usize], &'a [usize])> {
        self.0.iter().map(|Class { hash, rows }| {
            let there = other.0.binary_search_by_key(hash, |class| class.hash);
            (rows.as_slice(), there.map_or(&[][..], |at| other.0[at].rows.as_slice()))
        })
    }

    /// The rows of each class on this side and on another side.
    ///
    /// # Errors
    /// [`Error::Length`] if a class does not have as many rows on both sides.
    pub(crate) fn beside<'a>(
        &'a self,
        other: &'a Self,
        what: &'static str,
    ) -> Result<Vec<(&'a [usize], &'a [usize])>, Error> {
        let check = |(here, there): (&'a [usize], &'a [usize])| {
            rows::check_length(what, here.len(), there.len())?;
            Ok((here, there))
        };
        self.with_rows_of(other).map(check).collect()
    }

    /// Finds a row of the other side for each row, each taken once and of the same class, so that the total
    /// squared distance is least.
    pub(crate) fn match_exactly(&self, Sides { a, b, width }: &Sides) -> Vec<usize> {
        let mut partners = vec![0; self.0.iter().map(|class| class.rows.len()).sum()];
        for Class { rows, .. } in &self.0 {
            let pick = |side: &[f64]| -> Vec<f64> {
                rows.iter().flat_map(|&row| &side[row * width..][..*width]).copied().collect()
            };
            let found = match_exactly(&pick(a), &pick(b), *width);
            rows.iter().zip(found).for_each(|(&row, partner)| partners[row] = rows[partner]);
        }
        partners
    }
}
