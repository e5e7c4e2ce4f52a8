//! A trained flow of digits, and the folder it is stored in: `settings.json` describes it, and
//! `weights.safetensors` holds the weights of its network.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use burn::{
    module::Module,
    optim::AdamConfig,
    tensor::{Device, Tensor, backend::Backend},
};
use burn_store::{ApplyResult, ModuleSnapshot, ModuleStore, SafetensorsStore};
use reflow::{
    ReflowTrainer, Sampler, Sampling,
    coupling::{ConditionDropout, Independent},
    data::{Axis, Dataset, Gaussian, Standardize},
    models::{ClassMlp, MlpConfig},
    ode::{Dpm, TimeGrid},
    train::{Ema, LearningRate, progress_bar},
};
use serde::{Deserialize, Serialize};

use crate::common::{self, PIXELS, Plain, Result, Train};

/// Where `save_load` stores its flow and `serve` looks for it.
pub const FOLDER: &str = "target/save_load";

/// Everything a flow needs besides its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub net: MlpConfig,
    pub classes: usize,
    pub scaling: Standardize,
    pub sampling: Sampling<Dpm, TimeGrid>,
}

/// A network to sample with, on the plain backend.
pub struct DigitFlow {
    pub settings: Settings,
    pub net: ClassMlp<Plain>,
}

impl Settings {
    /// Settings for the digits, with the scaling fitted to them.
    pub fn new(x: &Tensor<Plain, 2>) -> Result<Self> {
        Ok(Self {
            net: MlpConfig::new(PIXELS)?.with_hidden(256)?.with_blocks(4)?,
            classes: 10,
            scaling: Standardize::fit(x, Axis::All)?,
            sampling: Sampling { solver: Dpm::default(), control: TimeGrid::uniform(5)? },
        })
    }

    /// A network with fresh weights.
    pub fn init<B: Backend>(&self, device: &B::Device) -> Result<ClassMlp<B>> {
        Ok(self.net.init_with_classes(self.classes, device)?)
    }
}

impl DigitFlow {
    /// Trains on half of the digits, with their classes.
    pub fn train(steps: usize, seed: u64) -> Result<Self> {
        let device = Device::<Plain>::default();
        let (digits, _) = common::digits()?;
        let settings = Settings::new(&digits.x)?;
        let data = Dataset::with_labels(settings.scaling.apply(digits.x)?, digits.y)?;
        Train::seed(&device, seed);
        let mut trainer = ReflowTrainer::builder()
            .flow(settings.init::<Train>(&device)?)
            .optimizer(AdamConfig::new().init())
            .coupling(ConditionDropout::new(Independent::new(data, Gaussian), 0.1)?)
            .learning_rate(LearningRate::new(1e-3)?.warm_up(steps / 20)?.cosine(steps, 1e-5)?)
            .ema(Ema::new(0.99)?)
            .seed(seed)
            .callback(progress_bar())
            .build()?;
        trainer.fit(steps)?;
        Ok(Self { settings, net: trainer.flow() })
    }

    pub fn sampler(&self) -> Sampler<ClassMlp<Plain>, Dpm, TimeGrid> {
        self.settings.sampling.clone().of(self.net.clone())
    }

    /// Writes both files. Each is renamed into place once it is complete, so that nobody reads half a file.
    pub fn save(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(|error| named(folder, error))?;
        let [settings, weights] = files(folder);
        let part = settings.with_extension("part");
        fs::write(&part, serde_json::to_string_pretty(&self.settings)?)
            .and_then(|()| fs::rename(&part, &settings))
            .map_err(|error| named(&settings, error))?;
        let part = weights.with_extension("part");
        let mut store = SafetensorsStore::from_file(&part).overwrite(true);
        self.net.save_into(&mut store).map_err(|error| named(&weights, error))?;
        fs::rename(&part, &weights).map_err(|error| named(&weights, error))?;
        Ok(())
    }

    /// Reads both files into a fresh network.
    pub fn load(folder: &Path) -> Result<Self> {
        let [settings, weights] = files(folder);
        let text = fs::read_to_string(&settings).map_err(|error| named(&settings, error))?;
        let settings: Settings = serde_json::from_str(&text).map_err(|error| named(&settings, error))?;
        let net = with_weights(settings.init(&Default::default())?, &weights)?;
        Ok(Self { settings, net })
    }
}

/// The paths of the settings and of the weights.
pub fn files(folder: &Path) -> [PathBuf; 2] {
    ["settings.json", "weights.safetensors"].map(|name| folder.join(name))
}

/// The network with the weights of a file, which must hold all of them and nothing else.
fn with_weights<M: Module<Plain>>(mut net: M, file: &Path) -> Result<M> {
    let mut store = SafetensorsStore::from_file(file).validate(false).allow_partial(true);
    let float = Tensor::<Plain, 1>::empty([1], &Default::default()).dtype();
    let tensors = store.get_all_snapshots().map_err(|error| named(file, error))?;
    if let Some((name, tensor)) = tensors.iter().find(|(_, tensor)| tensor.dtype != float) {
        return Err(named(file, format!("the tensor {name} is {:?}, not {float:?}", tensor.dtype)).into());
    }
    let result = net.load_from(&mut store).map_err(|error| named(file, error))?;
    match fault(&result) {
        None => Ok(net),
        Some(fault) => Err(named(file, fault).into()),
    }
}

/// Why the tensors of a file do not match those of the network.
fn fault(result: &ApplyResult) -> Option<String> {
    let misfit = result.errors.first().map(ToString::to_string);
    let missing = || result.missing.iter().map(|(name, _)| name).min();
    let missing = || missing().map(|name| format!("the tensor {name} is missing"));
    let unused = || result.unused.iter().min();
    let unused = || unused().map(|name| format!("the network has no place for the tensor {name}"));
    misfit.or_else(missing).or_else(unused)
}

fn named(file: &Path, error: impl fmt::Display) -> String {
    format!("{}: {error}", file.display())
}
