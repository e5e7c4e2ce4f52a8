//! From a diffusion model's network to its denoiser.

use std::fmt::Debug;

use burn::tensor::{Tensor, backend::Backend};

/// The four coefficients of a preconditioning at the noise level of each row, each `[batch]`.
#[derive(Debug, Clone)]
pub struct Preconditioned<B: Backend> {
    /// `c_skip`: the factor of the noisy batch in the denoiser.
    pub skip: Tensor<B, 1>,
    /// `c_out`: the factor of the network's prediction.
    pub out: Tensor<B, 1>,
    /// `c_in`: the factor of the noisy batch as the network's input.
    pub scale: Tensor<B, 1>,
    /// `c_noise`: the noise level as the network receives it.
    pub noise: Tensor<B, 1>,
}

/// How a network `F` becomes a denoiser: `D(x, sigma) = c_skip x + c_out F(c_in x; c_noise)`.
///
/// # Example
///
/// A network that predicts the data itself:
///
/// ```
/// use burn::tensor::{Tensor, backend::Backend};
/// use reflow::flow::{Preconditioned, Preconditioning};
///
/// #[derive(Debug, Clone)]
/// struct PredictsData;
///
/// impl Preconditioning for PredictsData {
///     fn at<B: Backend>(&self, sigma: Tensor<B, 1>) -> Preconditioned<B> {
///         let (zero, one) = (sigma.zeros_like(), sigma.ones_like());
///         Preconditioned { skip: zero, out: one.clone(), scale: one, noise: sigma.log() }
///     }
/// }
///
/// assert_eq!(PredictsData.noise_levels(), [0.002, 80.0]);
/// ```
///
/// Source: Karras et al. (EDM), 2022, equation 7 and table 1.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the preconditioning of a diffusion model",
    note = "use `flow::EdmPreconditioning` or `flow::VariancePreserving`, or implement `reflow::flow::Preconditioning` for it"
)]
pub trait Preconditioning: Debug + Clone + Send + Sync {
    /// The lowest and the highest noise level that models are trained on with it; by default EDM's 0.002 and
    /// 80.
    ///
    /// # Example
    /// ```
    /// use reflow::flow::{Preconditioning, VariancePreserving};
    ///
    /// let [low, high] = VariancePreserving::default().noise_levels();
    /// assert!((0.010..0.011).contains(&low) && (152.0..153.0).contains(&high));
    /// ```
    fn noise_levels(&self) -> [f64; 2] {
        [0.002, 80.0]
    }

    /// The four coefficients at each noise level.
    ///
    /// # Shapes
    /// `sigma`: `[batch]`, positive.
    ///
    /// # Example
    /// ```
    /// # use burn::tensor::Tensor;
    /// # use burn_flex::Flex;
    /// use reflow::{flow::{EdmPreconditioning, Preconditioning}, rows::to_host};
    ///
    /// let sigma = Tensor::<Flex, 1>::from_data([1.0], &Default::default());
    /// let at = EdmPreconditioning::new(1.0)?.at(sigma);
    /// assert_eq!((to_host(at.skip), to_host(at.noise)), (vec![0.5], vec![0.0]));
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    fn at<B: Backend>(&self, sigma: Tensor<B, 1>) -> Preconditioned<B>;
}
