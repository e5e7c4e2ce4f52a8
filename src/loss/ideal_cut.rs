//! Every frequency above a cutoff.

use burn::tensor::{Tensor, backend::Backend};
use serde::Serialize;

use super::{Filter, cosine::scale_frequencies};
use crate::{
    ConfigError,
    error::{deserialize_checked, require},
};

/// The ideal high-pass filter: it removes the frequencies up to a cutoff `c` and passes the others unchanged.
///
/// ```text
/// mu(k, l) = 0 if sqrt(((k / height)^2 + (l / width)^2) / 2) <= c, else 1
/// ```
///
/// The cutoff is a fraction of the highest frequency of the image, in the corner of its spectrum. Along the
/// only axis of a sequence, or of an image one pixel high, it is a fraction of the highest frequency of that
/// axis.
///
/// # Example
/// ```
/// use reflow::loss::{Filter, HighPass, IdealCut};
///
/// let cut = IdealCut::default();
/// assert_eq!(cut.eigenvalue([0, 4], [32, 32]), 0.0);
/// assert_eq!(cut.eigenvalue([0, 5], [32, 32]), 1.0);
/// let phi = HighPass::new(10.0)?.with_filter(cut);
/// # Ok::<(), reflow::ConfigError>(())
/// ```
///
/// Source: public code for another model, to which one of the authors of Simple ReFlow contributed, whose
/// cutoff is the [`Default`], 0.1. That code cuts in the Fourier basis; the cosine basis here does without
/// the jump where an image wraps around.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IdealCut {
    cutoff: f64,
}

deserialize_checked!(IdealCut { cutoff: f64 } via IdealCut::new(cutoff));

impl IdealCut {
    /// The filter with this cutoff.
    ///
    /// # Errors
    /// If the cutoff is not in `[0, 1)`.
    pub fn new(cutoff: f64) -> Result<Self, ConfigError> {
        let ok = (0.0..1.0).contains(&cutoff);
        Ok(Self { cutoff: require(ok, "IdealCut", "cutoff", "in [0, 1)", cutoff)? })
    }
}

impl Default for IdealCut {
    fn default() -> Self {
        Self { cutoff: 0.1 }
    }
}

impl Filter for IdealCut {
    fn eigenvalue(&self, frequency: [usize; 2], sides: [usize; 2]) -> f64 {
        let axes = sides.iter().filter(|&&side| side > 1).count().max(1);
        let square = |axis: usize| (frequency[axis] as f64 / sides[axis] as f64).powi(2);
        let distance = ((square(0) + square(1)) / axes as f64).sqrt();
        f64::from(u8::from(distance > self.cutoff))
    }

    fn blend<B: Backend>(&self, images: Tensor<B, 4>, keep: f64, detail: f64) -> Tensor<B, 4> {
        let [_, _, height, width] = images.dims();
        scale_frequencies(images, |k| keep + detail * self.eigenvalue(k, [height, width]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(cutoff: f64, [height, width]: [usize; 2]) -> usize {
        let cut = IdealCut::new(cutoff).unwrap();
        let all = (0..height * width).map(|at| [at / width, at % width]);
        all.filter(|&k| cut.eigenvalue(k, [height, width]) == 0.0).count()
    }

    #[test]
    fn low_frequencies_are_counted() {
        assert_eq!(kept(0.0, [8, 8]), 1);
        assert_eq!(kept(0.1, [8, 8]), 3); // (0, 0), (0, 1) and (1, 0)
        assert_eq!(kept(0.1, [32, 32]), 22); // k^2 + l^2 <= 20.48
        assert_eq!(kept(0.1, [1, 32]), 4); // l <= 3.2
        assert_eq!(kept(0.1, [32, 1]), 4);
    }

    #[test]
    fn wrong_cutoffs_are_refused() {
        for cutoff in [-0.1, 1.0, f64::NAN, f64::INFINITY] {
            assert!(IdealCut::new(cutoff).unwrap_err().to_string().contains(&format!("{cutoff:?}")));
        }
    }
}
