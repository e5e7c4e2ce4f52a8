//! The time as features.

use std::f32::consts::PI;

use burn::tensor::{Tensor, backend::Backend};

use crate::Time;

/// The sinusoidal embedding of a time: `sin(pi k t)` and `cos(pi k t)` for `k = 1, .., frequencies`.
///
/// Pass it through a linear layer and add the result to the features of the first layer, or of every layer.
///
/// # Shapes
/// `frequencies`: at least one. Result: `[batch, 2 frequencies]`, or `[1, 2 frequencies]` if the rows share
/// one time, to be broadcast.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{models::time_embedding, time::IntoTime};
///
/// let x = Tensor::<Flex, 2>::zeros([8, 3], &Default::default());
/// let t = 0.5.into_time(&x); // as a flow's `predict` gets it
/// let features = time_embedding(&t, 2);
/// features.into_data().assert_approx_eq::<f32>(&[[1.0, 0.0, 0.0, -1.0]].into(), Default::default());
/// ```
pub fn time_embedding<B: Backend>(t: &Time<B>, frequencies: usize) -> Tensor<B, 2> {
    let t = t.distinct();
    let rates: Vec<f32> = (1..=frequencies).map(|k| k as f32 * PI).collect();
    let rates = Tensor::<B, 1>::from_floats(rates.as_slice(), &t.device());
    let angles = t.unsqueeze_dim::<2>(1) * rates.unsqueeze_dim(0);
    Tensor::cat(vec![angles.clone().sin(), angles.cos()], 1)
}
