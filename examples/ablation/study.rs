//! The tables of one seed.

use burn::module::AutodiffModule;
use reflow::{
    OdeSolver, Sampling,
    loss::{HighPass, IdealCut, Mapped, Mse, OnGrid},
    models::Mlp,
    objective::{Recipe, Scores},
    ode::{Dpm, DpmNoise, Heun, TimeGrid},
    time::{Cosh, Exponential},
    weight::{Normalized, Predicted},
};

use super::{
    common::{self, Plain, Train},
    measure::Measured,
    table::Table,
    training::{DROPOUT, Drawn, Shared, Training},
};

const SMALLER_DROPOUT: f64 = 0.01;
/// The weight of the high-pass filter in the table of the parts.
const LAMBDA: f64 = 1.0;

/// Simple ReFlow's recipe on images that were flattened.
type Full<H> = Recipe<Exponential, Mapped<OnGrid<HighPass<H>>>, Normalized>;

pub struct Study<'a> {
    training: Training<'a>,
    teacher: Mlp<Train>,
    drawn: Drawn,
}

impl<'a> Study<'a> {
    pub fn new(training: Training<'a>) -> common::Result<Self> {
        let teacher = training.teacher()?;
        let drawn = training.pairs(&teacher)?;
        Ok(Self { training, teacher, drawn })
    }

    pub fn run(&self) -> common::Result<Vec<Table>> {
        let backward = &self.drawn.backward;
        let baseline = self.student(Recipe::baseline(), DROPOUT, backward)?;
        let weighted = self.student(weighted(Normalized::default()), DROPOUT, backward)?;
        let timed = self.student(timed(), DROPOUT, backward)?;
        let mapped = self.student(self.full(LAMBDA)?, DROPOUT, backward)?;
        let calm = self.student(self.full(LAMBDA)?, SMALLER_DROPOUT, backward)?;
        let unprojected = self.student(self.full(LAMBDA)?, SMALLER_DROPOUT, &self.drawn.with_forward)?;
        let projected = self.student(self.full(LAMBDA)?, SMALLER_DROPOUT, &self.drawn.projected)?;
        let students = [&baseline, &weighted, &timed, &mapped, &calm, &unprojected, &projected];
        Ok(vec![
            self.parts(students)?,
            self.weights(&baseline, &weighted)?,
            self.lambdas(&timed, &mapped)?,
            self.sizes(&calm)?,
            self.steepness(&unprojected)?,
            self.fractions(&unprojected)?,
        ])
    }

    fn parts(&self, students: [&Mlp<Plain>; 7]) -> common::Result<Table> {
        const COLUMNS: &[&str] =
            &["9 evaluations", "over the baseline's", "error of the solver", "1 evaluation"];
        const NAMES: [&str; 7] = [
            "baseline",
            "+ 1 weight: 1 / loss",
            "+ 2 time: 10^t",
            "+ 3 loss: high-pass",
            "+ 4 dropout: smaller",
            "+ 5 pairs: forward",
            "+ 5 pairs: projected",
        ];
        let mut table = Table::new("The parts", COLUMNS);
        let edm = || Sampling::baseline(5);
        let base = self.measured(students[0]).nine(edm()?)?[0];
        let mut add = |name: &str, flow: &Mlp<Plain>, [nine, error]: [f64; 2]| -> common::Result<()> {
            table.add(name, [nine, nine / base, error, self.measured(flow).one()?]);
            Ok(())
        };
        let teacher = self.teacher.valid();
        add("teacher", &teacher, self.measured(&teacher).nine(edm()?)?)?;
        for (name, flow) in NAMES.into_iter().zip(students) {
            add(name, flow, self.measured(flow).nine(edm()?)?)?;
        }
        let [.., unprojected, projected] = students;
        let full = self.measured(projected);
        let sigmoid = Sampling { solver: Heun, control: TimeGrid::sigmoid(5, 10.0)? };
        add("+ 6 grid: sigmoid", projected, full.nine(sigmoid)?)?;
        add("+ 7 solver: DPM (all seven)", projected, full.nine(Sampling::simple_reflow(5)?)?)?;
        let without = self.measured(unprojected);
        add("all but projected pairs", unprojected, without.nine(Sampling::simple_reflow(5)?)?)?;
        let uniform = Sampling { solver: Dpm::default(), control: TimeGrid::uniform(5)? };
        add("all seven, uniform grid", projected, full.nine(uniform.clone())?)?;
        add("all but projected, uniform grid", unprojected, without.nine(uniform)?)?;
        Ok(table)
    }

    fn weights(&self, baseline: &Mlp<Plain>, normalized: &Mlp<Plain>) -> common::Result<Table> {
        let mut table =
            Table::new("The weight, on the baseline's other parts", &["9 evaluations", "1 evaluation"]);
        let backward = &self.drawn.backward;
        let matching = self.student(Recipe::flow_matching(), DROPOUT, backward)?;
        let predicted = self.student(weighted(Predicted::default()), DROPOUT, backward)?;
        table.add("`t^-2`, uniform times (flow matching)", self.both(&matching)?);
        table.add("`1/t` (baseline)", self.both(baseline)?);
        table.add("1 / own loss", self.both(normalized)?);
        table.add("1 / predicted loss", self.both(&predicted)?);
        Ok(table)
    }

