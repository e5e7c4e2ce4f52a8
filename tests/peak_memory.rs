//! Checks and metrics do not copy all of their data. The test has a file to itself, because it measures the
//! memory of the whole process.

#![cfg(target_os = "linux")]

use burn::tensor::{Tensor, TensorData};
use burn_flex::{Flex, FlexDevice};
use reflow::{Key, data::Dataset, metric::wasserstein2};

/// A value of the process's status, in bytes.
fn status(name: &str) -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() * 1024
}

/// The peak memory of some work, beyond what was in use before.
fn peak<T>(work: impl FnOnce() -> T) -> i64 {
    // Resets the high-water mark.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let result = work();
    let peak = status("VmHWM:") - before;
    drop(result);
    peak
}

#[test]
fn peaks_stay_near_the_data() {
    let values = 24_000_000;
    let x =
        Tensor::<Flex, 2>::from_data(TensorData::new(vec![0.5_f32; values], [values / 64, 64]), &FlexDevice);
    let bytes = 4 * i64::try_from(values).unwrap();
    let checked = peak(|| Dataset::new(x.clone()).unwrap());
    println!("checking {bytes} bytes of data took {checked} more");
    assert!(checked < bytes, "{checked} bytes beside {bytes} of data");
    drop(x);

    // A matrix of all pairwise distances is held once.
    let n = 2500;
    let sample = |seed| Key::new(seed).normal::<Flex, 2>([n, 8], &FlexDevice);
    let (a, b) = (sample(0), sample(1));
    let distances = 8 * i64::try_from(n * n).unwrap();
    let measured = peak(|| wasserstein2(a, b).unwrap());
    println!("{distances} bytes of distances took {measured}");
    assert!(measured < distances + distances / 4, "{measured} bytes for {distances} of distances");
}
