//! What the crate costs over a bare network: its sampler and its trainer, each compared with the same
//! arithmetic written by hand.
//!
//! ```text
//! cargo run --release --example overhead
//! ```
//!
//! - Sampling: five steps of Heun's method, 9 evaluations. By hand, it is a loop over the same times with the
//!   same sums that calls the network directly.
//! - Training: ten steps of flow matching with Adam, without an average of the weights. By hand, it is burn's
//!   own loop on the same pairs and times, which the crate's parts draw for both. In addition, the trainer
//!   keeps the weights it would go back to, computes the mean loss without weights, and checks losses and
//!   weights at the end of the ten steps.
//!
//! The two sides of a turn run one after the other, and alternate in going first. Each ends by reading one
//! number from the device, and the two numbers must agree, since both do the same work.
//!
//! A solver's sums take a thousandth of its time, but both sides must do them: how often the allocator
//! returns memory to the system depends on which tensors are alive, and evaluations without the sums turned
//! out 3 % slower than the sampler.

mod common;

use std::time::Instant;

use burn::{
    module::{AutodiffModule, Module},
    nn::{Linear, LinearConfig},
    optim::{AdamConfig, GradientsParams, Optimizer},
    tensor::{Device, Tensor, activation::hard_swish, backend::Backend},
};
use common::{PIXELS, Plain, Train};
use reflow::{
    Coupling, Flow, Key, Pair, Prediction, ReflowTrainer, Sampler, Time, TimeDistribution,
    coupling::Independent,
    data::{Gaussian, Normal},
    ode::{Heun, TimeGrid},
    time::Uniform,
};

const BATCH: usize = 256;
const HIDDEN: usize = 256;
const TURNS: usize = 60;
/// The number of steps in a turn of training, and their learning rate.
const STEPS: usize = 10;
const RATE: f64 = 1e-3;

fn main() -> common::Result<()> {
    let net = Net::<Train>::new(&Default::default());
    // burn draws weights on first use, and a clone made before that would draw its own.
    net.num_params();
    println!("Time with the crate divided by time by hand, over {TURNS} turns:");
    println!("{:<26} {:>6}  {:>14}", "", "median", "middle half");
    sampling(&net.valid())?.print("sampling, 9 evaluations");
    training(net)?.print("training, 10 steps");
    Ok(())
}

/// A residual network that uses only burn.
#[derive(Module, Debug)]
struct Net<B: Backend> {
    time: Linear<B>,
    enter: Linear<B>,
    blocks: Vec<Linear<B>>,
    leave: Linear<B>,
}

impl<B: Backend> Net<B> {
    fn new(device: &B::Device) -> Self {
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        Self {
            time: linear(1, HIDDEN),
            enter: linear(PIXELS, HIDDEN),
            blocks: (0..8).map(|_| linear(HIDDEN, HIDDEN)).collect(),
            leave: linear(HIDDEN, PIXELS),
        }
    }

    /// The velocity, at one time for all rows, `[1]`, or at one per row, `[batch]`.
    fn forward(&self, x: Tensor<B, 2>, t: Tensor<B, 1>) -> Tensor<B, 2> {
        let mut h = self.enter.forward(x) + self.time.forward(t.unsqueeze_dim(1));
        for block in &self.blocks {
            h = h.clone() + block.forward(hard_swish(h));
        }
        self.leave.forward(h)
    }
}

impl<B: Backend> Flow<B> for Net<B> {
    fn predict(&self, x: Tensor<B, 2>, t: Time<B>, (): ()) -> Prediction<B> {
        Prediction::velocity(self.forward(x, t.distinct()))
    }
}

fn sampling(net: &Net<Plain>) -> common::Result<Ratios> {
    let device = Device::<Plain>::default();
    let x1: Tensor<Plain, 2> = Key::new(0).normal([BATCH, PIXELS], &device);
    let grid = TimeGrid::uniform(5)?;
    let sampler = Sampler::new(net, Heun, grid.clone());
    let ours = || Ok(read(sampler.sample(x1.clone())?.x.square().mean()));

    let velocity = |x: Tensor<Plain, 2>, t: f64| net.forward(x, Tensor::full([1], t, &device));
    let by_hand = || {
        let mut x = x1.clone();
        for step in grid.times().windows(2) {
            let (from, to) = (step[0], step[1]);
            let v = velocity(x.clone(), from);
            if to == 0.0 {
                x = x + v * (to - from);
                continue;
            }
            let ahead = x.clone() + v.clone() * (to - from);
            let v_ahead = velocity(ahead, to);
            x = x + (v + v_ahead) * (0.5 * (to - from));
        }
        Ok(read(x.square().mean()))
    };
    Ratios::measure(ours, by_hand)
}

