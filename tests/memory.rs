//! Long runs do not grow the process. The test has a file to itself, because it measures the memory of the
//! whole process.

#![cfg(target_os = "linux")]

use burn::{module::Module, optim::AdamConfig};
use burn_autodiff::Autodiff;
use burn_ndarray::NdArray;
use reflow::{
    Key, ReflowTrainer,
    coupling::Independent,
    data::{Gaussian, Normal},
    models::MlpConfig,
    ode::{Heun, TimeGrid},
    train::ClipNorm,
};

/// Resident memory in bytes.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() * 1024
}

#[test]
fn ten_thousand_steps_and_samplings_grow_the_process_by_less_than_20_mb() {
    let device = Default::default();
    let net = MlpConfig::new(2).unwrap().with_hidden(16).unwrap().with_blocks(1).unwrap();
    let net = net.init::<Autodiff<NdArray>>(&device);
    net.num_params();
    let mut trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian))
        .batch_size(16)
        .clip_norm(ClipNorm::new(1.0).unwrap())
        .build()
        .unwrap();
    let mut sample = |times: usize| {
        trainer.fit(times).unwrap();
        let sampler = trainer.sampler(Heun, TimeGrid::uniform(5).unwrap());
        for index in 0..times {
            sampler.sample(Key::new(0).at(index).normal::<NdArray, 2>([16, 2], &device)).unwrap();
        }
    };
    sample(500);
    let before = resident();
    sample(10_000);
    let grown = resident() - before;
    println!("the process grew by {grown} bytes");
    assert!(grown < 20_000_000, "the process grew by {grown} bytes");
}
