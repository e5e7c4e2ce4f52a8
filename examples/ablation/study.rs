//! One seed of the table: a teacher, its pairs, and a student for each row.

use std::sync::Arc;

use burn::{
    module::AutodiffModule,
    optim::AdamConfig,
    tensor::{Tensor, backend::Backend},
};
use reflow::{
    Coupling, Key, Noise, OdeSolver, ReflowTrainer, Sampler, Sampling, StepControl,
    coupling::{Backward, Forward, Independent, Mixture, Pairs, Projection},
    data::{Dataset, Gaussian},
    flow::Split,
    loss::{HighPass, Mapped, Mse},
    metric::energy_distance,
    models::{Mlp, MlpConfig},
    objective::{Recipe, Scores},
    ode::{Dpm, Euler, Heun, TimeGrid},
    time::{Exponential, Uniform},
    train::{LearningRate, progress_bar},
    weight::Normalized,
};

use super::{
    common::{self, Plain, Train},
    data::Images,
};

/// Rows that a part of a batch has on one core; small enough to stay in its cache.
const PART: usize = 256;
/// The teacher's dropout, which a student keeps until the row that lowers it.
const DROPOUT: f64 = 0.1;
const SMALLER_DROPOUT: f64 = 0.01;
/// How much of a batch is drawn from the forward pairs, once they are there.
const FORWARD_SHARE: f64 = 0.1;
/// The weight of the high-pass filter.
const LAMBDA: f64 = 1.0;

/// How much is trained and drawn.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub steps: usize,
    pub backward: usize,
    pub forward: usize,
    pub samples: usize,
}

impl Budget {
    pub const DIGITS: Self = Self { steps: 6_000, backward: 16_384, forward: 4_096, samples: 4_000 };
    pub const FASHION: Self = Self { steps: 4_000, backward: 8_192, forward: 4_096, samples: 2_000 };
    pub const QUICK: Self = Self { steps: 100, backward: 512, forward: 256, samples: 500 };
}

/// What a row of the table has for one seed.
#[derive(Debug, Clone)]
pub struct Row {
    pub name: &'static str,
    /// The distance to the held-out data of samples in 9 evaluations, or of those `evaluations` says.
    pub nine: f64,
    /// The same in one evaluation.
    pub one: f64,
}

pub struct Study<'a> {
    pub images: &'a Images,
    pub budget: Budget,
    pub seed: u64,
}

/// Pairs that several students train on.
type Shared = Arc<dyn Coupling<Plain>>;

/// The pairs of a teacher: as drawn, and projected to the right marginals.
struct Drawn {
    backward: Shared,
    with_forward: Shared,
    projected: Shared,
}

