//! Noise matched to data in blocks.

use std::ops::Range;

use burn::tensor::{Tensor, backend::Backend};

use super::{Coupling, Independent, Pair};
use crate::{
    Condition, ConfigError, Error, Key,
    data::{Data, Noise},
    error::{at_least_one, not_negative},
    rows,
    transport::{Classes, Sides},
};

/// Draws data and noise independently, then permutes the noise within each block of rows to minimise the sum
/// of `|x0 - x1|^2`.
///
/// Rows are exchanged only within the same condition, so that the noise stays standard normal under each.
/// Labels and masks split a block into classes. Features instead add `w |y - y'|^2` to the cost of an
/// exchange: the larger the [weight](MinibatchOt::with_condition_weight), the less the noise depends on them.
/// The assignment is exact, computed on the host (Jonker-Volgenant, at worst cubic in the block size), and
/// both ends keep their distributions.
///
/// With blocks of `n` rows, row `i` belongs to block `i / n`. Drawing a part of a block costs as much as
/// drawing all of it, so set `n` to the batch size.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Coupling, Key, coupling::MinibatchOt, data::{Gaussian, Normal}};
///
/// let coupling = MinibatchOt::new(Normal::new(vec![1], 0.0, 1.0)?, Gaussian).with_block(64)?;
/// let pair = Coupling::<Flex>::draw(&coupling, 0..64, &Key::new(0), &Default::default())?;
/// let close = (pair.x0() - pair.x1()).square().mean().into_scalar();
/// assert!(close < 0.2);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Pooladian et al., *Multisample Flow Matching*, 2023; Tong et al., *Improving and Generalizing
/// Flow-Based Generative Models with Minibatch Optimal Transport*, 2024; under conditions Cheng & Schwing,
/// *The Curse of Conditions*, 2025.
#[derive(Debug, Clone)]
pub struct MinibatchOt<P0, P1> {
    data: P0,
    noise: P1,
    block: usize,
    condition_weight: f64,
}

impl<P0, P1> MinibatchOt<P0, P1> {
    /// Matches data and noise in blocks of 256 rows, with a condition weight of 1.
    pub fn new(data: P0, noise: P1) -> Self {
        Self { data, noise, block: 256, condition_weight: 1.0 }
    }

    /// Sets the number of rows that are matched together.
    ///
    /// # Errors
    /// If it is zero.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Coupling, Error, Key, coupling::MinibatchOt, data::{Gaussian, Normal}};
    ///
    /// let cost = |block| -> Result<f32, Error> {
    ///     let coupling = MinibatchOt::new(Normal::new(vec![1], 0.0, 1.0)?, Gaussian).with_block(block)?;
    ///     let pair = Coupling::<Flex>::draw(&coupling, 0..64, &Key::new(0), &Default::default())?;
    ///     Ok((pair.x0() - pair.x1()).square().mean().into_scalar())
    /// };
    /// assert!(cost(64)? < cost(8)?);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_block(self, rows: usize) -> Result<Self, ConfigError> {
        Ok(Self { block: at_least_one("MinibatchOt", "block", rows)?, ..self })
    }

    /// Sets how much the squared distance between the features of two rows counts relative to that between
    /// the rows.
    ///
    /// With a weight of 0 the features are ignored.
    ///
    /// # Errors
    /// If it is negative or not finite.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{
    ///     Coupling, Error, Key, condition::Features, coupling::MinibatchOt, data::{Dataset, Gaussian},
    /// };
    ///
    /// let device = Default::default();
    /// let x = Tensor::<Flex, 2>::from_data([[-2.0], [2.0]], &device);
    /// let data = Dataset::<Flex, 2, Features>::with_conditions(x.clone(), x)?;
    /// let dependence = |weight| -> Result<f32, Error> {
    ///     let coupling = MinibatchOt::new(data.clone(), Gaussian).with_condition_weight(weight)?;
    ///     let pair = coupling.draw(0..256, &Key::new(0), &device)?;
    ///     Ok((pair.x0().sign() * pair.x1()).mean().into_scalar().abs())
    /// };
    /// assert!(dependence(100.0)? < 0.5 * dependence(0.0)?);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_condition_weight(self, weight: f64) -> Result<Self, ConfigError> {
        let condition_weight = not_negative("MinibatchOt", "condition_weight", weight)?;
        Ok(Self { condition_weight, ..self })
    }
}

