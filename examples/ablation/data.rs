//! The images: digits of 8 by 8 from this repository, and Fashion-MNIST scaled to 14 by 14.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use burn::tensor::{Tensor, TensorData};
use reflow::metric::energy_distance;
use sha2::{Digest, Sha256};

use super::common::{self, Plain};

/// Where the files of Fashion-MNIST are looked for by default.
pub const FOLDER: &str = "examples/data/fashion-mnist";

/// The most rows that are held out to measure the distance to.
const HELD_OUT: usize = 2_000;

pub enum Source {
    Digits,
    Fashion(PathBuf),
}

impl Source {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Fashion(_) => "fashion",
        }
    }
}

/// Square grey images as rows of values in `[-1, 1]`.
pub struct Images {
    pub train: Tensor<Plain, 2>,
    pub held_out: Tensor<Plain, 2>,
    pub side: usize,
}

impl Images {
    pub fn load(source: &Source) -> common::Result<Self> {
        match source {
            Source::Digits => {
                let (train, held_out) = common::digits()?;
                Ok(Self { train: train.x, held_out: held_out.x, side: common::SIDE })
            }
            Source::Fashion(folder) => fashion(folder),
        }
    }

    /// The values of an image.
    pub fn pixels(&self) -> usize {
        self.side * self.side
    }

    /// The distance of as many rows of the training data to those held out.
    pub fn floor(&self) -> common::Result<f64> {
        let rows = self.train.dims()[0].min(HELD_OUT);
        Ok(energy_distance(self.train.clone().narrow(0, 0, rows), self.held_out.clone())?)
    }
}

/// A file of Fashion-MNIST and the SHA-256 of what is packed in it.
struct File {
    name: &'static str,
    sha256: &'static str,
}

const TRAIN: File = File {
    name: "train-images-idx3-ubyte.gz",
    sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
};
const TEST: File = File {
    name: "t10k-images-idx3-ubyte.gz",
    sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
};

fn fashion(folder: &Path) -> common::Result<Images> {
    let held_out = halved(&TEST.read(folder)?)?.narrow(0, 0, HELD_OUT);
    Ok(Images { train: halved(&TRAIN.read(folder)?)?, held_out, side: 14 })
}

impl File {
    /// What is packed in the file, checked.
    fn read(&self, folder: &Path) -> common::Result<Vec<u8>> {
        let path = folder.join(self.name);
        let packed =
            fs::read(&path).map_err(|error| format!("{}: {error}\n{HOW_TO_FETCH}", path.display()))?;
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes)?;
        let found = format!("{:x}", Sha256::digest(&bytes));
        if found == self.sha256 {
            return Ok(bytes);
        }
        let Self { sha256, .. } = self;
        Err(format!("{}: SHA-256 {found} of its content, expected {sha256}\n{HOW_TO_FETCH}", path.display())
            .into())
    }
}

const HOW_TO_FETCH: &str = "\
Fashion-MNIST is not in this repository. On Debian or Ubuntu:

    mkdir -p examples/data/fashion-mnist && cd examples/data/fashion-mnist
    apt-get download dataset-fashion-mnist
    dpkg-deb --fsys-tarfile dataset-fashion-mnist_*.deb | tar -x --strip-components=5 --wildcards '*ubyte.gz'

elsewhere, put train-images-idx3-ubyte.gz and t10k-images-idx3-ubyte.gz of
https://github.com/zalandoresearch/fashion-mnist there.";

/// Images of 28 by 28 in the IDX format, each 2 by 2 pixels made one.
fn halved(idx: &[u8]) -> common::Result<Tensor<Plain, 2>> {
    const SIDE: usize = 28;
    let (header, pixels) = idx.split_at_checked(16).ok_or("the file ends within its header")?;
    let number =
        |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
    let shape = [number(0), number(8), number(12)];
    if shape != [0x0803, SIDE, SIDE] || pixels.len() != number(4) * SIDE * SIDE {
        return Err(format!("not images of 28 by 28 in the IDX format: {header:?}").into());
    }
    let half = SIDE / 2;
    let mean = |image: &[u8], at: usize| {
        let first = at / half * 2 * SIDE + at % half * 2;
        let four = [first, first + 1, first + SIDE, first + SIDE + 1];
        four.into_iter().map(|pixel| f32::from(image[pixel])).sum::<f32>() / 510.0 - 1.0
    };
    let images = pixels.chunks_exact(SIDE * SIDE);
    let values: Vec<f32> = images.flat_map(|image| (0..half * half).map(move |at| mean(image, at))).collect();
    let data = TensorData::new(values, [number(4), half * half]);
    Ok(Tensor::from_data(data, &Default::default()))
}
