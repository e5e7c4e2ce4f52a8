//! Code that the examples share: the backend, the command line, the data, and pictures.

#![allow(dead_code, reason = "each example uses a part of it")]

pub mod moons;

use std::{error::Error, fs, io::Read, path::Path};

use burn::tensor::{Device, Int, Tensor, TensorData};

#[cfg(feature = "cuda")]
pub type Plain = burn_cuda::Cuda;
#[cfg(all(feature = "ndarray", not(feature = "cuda")))]
pub type Plain = burn_ndarray::NdArray;
#[cfg(not(any(feature = "ndarray", feature = "cuda")))]
pub type Plain = burn_flex::Flex;

/// The backend to train on; sampling runs on [`Plain`].
pub type Train = burn_autodiff::Autodiff<Plain>;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The options `--seed N` and `--quick`.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub seed: u64,
    pub quick: bool,
}

impl Options {
    pub fn from_args() -> Result<Self> {
        let mut options = Self { seed: 0, quick: false };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => options.quick = true,
                "--seed" => {
                    let value = args.next().ok_or("--seed needs a number")?;
                    options.seed =
                        value.parse().map_err(|_| format!("--seed needs a number, got {value}"))?;
                }
                other => {
                    return Err(format!("unknown argument {other}; use --seed N and --quick").into());
                }
            }
        }
        Ok(options)
    }
}

/// The side of a digit, in pixels.
pub const SIDE: usize = 8;
/// The number of values in a digit.
pub const PIXELS: usize = SIDE * SIDE;

/// Digits with values in `[-1, 1]` and their classes.
pub struct Digits {
    pub x: Tensor<Plain, 2>,
    pub y: Tensor<Plain, 1, Int>,
}

/// Two halves of the digits, one to train on and one held out. Digits go to them alternately.
pub fn digits() -> Result<(Digits, Digits)> {
    let packed = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits.csv.gz"))?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut text)?;
    let rows: Vec<Vec<u8>> = text
        .lines()
        .map(|line| line.split(',').map(str::parse).collect())
        .collect::<std::result::Result<_, _>>()?;
    let half = |first: usize| {
        let rows: Vec<&Vec<u8>> = rows.iter().skip(first).step_by(2).collect();
        let values =
            rows.iter().flat_map(|row| &row[..PIXELS]).map(|&value| f32::from(value) / 8.0 - 1.0).collect();
        let classes = rows.iter().map(|row| i64::from(row[PIXELS])).collect();
        let device = Device::<Plain>::default();
        Digits {
            x: Tensor::from_data(TensorData::new::<f32, _>(values, [rows.len(), PIXELS]), &device),
            y: Tensor::from_data(TensorData::new::<i64, _>(classes, [rows.len()]), &device),
        }
    };
    Ok((half(0), half(1)))
}

/// Writes digits as a grey PNG in which each pixel is `SCALE` wide, with a band of `lines` lines for each
/// batch.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "values are clamped, sizes small")]
pub fn write_grid(path: &Path, batches: &[Tensor<Plain, 2>], columns: usize, lines: usize) -> Result<()> {
    const SCALE: usize = 4;
    const GAP: usize = 2;
    let cell = SIDE * SCALE + GAP;
    let band = lines * cell + 3 * GAP;
    let (width, height) = (columns * cell + GAP, batches.len() * band + GAP);
    let mut image = vec![40_u8; width * height];
    for (number, batch) in batches.iter().enumerate() {
        let values: Vec<f32> =
            batch.clone().into_data().convert::<f32>().into_vec().map_err(|e| format!("{e:?}"))?;
        for (digit, pixels) in values.chunks_exact(PIXELS).take(columns * lines).enumerate() {
            let top = number * band + GAP + digit / columns * cell;
            let left = GAP + digit % columns * cell;
            for y in 0..SIDE * SCALE {
                for x in 0..SIDE * SCALE {
                    let value = pixels[y / SCALE * SIDE + x / SCALE];
                    image[(top + y) * width + left + x] = ((value + 1.0) * 127.5).clamp(0.0, 255.0) as u8;
                }
            }
        }
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = std::io::BufWriter::new(fs::File::create(path)?);
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&image)?;
    Ok(())
}