impl Study<'_> {
    pub fn run(&self) -> common::Result<Vec<Row>> {
        let teacher = self.teacher()?;
        let drawn = self.pairs(&teacher)?;
        let student = Student { study: self, teacher: &teacher };
        let plain = Recipe::flow_matching();
        let weighted = Recipe { time: Uniform, loss: Mse, weight: Normalized::default() };
        let timed = Recipe { time: Exponential::default(), loss: Mse, weight: Normalized::default() };
        let side = self.images.side;
        let mapped = Recipe {
            time: Exponential::default(),
            loss: Mapped::new(HighPass::new(LAMBDA)?.on_grid([side, side])?),
            weight: Normalized::default(),
        };
        let before = |name, flow: &Mlp<Plain>| self.row(name, flow, Sampling::baseline(5)?);
        let mut rows = vec![before("teacher", &sampled(&teacher))?];
        rows.push(before("baseline", &student.train(plain, DROPOUT, &drawn.backward)?)?);
        rows.push(before("+ 1 weight: 1 / loss", &student.train(weighted, DROPOUT, &drawn.backward)?)?);
        rows.push(before("+ 2 time: 10^t", &student.train(timed, DROPOUT, &drawn.backward)?)?);
        rows.push(before("+ 3 loss: high-pass", &student.train(mapped, DROPOUT, &drawn.backward)?)?);
        rows.push(before("+ 4 dropout: smaller", &student.train(mapped, SMALLER_DROPOUT, &drawn.backward)?)?);
        let unprojected = student.train(mapped, SMALLER_DROPOUT, &drawn.with_forward)?;
        rows.push(before("+ 5 pairs: forward", &unprojected)?);
        let projected = student.train(mapped, SMALLER_DROPOUT, &drawn.projected)?;
        rows.push(before("+ 5 pairs: projected", &projected)?);
        let sigmoid = TimeGrid::sigmoid(5, 20.0)?;
        let heun = Sampling { solver: Heun, control: sigmoid };
        rows.push(self.row("+ 6 grid: sigmoid", &projected, heun)?);
        rows.push(self.row("+ 7 solver: DPM (all seven)", &projected, Sampling::simple_reflow(5)?)?);
        rows.push(self.row("all but projected pairs", &unprojected, Sampling::simple_reflow(5)?)?);
        let uniform = Sampling { solver: Dpm::default(), control: TimeGrid::uniform(5)? };
        rows.push(self.row("all seven, uniform grid", &projected, uniform.clone())?);
        rows.push(self.row("all but projected, uniform grid", &unprojected, uniform)?);
        Ok(rows)
    }

    fn key(&self, purpose: &str) -> Key {
        Key::new(self.seed).fork(purpose)
    }

    fn teacher(&self) -> common::Result<Mlp<Train>> {
        let device = Default::default();
        Train::seed(&device, self.seed);
        let net =
            MlpConfig::new(self.images.pixels())?.with_hidden(256)?.with_blocks(4)?.with_dropout(DROPOUT)?;
        let mut trainer = ReflowTrainer::builder()
            .flow(net.init::<Train>(&device))
            .optimizer(AdamConfig::new().init())
            .coupling(Independent::new(Dataset::new(self.images.train.clone())?, Gaussian))
            .learning_rate(self.rate(1e-3)?)
            .seed(self.seed)
            .callback(progress_bar())
            .build()?;
        trainer.fit(self.budget.steps)?;
        Ok(trainer.into_flow())
    }

    fn rate(&self, peak: f64) -> Result<LearningRate, reflow::ConfigError> {
        let steps = self.budget.steps;
        LearningRate::new(peak)?.warm_up(steps / 20)?.cosine(steps, 1e-5)
    }

    fn pairs(&self, teacher: &Mlp<Train>) -> common::Result<Drawn> {
        let (device, row) = (Default::default(), vec![self.images.pixels()]);
        let data = Dataset::new(self.images.train.clone())?;
        let full = Sampling::baseline(18)?.of(sampled(teacher)).split(Split::across_cores(PART)?);
        let Budget { backward, forward, .. } = self.budget;
        let forward = forward.min(self.images.train.dims()[0]);
        let coupling = Backward::new(full.clone(), row.clone())?;
        let backward = Pairs::generate(&coupling, 0..backward, &self.key("backward"), &device)?;
        let coupling = Forward::new(full, data.clone());
        let forward = Pairs::generate(&coupling, 0..forward, &self.key("forward"), &device)?;

        let (key, projection) = (self.key("projection"), Projection::default().with_entropy(0.01, 20)?);
        let onto = data.balanced(backward.pair().len(), &key)?;
        let moved = projection.onto_data(backward.pair().clone(), onto, &key)?;
        let noise = Gaussian.draw_noise(0..forward.pair().len(), &row, &key, &device)?;
        let inverted = projection.onto_noise(forward.pair().clone(), noise, &key)?;
        Ok(Drawn {
            with_forward: mixed(backward.clone(), forward)?,
            projected: mixed(Pairs::new(moved)?, Pairs::new(inverted)?)?,
            backward: Arc::new(backward),
        })
    }

    /// Measures a flow in 9 evaluations and in 1.
    fn row<S, C>(
        &self,
        name: &'static str,
        flow: &Mlp<Plain>,
        sampling: Sampling<S, C>,
    ) -> common::Result<Row>
    where
        S: OdeSolver,
        C: StepControl<S>,
    {
        let noise: Tensor<Plain, 2> =
            self.key("samples").normal([self.budget.samples, self.images.pixels()], &Default::default());
        let split = Split::across_cores(PART)?;
        let distance = |x| energy_distance(x, self.images.held_out.clone());
        let nine = sampling.of(flow).split(split).sample(noise.clone())?;
        assert_eq!(nine.evaluations, 9, "the table is of 9 evaluations");
        let one = Sampler::new(flow, Euler, TimeGrid::uniform(1)?).split(split).sample(noise)?;
        let row = Row { name, nine: distance(nine.x)?, one: distance(one.x)? };
        println!("seed {}  {name:<34} {:>9.5} {:>9.5}", self.seed, row.nine, row.one);
        Ok(row)
    }
}

fn mixed(backward: Pairs<Plain>, forward: Pairs<Plain>) -> Result<Shared, reflow::ConfigError> {
    Ok(Arc::new(Mixture::of(backward, 1.0 - FORWARD_SHARE)?.and(forward, FORWARD_SHARE)?))
}

/// The network to sample with.
fn sampled(flow: &Mlp<Train>) -> Mlp<Plain> {
    flow.valid()
}

/// Students that go on from one teacher, each with the same steps and seed.
struct Student<'a> {
    study: &'a Study<'a>,
    teacher: &'a Mlp<Train>,
}

impl Student<'_> {
    fn train(
        &self,
        recipe: impl Scores<Train> + 'static,
        dropout: f64,
        coupling: &Shared,
    ) -> common::Result<Mlp<Plain>> {
        let Study { budget, seed, .. } = *self.study;
        Train::seed(&Default::default(), seed + 1);
        let mut trainer = ReflowTrainer::builder()
            .recipe(recipe)
            .flow(self.teacher.clone().with_dropout(dropout)?)
            .optimizer(AdamConfig::new().init())
            .coupling(coupling.clone())
            .learning_rate(self.study.rate(2e-3)?)
            .seed(seed + 1)
            .callback(progress_bar())
            .build()?;
        trainer.fit(budget.steps)?;
        Ok(trainer.flow())
    }
}
