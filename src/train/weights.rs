//! The weights of a network, one by one.

use burn::{
    module::{AutodiffModule, Module, ModuleMapper, ModuleVisitor, Param, ParamId},
    tensor::{
        Tensor,
        backend::{AutodiffBackend, Backend},
        container::TensorContainer,
    },
};

use crate::{ConfigError, error::require, rows};

/// The float weights of a module by their ids.
pub(super) struct Weights {
    tensors: TensorContainer<ParamId>,
}

impl Weights {
    pub(super) fn of<B: Backend, M: Module<B>>(module: &M) -> Self {
        let mut weights = Self { tensors: TensorContainer::new() };
        Module::<B>::visit(module, &mut weights);
        weights
    }

    /// Takes the weight with this id, if there is one.
    pub(super) fn take<B: Backend, const D: usize>(&mut self, id: ParamId) -> Option<Tensor<B, D>> {
        self.tensors.remove::<B>(&id).map(Tensor::from_primitive)
    }
}

impl<B: Backend> ModuleVisitor<B> for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.tensors.register::<B>(param.id, param.val().into_primitive());
    }
}

/// An independent copy of a network. The clones of a module share burn's running statistics, which change
/// with any of them.
pub(super) fn owned<B: AutodiffBackend, M: AutodiffModule<B>>(module: &M::InnerModule) -> M::InnerModule {
    M::from_inner(module.clone()).valid()
}

/// The plain network with an average of its weights, converted to the float types of the weights.
pub(super) fn averaged<B: AutodiffBackend, M: AutodiffModule<B>>(
    module: &M,
    average: &M::InnerModule,
) -> M::InnerModule {
    with_weights_of::<B, M>(M::from_inner(module.valid()), average).valid()
}

/// Refuses a network in which two parameters share an id, as burn would step only one of them, or in which no
/// parameter is trained.
pub(super) fn check_parameters<B: AutodiffBackend, M: AutodiffModule<B>>(
    module: &M,
) -> Result<(), ConfigError> {
    let mut found = Parameters { ids: vec![], trained: 0 };
    module.visit(&mut found);
    let mut ids = found.ids;
    ids.sort_unstable();
    let part = "ReflowTrainer";
    if let Some((id, _)) = ids.iter().zip(ids.iter().skip(1)).find(|(a, b)| a == b) {
        let rule = "of layers with weights of their own (a clone of a fresh layer has its ids)";
        return Err(ConfigError::new(part, "flow", rule, format!("the parameter id {id} twice")));
    }
    require(found.trained > 0, part, "flow", "a network with a weight to train", found.trained)?;
    Ok(())
}

struct Parameters {
    ids: Vec<u64>,
    trained: usize,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Parameters {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.ids.push(param.id.val());
        self.trained += usize::from(param.is_require_grad());
    }
}

/// The module with the weights of another that has the same ids. Trained weights stay trained, frozen ones
/// frozen.
pub(super) fn with_weights_of<B: AutodiffBackend, M: AutodiffModule<B>>(
    module: M,
    other: &M::InnerModule,
) -> M {
    module.map(&mut Replace(Weights::of::<B::InnerBackend, _>(other)))
}

struct Replace(Weights);

impl<B: AutodiffBackend> ModuleMapper<B> for Replace {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let (id, tensor, mapper) = param.consume();
        let trained = tensor.is_require_grad();
        let tensor = match self.0.take::<B::InnerBackend, D>(id) {
            Some(weight) => {
                let weight = weight.cast(tensor.dtype());
                Tensor::from_inner(weight).set_require_grad(trained)
            }
            None => tensor,
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

/// Whether all weights are finite; waits for the device once.
pub(super) fn weights_are_finite<B: AutodiffBackend, M: AutodiffModule<B>>(module: &M) -> bool {
    let mut total = NothingOf::<B::InnerBackend>(None);
    module.valid().visit(&mut total);
    total.0.is_none_or(|total| rows::to_host(total)[0].is_finite())
}

/// The sum of all weights times zero: 0 if they are finite, otherwise NaN.
struct NothingOf<B: Backend>(Option<Tensor<B, 1>>);

impl<B: Backend> ModuleVisitor<B> for NothingOf<B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        let nothing = rows::zero_or_nan(param.val());
        self.0 = Some(match self.0.take() {
            Some(total) => total + nothing,
            None => nothing,
        });
    }
}
