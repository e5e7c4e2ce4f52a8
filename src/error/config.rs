//! Settings that a part refuses, and the checks that find them.

/// A setting that a part refuses, found when the part is built or read back with serde.
///
/// ```
/// let error = reflow::time::Exponential::new(f64::NAN).unwrap_err();
/// assert_eq!(error.to_string(), "Exponential: base must be positive, finite and not 1, got NaN");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {setting} must be {rule}, got {value}")]
pub struct ConfigError {
    part: &'static str,
    setting: &'static str,
    rule: &'static str,
    value: String,
}

impl ConfigError {
    /// Says that `setting` of `part` must follow `rule`, and what it was instead.
    ///
    /// Parts of your own use it as the crate's parts do.
    pub fn new(
        part: &'static str,
        setting: &'static str,
        rule: &'static str,
        value: impl std::fmt::Debug,
    ) -> Self {
        Self { part, setting, rule, value: format!("{value:?}") }
    }

    /// The part that refused.
    #[must_use]
    pub fn part(&self) -> &'static str {
        self.part
    }

    /// The setting it refused.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}

/// Refuses anything but a positive, finite number.
pub(crate) fn positive(part: &'static str, setting: &'static str, value: f64) -> Result<f64, ConfigError> {
    require(value > 0.0 && value.is_finite(), part, setting, "positive and finite", value)
}

/// Refuses anything but a finite number of at least zero.
pub(crate) fn not_negative(
    part: &'static str,
    setting: &'static str,
    value: f64,
) -> Result<f64, ConfigError> {
    require(value >= 0.0 && value.is_finite(), part, setting, "at least 0 and finite", value)
}

/// Refuses NaN and the infinities.
pub(crate) fn finite(part: &'static str, setting: &'static str, value: f64) -> Result<f64, ConfigError> {
    require(value.is_finite(), part, setting, "finite", value)
}

/// Refuses zero.
pub(crate) fn at_least_one(
    part: &'static str,
    setting: &'static str,
    value: usize,
) -> Result<usize, ConfigError> {
    require(value > 0, part, setting, "at least 1", value)
}

/// Returns the value if `ok`, else the error that names it.
pub(crate) fn require<T: std::fmt::Debug>(
    ok: bool,
    part: &'static str,
    setting: &'static str,
    rule: &'static str,
    value: T,
) -> Result<T, ConfigError> {
    if ok { Ok(value) } else { Err(ConfigError::new(part, setting, rule, value)) }
}
