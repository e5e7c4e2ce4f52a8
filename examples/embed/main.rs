//! A program that embeds a flow, as a server would. It trains and rectifies a flow, showing progress while it
//! draws pairs. Then it holds the sampler in a struct and serves requests, each with a seed, from several
//! threads. One of them is cancelled.
//!
//! ```sh
//! cargo run --release --example embed
//! ```

#[path = "../common/mod.rs"]
mod common;
mod service;

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use burn::optim::{Adam, AdamConfig, adaptor::OptimizerAdaptor};
use common::{Options, Plain, Train, moons::moons};
use reflow::{
    Carry, Key, Pair, ReflowTrainer,
    coupling::{Backward, Independent, Pairs, batches},
    data::Gaussian,
    loss::Mse,
    models::{Mlp, MlpConfig},
    ode::{Heun, TimeGrid},
    train::TrainerOf,
};
use service::{Answer, Request, Service};

/// The trainer's type, for fields and return types.
type Trainer = TrainerOf<Train, Mlp<Train>, OptimizerAdaptor<Adam, Mlp<Train>, Train>>;

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let (steps, pairs) = if options.quick { (50, 1024) } else { (1500, 16_384) };

    let teacher = teacher(steps)?;
    let pairs = generate(Arc::new(teacher.sampler(Heun, TimeGrid::edm(18)?)), pairs)?;
    let student = student(teacher.into_flow(), pairs, steps)?;
    let service = Service::new(Arc::new(student.flow()))?;

    let answers = thread::scope(|scope| {
        let ask = |seed| {
            let service = &service;
            scope.spawn(move || service.answer(&Request { seed, rows: 1000 }, &AtomicBool::new(false)))
        };
        let clients: Vec<_> = (0..4).map(ask).collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect::<Vec<_>>()
    });
    for (seed, answer) in answers.into_iter().enumerate() {
        println!("seed {seed}: {}", answer?);
    }
    println!("seed 0 again: {}", service.answer(&Request { seed: 0, rows: 1000 }, &AtomicBool::new(false))?);
    println!("abandoned: {}", give_up(&service)?);
    Ok(())
}

fn teacher(steps: usize) -> common::Result<Trainer> {
    let mut trainer = ReflowTrainer::builder()
        .flow(MlpConfig::new(2)?.init::<Train>(&Default::default()))
        .optimizer(AdamConfig::new().init())
        .coupling(Independent::new(moons(), Gaussian))
        .build()?;
    trainer.fit(steps)?;
    Ok(trainer)
}

/// Draws pairs from anything that carries noise to data, batch by batch, and prints the progress.
fn generate(carrier: Arc<dyn Carry<Plain>>, count: usize) -> common::Result<Pairs<Plain>> {
    let backward = Backward::new(carrier, vec![2])?;
    let mut drawn = Vec::new();
    for batch in batches(&backward, 0..count, 1024, &Key::new(0).fork("pairs"), &Default::default()) {
        drawn.push(batch?);
        let done = drawn.iter().map(Pair::len).sum::<usize>();
        print!("\r{done} of {count} pairs");
        std::io::stdout().flush()?;
    }
    println!();
    Ok(Pairs::new(Pair::cat(drawn)?)?)
}

fn student(teacher: Mlp<Train>, pairs: Pairs<Plain>, steps: usize) -> common::Result<Trainer> {
    let mut trainer = ReflowTrainer::simple_reflow(teacher)
        .loss(Mse)
        .optimizer(AdamConfig::new().init())
        .coupling(pairs)
        .build()?;
    let report = trainer.fit(steps)?;
    println!("rectified, unweighted loss {:.4}", report.unweighted_loss);
    Ok(trainer)
}

/// Sends a large request whose client leaves while it runs.
fn give_up(service: &Service) -> Result<Answer, reflow::Error> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let client = scope.spawn(|| service.answer(&Request { seed: 9, rows: 100_000 }, &stop));
        thread::sleep(Duration::from_millis(20));
        stop.store(true, Ordering::Relaxed);
        client.join().expect("a client does not panic")
    })
}
