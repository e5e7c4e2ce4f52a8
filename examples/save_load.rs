//! Trains a flow, saves it, and loads it on the plain backend, where it draws the same samples bit for bit.
//!
//! ```text
//! cargo run --release --example save_load -- [--seed N] [--quick]
//! ```

mod common;
#[path = "common/saved.rs"]
mod saved;

use std::{fs, path::Path};

use burn::tensor::{Int, Tensor};
use burn_store::{ModuleSnapshot, SafetensorsStore};
use common::{Options, PIXELS, Plain};
use reflow::{Key, metric::energy_distance, models::MlpConfig};
use saved::{DigitFlow, FOLDER, files};

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let steps = if options.quick { 200 } else { 3_000 };
    println!("Training on digits and their classes, {steps} steps.");
    let trained = DigitFlow::train(steps, options.seed)?;

    let folder = Path::new(FOLDER);
    trained.save(folder)?;
    for file in files(folder) {
        println!("saved {}, {} bytes", file.display(), fs::metadata(&file)?.len());
    }

    let loaded = DigitFlow::load(folder)?;
    let (before, after) = (sample(&trained, options.seed)?, sample(&loaded, options.seed)?);
    if bits(&before) != bits(&after) {
        return Err("the loaded flow draws different samples".into());
    }
    println!("{} samples of each flow, equal bit for bit", after.dims()[0]);
    let (_, held_out) = common::digits()?;
    println!("their energy distance from held-out digits: {:.4}", energy_distance(after, held_out.x)?);
    refusals(&trained)
}

/// Prints the errors of folders that hold no flow, or one with the wrong weights.
fn refusals(flow: &DigitFlow) -> common::Result<()> {
    let folder = Path::new("target/save_load_bad");
    let [_, weights] = files(folder);
    let overwrite = |net: MlpConfig| {
        let net = net.init_with_classes::<Plain>(flow.settings.classes, &Default::default())?;
        net.save_into(&mut SafetensorsStore::from_file(&weights).overwrite(true))?;
        common::Result::Ok(())
    };
    println!("\nWhat does not load:");
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    refused(folder)?;
    flow.save(folder)?;
    overwrite(flow.settings.net.with_hidden(32)?)?;
    refused(folder)?;
    overwrite(flow.settings.net.with_blocks(3)?)?;
    refused(folder)?;
    overwrite(flow.settings.net.with_blocks(5)?)?;
    refused(folder)?;
    fs::write(&weights, "no weights")?;
    refused(folder)
}

/// Samples of each class in turn, in the units of the data.
fn sample(flow: &DigitFlow, seed: u64) -> common::Result<Tensor<Plain, 2>> {
    let device = Default::default();
    let noise = Key::new(seed).fork("samples").normal([500, PIXELS], &device);
    let labels = Tensor::<Plain, 1, Int>::arange(0..500, &device).remainder_scalar(10);
    let out = flow.sampler().sample_given(noise, labels)?;
    Ok(flow.settings.scaling.undo(out.x)?)
}

fn bits(x: &Tensor<Plain, 2>) -> Vec<u32> {
    x.to_data().convert::<f32>().iter::<f32>().map(f32::to_bits).collect()
}

/// Prints the error of loading a folder.
fn refused(folder: &Path) -> common::Result<()> {
    match DigitFlow::load(folder) {
        Ok(_) => Err(format!("{} was loaded", folder.display()).into()),
        Err(error) => {
            println!("  {error}");
            Ok(())
        }
    }
}
