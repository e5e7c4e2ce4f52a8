//! Testing whether noise is standard normal.

use std::fmt;

use burn::tensor::{Tensor, backend::Backend};
use serde::{Deserialize, Serialize};

use super::{
    host::HostRows,
    normality::{Columns, along_bases, correlations, mean, radius, scale, variances},
    significance::Evidence,
};
use crate::{Error, Key, error::at_least_one, rows::check_at_least};

/// The results of [`noise_marginal`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseMarginal {
    /// The p-value of all tests together: six times the smallest of the six below, at most 1.
    pub p: f64,
    /// The statistic is `n |mean|^2`.
    pub mean: Evidence,
    /// The statistic is the mean square of all values, about 1 for sound noise.
    pub scale: Evidence,
    /// The statistic is the least likely mean square of a column.
    pub variances: Evidence,
    /// The statistic is the correlation of two columns that is largest in absolute value.
    pub correlations: Evidence,
    /// The statistic is the Kolmogorov-Smirnov distance of the squared radii from their chi-square
    /// distribution.
    pub radius: Evidence,
    /// The statistic is the largest Kolmogorov-Smirnov distance of a projection from the normal distribution.
    pub projections: Evidence,
}

/// Tests whether rows are independent draws of `N(0, I)`, the distribution that a flow starts from.
///
/// There are six tests of the `n` rows of `d` values, each valid under that hypothesis:
///
/// | test | statistic | distribution |
/// |---|---|---|
/// | mean | `n \|mean\|^2` | chi-square with `d` degrees of freedom, upper tail |
/// | scale | sum of all squares | chi-square with `n d` degrees of freedom, both tails |
/// | variances | sum of squares of each column | chi-square with `n` degrees of freedom, both tails. Columns are independent, so the smallest of `d` p-values becomes `1 - (1 - p)^d` |
/// | correlations | `r = sum x y / (sum x^2 sum y^2)^(1/2)` of two columns | `r^2` is Beta(1/2, (n - 1)/2), since all directions of `x` are equally likely. Any two pairs of columns are independent, and the smallest of `m` p-values is treated as if all were |
/// | radius | `\|x\|^2` of each row | chi-square with `d` degrees of freedom, by Kolmogorov-Smirnov |
/// | projections | `<x, u>` of each row | standard normal, by Kolmogorov-Smirnov. The directions of a random orthonormal basis are independent, so again `1 - (1 - p)^d`. Different bases are not, so their smallest p-value is multiplied by the number of bases (Bonferroni) |
///
/// The overall p-value is six times the smallest (Bonferroni): below 0.01 for at most one in a hundred sound
/// samples. All distributions are exact except that of the correlations, and for more than 20 rows that of
/// Kolmogorov-Smirnov (its limit, with Stephens's correction).
///
/// Backward pairs start from fresh noise and pass by construction. Forward pairs, whose noise is data carried
/// along the flow, pass if the flow and its solver are accurate. With enough rows every trained flow fails,
/// so compare p-values at the same `n`.
///
/// Correlations are tested for pairs of columns at most 64 apart, which are all pairs of up to 65 columns.
/// The cost is `n d (projections + 64)`, on the host.
///
/// # Shapes
/// `x1`: `[n, ..]`, at least two rows. 64 projections are usual; if there are few columns, fewer are used,
/// since at most `d / 2` bases (rounded up) are drawn.
///
/// # Errors
/// If there are fewer than two rows, a value is not finite as `f32`, or `projections` is zero.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, metric::noise_marginal};
///
/// let noise = Key::new(0).normal::<Flex, 2>([2000, 4], &Default::default());
/// assert!(noise_marginal(noise.clone(), 64, &Key::new(1))?.p > 0.01);
/// assert!(noise_marginal(noise * 1.1, 64, &Key::new(1))?.p < 1e-6);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: ours, from textbook tests.
pub fn noise_marginal<B: Backend, const D: usize>(
    x1: Tensor<B, D>,
    projections: usize,
    key: &Key,
) -> Result<NoiseMarginal, Error> {
    let rows = HostRows::read("the noise", x1)?;
    // One row has no correlations.
    check_at_least("the rows of the noise", 2, rows.count)?;
    at_least_one("noise_marginal", "projections", projections)?;
    let columns = Columns::of(&rows);
    let found = NoiseMarginal {
        p: 1.0,
        mean: mean(&columns),
        scale: scale(&columns),
        variances: variances(&columns),
        correlations: correlations(&columns),
        radius: radius(&rows),
        projections: along_bases(&rows, projections, &key.fork("projections")),
    };
    let smallest = found.tests().iter().map(|(_, test)| test.p).fold(1.0, f64::min);
    Ok(NoiseMarginal { p: (6.0 * smallest).min(1.0), ..found })
}

