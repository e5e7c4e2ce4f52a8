//! The perceptual loss LPIPS.

mod net;
mod weights;

use std::path::Path;

use burn::tensor::{Tensor, backend::Backend};
use burn_train::metric::vision::{self, LpipsConfig};

use self::{
    net::Net,
    weights::{Source, load},
};
use super::Loss;
use crate::{Condition, ConfigError, Error, Pair, error::require, flow::Answer};

/// How different two images look: the distance between their features in a trained network (the trunk), layer
/// by layer.
///
/// ```text
/// LPIPS(a, b) = sum_l mean_hw sum_c w_lc (f_lc(a) / |f_l(a)| - f_lc(b) / |f_l(b)|)^2
/// ```
///
/// where `f_l` are the features of layer `l`, divided by their length at each position, and `w_lc` the
/// weights of its head.
///
/// **Proposition 1 does not hold**: the minimiser is not a mean of the data. An image between two images
/// looks like neither, so what a flow trained on this loss predicts is not its velocity.
/// [`Blend`](super::Blend) combines it with another loss.
///
/// Images are in `[-1, 1]`. A grey image is repeated to three channels. An image smaller than the trunk
/// accepts (31 by 31 for AlexNet, 16 by 16 for VGG-16, 25 by 25 for SqueezeNet) is upscaled (nearest
/// neighbour) by the smallest sufficient integer factor. [`enlarged_to`](Lpips::enlarged_to) asks for more,
/// because at the minimum size the network sees hardly any local detail.
///
/// Values and gradients match those of PyPI's `lpips` 0.1.4. Only the images get a gradient, never the
/// network, and the features of `x0`, which needs none, are not recorded. To use the loss as a metric, load
/// it on the plain backend: an autodiff backend keeps a little of each forward pass until the next backward
/// pass.
///
/// # Example
/// ```no_run
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::loss::Lpips;
///
/// let device = Default::default();
/// let loss = Lpips::<Flex>::alex("alexnet-owt-7be5be79.pth", "lpips/weights/v0.1/alex.pth", &device)?;
/// let (grey, white) = (Tensor::zeros([1, 3, 32, 32], &device), Tensor::ones([1, 3, 32, 32], &device));
/// println!("{}", loss.between(grey, white));
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Zhang et al., *The Unreasonable Effectiveness of Deep Features as a Perceptual Metric*, 2018,
/// section 3, version 0.1 of its weights. The trunks are those of burn-train.
#[derive(Debug, Clone)]
pub struct Lpips<B: Backend> {
    network: vision::Lpips<B>,
    smallest_side: usize,
    side: usize,
}

impl<B: Backend> Lpips<B> {
    /// LPIPS on AlexNet: the fastest and, according to its authors, the closest to human judgement.
    ///
    /// `backbone` is torchvision's file of AlexNet, `heads` is `weights/v0.1/alex.pth` of `lpips`. A file
    /// whose name ends in `.safetensors` is read as such, any other as PyTorch's. Tensors of `backbone` under
    /// `classifier` are ignored.
    ///
    /// # Errors
    /// [`Error::Weights`] if a file cannot be read, lacks a tensor, or holds one of another name or shape.
    ///
    /// # Example
    /// ```no_run
    /// use burn_flex::Flex;
    /// use reflow::loss::Lpips;
    ///
    /// let (backbone, heads) = ("alexnet-owt-7be5be79.pth", "v0.1/alex.pth");
    /// let loss = Lpips::<Flex>::alex(backbone, heads, &Default::default())?;
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn alex(
        backbone: impl AsRef<Path>,
        heads: impl AsRef<Path>,
        device: &B::Device,
    ) -> Result<Self, Error> {
        Self::load(&net::ALEX, backbone.as_ref(), heads.as_ref(), device)
    }

    /// LPIPS on VGG-16, the usual choice for training: torchvision's `vgg16`, and `vgg.pth`.
    ///
    /// # Errors
    /// As for [`alex`](Lpips::alex).
    ///
    /// # Example
    /// ```no_run
    /// use burn_flex::Flex;
    /// use reflow::loss::Lpips;
    ///
    /// let (backbone, heads) = ("vgg16-397923af.pth", "v0.1/vgg.pth");
    /// let loss = Lpips::<Flex>::vgg(backbone, heads, &Default::default())?;
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn vgg(
        backbone: impl AsRef<Path>,
        heads: impl AsRef<Path>,
        device: &B::Device,
    ) -> Result<Self, Error> {
        Self::load(&net::VGG, backbone.as_ref(), heads.as_ref(), device)
    }

