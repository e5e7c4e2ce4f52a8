//! A residual network for rows of features, with or without classes.

use burn::{
    module::Module,
    nn::{Dropout, DropoutConfig, Embedding, EmbeddingConfig, Linear, LinearConfig},
    tensor::{Int, Tensor, activation::hard_swish, backend::Backend},
};
use serde::Serialize;

use super::time_embedding;
use crate::{
    ConfigError, Error, Flow, Labels, Prediction, Time,
    condition::{Optional, OptionalRows},
    error::{at_least_one, deserialize_checked, require},
    flow::SetDropout,
};

/// Settings of an [`Mlp`] or a [`ClassMlp`].
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::models::MlpConfig;
///
/// let net = MlpConfig::new(64)?.with_hidden(256)?.with_blocks(4)?.init::<Flex>(&Default::default());
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MlpConfig {
    features: usize,
    hidden: usize,
    blocks: usize,
    dropout: f64,
}

deserialize_checked!(MlpConfig { features: usize, hidden: usize, blocks: usize, dropout: f64 } via {
    MlpConfig::new(features)
        .and_then(|config| config.with_hidden(hidden))
        .and_then(|config| config.with_blocks(blocks))
        .and_then(|config| config.with_dropout(dropout))
});

/// Sines, and as many cosines, by which the time enters.
const FREQUENCIES: usize = 16;

impl MlpConfig {
    /// A network for rows of this many features: 3 blocks of width 128, without dropout.
    ///
    /// # Errors
    /// If there are no features.
    pub fn new(features: usize) -> Result<Self, ConfigError> {
        let features = at_least_one("MlpConfig", "features", features)?;
        Ok(Self { features, hidden: 128, blocks: 3, dropout: 0.0 })
    }

    /// The width of the hidden layers.
    ///
    /// # Errors
    /// If it is zero.
    pub fn with_hidden(mut self, hidden: usize) -> Result<Self, ConfigError> {
        self.hidden = at_least_one("MlpConfig", "hidden", hidden)?;
        Ok(self)
    }

    /// The number of residual blocks.
    ///
    /// # Errors
    /// If it is zero.
    pub fn with_blocks(mut self, blocks: usize) -> Result<Self, ConfigError> {
        self.blocks = at_least_one("MlpConfig", "blocks", blocks)?;
        Ok(self)
    }

    /// The probability with which a block drops each hidden value in training; see [`SetDropout`].
    ///
    /// # Errors
    /// If it is not in `[0, 1)`.
    pub fn with_dropout(mut self, probability: f64) -> Result<Self, ConfigError> {
        self.dropout = checked_dropout("MlpConfig", probability)?;
        Ok(self)
    }

    /// The network, with fresh weights.
    #[must_use]
    pub fn init<B: Backend>(&self, device: &B::Device) -> Mlp<B> {
        let linear = |from, to| LinearConfig::new(from, to).init(device);
        let block =
            |_| Block { first: linear(self.hidden, self.hidden), second: linear(self.hidden, self.hidden) };
        Mlp {
            time: linear(2 * FREQUENCIES, self.hidden),
            enter: linear(self.features, self.hidden),
            blocks: (0..self.blocks).map(block).collect(),
            dropout: DropoutConfig::new(self.dropout).init(),
            leave: linear(self.hidden, self.features),
        }
    }

    /// The network that is told the class of each row, with fresh weights.
    ///
    /// Labels run from 0 to `classes - 1`; rows without a label have a class of their own.
    ///
    /// # Errors
    /// If there are no classes.
    pub fn init_with_classes<B: Backend>(
        &self,
        classes: usize,
        device: &B::Device,
    ) -> Result<ClassMlp<B>, ConfigError> {
        at_least_one("ClassMlp", "classes", classes)?;
        let classes = EmbeddingConfig::new(classes + 1, self.hidden).init(device);
        Ok(ClassMlp { mlp: self.init(device), classes })
    }
}

/// A time-conditioned residual network for rows of features: `h <- h + W2 hard_swish(W1 hard_swish(h))`,
/// block by block, and `W hard_swish(h)` at the end.
///
/// The time enters by the first layer, as sines and cosines. Hard swish is close to SiLU and has no
/// exponential, which on a CPU would cost more than the matrix product beside it.
#[derive(Module, Debug)]
pub struct Mlp<B: Backend> {
    time: Linear<B>,
    enter: Linear<B>,
    blocks: Vec<Block<B>>,
    dropout: Dropout,
    leave: Linear<B>,
}

