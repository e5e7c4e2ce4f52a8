//! Work distributed over threads.

use std::{
    sync::{Mutex, PoisonError},
    thread,
};

/// The number of threads that the machine can run at once.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

/// Applies `work` to every input. The results are in the order of the inputs.
pub(crate) fn map<I: Send, O: Send>(threads: usize, inputs: Vec<I>, work: impl Fn(I) -> O + Sync) -> Vec<O> {
    let threads = threads.min(inputs.len());
    let queue = Mutex::new(inputs.into_iter().enumerate());
    let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || {
        let mut done = Vec::new();
        while let Some((at, input)) = take() {
            done.push((at, work(input)));
        }
        done
    };
    let mut outputs: Vec<(usize, O)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let done = workers.into_iter().flat_map(|worker| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        done.collect()
    });
    outputs.sort_by_key(|(at, _)| *at);
    outputs.into_iter().map(|(_, output)| output).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_keep_the_order_of_the_inputs() {
        let squares = map(3, (0..100).collect(), |i: usize| i * i);
        assert!(squares.iter().enumerate().all(|(i, &square)| square == i * i));
    }
}