    /// LPIPS on SqueezeNet, the smallest: torchvision's `squeezenet1_1`, and `squeeze.pth`.
    ///
    /// # Errors
    /// As for [`alex`](Lpips::alex).
    ///
    /// # Example
    /// ```no_run
    /// use burn_flex::Flex;
    /// use reflow::loss::Lpips;
    ///
    /// let (backbone, heads) = ("squeezenet1_1-b8a52dc0.pth", "v0.1/squeeze.pth");
    /// let loss = Lpips::<Flex>::squeeze(backbone, heads, &Default::default())?;
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn squeeze(
        backbone: impl AsRef<Path>,
        heads: impl AsRef<Path>,
        device: &B::Device,
    ) -> Result<Self, Error> {
        Self::load(&net::SQUEEZE, backbone.as_ref(), heads.as_ref(), device)
    }

    fn load(net: &Net, backbone: &Path, heads: &Path, device: &B::Device) -> Result<Self, Error> {
        let config = LpipsConfig::new().with_net(net.kind).with_normalize(false);
        let sources = [
            Source { file: backbone, names: net.trunk, left_over: &["classifier."] },
            Source { file: heads, names: &net::HEADS, left_over: &[] },
        ];
        let network = load(config.init(device), &sources, device)?;
        Ok(Self { network, smallest_side: net.smallest_side, side: net.smallest_side })
    }

    /// Enlarges images before the trunk sees them, until their shorter side has at least this many pixels.
    ///
    /// The heads were fitted to images of 64 by 64.
    ///
    /// # Errors
    /// If it is less than the trunk accepts.
    ///
    /// # Example
    /// ```no_run
    /// use burn_flex::Flex;
    /// use reflow::loss::Lpips;
    ///
    /// let (backbone, heads) = ("vgg16-397923af.pth", "v0.1/vgg.pth");
    /// let loss = Lpips::<Flex>::vgg(backbone, heads, &Default::default())?;
    /// let loss = loss.enlarged_to(64)?;
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn enlarged_to(mut self, side: usize) -> Result<Self, ConfigError> {
        let enough = side >= self.smallest_side;
        self.side = require(enough, "Lpips", "side", "at least what the trunk takes (31, 16 or 25)", side)?;
        Ok(self)
    }

    /// How different each image of `a` looks from the same image of `b`.
    ///
    /// # Shapes
    /// `a`, `b`: `[batch, 1 or 3, height, width]`, result: `[batch]`.
    ///
    /// # Panics
    /// If the images do not have 1 or 3 channels, or have no pixels.
    ///
    /// # Example
    /// ```no_run
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::loss::Lpips;
    ///
    /// let device = Default::default();
    /// let (backbone, heads) = ("vgg16-397923af.pth", "v0.1/vgg.pth");
    /// let loss = Lpips::<Flex>::vgg(backbone, heads, &device)?;
    /// let grey = Tensor::<Flex, 4>::zeros([1, 1, 32, 32], &device);
    /// assert_eq!(loss.between(grey.clone(), grey).into_scalar(), 0.0);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn between(&self, a: Tensor<B, 4>, b: Tensor<B, 4>) -> Tensor<B, 1> {
        self.network.forward_no_reduction(self.prepare(a), self.prepare(b))
    }

    /// Prepares images for the network: large enough, and with three channels.
    fn prepare(&self, x: Tensor<B, 4>) -> Tensor<B, 4> {
        let [batch, channels, height, width] = x.dims();
        assert!(
            matches!(channels, 1 | 3) && height > 0 && width > 0,
            "LPIPS takes images of 1 or 3 channels and at least 1 by 1, got {channels} channels of {height} by {width}"
        );
        let factor = self.side.div_ceil(height.min(width));
        enlarge(x, factor).expand([batch, 3, factor * height, factor * width])
    }
}

impl<B: Backend, Y: Condition> Loss<B, 4, Y> for Lpips<B> {
    /// # Panics
    /// If the images do not have 1 or 3 channels, or have no pixels.
    fn rows(&self, said: &Answer<B, 4>, pair: &Pair<B, 4, Y>) -> Tensor<B, 1> {
        self.between(said.data(), pair.x0())
    }
}

/// Repeats each pixel in a square of `factor` by `factor`.
fn enlarge<B: Backend>(x: Tensor<B, 4>, factor: usize) -> Tensor<B, 4> {
    if factor == 1 {
        return x;
    }
    let [batch, channels, height, width] = x.dims();
    x.reshape([batch, channels, height, 1, width, 1])
        .expand([batch, channels, height, factor, width, factor])
        .reshape([batch, channels, factor * height, factor * width])
}
