//! The matching of many rows, close to the optimum.

use super::{
    auction::Auction,
    cells::{Cells, by_cells},
    market::Market,
    order::{Distinct, match_in_order},
    scale::{Extent, to_unit_scale},
};
use crate::Key;

/// How far the total may be above the least, as a part of the total. Rows that move far count less in it, so
/// that a few of them do not spoil the others.
const TOLERANCE: f64 = 0.05;

/// The largest factor by which `epsilon` falls from one auction to the next.
const FALL: f64 = 5.0;

/// The least `epsilon`, relative to the largest squared distance: smaller ones would get lost in rounding.
const LEAST: f64 = 1e-12;

/// Finds a row of `b` for each row of `a`, each taken once, so that the total squared distance is at most
/// 1.06 times the least, as long as rows move more than about 1e-5 of the largest distance.
///
/// Runs auctions with smaller and smaller `epsilon`, each from the prices of the one before, until the result
/// is within [`TOLERANCE`].
pub(super) fn match_nearly(a: &[f64], b: &[f64], width: usize, key: &Key) -> Vec<usize> {
    if let Some(partners) = match_in_order(a, b, width) {
        return partners;
    }
    let [a, b] = to_unit_scale([a, b], width);
    let [firsts, seconds] = [&a, &b].map(|side| Distinct::new(side, width));
    // Only equal columns are put together, so the side with more of them is sold.
    if firsts.firsts.len() < seconds.firsts.len() {
        return inverse(&bid(&b, &a, firsts, width, key));
    }
    bid(&a, &b, seconds, width, key)
}

fn bid(rows: &[f32], columns: &[f32], distinct: Distinct, width: usize, key: &Key) -> Vec<usize> {
    let points = pick(columns, width, &distinct.firsts);
    let order = by_cells(&points, width);
    let place = inverse(&order);
    let kinds: Vec<usize> = distinct.kinds.into_iter().map(|kind| place[kind]).collect();
    let cells = Cells::new(&pick(&points, width, &order), width);
    let mut counts = vec![0; order.len()];
    for &kind in &kinds {
        counts[kind] += 1;
    }
    let mut auction = Auction::new(Market::new(rows, width, &cells, key), &counts);
    run(&mut auction, &Extent::of([rows, columns], width), kinds.len() as f64);
    share_out(auction.columns(), &kinds, counts.len())
}

fn run(auction: &mut Auction, extent: &Extent, count: f64) {
    let last = LEAST * extent.largest;
    let mut epsilon = extent.mean.max(last);
    loop {
        auction.run(epsilon);
        let total = auction.cost() - count * extent.apart;
        let enough = TOLERANCE * total.min(auction.capped_cost()).max(0.0);
        if auction.gap() <= enough || epsilon <= last {
            return;
        }
        epsilon = (enough / count).clamp(epsilon / FALL, epsilon / 1.5).max(last);
    }
}

/// Gives each row a column of the kind it wants, each once.
fn share_out(wanted: impl Iterator<Item = usize>, kinds: &[usize], count: usize) -> Vec<usize> {
    let mut columns = vec![Vec::new(); count];
    kinds.iter().enumerate().rev().for_each(|(column, &kind)| columns[kind].push(column));
    wanted.filter_map(|kind| columns[kind].pop()).collect()
}

fn pick(rows: &[f32], width: usize, which: &[usize]) -> Vec<f32> {
    which.iter().flat_map(|&row| &rows[row * width..][..width]).copied().collect()
}

