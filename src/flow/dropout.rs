//! Dropout as a setting of a finished network.

use crate::ConfigError;

/// A network whose dropout can be set without building it anew.
///
/// A student starts from its teacher's weights. It has to map each noise to one row of data, which is harder
/// than predicting a mean, so it needs less dropout than its teacher. The builder's
/// [`dropout`](crate::train::ReflowTrainerBuilder::dropout) calls this trait.
///
/// # Example
/// ```
/// use burn::{
///     module::Module,
///     nn::{Dropout, DropoutConfig, Linear},
///     tensor::backend::Backend,
/// };
/// use reflow::{ConfigError, flow::SetDropout};
///
/// #[derive(Module, Debug)]
/// struct Net<B: Backend> {
///     linear: Linear<B>,
///     dropout: Dropout,
/// }
///
/// impl<B: Backend> SetDropout for Net<B> {
///     fn with_dropout(mut self, probability: f64) -> Result<Self, ConfigError> {
///         self.dropout = DropoutConfig::new(probability).init();
///         Ok(self)
///     }
/// }
/// ```
///
/// Source: Simple ReFlow, improvement 4. The paper's rates are not known to us.
#[diagnostic::on_unimplemented(
    message = "the dropout of `{Self}` cannot be set",
    note = "implement `reflow::flow::SetDropout` for it, with one line for each `burn::nn::Dropout` that it holds"
)]
pub trait SetDropout: Sized {
    /// The same weights with another dropout.
    ///
    /// # Errors
    /// If the probability is not in `[0, 1)`.
    fn with_dropout(self, probability: f64) -> Result<Self, ConfigError>;
}
