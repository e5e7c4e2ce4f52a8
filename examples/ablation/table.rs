//! Tables over all seeds.

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use super::{common, training::Budget};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ablation.md");

/// A table of one seed.
#[derive(Debug, Clone)]
pub struct Table {
    pub title: &'static str,
    pub columns: &'static [&'static str],
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub name: String,
    pub values: Vec<f64>,
}

impl Table {
    pub fn new(title: &'static str, columns: &'static [&'static str]) -> Self {
        Self { title, columns, rows: vec![] }
    }

    pub fn add(&mut self, name: impl Into<String>, values: impl Into<Vec<f64>>) {
        let row = Row { name: name.into(), values: values.into() };
        println!("{}: {}: {:.5?}", self.title, row.name, row.values);
        self.rows.push(row);
    }
}

/// The same tables of several seeds.
pub struct Report {
    pub data: &'static str,
    pub budget: Budget,
    pub floor: f64,
    pub seeds: Vec<Vec<Table>>,
    pub took: Duration,
}

impl Report {
    pub fn markdown(&self) -> String {
        let Budget { steps, batch, backward, forward, samples, .. } = self.budget;
        let (seeds, minutes) = (self.seeds.len(), self.took.as_secs_f64() / 60.0);
        let mut text = format!(
            "`cargo run --release --example ablation -- --data {} --seeds {seeds}`, {minutes:.0} minutes with {} core(s): \
             {steps} steps of {batch} pairs for the teacher and for each student, {backward} backward and up to {forward} forward pairs, \
             {samples} samples. The distance of the training data to the held-out data is {:.5}.\n",
            self.data,
            std::thread::available_parallelism().map_or(1, usize::from),
            self.floor,
        );
        for at in 0..self.seeds.first().map_or(0, Vec::len) {
            let tables: Vec<&Table> = self.seeds.iter().map(|tables| &tables[at]).collect();
            write_table(&mut text, &tables);
        }
        text
    }

    /// Puts the tables in their place in the document, between two comments.
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

fn write_table(text: &mut String, seeds: &[&Table]) {
    let Table { title, columns, rows } = seeds[0];
    let _ = writeln!(
        text,
        "\n### {title}\n\n| | {} |\n|---{}|",
        columns.join(" | "),
        "|---".repeat(columns.len())
    );
    for (at, row) in rows.iter().enumerate() {
        let cell = |column: usize| {
            let values: Vec<f64> = seeds.iter().map(|table| table.rows[at].values[column]).collect();
            spread(&values)
        };
        let cells: Vec<String> = (0..row.values.len()).map(cell).collect();
        let _ = writeln!(text, "| {} | {} |", row.name, cells.join(" | "));
    }
}

/// The mean and the standard deviation over seeds, to four digits of the mean or so.
fn spread(values: &[f64]) -> String {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let digits = if mean < 0.1 { 4 } else { 3 };
    if values.len() < 2 {
        return format!("{mean:.digits$}");
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    format!("{mean:.digits$} ± {:.digits$}", (squares / (n - 1.0)).sqrt())
}
