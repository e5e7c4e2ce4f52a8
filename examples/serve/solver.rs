//! The thread that draws samples: it solves waiting requests in one batch, and stops a solve that nobody is
//! waiting for.

use std::{
    iter::repeat_n,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender},
    },
    time::Instant,
};

use burn::tensor::{Device, Int, Tensor, TensorData};
use reflow::{
    Error, Key, Labels, Sampler,
    condition::{Optional, OptionalRows},
    data::Standardize,
    flow::Split,
    models::ClassMlp,
    ode::{Dpm, TimeGrid},
    sampler::TrajectoryPoint,
};

use crate::{
    common::{PIXELS, Plain},
    protocol::{Reply, Request},
    saved::DigitFlow,
};

/// Batches are padded to a multiple of this many rows and evaluated in parts of it. All parts have the same
/// shape, so the bits of a row do not depend on the size of its batch.
const PART: usize = 64;
/// A batch takes in requests until it has at least this many rows.
const ENOUGH: usize = 256;

/// A request waiting for its samples.
pub struct Job {
    pub request: Request,
    pub arrived: Instant,
    pub cancelled: Arc<AtomicBool>,
    pub reply: Sender<Reply>,
}

pub struct Solver {
    sampler: Sampler<ClassMlp<Plain>, Dpm, TimeGrid>,
    scaling: Standardize,
}

/// How a solve ended.
enum Outcome {
    /// With the values of all rows and the number of evaluations.
    Done(Vec<f32>, usize),
    /// At this time, because nobody was waiting any more.
    Stopped(f64),
}

impl Solver {
    pub fn new(flow: &DigitFlow) -> Result<Self, Error> {
        let sampler = flow.sampler().split(Split::across_cores(PART)?);
        Ok(Self { sampler, scaling: flow.settings.scaling.clone() })
    }

    /// Answers jobs until the queue is closed.
    pub fn run(&self, queue: &Receiver<Job>) {
        while let Ok(first) = queue.recv() {
            let mut rows = first.request.rows;
            let mut jobs = vec![first];
            while rows < ENOUGH {
                let Ok(job) = queue.try_recv() else { break };
                rows += job.request.rows;
                jobs.push(job);
            }
            jobs.retain(Job::is_wanted);
            if !jobs.is_empty() {
                self.answer(&jobs);
            }
        }
    }

    /// Solves a batch and sends each job its rows. Sending fails for a cancelled job, which is fine.
    fn answer(&self, jobs: &[Job]) {
        let outcome = self.solve(jobs);
        let mut start = 0;
        for Job { request, arrived, reply, .. } in jobs {
            let end = start + request.rows * PIXELS;
            let _ = match &outcome {
                Ok(Outcome::Done(values, evaluations)) => {
                    reply.send(samples(&values[start..end], *evaluations, *arrived))
                }
                Ok(Outcome::Stopped(_)) => Ok(()),
                Err(error) => reply.send(Reply::refused(error.to_string())),
            };
            start = end;
        }
        if let Ok(Outcome::Stopped(t)) = outcome {
            println!("stopped a solve of {} rows at t = {t:.2}: nobody is waiting for it", start / PIXELS);
        }
    }

    /// Goes from noise to data, and stops after a step if nobody is waiting any more.
    fn solve(&self, jobs: &[Job]) -> Result<Outcome, Error> {
        let (noise, labels) = batch(jobs);
        let mut path = self.sampler.trajectory_given::<Plain, 2, Optional<Labels>>(noise.clone(), labels)?;
        let mut end = noise;
        for point in path.by_ref() {
            let TrajectoryPoint { t, x } = point?;
            if !jobs.iter().any(Job::is_wanted) {
                return Ok(Outcome::Stopped(t));
            }
            end = x;
        }
        let values = self.scaling.undo(end)?.into_data().convert::<f32>().iter().collect();
        Ok(Outcome::Done(values, path.evaluations()))
    }
}

impl Job {
    fn is_wanted(&self) -> bool {
        !self.cancelled.load(Ordering::Relaxed)
    }
}

/// The reply with the rows of one request. They are checked for NaN here, as a trajectory does not do it.
fn samples(values: &[f32], evaluations: usize, arrived: Instant) -> Reply {
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        return Reply::refused(format!("a sample holds {value}"));
    }
    let rows = values.chunks(PIXELS).map(<[f32]>::to_vec).collect();
    Reply::Samples { rows, evaluations, milliseconds: arrived.elapsed().as_secs_f64() * 1e3 }
}

/// The noise of all rows, drawn from the seed of their request, and their labels.
fn batch(jobs: &[Job]) -> (Tensor<Plain, 2>, OptionalRows<Plain, Labels>) {
    let device = Device::<Plain>::default();
    let (mut noise, mut labels) = (vec![], vec![]);
    for Job { request, .. } in jobs {
        noise.push(Key::new(request.seed).normal([request.rows, PIXELS], &device));
        labels.extend(repeat_n(request.label, request.rows));
    }
    let rows = labels.len().next_multiple_of(PART);
    if rows > labels.len() {
        noise.push(Tensor::zeros([rows - labels.len(), PIXELS], &device));
        labels.resize(rows, None);
    }
    let present = labels.iter().map(|label| f32::from(u8::from(label.is_some()))).collect();
    let labels = labels.into_iter().map(|label| label.unwrap_or(0) as i64).collect();
    let y = Tensor::<Plain, 1, Int>::from_data(TensorData::new::<i64, _>(labels, [rows]), &device);
    let present = Tensor::from_data(TensorData::new::<f32, _>(present, [rows]), &device);
    (Tensor::cat(noise, 0), OptionalRows { y, present })
}