fn training(net: Net<Train>) -> common::Result<Ratios> {
    let coupling = Independent::new(Normal::new(vec![PIXELS], 0.0, 1.0)?, Gaussian);
    let mut trainer = ReflowTrainer::builder()
        .flow(net.clone())
        .optimizer(AdamConfig::new().init())
        .coupling(coupling.clone())
        .learning_rate(|_: usize| RATE)
        .batch_size(BATCH)
        .ema(None)
        .build()?;
    let ours = || Ok(trainer.fit(STEPS)?.loss);

    let device = Device::<Plain>::default();
    // This is the trainer's key, so both draw the same rows.
    let key = Key::new(0).fork("train");
    let (mut held, mut optimizer, mut step) = (Some(net), AdamConfig::new().init(), 0);
    let by_hand = || {
        let mut net = held.take().ok_or("an earlier step failed")?;
        let mut last = None;
        for _ in 0..STEPS {
            let rows = step * BATCH..(step + 1) * BATCH;
            let pair: Pair<Plain> = coupling.draw(rows.clone(), &key.fork("pairs"), &device)?;
            let t: Tensor<Plain, 1> = Uniform.draw(rows, &key.fork("times"), &device)?;
            let loss = loss(&net, pair, t);
            last = Some(loss.clone().inner());
            let gradients = GradientsParams::from_grads(loss.backward(), &net);
            net = optimizer.step(RATE, net, gradients);
            step += 1;
        }
        held = Some(net);
        Ok(last.map(read).ok_or("no step was taken")?)
    };
    Ratios::measure(ours, by_hand)
}

/// The squared error of the denoised rows divided by the square of the time, by hand.
fn loss(net: &Net<Train>, pair: Pair<Plain>, t: Tensor<Plain, 1>) -> Tensor<Train, 1> {
    let (x0, x1, ()) = pair.into_parts();
    let column = t.clone().unsqueeze_dim::<2>(1);
    let x_t = Tensor::<Train, 2>::from_inner(x0.clone() + (x1 - x0.clone()) * column.clone());
    let v = net.forward(x_t.clone(), Tensor::from_inner(t.clone()));
    let error = x_t - v * Tensor::from_inner(column) - Tensor::from_inner(x0);
    let losses: Tensor<Train, 1> = error.square().mean_dim(1).squeeze_dim(1);
    (losses * Tensor::from_inner(t.powf_scalar(-2.0))).mean()
}

fn read(number: Tensor<Plain, 1>) -> f64 {
    f64::from(number.into_scalar())
}

/// The ratio of the two durations in each turn, sorted.
struct Ratios(Vec<f64>);

impl Ratios {
    /// Runs two versions of the same work in turns. Each returns a number, and the numbers must agree.
    fn measure(
        mut ours: impl FnMut() -> common::Result<f64>,
        mut by_hand: impl FnMut() -> common::Result<f64>,
    ) -> common::Result<Self> {
        let mut ratios = vec![];
        // The first turn, which allocates memory and starts threads, is left out.
        for turn in 0..=TURNS {
            let (a, b) = if turn % 2 == 0 {
                let a = timed(&mut ours)?;
                (a, timed(&mut by_hand)?)
            } else {
                let b = timed(&mut by_hand)?;
                (timed(&mut ours)?, b)
            };
            if (a.number - b.number).abs() > 1e-3 * b.number.abs() {
                return Err(format!("turn {turn}: {}, but {} by hand", a.number, b.number).into());
            }
            ratios.push(a.seconds / b.seconds);
        }
        let mut ratios = ratios.split_off(1);
        ratios.sort_by(f64::total_cmp);
        Ok(Self(ratios))
    }

    fn print(&self, name: &str) {
        let at = |share: usize| self.0[share * TURNS / 4];
        println!("{name:<26} {:>6.3}  {:.3} to {:.3}", at(2), at(1), at(3));
    }
}

/// The number that one side of a turn returned, and how long it took.
struct Timed {
    number: f64,
    seconds: f64,
}

fn timed(work: &mut impl FnMut() -> common::Result<f64>) -> common::Result<Timed> {
    let start = Instant::now();
    let number = work()?;
    Ok(Timed { number, seconds: start.elapsed().as_secs_f64() })
}