fn inverse(permutation: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; permutation.len()];
    permutation.iter().enumerate().for_each(|(from, &to)| inverse[to] = from);
    inverse
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_distr::StandardNormal;

    use super::*;
    use crate::{transport::match_exactly, vectors::squared_distance};

    fn normal(purpose: &str, rows: usize, width: usize) -> Vec<f64> {
        Key::new(1).fork(purpose).generator().sample_iter(StandardNormal).take(rows * width).collect()
    }

    fn numbers(purpose: &str, count: usize, below: usize) -> Vec<usize> {
        let mut generator = Key::new(2).fork(purpose).generator();
        (0..count).map(|_| generator.random_range(0..below)).collect()
    }

    fn cost(a: &[f64], b: &[f64], width: usize, partners: &[usize]) -> f64 {
        let distance = |(x, &y): (&[f64], &usize)| squared_distance(x, &b[y * width..][..width]);
        a.chunks_exact(width).zip(partners).map(distance).sum()
    }

    fn matched(a: &[f64], b: &[f64], width: usize) -> Vec<usize> {
        let partners = match_nearly(a, b, width, &Key::new(0));
        let mut sorted = partners.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..a.len() / width));
        partners
    }

    fn assert_near(a: &[f64], b: &[f64], width: usize) {
        let least = cost(a, b, width, &match_exactly(a, b, width));
        let found = cost(a, b, width, &matched(a, b, width));
        assert!(found <= 1.06 * least, "{found} and {least} in {width} dimensions");
    }

    /// Each value of a row times its own factor, between 1 and this one.
    fn stretched(rows: Vec<f64>, width: usize, factor: f64) -> Vec<f64> {
        let scale = |at: usize| factor.powf((at % width) as f64 / width as f64);
        rows.into_iter().enumerate().map(|(at, value)| value * scale(at)).collect()
    }

    /// Rows around centres far from one another, as many of each as it happens.
    fn clustered(purpose: &str, rows: usize, width: usize) -> Vec<f64> {
        let centres = normal("centres", 7, width);
        let noise = normal(purpose, rows, width);
        let rows = numbers(purpose, rows, 7).into_iter().zip(noise.chunks_exact(width));
        let around = |centre: usize| centres[centre * width..][..width].iter();
        rows.flat_map(|(centre, noise)| around(centre).zip(noise).map(|(c, e)| 10.0 * c + 0.1 * e)).collect()
    }

    #[test]
    fn samples_of_one_distribution_are_matched_closely() {
        for width in [1, 2, 3, 8, 16, 64] {
            assert_near(&normal("a", 500, width), &normal("b", 500, width), width);
        }
    }

    #[test]
    fn samples_of_different_distributions_are_matched_closely() {
        for width in [1, 2, 3, 8, 16, 64] {
            let (a, b) = (normal("a", 400, width), normal("b", 400, width));
            let (a, b) = (stretched(a, width, 20.0), stretched(b, width, 0.1));
            assert_near(&a, &b.iter().map(|value| value + 100.0).collect::<Vec<_>>(), width);
        }
    }

    #[test]
    fn clusters_are_matched_closely() {
        for width in [1, 2, 3, 8, 16, 64] {
            assert_near(&clustered("a", 400, width), &clustered("b", 400, width), width);
        }
    }

    #[test]
    fn repeated_rows_are_matched_closely_on_either_side() {
        for width in [2, 8, 64] {
            let (a, b) = (normal("a", 400, width), normal("b", 21, width));
            let b: Vec<f64> = b.iter().copied().cycle().take(400 * width).collect();
            assert_near(&a, &b, width);
            assert_near(&b, &a, width);
        }
    }

    #[test]
    fn rows_repeated_on_both_sides_are_no_obstacle() {
        let points = normal("points", 9, 2);
        let side = |purpose| -> Vec<f64> {
            numbers(purpose, 300, 9).into_iter().flat_map(|at| points[2 * at..][..2].to_vec()).collect()
        };
        assert_near(&side("a"), &side("b"), 2);
    }

    #[test]
    fn one_row_far_away_does_not_spoil_the_others() {
        let (mut a, b) = (normal("a", 400, 2), normal("b", 400, 2));
        a[0] = 1e4;
        let (found, exact) = (matched(&a, &b, 2), match_exactly(&a, &b, 2));
        let others = |partners: &[usize]| cost(&a[2..], &b, 2, &partners[1..]);
        let (found, least) = (others(&found), others(&exact));
        assert!(found <= 1.1 * least, "{found} and {least}");
    }

    #[test]
    fn few_rows_may_have_to_move() {
        let a = normal("a", 400, 2);
        let b = [normal("b", 20, 2), a[40..].to_vec()].concat();
        assert_near(&a, &b, 2);
    }

    #[test]
    fn what_is_already_matched_stays() {
        let rows = normal("rows", 300, 3);
        assert!(matched(&rows, &rows, 3).into_iter().eq(0..300));
        let moved: Vec<f64> = rows.iter().zip(normal("noise", 300, 3)).map(|(x, e)| x + 1e-5 * e).collect();
        assert!(matched(&rows, &moved, 3).into_iter().eq(0..300));
    }

    #[test]
    fn sides_of_equal_rows_are_no_obstacle() {
        let (ones, twos) = (vec![1.0; 600], vec![2.0; 600]);
        matched(&ones, &ones, 3);
        matched(&ones, &twos, 3);
        assert_near(&ones, &normal("rows", 200, 3), 3);
        matched(&[0.0; 600], &twos, 3);
    }

    #[test]
    fn scale_does_not_matter() {
        let (a, b) = (normal("a", 300, 2), normal("b", 300, 2));
        let times = |side: &[f64], scale| side.iter().map(|value| value * scale).collect::<Vec<f64>>();
        for scale in [1e-300, 1e-30, 1e30, 1e300] {
            let (a, b) = (times(&a, scale), times(&b, scale));
            let found = matched(&a, &b, 2);
            assert_near(&times(&a, 1.0 / scale), &times(&b, 1.0 / scale), 2);
            assert_eq!(found.len(), 300);
        }
    }

    #[test]
    fn the_same_key_finds_the_same_matching() {
        let (a, b) = (normal("a", 500, 4), normal("b", 500, 4));
        assert_eq!(matched(&a, &b, 4), matched(&a, &b, 4));
    }
}
