//! A trainer without an optimizer. Using it afterwards adds no second error.

use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{
    ReflowTrainer,
    coupling::Independent,
    data::{Gaussian, Normal},
    models::MlpConfig,
};

fn main() -> Result<(), reflow::Error> {
    let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    let coupling = Independent::new(Normal::new(vec![2], 0.0, 1.0)?, Gaussian);
    let mut trainer = ReflowTrainer::builder().flow(net).coupling(coupling).build()?;
    trainer.fit(10)?;
    let flow = trainer.flow();
    Ok(())
}
