//! How small times and their differences may be, in floating point.

use burn::tensor::DType;

/// The smallest time by which this crate divides, for a type of float.
///
/// At `t = 0` a denoiser's velocity `(x - D) / t` is zero over zero, so it is taken a little later. The
/// rounding error of `x - D` is divided by `t`, while the error of the delay grows with `t`; the two balance
/// near the square root of the precision: `1e-8` for f64, `1e-4` for f32. In half precision `t^-2` must not
/// overflow either: `2^-6` for f16, `2^-4` for bf16.
///
/// # Example
/// ```
/// use burn::tensor::DType;
/// use reflow::time::least_time;
///
/// assert_eq!((least_time(DType::F32), least_time(DType::F64)), (1e-4, 1e-8));
/// ```
#[must_use]
pub fn least_time(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-8,
        DType::F16 => 1.0 / 64.0,
        DType::BF16 => 1.0 / 16.0,
        _ => 1e-4,
    }
}

/// How much two equal times may differ by rounding.
pub(crate) const TIME_ROUNDING: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_square_stays_in_range() {
        for (dtype, largest) in [(DType::F16, 65504.0), (DType::BF16, 3e38), (DType::F32, 3e38)] {
            assert!(least_time(dtype).powi(-2) < largest);
        }
    }
}
