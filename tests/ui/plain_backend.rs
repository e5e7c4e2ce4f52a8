//! A network on a backend without gradients.

use burn_flex::Flex;
use reflow::{ReflowTrainer, models::MlpConfig};

fn main() {
    let net = MlpConfig::new(2).unwrap().init::<Flex>(&Default::default());
    let builder = ReflowTrainer::builder().flow(net);
}
