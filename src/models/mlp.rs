//! A residual network for rows of features.

use burn::{
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Tensor, activation::silu, backend::Backend},
};
use serde::{Deserialize, Serialize};

use crate::Flow;

/// Settings of an [`Mlp`].
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::models::MlpConfig;
///
/// let net = MlpConfig::new(64).with_hidden(256).with_blocks(4).init::<Flex>(&Default::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MlpConfig {
    features: usize,
    hidden: usize,
    blocks: usize,
    frequencies: usize,
}

impl MlpConfig {
    /// A network for rows of so many features: hidden width 128, 3 blocks.
    #[must_use]
    pub fn new(features: usize) -> Self {
        Self { features, hidden: 128, blocks: 3, frequencies: 16 }
    }

    /// The width of the hidden layers.
    #[must_use]
    pub fn with_hidden(mut self, hidden: usize) -> Self {
        self.hidden = hidden;
        self
    }

    /// The number of residual blocks.
    #[must_use]
    pub fn with_blocks(mut self, blocks: usize) -> Self {
        self.blocks = blocks;
        self
    }

    /// The network, with fresh weights.
    pub fn init<B: Backend>(&self, device: &B::Device) -> Mlp<B> {
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        Mlp {
            time: linear(2 * self.frequencies, self.hidden),
            enter: linear(self.features, self.hidden),
            blocks: (0..self.blocks)
                .map(|_| Block { first: linear(self.hidden, self.hidden), second: linear(self.hidden, self.hidden) })
                .collect(),
            leave: linear(self.hidden, self.features),
            frequencies: self.frequencies,
        }
    }
}

/// A time-conditioned residual network for rows of features: `h <- h + W2 silu(W1 silu(h))`, block by block.
///
/// The time enters by the first layer, as sines and cosines.
#[derive(Module, Debug)]
pub struct Mlp<B: Backend> {
    time: Linear<B>,
    enter: Linear<B>,
    blocks: Vec<Block<B>>,
    leave: Linear<B>,
    frequencies: usize,
}

#[derive(Module, Debug)]
struct Block<B: Backend> {
    first: Linear<B>,
    second: Linear<B>,
}

impl<B: Backend> Flow<B> for Mlp<B> {
    fn velocity(&self, x: Tensor<B, 2>, t: Tensor<B, 1>) -> Tensor<B, 2> {
        let mut h = self.enter.forward(x) + self.time.forward(waves(t, self.frequencies));
        for block in &self.blocks {
            h = h.clone() + block.second.forward(silu(block.first.forward(silu(h))));
        }
        self.leave.forward(silu(h))
    }
}

/// Sines and cosines of the time at frequencies `1, 2, 3, ..` times half a turn.
fn waves<B: Backend>(t: Tensor<B, 1>, frequencies: usize) -> Tensor<B, 2> {
    let rates: Vec<f32> = (1..=frequencies).map(|k| k as f32 * std::f32::consts::PI).collect();
    let rates = Tensor::<B, 1>::from_floats(rates.as_slice(), &t.device());
    let angles = t.unsqueeze_dim::<2>(1) * rates.unsqueeze_dim(0);
    Tensor::cat(vec![angles.clone().sin(), angles.cos()], 1)
}
