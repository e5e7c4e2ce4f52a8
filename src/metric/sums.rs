//! Sums that come out the same on any number of cores.

use std::{num::NonZero, thread};

const LANES: usize = 4;

/// Computes `work(block)` for each block, on all cores; results in the order of the blocks.
///
/// Blocks are dealt out in turn, so that each core has as much to do where later blocks are shorter.
pub(super) fn over_blocks<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(count);
    let work = &work;
    let share = |thread: usize| (thread..count).step_by(threads).map(work).collect::<Vec<_>>();
    let mut shares: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || share(thread))).collect();
        running.into_iter().map(|thread| thread.join().expect("sums do not panic").into_iter()).collect()
    });
    (0..count).map(|block| shares[block % threads].next().expect("each block was computed")).collect()
}

/// The product of two rows.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    // Several sums that do not wait for one another let the compiler use vector registers.
    let mut sums = [0.0; LANES];
    let (x_parts, x_rest) = x.as_chunks::<LANES>();
    let (y_parts, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in x_parts.iter().zip(y_parts) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}
