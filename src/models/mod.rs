//! Networks to start from. Any burn module can be a flow; these spare you from writing the first one.

mod embedding;
mod mlp;

pub use embedding::time_embedding;
pub use mlp::{ClassMlp, Mlp, MlpConfig};
