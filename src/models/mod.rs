//! Networks to start from. Any burn module will do; these save writing a first one.

mod mlp;

pub use mlp::{ClassMlp, Mlp, MlpConfig};
