//! Loading weights from files, every tensor of which must have its place in the network.

use std::{collections::BTreeMap, path::Path};

use burn::{
    module::{Module, ParamId},
    tensor::{DType, Tensor, backend::Backend},
};
use burn_store::{
    ApplyError, ApplyResult, ModuleSnapshot, ModuleStore, PytorchStore, SafetensorsStore, TensorSnapshot,
};

use crate::Error;

/// A file, and the prefixes of names in it, each with the one in the network.
pub(super) struct Source<'a> {
    pub(super) file: &'a Path,
    pub(super) names: &'a [(&'a str, &'a str)],
    /// Prefixes of names that may be left over.
    pub(super) left_over: &'a [&'a str],
}

/// Loads all parameters of the network, which take no gradient from then on.
pub(super) fn load<B: Backend, M: Module<B>>(
    mut network: M,
    sources: &[Source],
    device: &B::Device,
) -> Result<M, Error> {
    let float = Tensor::<B, 1>::empty([1], device).dtype();
    let mut tensors = Vec::new();
    for source in sources {
        tensors.extend(source.tensors(float)?);
    }
    check(sources, &network.apply(tensors, None, None, true))?;
    Ok(network.no_grad())
}

impl Source<'_> {
    /// The tensors of the file under their names in the network, without those that are left over.
    fn tensors(&self, float: DType) -> Result<Vec<TensorSnapshot>, Error> {
        let all = snapshots(self.file).map_err(|message| self.error(format!("cannot be read: {message}")))?;
        let left_over = |name: &str| self.left_over.iter().any(|start| name.starts_with(start));
        let wanted = all.iter().filter(|(name, _)| !left_over(name));
        let tensors = wanted.map(|(name, snapshot)| {
            let place = self.place(name).ok_or_else(|| self.no_place(name))?;
            let data = snapshot.to_data();
            let data =
                data.map_err(|error| self.error(format!("the tensor {name} cannot be read: {error:?}")))?;
            let path = place.split('.').map(str::to_owned).collect();
            Ok(TensorSnapshot::from_data(data.convert_dtype(float), path, vec![], ParamId::new()))
        });
        tensors.collect()
    }

    /// The name that a tensor of the file has in the network.
    fn place(&self, name: &str) -> Option<String> {
        self.names.iter().find_map(|(here, there)| Some(format!("{there}{}", name.strip_prefix(here)?)))
    }

    /// The name that a tensor of the network has in the file.
    fn name(&self, place: &str) -> Option<String> {
        self.names.iter().find_map(|(here, there)| Some(format!("{here}{}", place.strip_prefix(there)?)))
    }

    fn no_place(&self, name: &str) -> Error {
        self.error(format!("the tensor {name} has no place in the network"))
    }

    fn error(&self, what: String) -> Error {
        Error::Weights { path: self.file.to_owned(), what }
    }
}

/// All tensors of a file; their values are not read yet.
fn snapshots(file: &Path) -> Result<BTreeMap<String, TensorSnapshot>, String> {
    fn all<S: ModuleStore>(mut store: S) -> Result<BTreeMap<String, TensorSnapshot>, String> {
        store.get_all_snapshots().cloned().map_err(|error| error.to_string())
    }
    if file.extension().is_some_and(|extension| extension == "safetensors") {
        all(SafetensorsStore::from_file(file).map_indices_contiguous(false))
    } else {
        all(PytorchStore::from_file(file).map_indices_contiguous(false))
    }
}

/// Checks that every tensor of the network was loaded, and that no tensor of a file was left over.
fn check(sources: &[Source], result: &ApplyResult) -> Result<(), Error> {
    // Every place belongs to one of the sources: their names cover the network.
    let blame = |place: &str, error: &dyn Fn(&Source, String) -> Error| {
        let blamed = sources.iter().find_map(|source| Some(error(source, source.name(place)?)));
        Err(blamed.expect("each tensor of a network comes from one of its files"))
    };
    if let Some(error) = result.errors.first() {
        let (place, what) = match error {
            ApplyError::ShapeMismatch { path, expected, found } => {
                (path, format!("has shape {:?}, expected {:?}", found.as_slice(), expected.as_slice()))
            }
            ApplyError::DTypeMismatch { path, .. }
            | ApplyError::AdapterError { path, .. }
            | ApplyError::LoadError { path, .. } => (path, format!("does not fit: {error}")),
        };
        return blame(place, &|source, name| source.error(format!("the tensor {name} {what}")));
    }
    if let Some((place, _)) = result.missing.first() {
        return blame(place, &|source, name| source.error(format!("the tensor {name} is missing")));
    }
    result.unused.first().map_or(Ok(()), |place| blame(place, &|source, name| source.no_place(&name)))
}

#[cfg(test)]
mod tests {
    use burn::module::{ModuleVisitor, Param};
    use burn_autodiff::Autodiff;
    use burn_ndarray::NdArray;
    use burn_train::metric::vision::{Lpips, LpipsConfig, LpipsNet};

    use super::*;

    type Grad = Autodiff<NdArray<f64>>;

    /// Counts the parameters that take a gradient.
    struct Trained(usize);

    impl ModuleVisitor<Grad> for Trained {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Grad, D>>) {
            self.0 += usize::from(param.is_require_grad());
        }
    }

    fn trained(network: &Lpips<Grad>) -> usize {
        let mut trained = Trained(0);
        network.visit(&mut trained);
        trained.0
    }

    #[test]
    fn loaded_parameters_take_no_gradient() {
        let device = Default::default();
        let file = std::env::temp_dir().join(format!("reflow-{}.safetensors", std::process::id()));
        let fresh = || LpipsConfig::new().with_net(LpipsNet::Squeeze).init::<Grad>(&device);
        let saved = fresh();
        assert_eq!(trained(&saved), 2 + 8 * 6 + 7);
        saved.save_into(&mut SafetensorsStore::from_file(&file).skip_enum_variants(true)).unwrap();
        let source =
            Source { file: &file, names: &[("extractor.", "extractor."), ("lin", "lin")], left_over: &[] };
        let loaded = load(fresh(), &[source], &device).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(trained(&loaded), 0);
        let x = Tensor::<Grad, 4>::ones([1, 3, 32, 32], &device);
        let distance =
            |network: &Lpips<Grad>| network.forward_no_reduction(x.clone(), -x.clone()).into_data();
        assert_eq!(distance(&loaded), distance(&saved));
    }
}
