//! Noise matched to data within the batch.

use burn::tensor::backend::Backend;

use super::{Coupling, Pair};
use crate::{Condition, Error, Rng, rows, transport::match_exactly};

/// The pairs of another coupling, their noise exchanged within each batch so that the total of
/// `|x0 - x1|^2` is least.
///
/// The noise moves, never the data, so conditions stay with their rows. The assignment is exact, on the host
/// (Jonker-Volgenant, cubic in the batch at worst). Both ends keep their laws.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Coupling, Rng, coupling::{Gaussian, Independent, MinibatchOt, NormalLaw}};
///
/// let independent = Independent::new(NormalLaw::new(vec![1], 0.0, 1.0)?, Gaussian);
/// let pair = Coupling::<Flex>::draw(&MinibatchOt::new(independent), 64, &Rng::new(0), &Default::default())?;
/// let close = (pair.x0() - pair.x1()).square().mean().into_scalar();
/// assert!(close < 0.2);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Pooladian et al., *Multisample Flow Matching*, 2023; Tong et al., *Improving and Generalizing
/// Flow-Based Generative Models with Minibatch Optimal Transport*, 2024.
#[derive(Debug, Clone)]
pub struct MinibatchOt<Q> {
    coupling: Q,
}

impl<Q> MinibatchOt<Q> {
    /// Matches the pairs of `coupling`.
    pub fn new(coupling: Q) -> Self {
        Self { coupling }
    }
}

impl<B, const D: usize, Y, Q> Coupling<B, D, Y> for MinibatchOt<Q>
where
    B: Backend,
    Y: Condition,
    Q: Coupling<B, D, Y>,
{
    fn draw(&self, batch: usize, rng: &Rng, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let (x0, x1, y) = self.coupling.draw(batch, rng, device)?.into_parts();
        let (data, noise) = (rows::to_host(x0.clone()), rows::to_host(x1.clone()));
        let partners = match_exactly(&data, &noise, rows::width(&x0.dims()));
        let x1 = x1.select(0, rows::numbers(partners, device));
        Pair::with_conditions(x0, x1, y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupling::{Gaussian, Independent, NormalLaw};
    use burn_ndarray::NdArray;

    #[test]
    fn in_one_dimension_it_sorts() {
        let law = NormalLaw::new(vec![1], 2.0, 3.0).unwrap();
        let pair = Coupling::<NdArray<f64>>::draw(
            &MinibatchOt::new(Independent::new(law, Gaussian)),
            100,
            &Rng::new(4),
            &Default::default(),
        );
        let pair = pair.unwrap();
        let (x0, x1) = (rows::to_host(pair.x0()), rows::to_host(pair.x1()));
        let mut order: Vec<usize> = (0..100).collect();
        order.sort_by(|&i, &j| x0[i].total_cmp(&x0[j]));
        assert!(order.windows(2).all(|pair| x1[pair[0]] <= x1[pair[1]]));
    }
}
