//! The table over all seeds.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use super::{
    common,
    study::{Budget, Row},
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ablation.md");

pub struct Table {
    data: &'static str,
    budget: Budget,
    floor: f64,
    seeds: Vec<Vec<Row>>,
    took: Duration,
}

impl Table {
    pub fn new(data: &'static str, budget: Budget, floor: f64) -> Self {
        Self { data, budget, floor, seeds: vec![], took: Duration::ZERO }
    }

    pub fn add(&mut self, rows: Vec<Row>) {
        self.seeds.push(rows);
    }

    pub fn finish(&mut self, took: Duration) {
        self.took = took;
    }

    pub fn markdown(&self) -> String {
        let Budget { steps, backward, forward, samples } = self.budget;
        let (seeds, minutes) = (self.seeds.len(), self.took.as_secs_f64() / 60.0);
        let mut text = format!(
            "`cargo run --release --example ablation -- --data {} --seeds {seeds}`, {minutes:.0} minutes on {} cores: \
             {steps} steps for the teacher and for each student, {backward} backward and up to {forward} forward pairs, \
             {samples} samples. The distance of the training data to the held-out data is {:.5}.\n\n\
             | | 9 evaluations | over the baseline's | 1 evaluation |\n|---|---|---|---|\n",
            self.data,
            std::thread::available_parallelism().map_or(1, usize::from),
            self.floor,
        );
        for at in 0..self.seeds.first().map_or(0, Vec::len) {
            let over =
                |of: &dyn Fn(&[Row]) -> f64| Spread::of(self.seeds.iter().map(|rows| of(rows)).collect());
            let nine = over(&|rows| rows[at].nine);
            let ratio = over(&|rows| rows[at].nine / rows[BASELINE].nine);
            let one = over(&|rows| rows[at].one);
            let name = self.seeds[0][at].name;
            let _ = writeln!(text, "| {name} | {} | {} | {} |", nine.show(5), ratio.show(3), one.show(4));
        }
        text
    }

    /// Puts the table in its place in the document, between two comments.
    pub fn write(&self) -> common::Result<()> {
        let text = fs::read_to_string(PATH)?;
        let (open, close) = (format!("<!-- {} -->", self.data), format!("<!-- end of {} -->", self.data));
        let place = text.find(&open).map(|at| at + open.len()).zip(text.find(&close));
        let (from, to) = place.ok_or(format!("{PATH} has no place marked {open} .. {close}"))?;
        fs::write(PATH, format!("{}\n\n{}\n{}", &text[..from], self.markdown(), &text[to..]))?;
        println!("Written to {}.", Path::new(PATH).display());
        Ok(())
    }
}

/// The row of the baseline.
const BASELINE: usize = 1;

/// The mean and the standard deviation over seeds.
struct Spread {
    mean: f64,
    deviation: Option<f64>,
}

impl Spread {
    fn of(values: Vec<f64>) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, deviation: (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()) }
    }

    fn show(&self, digits: usize) -> String {
        match self.deviation {
            Some(deviation) => format!("{:.digits$} ± {deviation:.digits$}", self.mean),
            None => format!("{:.digits$}", self.mean),
        }
    }
}
