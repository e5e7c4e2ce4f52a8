//! A round of ReFlow in one call.

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

/// A round of ReFlow: takes a teacher and returns the builder of its student, with the teacher's weights, the
/// teacher's pairs and Simple ReFlow's recipe already set.
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
///     .loss(Mse) // the recipe's loss is for images and sequences
///     .optimizer(AdamConfig::new().init())
///     .build()?;
/// assert_eq!(student.fit(5)?.steps, 5);
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

/// The builder of a student, as [`Round::rectify`] returns it.
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
    /// A round on this many pairs, with rows of this shape (without the batch axis).
    ///
    /// # Errors
    /// If there are no pairs, or the shape is empty or contains a zero.
    ///
    /// # Example
    /// ```
    /// use reflow::train::Round;
    ///
    /// let round = Round::new(50_000, vec![3, 32, 32])?; // colour images of 32 by 32 pixels
    /// let error = Round::new(50_000, vec![]).unwrap_err();
    /// assert_eq!(error.to_string(), "Round: row must be a shape without zeros, got []");
    /// # Ok::<(), reflow::ConfigError>(())
    /// ```
    pub fn new(pairs: usize, row: Vec<usize>) -> Result<Self, ConfigError> {
        let pairs = 0..at_least_one("Round", "pairs", pairs)?;
        let row =
            require(!row.is_empty() && !row.contains(&0), "Round", "row", "a shape without zeros", row)?;
        Ok(Self { pairs, row, key: Key::new(0), split: None, conditions: Unconditional })
    }
}

impl<U> Round<U> {
    /// Sets the key of the pairs; `Key::new(0)` by default. Give each round a different one.
    ///
    /// # Example
    /// ```
    /// # use {burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{Error, Sampling, models::MlpConfig, rows::to_host};
    /// use reflow::{Key, train::Round};
    ///
    /// # let teacher = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// let noise = |key| -> Result<Vec<f64>, Error> {
    ///     let round = Round::new(8, vec![2])?.with_key(key);
    ///     let student = round.rectify(teacher.clone(), Sampling::simple_reflow(5)?)?;
    ///     Ok(to_host(student.matching().coupling.pair().x1()))
    /// };
    /// assert_eq!(noise(Key::new(1))?, noise(Key::new(1))?);
    /// assert_ne!(noise(Key::new(1))?, noise(Key::new(2))?);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn with_key(self, key: Key) -> Self {
        Self { key, ..self }
    }

    /// Splits the pairs into parts that threads draw in parallel.
    ///
    /// # Example
    /// ```
    /// # use {burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{Sampling, models::MlpConfig};
    /// use reflow::{flow::Split, train::Round};
    ///
    /// # let teacher = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// let round = Round::new(100, vec![2])?.with_split(Split::across_cores(32)?);
    /// let student = round.rectify(teacher, Sampling::simple_reflow(5)?)?;
    /// assert_eq!(student.matching().coupling.pair().len(), 100);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn with_split(self, split: Split) -> Self {
        Self { split: Some(split), ..self }
    }

    /// Draws each pair under a condition, such as those of the rows of a [`Dataset`](crate::data::Dataset).
    ///
    /// The conditions must be of the teacher's kind: a teacher of
    /// [`Optional<Labels>`](crate::condition::Optional) needs a `Dataset<_, D, Optional<Labels>>`.
    ///
    /// To rectify a guided flow and keep dropping conditions, draw the pairs yourself: sample a
    /// [`ClassifierFree`](crate::flow::ClassifierFree) in a [`Backward`], keep its pairs in [`Pairs`], and
    /// wrap them in a [`ConditionDropout`](crate::coupling::ConditionDropout).
    ///
    /// # Example
    /// ```
    /// # use {burn::tensor::{Int, Tensor}, burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::{Sampling, models::MlpConfig};
    /// use reflow::{Labels, condition::Optional, data::Dataset, train::Round};
    ///
    /// # let device = Default::default();
    /// # let teacher = MlpConfig::new(2)?.init_with_classes::<Autodiff<Flex>>(10, &device)?;
    /// # let x = Tensor::<Flex, 2>::zeros([3, 2], &device);
    /// # let labels = Tensor::<Flex, 1, Int>::from_ints([3, 1, 4], &device);
    /// let data = Dataset::<Flex, 2, Optional<Labels>>::with_conditions(x, labels)?;
    /// let round = Round::new(100, vec![2])?.with_conditions(data);
    /// let student = round.rectify(teacher, Sampling::simple_reflow(5)?)?;
    /// assert_eq!(student.matching().coupling.pair().y().y.dims(), [100]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn with_conditions<U2>(self, conditions: U2) -> Round<U2> {
        let Self { pairs, row, key, split, .. } = self;
        Round { pairs, row, key, split, conditions }
    }

    /// Draws the teacher's pairs with this sampling, and starts the student from the teacher's weights.
    ///
    /// The loss of the recipe is for images and sequences; for rows of rank 2 set another, as
    /// [`Recipe::simple_reflow`] says.
    ///
    /// # Errors
    /// Those of [`Sampler::sample`](crate::Sampler::sample), [`Error::PartOfTheWay`] if the grid does not go
    /// from 1 to 0, [`Error::NotFinite`] if a pair is not finite.
    ///
    /// # Example
    /// ```
    /// # use {burn_autodiff::Autodiff, burn_flex::Flex};
    /// # use reflow::models::MlpConfig;
    /// use reflow::{Error, Sampling, ode::{Heun, TimeGrid}, train::Round};
    ///
    /// # let teacher = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
    /// let half_way = Sampling { solver: Heun, control: TimeGrid::new(vec![1.0, 0.5])? };
    /// let error = Round::new(100, vec![2])?.rectify(teacher, half_way).map(drop).unwrap_err();
    /// assert_eq!(error, Error::PartOfTheWay { from: 1.0, to: 0.5 });
    /// # Ok::<(), Error>(())
    /// ```
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
        // Fresh parameters are drawn when first touched; a clone made before that would draw different ones.
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
