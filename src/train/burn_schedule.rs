//! Burn's learning-rate schedulers as schedules.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use burn::lr_scheduler::LrScheduler;

use super::Schedule;

/// Makes a [`Schedule`] of one of burn's schedulers.
///
/// One of burn's schedulers moves on from its current position, whereas a schedule is a function of the step.
/// So this one keeps count, and starts again from the given scheduler when it is asked for an earlier step.
///
/// # Example
/// ```
/// use burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig;
/// use reflow::train::{Schedule, burn_schedule};
///
/// let schedule = burn_schedule(ExponentialLrSchedulerConfig::new(1.0, 0.5).init().unwrap());
/// assert_eq!([3, 0, 1, 2].map(|step| schedule.rate(step)), [0.125, 1.0, 0.5, 0.25]);
/// ```
pub fn burn_schedule<L: LrScheduler>(scheduler: L) -> BurnSchedule<L> {
    BurnSchedule { place: Mutex::new((scheduler.clone(), 0, f64::NAN)), start: scheduler }
}

/// One of burn's schedulers as a [`Schedule`]; see [`burn_schedule`].
pub struct BurnSchedule<L> {
    start: L,
    /// The scheduler after some steps, the number of these steps, and the last rate.
    place: Mutex<(L, usize, f64)>,
}

impl<L: LrScheduler> Schedule for BurnSchedule<L> {
    fn rate(&self, step: usize) -> f64 {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if place.1 > step + 1 {
            *place = (self.start.clone(), 0, f64::NAN);
        }
        while place.1 <= step {
            place.2 = place.0.step();
            place.1 += 1;
        }
        place.2
    }
}

impl<L> fmt::Debug for BurnSchedule<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BurnSchedule")
    }
}
