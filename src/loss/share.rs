//! How much a loss counts at each time.

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use crate::{
    ConfigError,
    error::{deserialize_checked, positive},
    time::least_time,
};

/// How much one loss of a [`Blend`](super::Blend) counts at each time.
///
/// | share | at time `t` |
/// |---|---|
/// | [`constant`](Share::constant) | 1 |
/// | [`toward_data`](Share::toward_data) | `1 - t` |
/// | [`toward_noise`](Share::toward_noise) | `t` |
/// | [`inverse`](Share::inverse) | `1 / t`, with `t` at least [`least_time`] |
///
/// Each is multiplied by a scale, 1 by default.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::loss::Share;
///
/// let t = Tensor::<Flex, 1>::from_data([0.25, 1.0], &Default::default());
/// let share = Share::toward_data().scaled(2.0)?;
/// assert_eq!(share.at(&t).into_data().to_vec::<f32>().unwrap(), [1.5, 0.0]);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    form: Form,
    scale: f64,
}

deserialize_checked!(Share { form: Form, scale: f64 } via Share::of(form).scaled(scale));

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    Constant,
    TowardData,
    TowardNoise,
    Inverse,
}

impl Share {
    /// 1 at every time.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{loss::Share, rows::to_host};
    ///
    /// let t = Tensor::<Flex, 1>::from_data([0.25, 1.0], &Default::default());
    /// assert_eq!(to_host(Share::constant().at(&t)), [1.0, 1.0]);
    /// ```
    #[must_use]
    pub fn constant() -> Self {
        Self::of(Form::Constant)
    }

    /// `1 - t`: 1 at the data, 0 at the noise.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{loss::Share, rows::to_host};
    ///
    /// let t = Tensor::<Flex, 1>::from_data([0.25, 1.0], &Default::default());
    /// assert_eq!(to_host(Share::toward_data().at(&t)), [0.75, 0.0]);
    /// ```
    #[must_use]
    pub fn toward_data() -> Self {
        Self::of(Form::TowardData)
    }

    /// `t`: 1 at the noise, 0 at the data.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{loss::Share, rows::to_host};
    ///
    /// let t = Tensor::<Flex, 1>::from_data([0.25, 1.0], &Default::default());
    /// assert_eq!(to_host(Share::toward_noise().at(&t)), [0.25, 1.0]);
    /// ```
    #[must_use]
    pub fn toward_noise() -> Self {
        Self::of(Form::TowardNoise)
    }

    /// `1 / t`: growing toward the data.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{loss::Share, rows::to_host};
    ///
    /// let t = Tensor::<Flex, 1>::from_data([0.25, 1.0], &Default::default());
    /// assert_eq!(to_host(Share::inverse().at(&t)), [4.0, 1.0]);
    /// ```
    #[must_use]
    pub fn inverse() -> Self {
        Self::of(Form::Inverse)
    }

    /// Sets the scale.
    ///
    /// # Errors
    /// If the scale is not positive and finite.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{loss::Share, rows::to_host};
    ///
    /// let t = Tensor::<Flex, 1>::from_data([0.25, 1.0], &Default::default());
    /// assert_eq!(to_host(Share::inverse().scaled(0.5)?.at(&t)), [2.0, 0.5]);
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn scaled(self, scale: f64) -> Result<Self, ConfigError> {
        Ok(Self { scale: positive("Share", "scale", scale)?, ..self })
    }

    fn of(form: Form) -> Self {
        Self { form, scale: 1.0 }
    }

    /// The share at each time.
    ///
    /// # Shapes
    /// `t`: `[batch]`, result: `[batch]`.
    #[must_use]
    pub fn at<B: Backend>(&self, t: &Tensor<B, 1>) -> Tensor<B, 1> {
        let t = t.clone();
        let share = match self.form {
            Form::Constant => t.ones_like(),
            Form::TowardData => -t + 1.0,
            Form::TowardNoise => t,
            Form::Inverse => {
                let least = least_time(t.dtype());
                t.clamp_min(least).recip()
            }
        };
        share * self.scale
    }
}

#[cfg(test)]
mod tests {
    use burn_ndarray::NdArray;

    use super::*;

    #[test]
    fn the_shares_are_what_their_names_say() {
        let t = Tensor::<NdArray<f64>, 1>::from_data([0.0, 0.25, 1.0], &Default::default());
        let at = |share: Share| share.at(&t).into_data().to_vec::<f64>().unwrap();
        assert_eq!(at(Share::constant()), [1.0, 1.0, 1.0]);
        assert_eq!(at(Share::toward_data()), [1.0, 0.75, 0.0]);
        assert_eq!(at(Share::toward_noise()), [0.0, 0.25, 1.0]);
        assert_eq!(at(Share::inverse()), [1e8, 4.0, 1.0]);
        assert_eq!(at(Share::inverse().scaled(0.5).unwrap()), [0.5e8, 2.0, 0.5]);
    }

    #[test]
    fn wrong_scales_are_refused() {
        for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let message = Share::constant().scaled(scale).unwrap_err().to_string();
            assert!(message.contains(&format!("{scale:?}")), "{message}");
        }
    }
}
