//! The three networks, and the names of their tensors in the files.

use burn_train::metric::vision::LpipsNet;

/// A network of burn-train.
#[derive(Debug)]
pub(super) struct Net {
    pub(super) kind: LpipsNet,
    /// The shortest side of an image for which every pooling has a whole window.
    pub(super) smallest_side: usize,
    /// Prefixes of names in torchvision's file of the network, each with the one in burn-train's network.
    pub(super) trunk: &'static [(&'static str, &'static str)],
}

pub(super) const ALEX: Net = Net {
    kind: LpipsNet::Alex,
    smallest_side: 31,
    trunk: &[
        ("features.0.", "extractor.conv1."),
        ("features.3.", "extractor.conv2."),
        ("features.6.", "extractor.conv3."),
        ("features.8.", "extractor.conv4."),
        ("features.10.", "extractor.conv5."),
    ],
};

pub(super) const VGG: Net = Net {
    kind: LpipsNet::Vgg,
    smallest_side: 16,
    trunk: &[
        ("features.0.", "extractor.conv1_1."),
        ("features.2.", "extractor.conv1_2."),
        ("features.5.", "extractor.conv2_1."),
        ("features.7.", "extractor.conv2_2."),
        ("features.10.", "extractor.conv3_1."),
        ("features.12.", "extractor.conv3_2."),
        ("features.14.", "extractor.conv3_3."),
        ("features.17.", "extractor.conv4_1."),
        ("features.19.", "extractor.conv4_2."),
        ("features.21.", "extractor.conv4_3."),
        ("features.24.", "extractor.conv5_1."),
        ("features.26.", "extractor.conv5_2."),
        ("features.28.", "extractor.conv5_3."),
    ],
};

pub(super) const SQUEEZE: Net = Net {
    kind: LpipsNet::Squeeze,
    smallest_side: 25,
    trunk: &[
        ("features.0.", "extractor.conv1."),
        ("features.3.", "extractor.fire1."),
        ("features.4.", "extractor.fire2."),
        ("features.6.", "extractor.fire3."),
        ("features.7.", "extractor.fire4."),
        ("features.9.", "extractor.fire5."),
        ("features.10.", "extractor.fire6."),
        ("features.11.", "extractor.fire7."),
        ("features.12.", "extractor.fire8."),
    ],
};

/// The same for the heads, in the file of `lpips`. SqueezeNet has seven, the others five.
pub(super) const HEADS: [(&str, &str); 7] = [
    ("lin0.model.1.", "lin0."),
    ("lin1.model.1.", "lin1."),
    ("lin2.model.1.", "lin2."),
    ("lin3.model.1.", "lin3."),
    ("lin4.model.1.", "lin4."),
    ("lin5.model.1.", "lin5."),
    ("lin6.model.1.", "lin6."),
];