impl NoiseMarginal {
    /// The six tests with their names.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, metric::noise_marginal};
    ///
    /// let noise = Key::new(0).normal::<Flex, 2>([1000, 4], &Default::default());
    /// let found = noise_marginal(noise * 1.1, 16, &Key::new(1))?;
    /// let worst = found.tests().into_iter().min_by(|a, b| a.1.p.total_cmp(&b.1.p));
    /// assert_eq!(worst.unwrap().0, "scale");
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn tests(&self) -> [(&'static str, Evidence); 6] {
        [
            ("mean", self.mean),
            ("scale", self.scale),
            ("variances", self.variances),
            ("correlations", self.correlations),
            ("radius", self.radius),
            ("projections", self.projections),
        ]
    }
}

impl fmt::Display for NoiseMarginal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<14} {:>10} {:>9}", "noise", "statistic", "p")?;
        for (name, Evidence { statistic, p }) in self.tests() {
            writeln!(f, "  {name:<12} {statistic:>10.4} {p:>9.1e}")?;
        }
        write!(f, "  {:<12} {:>10} {:>9.1e}", "all", "", self.p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{
        host::testing::{B, DEVICE, normal},
        significance::testing::assert_uniform,
    };

    fn check(x1: Tensor<B, 2>) -> NoiseMarginal {
        noise_marginal(x1, 16, &Key::new(7)).unwrap()
    }

    #[test]
    fn p_values_of_noise_are_uniform() {
        for (rows, width) in [(10, 3), (40, 2)] {
            let draws: Vec<NoiseMarginal> = (0..400)
                .map(|seed| {
                    noise_marginal(normal(1000 + seed, [rows, width]), width, &Key::new(seed)).unwrap()
                })
                .collect();
            for test in 0..6 {
                let name = draws[0].tests()[test].0;
                assert_uniform(name, draws.iter().map(|draw| draw.tests()[test].1.p).collect());
            }
        }
    }

    // In two columns many directions would nearly repeat one another; the p-value of the projections must
    // stay valid. Of 500 sound samples 25 are expected below 0.05; fewer than 10, or more than 45, have a
    // probability of 1e-4.
    #[test]
    fn projections_speak_in_few_columns_too() {
        for width in [1, 2] {
            let p =
                |seed| noise_marginal(normal(seed, [200, width]), 64, &Key::new(seed)).unwrap().projections.p;
            let below = (0..500).filter(|&seed| p(seed) < 0.05).count();
            assert!((10..=45).contains(&below), "{below} of 500 with {width} columns");
        }
    }

    // Of 500 sound samples 5 are expected below 0.01; more than 13 have a probability of 4e-4.
    #[test]
    fn sound_noise_is_seldom_refused() {
        for width in [1, 2, 70] {
            let refused = (0..500).filter(|&seed| check(normal(seed, [12, width])).p <= 0.01).count();
            assert!(refused <= 13, "{refused} of 500 with {width} columns");
        }
    }

    #[test]
    fn another_mean_or_scale_is_seen() {
        let noise = normal(0, [5000, 4]);
        let shifted = check(noise.clone() + 0.1);
        assert!(shifted.p < 1e-6 && shifted.mean.p < 1e-6, "{shifted}");
        let scaled = check(noise.clone() * 1.05);
        assert!(scaled.p < 1e-6 && scaled.scale.p < 1e-6, "{scaled}");
        let shrunk = check(noise * 0.95);
        assert!(shrunk.p < 1e-6 && shrunk.scale.p < 1e-6, "{shrunk}");
    }

    #[test]
    fn one_wide_column_is_seen() {
        let noise = normal(0, [5000, 70]);
        let factors =
            Tensor::cat(vec![Tensor::ones([1, 69], &DEVICE), Tensor::full([1, 1], 1.2, &DEVICE)], 1);
        let found = check(noise * factors);
        assert!(found.p < 1e-6 && found.variances.p < 1e-6, "{found}");
    }

    #[test]
    fn a_correlated_pair_is_seen() {
        let noise = normal(1, [2000, 6]);
        let (first, others) = (noise.clone().narrow(1, 0, 1), noise.narrow(1, 1, 5));
        let mixed = first * 0.96_f64.sqrt() + others.clone().narrow(1, 2, 1) * 0.2;
        let found = check(Tensor::cat(vec![mixed, others], 1));
        assert!(found.p < 1e-6 && found.correlations.p < 1e-6, "{found}");
    }

    #[test]
    fn heavy_tails_of_the_same_variance_are_seen() {
        // Student's t with 6 degrees of freedom: each normal row is divided by the root of one chi-square
        // value.
        let spread = normal(3, [5000, 6]).square().sum_dim(1) / 4.0;
        let found = check(normal(2, [5000, 4]) / spread.sqrt());
        assert!(found.p < 1e-6 && found.radius.p < 1e-6, "{found}");
    }

    #[test]
    fn a_sphere_is_not_normal() {
        let noise = normal(4, [500, 3]);
        let length = noise.clone().square().sum_dim(1).sqrt();
        let found = check(noise / length * 3.0_f64.sqrt());
        assert!(found.p < 1e-6 && found.radius.p < 1e-6, "{found}");
    }

    #[test]
    fn two_values_are_not_normal() {
        let found = check(normal(5, [500, 1]).sign());
        assert!(found.p < 1e-6 && found.projections.p < 1e-6, "{found}");
    }

    #[test]
    fn rows_of_one_value_are_refused_with_a_number() {
        for value in [0.0, 1.0, 1e-30, f64::from(f32::MAX)] {
            for width in [1, 3] {
                let found = check(Tensor::full([50, width], value, &DEVICE));
                assert!(found.p < 1e-6, "{found}");
                assert!(found.tests().iter().all(|(_, test)| (0.0..=1.0).contains(&test.p)), "{found}");
                assert!(found.tests().iter().all(|(_, test)| test.statistic.is_finite()), "{found}");
            }
        }
    }

    #[test]
    fn few_rows_of_many_values_do() {
        let found = check(normal(6, [2, 1000]));
        assert!(found.p > 0.01, "{found}");
    }

    #[test]
    fn what_cannot_be_tested_is_an_error() {
        let of = |x1| noise_marginal(x1, 4, &Key::new(0));
        assert!(matches!(of(Tensor::zeros([0, 2], &DEVICE)), Err(Error::Empty { .. })));
        assert!(matches!(of(normal(0, [1, 2])), Err(Error::TooFew { least: 2, found: 1, .. })));
        assert!(matches!(of(normal(0, [3, 2]) * f64::NAN), Err(Error::NotFinite { row: 0, .. })));
        assert!(noise_marginal(normal(0, [3, 2]), 0, &Key::new(0)).is_err());
    }
}
