//! A round of rectification as one call.

use std::ops::Range;

use burn::{
    module::{AutodiffModule, Module},
    tensor::backend::AutodiffBackend,
};

use super::{Differentiable, MissingOptimizer, Network, ReflowTrainer, ReflowTrainerBuilder};
use crate::{
    Condition, ConfigError, Error, Flow, Key, OdeSolver, StepControl,
    coupling::{Backward, Pairs},
    data::{Conditions, Unconditional},
    error::{at_least_one, require},
    flow::Split,
    loss::{HighPass, Mapped},
    objective::{FlowMatching, Recipe},
    sampler::Sampling,
    time::Exponential,
    weight::Normalized,
};

/// A round of ReFlow: a teacher in, the builder of its student out, with the teacher's weights, its pairs and Simple
/// ReFlow's recipe in place.
///
/// # Example
/// ```
/// use burn::optim::AdamConfig;
/// use burn_autodiff::Autodiff;
/// use burn_flex::Flex;
/// use reflow::{
///     Sampling,
///     loss::Mse,
///     models::MlpConfig,
///     ode::{Heun, TimeGrid},
///     train::Round,
/// };
///
/// let teacher = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
/// let mut student = Round::new(200, vec![2])?
///     .rectify(teacher, Sampling { solver: Heun, control: TimeGrid::edm(18)? })?
///     .loss(Mse) // rows of two values have no neighbours to pass detail of
///     .optimizer(AdamConfig::new().init())
///     .build()?;
/// student.fit(5)?;
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Liu, Gong & Liu, *Flow Straight and Fast*, 2023, Algorithm 1; the recipe is Simple ReFlow's.
#[derive(Debug, Clone)]
pub struct Round<U = Unconditional> {
    pairs: Range<usize>,
    row: Vec<usize>,
    key: Key,
    split: Option<Split>,
    conditions: U,
}

/// The builder of a student.
pub type Student<B, M, A, const D: usize, Y> = ReflowTrainerBuilder<
    M,
    A,
    MissingOptimizer,
    FlowMatching<
        Pairs<<B as AutodiffBackend>::InnerBackend, D, Y>,
        Recipe<Exponential, Mapped<HighPass>, Normalized>,
    >,
>;

impl Round {
    /// A round on this many pairs, whose rows have this shape (the batch axis left out).
    ///
    /// # Errors
    /// If there are no pairs, or the shape is empty or has a zero.
    pub fn new(pairs: usize, row: Vec<usize>) -> Result<Self, ConfigError> {
        let pairs = 0..at_least_one("Round", "pairs", pairs)?;
        let row =
            require(!row.is_empty() && !row.contains(&0), "Round", "row", "a shape without zeros", row)?;
        Ok(Self { pairs, row, key: Key::new(0), split: None, conditions: Unconditional })
    }
}

impl<U> Round<U> {
    /// The key of the pairs, `Key::new(0)` by default. Each round needs its own.
    #[must_use]
    pub fn with_key(self, key: Key) -> Self {
        Self { key, ..self }
    }

    /// Draws the pairs in parts, on threads.
    #[must_use]
    pub fn with_split(self, split: Split) -> Self {
        Self { split: Some(split), ..self }
    }

    /// Draws each pair under a condition of the teacher's kind; a [`Dataset`](crate::data::Dataset) has those of its rows.
    ///
    /// A teacher of [`Optional<Labels>`](crate::condition::Optional) takes a `Dataset<_, D, Optional<Labels>>`, made of labels by
    /// `Dataset::<_, 2, Optional<Labels>>::with_conditions(x, labels)`. To rectify a guided flow and keep dropping conditions,
    /// draw the pairs apart: `Backward` of a sampler of `ClassifierFree` into `Pairs`, and a `ConditionDropout` around them.
    pub fn with_conditions<U2>(self, conditions: U2) -> Round<U2> {
        let Self { pairs, row, key, split, .. } = self;
        Round { pairs, row, key, split, conditions }
    }

    /// Draws the teacher's pairs with this sampling, and begins the student with its weights.
    ///
    /// The recipe is for images and sequences; for rows of rank 2 set another loss, as
    /// [`Recipe::simple_reflow`] says.
    ///
    /// # Errors
    /// As the sampler's, [`Error::PartOfTheWay`] for a grid that does not go from 1 to 0, and [`Error::NotFinite`] if a pair
    /// is not finite.
    pub fn rectify<B, const D: usize, Y, M, A, S, C>(
        self,
        teacher: M,
        sampling: Sampling<S, C>,
    ) -> Result<Student<B, M, A, D, Y>, Error>
    where
        M: Module<B>,
        B: Differentiable,
        Y: Condition,
        M: Flow<B, D, Y> + Network<B, Plain = A> + AutodiffModule<B, InnerModule = A>,
        A: Flow<B::InnerBackend, D, Y>,
        U: Conditions<B::InnerBackend, Y>,
        S: OdeSolver,
        C: StepControl<S>,
    {
        // Fresh parameters are drawn when first touched, and a clone made before that would draw its own.
        teacher.num_params();
        let device = teacher.devices().into_iter().next().unwrap_or_default();
        let mut sampler = sampling.of(teacher.valid());
        if let Some(split) = self.split {
            sampler = sampler.split(split);
        }
        let backward = Backward::new(sampler, self.row)?.with_conditions(self.conditions);
        let pairs = Pairs::generate(&backward, self.pairs, &self.key, &device)?;
        Ok(ReflowTrainer::simple_reflow(teacher).coupling(pairs))
    }
}