    fn lambdas(&self, none: &Mlp<Plain>, laplacian: &Mlp<Plain>) -> common::Result<Table> {
        let mut table = Table::new("The high-pass filter", &["9 evaluations", "1 evaluation"]);
        table.add("`lambda = 0`", self.both(none)?);
        table.add("Laplacian, `lambda = 1`", self.both(laplacian)?);
        for lambda in [1.0, 10.0, 100.0, 1000.0] {
            let student = self.student(self.cut(lambda)?, DROPOUT, &self.drawn.backward)?;
            table.add(format!("ideal cut, `lambda = {lambda}`"), self.both(&student)?);
        }
        Ok(table)
    }

    fn sizes(&self, usual: &Mlp<Plain>) -> common::Result<Table> {
        let mut table = Table::new("The number of backward pairs", &["9 evaluations", "1 evaluation"]);
        for &size in self.training.budget.sizes {
            let student = self.student(self.full(LAMBDA)?, SMALLER_DROPOUT, &self.drawn.first(size)?)?;
            table.add(size.to_string(), self.both(&student)?);
        }
        table.add(format!("{} (as above)", self.training.budget.backward), self.both(usual)?);
        Ok(table)
    }

    fn steepness(&self, flow: &Mlp<Plain>) -> common::Result<Table> {
        const COLUMNS: &[&str] = &["Heun, error", "DPM, error", "DPM in noise, error", "DPM, distance"];
        let mut table = Table::new("The grid, on the student without projected pairs", COLUMNS);
        let measured = self.measured(flow);
        let mut grids =
            vec![("uniform".to_owned(), TimeGrid::uniform(5)?), ("EDM".to_owned(), TimeGrid::edm(5)?)];
        for k in [2.0, 5.0, 10.0, 15.0, 20.0] {
            grids.push((format!("sigmoid, `k = {k}`"), TimeGrid::sigmoid(5, k)?));
        }
        for (name, grid) in grids {
            let [_, heun] = measured.nine(Sampling { solver: Heun, control: grid.clone() })?;
            let [distance, dpm] =
                measured.nine(Sampling { solver: Dpm::default(), control: grid.clone() })?;
            let [_, noise] = measured.nine(Sampling { solver: DpmNoise::default(), control: grid })?;
            table.add(name, [heun, dpm, noise, distance]);
        }
        Ok(table)
    }

    fn fractions(&self, flow: &Mlp<Plain>) -> common::Result<Table> {
        const COLUMNS: &[&str] =
            &["DPM, error", "DPM in noise, error", "DPM, distance", "DPM in noise, distance"];
        let mut table = Table::new("The solver's fraction `r`, on the sigmoid grid with `k = 10`", COLUMNS);
        let measured = self.measured(flow);
        for r in [0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0] {
            let [distance, error] = measured.nine(on_sigmoid(Dpm::new(r)?)?)?;
            let [noise_distance, noise_error] = measured.nine(on_sigmoid(DpmNoise::new(r)?)?)?;
            table.add(format!("`r = {r}`"), [error, noise_error, distance, noise_distance]);
        }
        Ok(table)
    }

    fn student(
        &self,
        recipe: impl Scores<Train> + 'static,
        dropout: f64,
        coupling: &Shared,
    ) -> common::Result<Mlp<Plain>> {
        self.training.student(&self.teacher, recipe, dropout, coupling)
    }

    fn measured<'b>(&'b self, flow: &'b Mlp<Plain>) -> Measured<'b> {
        Measured::new(self.training, flow)
    }

    fn both(&self, flow: &Mlp<Plain>) -> common::Result<[f64; 2]> {
        self.measured(flow).both()
    }

    fn full(&self, lambda: f64) -> common::Result<Full<reflow::loss::Laplacian>> {
        self.with_filter(HighPass::new(lambda)?)
    }

    fn cut(&self, lambda: f64) -> common::Result<Full<IdealCut>> {
        self.with_filter(HighPass::new(lambda)?.with_filter(IdealCut::default()))
    }

    fn with_filter<H>(&self, map: HighPass<H>) -> common::Result<Full<H>> {
        let side = self.training.images.side;
        let loss = Mapped::new(map.on_grid([side, side])?);
        Ok(Recipe { time: Exponential::default(), loss, weight: Normalized::default() })
    }
}

fn weighted<W>(weight: W) -> Recipe<Cosh, Mse, W> {
    Recipe { time: Cosh::default(), loss: Mse, weight }
}

fn timed() -> Recipe<Exponential, Mse, Normalized> {
    Recipe { time: Exponential::default(), loss: Mse, weight: Normalized::default() }
}

fn on_sigmoid<S: OdeSolver>(solver: S) -> common::Result<Sampling<S, TimeGrid>> {
    Ok(Sampling { solver, control: TimeGrid::sigmoid(5, 10.0)? })
}
