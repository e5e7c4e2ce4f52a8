//! What a server holds: a sampler that any thread can use.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use burn::tensor::Tensor;
use reflow::{
    Error, Flow, Key, Sampler,
    flow::Split,
    ode::{Dpm, TimeGrid},
    sampler::TrajectoryPoint,
};

use crate::common::Plain;

/// The samples to draw. The same seed gives the same samples.
pub struct Request {
    pub seed: u64,
    pub rows: usize,
}

pub enum Answer {
    Samples(Tensor<Plain, 2>),
    /// The client left when the solve was at this time.
    Cancelled {
        t: f64,
    },
}

pub struct Service {
    sampler: Sampler<Arc<dyn Flow<Plain>>, Dpm, TimeGrid>,
}

impl Service {
    /// Samples in five steps and nine evaluations, with batches split over the cores.
    pub fn new(flow: Arc<dyn Flow<Plain>>) -> Result<Self, Error> {
        let sampler = Sampler::new(flow, Dpm::default(), TimeGrid::uniform(5)?);
        Ok(Self { sampler: sampler.split(Split::across_cores(256)?) })
    }

    /// Draws samples, checking after every step whether they are still wanted.
    pub fn answer(&self, request: &Request, cancelled: &AtomicBool) -> Result<Answer, Error> {
        let noise = Key::new(request.seed).normal([request.rows, 2], &Default::default());
        let mut last = None;
        for point in self.sampler.trajectory(noise)? {
            let TrajectoryPoint { t, x } = point?;
            if cancelled.load(Ordering::Relaxed) {
                return Ok(Answer::Cancelled { t });
            }
            last = Some(x);
        }
        last.map(Answer::Samples).ok_or(Error::Empty { what: "the trajectory" })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Samples(x) => {
                let (rows, mean) = (x.dims()[0], x.clone().mean_dim(0).into_data());
                write!(f, "{rows} points with mean {:.3?}", mean.iter::<f32>().collect::<Vec<_>>())
            }
            Self::Cancelled { t } => write!(f, "cancelled at t = {t:.2}"),
        }
    }
}
