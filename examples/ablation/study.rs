//! One seed of the table: a teacher, its pairs, and a student for each row.

use burn::{optim::AdamConfig, tensor::Tensor};
use reflow::{
    Coupling, Loss, Recipe, ReflowTrainer, Rng, Sampler, StepControl, TimeDistribution, Weight,
    coupling::{Backward, Dataset, Forward, Gaussian, Independent, Mixture, Noise, Pairs, Projection},
    loss::{HighPass, Mapped, Mse},
    metric::energy_distance,
    models::{Mlp, MlpConfig},
    ode::{Dpm, Euler, Heun, TimeGrid},
    sampler::{Sampling, Split},
    time::{Exponential, Uniform},
    train::LearningRate,
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

/// The pairs of a teacher: as drawn, and projected to the right marginals.
struct Drawn {
    backward: Pairs<Plain>,
    with_forward: Mixture<Plain>,
    projected: Mixture<Plain>,
}

impl Study<'_> {
    pub fn run(&self) -> common::Result<Vec<Row>> {
        let teacher = self.teacher()?;
        let drawn = self.pairs(&teacher)?;
        let student = Student { study: self, teacher: &teacher };
        let plain = Recipe::baseline();
        let weighted = Recipe { time: Uniform, loss: Mse, weight: Normalized::default() };
        let timed = Recipe { time: Exponential::default(), loss: Mse, weight: Normalized::default() };
        let side = self.images.side;
        let mapped = Recipe {
            time: Exponential::default(),
            loss: Mapped::new(HighPass::new(LAMBDA)?.on_grid(side, side)?),
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

    fn rng(&self, purpose: &str) -> Rng {
        Rng::new(self.seed).fork(purpose)
    }

    fn teacher(&self) -> common::Result<Mlp<Train>> {
        let device = Default::default();
        <Train as burn::tensor::backend::Backend>::seed(&device, self.seed);
        let net =
            MlpConfig::new(self.images.pixels())?.with_hidden(256)?.with_blocks(4)?.with_dropout(DROPOUT)?;
        let mut trainer = ReflowTrainer::baseline(net.init::<Train>(&device))
            .optimizer(AdamConfig::new().init())
            .coupling(Independent::new(Dataset::new(self.images.train.clone())?, Gaussian))
            .learning_rate(self.rate(1e-3)?)
            .seed(self.seed)
            .build()?;
        trainer.fit(self.budget.steps)?;
        Ok(trainer.into_flow())
    }

    fn rate(&self, peak: f64) -> Result<LearningRate, reflow::ConfigError> {
        let steps = self.budget.steps;
        LearningRate::new(peak)?.warm_up(steps / 20).cosine(steps, 1e-5)
    }

    fn pairs(&self, teacher: &Mlp<Train>) -> common::Result<Drawn> {
        let device = Default::default();
        let data = Dataset::new(self.images.train.clone())?;
        let full = Sampler::new(sampled(teacher), Heun, TimeGrid::edm(18)?).split(Split::across_cores(PART)?);
        let Budget { backward, forward, .. } = self.budget;
        let forward = forward.min(self.images.train.dims()[0]);
        let rng = self.rng("backward");
        let backward =
            Pairs::generate(&Backward::new(full.clone(), data.clone()), backward, 8_192, &rng, &device)?;
        let rng = self.rng("forward");
        let forward = Pairs::generate(&Forward::new(full, data.clone()), forward, 8_192, &rng, &device)?;

        let (rng, projection) = (self.rng("projection"), Projection::default().with_entropy(0.01, 20)?);
        let count = backward.pair().len();
        let moved = projection.onto_data(backward.pair().clone(), data.balanced(count, &rng)?, &rng)?;
        let noise = Gaussian.draw_like(forward.pair().x1().dims(), &rng, &device)?;
        let inverted = projection.onto_noise(forward.pair().clone(), noise, &rng)?;
        Ok(Drawn {
            with_forward: mixed(backward.clone(), forward)?,
            projected: mixed(Pairs::new(moved)?, Pairs::new(inverted)?)?,
            backward,
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
        S: reflow::OdeSolver + Sync,
        C: StepControl<S> + Sync,
    {
        let noise: Tensor<Plain, 2> =
            self.rng("samples").normal([self.budget.samples, self.images.pixels()], &Default::default());
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

fn mixed(backward: Pairs<Plain>, forward: Pairs<Plain>) -> Result<Mixture<Plain>, reflow::ConfigError> {
    Mixture::of(backward, 1.0 - FORWARD_SHARE)?.and(forward, FORWARD_SHARE)
}

/// The network to sample with.
fn sampled(flow: &Mlp<Train>) -> Mlp<Plain> {
    burn::module::AutodiffModule::valid(flow)
}

/// Students that go on from one teacher, each with the same steps and seed.
struct Student<'a> {
    study: &'a Study<'a>,
    teacher: &'a Mlp<Train>,
}

impl Student<'_> {
    fn train<T, L, W>(
        &self,
        recipe: Recipe<T, L, W>,
        dropout: f64,
        coupling: &impl Coupling<Plain>,
    ) -> common::Result<Mlp<Plain>>
    where
        T: TimeDistribution,
        L: Loss<Train>,
        W: Weight,
    {
        let Study { budget, seed, .. } = *self.study;
        <Train as burn::tensor::backend::Backend>::seed(&Default::default(), seed + 1);
        let mut trainer = ReflowTrainer::builder()
            .recipe(recipe)
            .flow(self.teacher.clone().with_dropout(dropout)?)
            .optimizer(AdamConfig::new().init())
            .coupling(coupling)
            .learning_rate(self.study.rate(2e-3)?)
            .seed(seed + 1)
            .build()?;
        trainer.fit(budget.steps)?;
        Ok(trainer.sampling_flow())
    }
}