impl<P0, P1> MinibatchOt<P0, P1> {
    /// The pairs of one block, matched.
    fn matched<B, const D: usize, Y>(
        &self,
        block: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<Pair<B, D, Y>, Error>
    where
        B: Backend,
        Y: Condition,
        P0: Data<B, D, Y>,
        P1: Noise<B, D>,
    {
        let apart = Independent::new(&self.data, &self.noise).draw(block, key, device)?;
        let (x0, x1, y) = apart.into_parts();
        let classes = Classes::of::<B, Y>(&y, x0.dims()[0]);
        // Each row's features are part of both ends, so exchanging the noise of two rows also costs their
        // distance.
        let points = Y::points::<B>(&y).map(|points| points * self.condition_weight.sqrt());
        if let Some(points) = &points {
            rows::check_finite("the features to match rows by", points)?;
        }
        let side = |x: Tensor<B, D>| {
            let x = rows::flatten(x);
            points.clone().map_or(x.clone(), |points| Tensor::cat(vec![x, points], 1))
        };
        let partners = classes.match_exactly(&Sides::read(side(x0.clone()), side(x1.clone())));
        let x1 = x1.select(0, rows::indices(partners, device));
        Pair::with_conditions(x0, x1, y)
    }
}

impl<B, const D: usize, Y, P0, P1> Coupling<B, D, Y> for MinibatchOt<P0, P1>
where
    B: Backend,
    Y: Condition,
    P0: Data<B, D, Y>,
    P1: Noise<B, D>,
{
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let blocks = rows.start / self.block..rows.end.div_ceil(self.block);
        let part = |block: usize| {
            let (start, end) = (block * self.block, (block + 1) * self.block);
            let pairs = self.matched(start..end, key, device)?;
            pairs.slice(rows.start.max(start) - start..rows.end.min(end) - start)
        };
        Pair::cat(blocks.map(part).collect::<Result<_, Error>>()?)
    }
}

#[cfg(test)]
mod tests {
    use burn_ndarray::NdArray;

    use super::*;
    use crate::{
        Labels,
        condition::Features,
        data::{Dataset, Gaussian, Normal},
    };

    type B = NdArray<f64>;

    #[test]
    fn in_one_dimension_it_sorts() {
        let coupling = MinibatchOt::new(Normal::new(vec![1], 2.0, 3.0).unwrap(), Gaussian);
        let coupling = coupling.with_block(100).unwrap();
        let pair = Coupling::<B>::draw(&coupling, 0..100, &Key::new(4), &Default::default()).unwrap();
        let (x0, x1) = (rows::to_host(pair.x0()), rows::to_host(pair.x1()));
        let mut order: Vec<usize> = (0..100).collect();
        order.sort_by(|&i, &j| x0[i].total_cmp(&x0[j]));
        assert!(order.windows(2).all(|pair| x1[pair[0]] <= x1[pair[1]]));
    }

    /// The mean noise of the rows of a class, over blocks of two classes at -2 and +2.
    fn mean_noise_of_class_zero(coupling: &impl Coupling<B, 2, Labels>) -> f64 {
        let (_, x1, y) = coupling.draw(0..4096, &Key::new(1), &Default::default()).unwrap().into_parts();
        let labels: Vec<i64> = y.into_data().convert::<i64>().to_vec().unwrap();
        let noise: Vec<f64> =
            rows::to_host(x1).into_iter().zip(labels).filter(|(_, y)| *y == 0).map(|(x, _)| x).collect();
        noise.iter().sum::<f64>() / noise.len() as f64
    }

    fn two_classes() -> Dataset<B, 2, Labels> {
        let device = Default::default();
        let x = Tensor::from_data([[-2.0], [2.0]], &device);
        Dataset::with_labels(x, Tensor::from_ints([0, 1], &device)).unwrap()
    }

    // Matched across labels, the mean would be -0.8, that of the lower half of a normal distribution.
    #[test]
    fn noise_stays_normal_under_each_label() {
        let mean = mean_noise_of_class_zero(&MinibatchOt::new(two_classes(), Gaussian));
        // About 2,000 draws of variance 1.
        assert!(mean.abs() < 0.1, "{mean}");
    }

    #[test]
    fn noise_nears_independence_of_features_as_their_weight_grows() {
        let data = two_classes();
        let x = data.rows();
        let data = Dataset::<B, 2, Features>::with_conditions(x.clone(), x).unwrap();
        let mean = |weight: f64| {
            let coupling = MinibatchOt::new(data.clone(), Gaussian).with_condition_weight(weight).unwrap();
            let (x0, x1, _) = coupling.draw(0..4096, &Key::new(1), &Default::default()).unwrap().into_parts();
            (x0.sign() * x1).mean().into_scalar()
        };
        assert!(mean(0.0) > 0.7, "{}", mean(0.0));
        assert!(mean(100.0).abs() < 0.06, "{}", mean(100.0));
    }

    #[test]
    fn wrong_settings_are_refused() {
        let coupling = || MinibatchOt::new(two_classes(), Gaussian);
        assert!(coupling().with_block(0).unwrap_err().to_string().contains("block"));
        assert!(coupling().with_condition_weight(-1.0).unwrap_err().to_string().contains("-1.0"));
    }
}
