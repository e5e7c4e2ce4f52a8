//! A small trainer, of which each test changes what it is about.

use burn::{
    module::{AutodiffModule, Module, ModuleVisitor, Param},
    optim::{Adam, AdamConfig, adaptor::OptimizerAdaptor},
    tensor::{
        Tensor,
        backend::{AutodiffBackend, Backend},
    },
};
use reflow::{
    Flow, FlowExt, Key, ReflowTrainer,
    coupling::Independent,
    data::{Gaussian, Normal},
    loss::Mse,
    models::{Mlp, MlpConfig},
    objective::{FlowMatching, Recipe},
    time::Uniform,
    train::ReflowTrainerBuilder,
    weight::Power,
};

use super::{In, seeded, values};

pub type Matching = FlowMatching<Independent<Normal, Gaussian>, Recipe<Uniform, Mse, Power>>;

pub type Optimizer<B, M> = OptimizerAdaptor<Adam, M, B>;

pub type Small<B, M> =
    ReflowTrainerBuilder<M, <M as AutodiffModule<B>>::InnerModule, Optimizer<B, M>, Matching>;

pub fn net<B: AutodiffBackend>(features: usize) -> Mlp<B> {
    let config = MlpConfig::new(features).unwrap().with_hidden(32).unwrap().with_blocks(2).unwrap();
    seeded::<B, _>(|| {
        let net = config.init(&Default::default());
        net.num_params();
        net
    })
}

pub fn data(features: usize) -> Independent<Normal, Gaussian> {
    Independent::new(Normal::new(vec![features], 1.0, 0.5).unwrap(), Gaussian)
}

/// The builder of a trainer, with all parts set.
pub fn small<B: AutodiffBackend, M: AutodiffModule<B>>(net: M) -> Small<B, M> {
    ReflowTrainer::builder().flow(net).optimizer(AdamConfig::new().init()).coupling(data(2)).batch_size(32)
}

/// A network's velocity at a fixed batch and time.
pub fn answer<B: AutodiffBackend>(flow: &impl Flow<In<B>>) -> Tensor<In<B>, 2> {
    flow.velocity(Key::new(8).normal([12, 2], &Default::default()), 0.6)
}

/// The squared distance between the weights of two networks, through burn's visitor.
pub fn squared_distance<B: Backend, M: Module<B>>(a: &M, b: &M) -> f64 {
    struct Read(Vec<f64>);
    impl<B: Backend> ModuleVisitor<B> for Read {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
            self.0.extend(values(param.val()));
        }
    }
    let read = |net: &M| {
        let mut read = Read(vec![]);
        net.visit(&mut read);
        read.0
    };
    read(a).iter().zip(read(b)).map(|(a, b)| (a - b).powi(2)).sum()
}
