//! A teacher, its pairs, and the students that train on them.

use std::sync::Arc;

use burn::{module::AutodiffModule, optim::AdamConfig, tensor::backend::Backend};
use reflow::{
    Coupling, Key, Noise, ReflowTrainer, Sampling,
    coupling::{Backward, Forward, Independent, Mixture, Pairs, Projection},
    data::{Dataset, Gaussian},
    flow::{SetDropout, Split},
    models::{Mlp, MlpConfig},
    objective::Scores,
    train::{LearningRate, progress_bar},
};

use super::{
    common::{self, Plain, Train},
    data::Images,
};

/// Rows that a part of a batch has on one core; small enough to stay in its cache.
pub const PART: usize = 256;
/// The teacher's dropout, which a student keeps until the row that lowers it.
pub const DROPOUT: f64 = 0.1;
/// How much of a batch is drawn from the forward pairs, once they are there.
const FORWARD_SHARE: f64 = 0.1;

/// How much is trained and drawn.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub steps: usize,
    pub batch: usize,
    pub backward: usize,
    pub forward: usize,
    pub samples: usize,
    /// Other numbers of backward pairs, on which students are compared.
    pub sizes: &'static [usize],
}

impl Budget {
    pub const DIGITS: Self = Self {
        steps: 3_000,
        batch: 128,
        backward: 16_384,
        forward: 4_096,
        samples: 4_000,
        sizes: &[1_024, 4_096],
    };
    pub const FASHION: Self = Self {
        steps: 3_000,
        batch: 128,
        backward: 8_192,
        forward: 4_096,
        samples: 2_000,
        sizes: &[1_024, 4_096],
    };
    pub const QUICK: Self =
        Self { steps: 100, batch: 128, backward: 512, forward: 256, samples: 500, sizes: &[256] };
}

/// Pairs that several students train on.
pub type Shared = Arc<dyn Coupling<Plain>>;

/// The pairs of a teacher: as drawn, and projected to the right marginals.
pub struct Drawn {
    /// As many as the largest of the sizes.
    all: Pairs<Plain>,
    pub backward: Shared,
    pub with_forward: Shared,
    pub projected: Shared,
}

impl Drawn {
    /// The first backward pairs, so many of them.
    pub fn first(&self, count: usize) -> common::Result<Shared> {
        Ok(Arc::new(Pairs::new(self.all.pair().slice(0..count)?)?))
    }
}

/// What one seed trains.
#[derive(Clone, Copy)]
pub struct Training<'a> {
    pub images: &'a Images,
    pub budget: Budget,
    pub seed: u64,
}

impl Training<'_> {
    pub fn key(&self, purpose: &str) -> Key {
        Key::new(self.seed).fork(purpose)
    }

    pub fn teacher(&self) -> common::Result<Mlp<Train>> {
        let device = Default::default();
        Train::seed(&device, self.seed);
        let net =
            MlpConfig::new(self.images.pixels())?.with_hidden(256)?.with_blocks(4)?.with_dropout(DROPOUT)?;
        let mut trainer = ReflowTrainer::builder()
            .flow(net.init::<Train>(&device))
            .optimizer(AdamConfig::new().init())
            .coupling(Independent::new(Dataset::new(self.images.train.clone())?, Gaussian))
            .learning_rate(self.rate(1e-3)?)
            .batch_size(self.budget.batch)
            .seed(self.seed)
            .callback(progress_bar())
            .build()?;
        trainer.fit(self.budget.steps)?;
        Ok(trainer.into_flow())
    }

    /// A student that goes on from the teacher, always with the same steps and seed.
    pub fn student(
        &self,
        teacher: &Mlp<Train>,
        recipe: impl Scores<Train> + 'static,
        dropout: f64,
        coupling: &Shared,
    ) -> common::Result<Mlp<Plain>> {
        Train::seed(&Default::default(), self.seed + 1);
        let mut trainer = ReflowTrainer::builder()
            .recipe(recipe)
            .flow(teacher.clone().with_dropout(dropout)?)
            .optimizer(AdamConfig::new().init())
            .coupling(coupling.clone())
            .learning_rate(self.rate(2e-3)?)
            .batch_size(self.budget.batch)
            .seed(self.seed + 1)
            .callback(progress_bar())
            .build()?;
        trainer.fit(self.budget.steps)?;
        Ok(trainer.flow())
    }

    fn rate(&self, peak: f64) -> Result<LearningRate, reflow::ConfigError> {
        let steps = self.budget.steps;
        LearningRate::new(peak)?.warm_up(steps / 20)?.cosine(steps, 1e-5)
    }

    pub fn pairs(&self, teacher: &Mlp<Train>) -> common::Result<Drawn> {
        let (device, row) = (Default::default(), vec![self.images.pixels()]);
        let data = Dataset::new(self.images.train.clone())?;
        let full = Sampling::baseline(18)?.of(teacher.valid()).split(Split::across_cores(PART)?);
        let Budget { backward, forward, sizes, .. } = self.budget;
        let (forward, most) =
            (forward.min(self.images.train.dims()[0]), sizes.iter().fold(backward, |a, &b| a.max(b)));
        let coupling = Backward::new(full.clone(), row.clone())?;
        let all = Pairs::generate(&coupling, 0..most, &self.key("backward"), &device)?;
        let backward = Pairs::new(all.pair().slice(0..backward)?)?;
        let coupling = Forward::new(full, data.clone());
        let forward = Pairs::generate(&coupling, 0..forward, &self.key("forward"), &device)?;

        let (key, projection) = (self.key("projection"), Projection::default());
        let onto = data.balanced(backward.pair().len(), &key)?;
        let moved = projection.onto_data(backward.pair().clone(), onto, &key)?;
        let noise = Gaussian.draw_noise(0..forward.pair().len(), &row, &key, &device)?;
        let inverted = projection.onto_noise(forward.pair().clone(), noise, &key)?;
        Ok(Drawn {
            with_forward: mixed(backward.clone(), forward)?,
            projected: mixed(Pairs::new(moved)?, Pairs::new(inverted)?)?,
            backward: Arc::new(backward),
            all,
        })
    }
}

fn mixed(backward: Pairs<Plain>, forward: Pairs<Plain>) -> Result<Shared, reflow::ConfigError> {
    Ok(Arc::new(Mixture::of(backward, 1.0 - FORWARD_SHARE)?.and(forward, FORWARD_SHARE)?))
}
