//! Weights written and read by burn's store.

use burn::tensor::backend::{AutodiffBackend, Backend};
use burn_store::{ApplyResult, ModuleSnapshot, SafetensorsStore, SafetensorsStoreError};
use reflow::{
    Key, Sampling,
    models::{Mlp, MlpConfig},
};

use super::{
    In,
    trainers::{net, small},
    values,
};

/// A trained network of width 32 with 2 blocks, on the plain backend, and its weights as bytes of a file.
fn trained<B: AutodiffBackend>() -> (Mlp<In<B>>, Vec<u8>) {
    let mut trainer = small(net::<B>(2)).build().unwrap();
    trainer.fit(5).unwrap();
    let mut store = SafetensorsStore::from_bytes(None);
    trainer.flow().save_into(&mut store).unwrap();
    (trainer.flow(), store.get_bytes().unwrap())
}

/// A fresh network, and the result of loading the weights into it.
fn load<B: Backend>(
    weights: Vec<u8>,
    hidden: usize,
    blocks: usize,
) -> (Mlp<B>, Result<ApplyResult, SafetensorsStoreError>) {
    let config = MlpConfig::new(2).unwrap().with_hidden(hidden).unwrap().with_blocks(blocks).unwrap();
    let mut net = config.init(&Default::default());
    let result = net.load_from(&mut SafetensorsStore::from_bytes(Some(weights)));
    (net, result)
}

pub fn a_loaded_flow_draws_the_samples_of_the_saved_one_to_the_bit<B: AutodiffBackend>() {
    let sample = |flow: &Mlp<In<B>>| {
        let noise = Key::new(4).normal::<In<B>, 2>([37, 2], &Default::default());
        values(Sampling::simple_reflow(5).unwrap().of(flow).sample(noise).unwrap().x)
    };
    let (saved, weights) = trained::<B>();
    let (loaded, result) = load::<In<B>>(weights, 32, 2);
    assert_eq!(result.unwrap().unused, [""; 0]);
    assert_eq!(sample(&loaded), sample(&saved));
}

pub fn weights_of_another_network_are_an_error<B: AutodiffBackend>() {
    let (_, weights) = trained::<B>();
    let refused = |hidden, blocks| load::<In<B>>(weights.clone(), hidden, blocks).1.unwrap_err().to_string();
    let message = refused(33, 2);
    assert!(message.contains("enter.weight") && message.contains("32"), "{message}");
    let message = refused(32, 3);
    assert!(message.contains("blocks.2.first.weight"), "{message}");
    // With fewer blocks, burn reports no error: the caller has to check what was left unused.
    let unused = load::<In<B>>(weights.clone(), 32, 1).1.unwrap().unused;
    assert!(unused.contains(&"blocks.1.first.weight".to_owned()), "{unused:?}");
}
