//! The paper's table with our numbers: the baseline, then each of the seven improvements added in the paper's order; and
//! tables of the weight, the filter, the number of pairs, the grid and the solver.
//!
//! ```text
//! cargo run --release --example ablation -- --data digits|fashion [--seeds N] [--images FOLDER] [--quick]
//! ```
//!
//! A full run writes its tables into `docs/ablation.md`.

#[path = "../common/mod.rs"]
mod common;
mod data;
mod measure;
mod study;
mod table;
mod training;

use std::time::Instant;

use data::{Images, Source};
use study::Study;
use table::Report;
use training::{Budget, Training};

struct Options {
    source: Source,
    seeds: u64,
    quick: bool,
}

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let images = Images::load(&options.source)?;
    let budget = match (&options.source, options.quick) {
        (_, true) => Budget::QUICK,
        (Source::Digits, false) => Budget::DIGITS,
        (Source::Fashion(_), false) => Budget::FASHION,
    };
    let start = Instant::now();
    let mut seeds = Vec::new();
    for seed in 0..options.seeds {
        seeds.push(Study::new(Training { images: &images, budget, seed })?.run()?);
    }
    let (data, floor) = (options.source.name(), images.floor()?);
    let report = Report { data, budget, floor, seeds, took: start.elapsed() };
    println!("\n{}", report.markdown());
    if options.quick { Ok(()) } else { report.write() }
}

impl Options {
    fn from_args() -> common::Result<Self> {
        let (mut name, mut folder) = (String::new(), data::FOLDER.to_owned());
        let (mut seeds, mut quick) = (3, false);
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match arg.as_str() {
                "--quick" => quick = true,
                "--data" => name = value()?,
                "--images" => folder = value()?,
                "--seeds" => {
                    let value = value()?;
                    seeds = value.parse().map_err(|_| format!("--seeds needs a number, got {value}"))?;
                }
                other => return Err(format!("unknown argument {other}; {USAGE}").into()),
            }
        }
        let source = match name.as_str() {
            "digits" => Source::Digits,
            "fashion" => Source::Fashion(folder.into()),
            other => return Err(format!("--data is digits or fashion, got {other:?}; {USAGE}").into()),
        };
        match seeds {
            0 => Err("--seeds needs at least 1, got 0".into()),
            _ => Ok(Self { source, seeds, quick }),
        }
    }
}

const USAGE: &str = "there are --data digits|fashion, --seeds N, --images FOLDER and --quick";
