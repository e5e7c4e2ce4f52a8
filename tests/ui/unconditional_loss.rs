//! A loss for data without conditions, used on data with labels.

use burn::{
    optim::AdamConfig,
    tensor::{Int, Tensor, backend::Backend},
};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{
    Loss, Pair, ReflowTrainer,
    coupling::{ConditionDropout, Independent},
    data::{Dataset, Gaussian},
    flow::Answer,
    models::MlpConfig,
    rows,
};

struct Absolute;

impl<B: Backend> Loss<B> for Absolute {
    fn rows(&self, said: &Answer<B>, pair: &Pair<B>) -> Tensor<B, 1> {
        rows::mean((said.data() - pair.x0()).abs())
    }
}

fn main() {
    let device = Default::default();
    let net = MlpConfig::new(2).unwrap().init_with_classes::<Autodiff<Flex>>(3, &device).unwrap();
    let labels = Tensor::<Flex, 1, Int>::zeros([4], &device);
    let data = Dataset::with_labels(Tensor::<Flex, 2>::zeros([4, 2], &device), labels).unwrap();
    let trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().init())
        .coupling(ConditionDropout::new(Independent::new(data, Gaussian), 0.1).unwrap())
        .loss(Absolute)
        .build();
}
