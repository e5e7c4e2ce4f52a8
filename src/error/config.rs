//! Refused settings, and the checks that refuse them.

/// A setting that a part refuses when it is built or deserialized.
///
/// # Example
/// ```
/// use reflow::data::Normal;
///
/// let error = Normal::new(vec![64], 0.0, f64::NAN).unwrap_err();
/// assert_eq!(error.to_string(), "Normal: std must be positive and finite, got NaN");
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
    /// An error saying that `setting` of `part` must be `rule`, and what `value` it has instead.
    ///
    /// Custom parts use it just like the built-in ones.
    ///
    /// # Example
    /// ```
    /// use reflow::ConfigError;
    ///
    /// let error = ConfigError::new("Early", "power", "positive and finite", -1.0);
    /// assert_eq!(error.to_string(), "Early: power must be positive and finite, got -1.0");
    /// ```
    pub fn new(
        part: &'static str,
        setting: &'static str,
        rule: &'static str,
        value: impl std::fmt::Debug,
    ) -> Self {
        Self { part, setting, rule, value: format!("{value:?}") }
    }

    /// The name of the part that refused the setting.
    ///
    /// # Example
    /// ```
    /// let error = reflow::data::Normal::new(vec![64], 0.0, -1.0).unwrap_err();
    /// assert_eq!(error.part(), "Normal");
    /// ```
    #[must_use]
    pub fn part(&self) -> &'static str {
        self.part
    }

    /// The name of the refused setting.
    ///
    /// # Example
    /// ```
    /// let error = reflow::data::Normal::new(vec![64], 0.0, -1.0).unwrap_err();
    /// assert_eq!(error.setting(), "std");
    /// ```
    #[must_use]
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}

/// Refuses anything but a positive, finite number.
pub(crate) fn positive(part: &'static str, setting: &'static str, value: f64) -> Result<f64, ConfigError> {
    require(value > 0.0 && value.is_finite(), part, setting, "positive and finite", value)
}

/// Refuses anything but a finite number that is at least zero.
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

/// Returns the value if `ok`, and otherwise an error that names it.
pub(crate) fn require<T: std::fmt::Debug>(
    ok: bool,
    part: &'static str,
    setting: &'static str,
    rule: &'static str,
    value: T,
) -> Result<T, ConfigError> {
    if ok { Ok(value) } else { Err(ConfigError::new(part, setting, rule, value)) }
}