#[derive(Module, Debug)]
struct Block<B: Backend> {
    first: Linear<B>,
    second: Linear<B>,
}

/// An [`Mlp`] that is told the class of each row, or that it has none; see [`MlpConfig::init_with_classes`].
///
/// It is trained on pairs with optional labels, which [`ConditionDropout`](crate::coupling::ConditionDropout)
/// makes of pairs with labels, and sampled with labels, guided or not. The label -1 stands for none.
///
/// A label below -1 or beyond the last class ends the solve or the training step with [`Error::Class`]. To
/// see it, each evaluation reads the labels on the host, which waits for the device.
#[derive(Module, Debug)]
pub struct ClassMlp<B: Backend> {
    mlp: Mlp<B>,
    classes: Embedding<B>,
}

impl<B: Backend> Mlp<B> {
    fn enter(&self, x: Tensor<B, 2>, t: &Time<B>) -> Tensor<B, 2> {
        self.enter.forward(x) + self.time.forward(time_embedding(t, FREQUENCIES))
    }

    fn pass(&self, mut h: Tensor<B, 2>) -> Tensor<B, 2> {
        for block in &self.blocks {
            let hidden = self.dropout.forward(hard_swish(block.first.forward(hard_swish(h.clone()))));
            h = h + block.second.forward(hidden);
        }
        self.leave.forward(hard_swish(h))
    }
}

/// Dropout acts on autodiff backends only, so a network that is sampled has none. Its draws are burn's, whose
/// generator `B::seed(&device, seed)` seeds.
impl<B: Backend> SetDropout for Mlp<B> {
    fn with_dropout(mut self, probability: f64) -> Result<Self, ConfigError> {
        self.dropout = DropoutConfig::new(checked_dropout("Mlp", probability)?).init();
        Ok(self)
    }
}

impl<B: Backend> SetDropout for ClassMlp<B> {
    fn with_dropout(mut self, probability: f64) -> Result<Self, ConfigError> {
        self.mlp = self.mlp.with_dropout(probability)?;
        Ok(self)
    }
}

impl<B: Backend> ClassMlp<B> {
    /// The vector of each row's class, or the first label that has none.
    fn class(&self, y: OptionalRows<B, Labels>) -> Result<Tensor<B, 2>, Error> {
        let y: Tensor<B, 1, Int> = y.or_class(-1);
        let classes = self.classes.weight.dims()[0] - 1;
        let labels = y.clone().into_data();
        let beyond = |&(_, label): &(usize, i64)| label < -1 || label >= classes as i64;
        if let Some((row, label)) = labels.iter::<i64>().enumerate().find(beyond) {
            return Err(Error::Class { row, label, classes });
        }
        // Rows without a label have the first vector, so that no label can be taken for none.
        Ok(self.classes.forward((y + 1).unsqueeze_dim(1)).squeeze_dim(1))
    }
}

impl<B: Backend> Flow<B> for Mlp<B> {
    fn predict(&self, x: Tensor<B, 2>, t: Time<B>, (): ()) -> Prediction<B> {
        Prediction::velocity(self.pass(self.enter(x, &t)))
    }
}

impl<B: Backend> Flow<B, 2, Optional<Labels>> for ClassMlp<B> {
    fn predict(&self, x: Tensor<B, 2>, t: Time<B>, y: OptionalRows<B, Labels>) -> Prediction<B> {
        let entered = self.mlp.enter(x, &t);
        match self.class(y) {
            Ok(class) => Prediction::velocity(self.mlp.pass(entered + class)),
            Err(error) => Prediction::velocity(self.mlp.pass(entered)).with_error(error),
        }
    }
}

fn checked_dropout(part: &'static str, probability: f64) -> Result<f64, ConfigError> {
    require((0.0..1.0).contains(&probability), part, "dropout", "in [0, 1)", probability)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_sizes_are_refused() {
        assert!(MlpConfig::new(0).unwrap_err().to_string().contains("features"));
        let config = MlpConfig::new(2).unwrap();
        assert!(config.with_hidden(0).unwrap_err().to_string().contains("hidden"));
        for dropout in [-0.1, 1.0, f64::NAN] {
            assert!(config.with_dropout(dropout).unwrap_err().to_string().contains(&format!("{dropout:?}")));
        }
        assert!(config.with_blocks(0).unwrap_err().to_string().contains("blocks"));
        assert!(config.init_with_classes::<burn_ndarray::NdArray<f64>>(0, &Default::default()).is_err());
    }
}
