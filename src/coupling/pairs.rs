//! Pairs in memory.

use std::ops::Range;

use burn::tensor::backend::Backend;

use super::{Coupling, Pair};
use crate::{Condition, Error, Key, data::Order, error::at_least_one, rows};

/// Pairs kept in memory, drawn with replacement by default.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Coupling, Key, Pair, coupling::Pairs};
///
/// let device = Default::default();
/// let x0 = Tensor::<Flex, 2>::from_data([[0.0], [1.0]], &device);
/// let x1 = Tensor::from_data([[-0.3], [0.4]], &device);
/// let pairs = Pairs::new(Pair::new(x0, x1)?)?;
/// assert_eq!(pairs.draw(0..16, &Key::new(0), &device)?.len(), 16);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pairs<B: Backend, const D: usize = 2, Y: Condition = ()> {
    pair: Pair<B, D, Y>,
    order: Order,
}

/// How many pairs [`Pairs::generate`] draws at a time.
const BATCH: usize = 4096;

/// Draws a range of pairs in batches, one for each call of `next`, so that a long generation can report its
/// progress or stop early.
///
/// # Errors
/// Those of the coupling, and [`Error::Config`] if `batch` is zero.
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{
///     Key, Pair, Sampler, coupling::{Backward, Pairs, batches}, flow::GaussianFlow, ode::{Heun, TimeGrid},
/// };
///
/// let teacher = Sampler::new(GaussianFlow::new(3.0, 0.5)?, Heun, TimeGrid::edm(18)?);
/// let backward = Backward::new(teacher, vec![2])?;
/// let mut drawn = vec![];
/// for batch in batches::<Flex, 2, ()>(&backward, 0..1000, 100, &Key::new(0), &Default::default()) {
///     drawn.push(batch?);
///     println!("{} of 1000 pairs", 100 * drawn.len());
/// }
/// let pairs = Pairs::new(Pair::cat(drawn)?)?;
/// assert_eq!(pairs.pair().len(), 1000);
/// # Ok::<(), reflow::Error>(())
/// ```
pub fn batches<B: Backend, const D: usize, Y: Condition>(
    coupling: &impl Coupling<B, D, Y>,
    rows: Range<usize>,
    batch: usize,
    key: &Key,
    device: &B::Device,
) -> impl Iterator<Item = Result<Pair<B, D, Y>, Error>> {
    let end = rows.end;
    rows.step_by(batch.max(1)).map(move |start| {
        at_least_one("Pairs", "batch", batch)?;
        let part = start..end.min(start + batch);
        let pairs = coupling.draw(part.clone(), key, device)?;
        rows::check_length("the pairs that a coupling drew", part.len(), pairs.len())?;
        Ok(pairs)
    })
}

impl<B: Backend, const D: usize, Y: Condition> Pairs<B, D, Y> {
    /// Keeps these pairs.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if a row holds NaN or an infinity, as the pairs of a diverged flow do,
    /// [`Error::FloatType`] if the numbers are of another type than the device computes in.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Error, Pair, coupling::Pairs};
    ///
    /// let device = Default::default();
    /// let x0 = Tensor::<Flex, 2>::from_data([[0.0], [f32::NAN]], &device);
    /// let pair = Pair::new(x0, Tensor::zeros([2, 1], &device))?;
    /// assert!(matches!(Pairs::new(pair), Err(Error::NotFinite { row: 1, .. })));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn new(pair: Pair<B, D, Y>) -> Result<Self, Error> {
        rows::check_data("the data of the pairs", &pair.x0())?;
        rows::check_data("the noise of the pairs", &pair.x1())?;
        Ok(Self { pair, order: Order::default() })
    }

    /// Sets the order in which the pairs are drawn; with replacement by default.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Coupling, Key, Pair, coupling::Pairs, data::Order};
    ///
    /// let device = Default::default();
    /// let x = Tensor::<Flex, 2>::from_data([[1.0], [2.0], [3.0]], &device);
    /// let pairs = Pairs::new(Pair::new(x.clone(), x)?)?.in_order(Order::Epochs);
    /// let epoch = pairs.draw(0..3, &Key::new(0), &device)?;
    /// assert_eq!(epoch.x0().sum().into_scalar(), 6.0); // each pair once
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn in_order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// Draws a range of pairs from a coupling and keeps them.
    ///
    /// Pair `i` is a function of the key and `i`, so several processes that draw a part of the range each get
    /// the pairs that a single one would. [`batches`] draws them step by step.
    ///
    /// # Errors
    /// Those of the coupling and of [`new`](Pairs::new), and [`Error::Empty`] if the range is empty.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, coupling::{Independent, Pairs}, data::{Gaussian, Normal}, rows::to_host};
    ///
    /// let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
    /// let draw = |rows| Pairs::<Flex>::generate(&coupling, rows, &Key::new(0), &Default::default());
    /// let (all, second_half) = (draw(0..100)?, draw(50..100)?);
    /// assert_eq!(to_host(all.pair().slice(50..100)?.x0()), to_host(second_half.pair().x0()));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    pub fn generate(
        coupling: &impl Coupling<B, D, Y>,
        rows: Range<usize>,
        key: &Key,
        device: &B::Device,
    ) -> Result<Self, Error> {
        let drawn = batches(coupling, rows, BATCH, key, device).collect::<Result<_, _>>()?;
        Self::new(Pair::cat(drawn)?)
    }

    /// All pairs, in the order in which they were given.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, Pair, coupling::Pairs};
    ///
    /// let x = Key::new(0).normal::<Flex, 2>([4, 3], &Default::default());
    /// let pairs = Pairs::new(Pair::new(x.clone(), x)?)?;
    /// assert_eq!(pairs.pair().x1().dims(), [4, 3]);
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn pair(&self) -> &Pair<B, D, Y> {
        &self.pair
    }

    /// Returns the pairs.
    ///
    /// # Example
    /// ```
    /// use burn_flex::Flex;
    /// use reflow::{Key, Pair, coupling::Pairs};
    ///
    /// let x = Key::new(0).normal::<Flex, 2>([4, 3], &Default::default());
    /// let pairs = Pairs::new(Pair::new(x.clone(), x)?)?;
    /// let (x0, x1, ()) = pairs.into_pair().into_parts();
    /// assert_eq!((x0.dims(), x1.dims()), ([4, 3], [4, 3]));
    /// # Ok::<(), reflow::Error>(())
    /// ```
    #[must_use]
    pub fn into_pair(self) -> Pair<B, D, Y> {
        self.pair
    }
}

impl<B: Backend, const D: usize, Y: Condition> Coupling<B, D, Y> for Pairs<B, D, Y> {
    fn draw(&self, rows: Range<usize>, key: &Key, device: &B::Device) -> Result<Pair<B, D, Y>, Error> {
        let chosen = self.order.draw(rows, self.pair.len(), key);
        Ok(self.pair.select(chosen)?.to_device(device))
    }
}
