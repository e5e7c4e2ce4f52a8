//! Files of weights that are computed from the names of their tensors; `tests/data/lpips/README.md` has the
//! formula.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

/// Uniform numbers on `[-1, 1)` that depend only on the name: `SplitMix64`, seeded with the FNV-1a hash of
/// the name.
fn uniform(name: &str) -> impl Iterator<Item = f64> {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (1..).map(move |count: u64| {
        let mut bits = hash.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        2.0 * ((bits >> 11) as f64 / (1_u64 << 53) as f64) - 1.0
    })
}

/// The first `count` numbers of a name, scaled.
#[allow(clippy::cast_possible_truncation)] // The formula rounds.
pub fn numbers(name: &str, count: usize, scale: f64) -> Vec<f32> {
    uniform(name).take(count).map(|number| (scale * number) as f32).collect()
}

/// Named tensors, each with a shape and values.
#[derive(Clone, Default)]
pub struct Weights(pub BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Weights {
    pub fn alex() -> Self {
        let mut weights = Self::default();
        for (number, [to, from, kernel]) in
            [(0, [64, 3, 11]), (3, [192, 64, 5]), (6, [384, 192, 3]), (8, [256, 384, 3]), (10, [256, 256, 3])]
        {
            weights.convolution(&format!("features.{number}"), to, from, kernel);
        }
        weights
    }

    pub fn vgg() -> Self {
        let mut weights = Self::default();
        let mut from = 3;
        let channels = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];
        for (number, to) in [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28].into_iter().zip(channels) {
            weights.convolution(&format!("features.{number}"), to, from, 3);
            from = to;
        }
        weights
    }

    pub fn squeeze() -> Self {
        let mut weights = Self::default();
        weights.convolution("features.0", 64, 3, 3);
        let mut from = 64;
        for (number, squeezed, expanded) in [
            (3, 16, 64),
            (4, 16, 64),
            (6, 32, 128),
            (7, 32, 128),
            (9, 48, 192),
            (10, 48, 192),
            (11, 64, 256),
            (12, 64, 256),
        ] {
            weights.convolution(&format!("features.{number}.squeeze"), squeezed, from, 1);
            weights.convolution(&format!("features.{number}.expand1x1"), expanded, squeezed, 1);
            weights.convolution(&format!("features.{number}.expand3x3"), expanded, squeezed, 3);
            from = 2 * expanded;
        }
        weights
    }

    /// Heads for the SqueezeNet.
    pub fn squeeze_heads() -> Self {
        let mut weights = Self::default();
        for (layer, channels) in [64, 128, 256, 384, 384, 512, 512].into_iter().enumerate() {
            weights.tensor(&format!("lin{layer}.model.1.weight"), vec![1, channels, 1, 1], 1.0);
        }
        weights
    }

    /// Adds a convolution whose outputs are about as large as its inputs.
    fn convolution(&mut self, name: &str, to: usize, from: usize, kernel: usize) {
        let scale = (6.0 / (from * kernel * kernel) as f64).sqrt();
        self.tensor(&format!("{name}.weight"), vec![to, from, kernel, kernel], scale);
        self.tensor(&format!("{name}.bias"), vec![to], 0.1);
    }

    pub fn tensor(&mut self, name: &str, shape: Vec<usize>, scale: f64) {
        let count = shape.iter().product();
        self.0.insert(name.to_owned(), (shape, numbers(name, count, scale)));
    }

    /// Writes the tensors to a safetensors file with this name.
    pub fn write(&self, name: &str) -> PathBuf {
        let mut header = Map::new();
        let mut bytes = Vec::new();
        for (name, (shape, values)) in &self.0 {
            let start = bytes.len();
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            let entry = json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, bytes.len()] });
            header.insert(name.clone(), entry);
        }
        let header = Value::Object(header).to_string();
        let length = (header.len() as u64).to_le_bytes();
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.safetensors"));
        fs::write(&path, [&length, header.as_bytes(), &bytes].concat()).unwrap();
        path
    }
}

/// The heads of `lpips` 0.1.4.
pub fn heads(net: &str) -> PathBuf {
    Path::new("tests/data/lpips").join(format!("{net}.pth"))
}
