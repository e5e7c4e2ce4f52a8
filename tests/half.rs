//! Half precision: the default recipe trains, and times stay large enough to divide by.

use burn::{
    module::Module,
    optim::AdamConfig,
    tensor::{DType, Tensor, set_default_dtypes},
};
use burn_autodiff::Autodiff;
use burn_flex::Flex;
use reflow::{
    Error, FlowExt, Key, ReflowTrainer, TimeDistribution,
    coupling::Independent,
    data::{Dataset, Gaussian, Normal},
    models::MlpConfig,
    ode::{Heun, TimeGrid},
    time::{Uniform, least_time},
};

type Train = Autodiff<Flex>;

/// A single test, because burn keeps a device's default type for the whole process.
#[test]
fn the_default_recipe_trains_in_half_precision() {
    let device = Default::default();
    set_default_dtypes::<Flex>(&device, DType::F16, DType::I32).unwrap();

    let t: Tensor<Flex, 1> = Uniform.draw(0..20_000, &Key::new(0), &device).unwrap();
    assert_eq!(t.dtype(), DType::F16);
    let least = f64::from(t.clone().min().into_data().iter::<f32>().next().unwrap());
    assert!(least >= least_time(DType::F16), "{least}");

    let net = MlpConfig::new(2).unwrap().with_hidden(32).unwrap().init::<Train>(&device);
    net.num_params();
    let mut trainer = ReflowTrainer::builder()
        .flow(net)
        .optimizer(AdamConfig::new().with_epsilon(1e-4).init())
        .coupling(Independent::new(Normal::new(vec![2], 1.0, 0.5).unwrap(), Gaussian))
        .build()
        .unwrap();
    let first = trainer.fit(1).unwrap();
    let report = trainer.fit(300).unwrap();
    assert!(report.loss.is_finite() && report.loss < 0.8 * first.loss, "{} to {}", first.loss, report.loss);

    let noise = Key::new(1).normal::<Flex, 2>([64, 2], &device);
    let x = trainer.sampler(Heun, TimeGrid::uniform(5).unwrap()).sample(noise.clone()).unwrap().x;
    assert!(x.into_data().iter::<f32>().all(f32::is_finite));
    assert_eq!(trainer.flow().velocity(noise, 0.0).dtype(), DType::F16);

    // Data of another float type is refused on entry, with both types in the message.
    let single = Tensor::<Flex, 2>::zeros([4, 2], &device).cast(DType::F32);
    let error = Dataset::new(single).unwrap_err();
    assert!(matches!(error, Error::FloatType { expected: DType::F16, found: DType::F32, .. }), "{error}");
    assert!(error.to_string().contains("F16") && error.to_string().contains("F32"), "{error}");
}
