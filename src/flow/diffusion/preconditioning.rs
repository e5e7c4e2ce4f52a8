//! What lies between a diffusion model's network and its denoiser.

use std::fmt::Debug;

use burn::tensor::{Tensor, backend::Backend};

/// The four numbers of a preconditioning at the noise level of each row: `[batch]` each.
#[derive(Debug, Clone)]
pub struct Preconditioned<B: Backend> {
    /// What the noisy batch is multiplied by in the denoiser, `c_skip`.
    pub skip: Tensor<B, 1>,
    /// What the network's prediction is multiplied by, `c_out`.
    pub out: Tensor<B, 1>,
    /// What the noisy batch is multiplied by before the network, `c_in`.
    pub scale: Tensor<B, 1>,
    /// What the network is told of the noise level, `c_noise`.
    pub noise: Tensor<B, 1>,
}

/// How a network `F` is made a denoiser: `D(x, sigma) = c_skip x + c_out F(c_in x; c_noise)`.
///
/// Source: Karras et al. (EDM), 2022, equation 7 and table 1.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the preconditioning of a diffusion model",
    note = "use `flow::EdmPreconditioning` or `flow::VariancePreserving`, or implement `reflow::flow::Preconditioning` for it"
)]
pub trait Preconditioning: Debug + Clone + Send + Sync {
    /// The least and the greatest noise level that models under it are trained on; EDM's 0.002 and 80 by default.
    fn noise_levels(&self) -> [f64; 2] {
        [0.002, 80.0]
    }

    /// The four numbers at each noise level.
    ///
    /// # Shapes
    /// `sigma`: `[batch]`, positive.
    fn at<B: Backend>(&self, sigma: Tensor<B, 1>) -> Preconditioned<B>;
}
