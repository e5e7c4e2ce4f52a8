//! Conditions: what the network is told about each row of data.
//!
//! | kind | rows | for |
//! |---|---|---|
//! | `()` | `()` | flows without conditions, the default everywhere |
//! | [`Labels`] | `Tensor<B, 1, Int>`, `[batch]` | classes |
//! | [`Features<N>`](Features) | `Tensor<B, N>`, `[batch, ..]` | embeddings, sequences, images to condition on |
//! | [`Mask<N>`](Mask) | `Tensor<B, N>`, `[batch, ..]`, ones and zeros | padding, inpainting |
//! | [`Optional<Y>`](Optional) | [`OptionalRows`] | a condition that some rows lack |
//! | `(Y0, Y1)`, `(Y0, Y1, Y2)` | the tuple of their rows | several at once |
//!
//! A kind is a type that names no backend; its tensors are [`Condition::Rows`]. Code without conditions never
//! mentions them.

mod mask;
mod optional;
mod signals;
mod tensors;
mod tuples;

pub use mask::{HasMask, Mask};
pub use optional::{Optional, OptionalRows};
pub use signals::Signals;
pub use tensors::{Features, Labels};

use std::{fmt::Debug, ops::Range};

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

use crate::{Error, rows};

/// A kind of condition.
///
/// To add a kind, implement how its rows are counted, picked, joined and moved.
///
/// # Example
///
/// A second time for each row, for networks that take two:
///
/// ```
/// use std::ops::Range;
/// use burn::tensor::{Int, Tensor, backend::{AutodiffBackend, Backend}};
/// use burn_flex::Flex;
/// use reflow::{Condition, rows::to_host};
///
/// #[derive(Debug, Clone)]
/// struct EndTime;
///
/// impl Condition for EndTime {
///     type Rows<B: Backend> = Tensor<B, 1>;
///
///     fn lengths<B: Backend>(rows: &Tensor<B, 1>) -> Vec<usize> {
///         vec![rows.dims()[0]]
///     }
///     fn select<B: Backend>(rows: Tensor<B, 1>, indices: Tensor<B, 1, Int>) -> Tensor<B, 1> {
///         rows.select(0, indices)
///     }
///     fn slice<B: Backend>(rows: Tensor<B, 1>, range: Range<usize>) -> Tensor<B, 1> {
///         rows.narrow(0, range.start, range.len())
///     }
///     fn cat<B: Backend>(batches: Vec<Tensor<B, 1>>) -> Tensor<B, 1> {
///         Tensor::cat(batches, 0)
///     }
///     fn to_device<B: Backend>(rows: Tensor<B, 1>, device: &B::Device) -> Tensor<B, 1> {
///         rows.to_device(device)
///     }
///     fn from_inner<B: AutodiffBackend>(rows: Tensor<B::InnerBackend, 1>) -> Tensor<B, 1> {
///         Tensor::from_inner(rows)
///     }
/// }
///
/// let times = Tensor::<Flex, 1>::from_data([0.25, 0.5, 0.75], &Default::default());
/// assert_eq!(to_host(EndTime::slice(times, 1..3)), [0.5, 0.75]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a kind of condition",
    note = "the kinds are in `reflow::condition`: `Labels`, `Features`, `Mask`, `Optional<Y>`, tuples of them, and `()` for none"
)]
pub trait Condition: Debug + Clone + Send + Sync + 'static {
    /// The conditions of a batch, one for each row.
    type Rows<B: Backend>: Debug + Clone + Send + Sync;

    /// The number of rows in each tensor; empty if there are no conditions to count.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Condition, Labels, condition::Features};
    ///
    /// let device = Default::default();
    /// let rows = (Tensor::from_ints([7, 8, 9], &device), Tensor::zeros([3, 2], &device));
    /// assert_eq!(<(Labels, Features)>::lengths::<Flex>(&rows), [3, 3]);
    /// assert!(<()>::lengths::<Flex>(&()).is_empty());
    /// ```
    fn lengths<B: Backend>(rows: &Self::Rows<B>) -> Vec<usize>;

    /// The rows at these indices.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Condition, condition::Features, rows::to_host};
    ///
    /// let device = Default::default();
    /// let rows = Tensor::<Flex, 2>::from_data([[0.0], [1.0], [2.0]], &device);
    /// let picked = Features::<2>::select(rows, Tensor::from_ints([2, 0], &device));
    /// assert_eq!(to_host(picked), [2.0, 0.0]);
    /// ```
    fn select<B: Backend>(rows: Self::Rows<B>, indices: Tensor<B, 1, Int>) -> Self::Rows<B>;

    /// The rows in a range.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Condition, condition::Features, rows::to_host};
    ///
    /// let rows = Tensor::<Flex, 2>::from_data([[0.0], [1.0], [2.0]], &Default::default());
    /// assert_eq!(to_host(Features::<2>::slice(rows, 1..3)), [1.0, 2.0]);
    /// ```
    fn slice<B: Backend>(rows: Self::Rows<B>, range: Range<usize>) -> Self::Rows<B>;

    /// Joins batches, one after the other.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Condition, condition::Features, rows::to_host};
    ///
    /// let device = Default::default();
    /// let (one, two) = (Tensor::<Flex, 2>::ones([1, 1], &device), Tensor::zeros([2, 1], &device));
    /// assert_eq!(to_host(Features::<2>::cat(vec![one, two])), [1.0, 0.0, 0.0]);
    /// ```
    fn cat<B: Backend>(batches: Vec<Self::Rows<B>>) -> Self::Rows<B>;

    /// Moves the rows to another device.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::{Flex, FlexDevice};
    /// use reflow::{Condition, condition::Features};
    ///
    /// let rows = Tensor::<Flex, 2>::zeros([3, 2], &FlexDevice);
    /// assert_eq!(Features::<2>::to_device(rows, &FlexDevice).device(), FlexDevice);
    /// ```
    fn to_device<B: Backend>(rows: Self::Rows<B>, device: &B::Device) -> Self::Rows<B>;

    /// Moves the rows to the backend that records gradients.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_autodiff::Autodiff;
    /// use burn_flex::Flex;
    /// use reflow::{Condition, condition::Features};
    ///
    /// let rows = Tensor::<Flex, 2>::zeros([3, 2], &Default::default());
    /// let rows: Tensor<Autodiff<Flex>, 2> = Features::<2>::from_inner(rows);
    /// assert_eq!(rows.dims(), [3, 2]);
    /// ```
    fn from_inner<B: AutodiffBackend>(rows: Self::Rows<B::InnerBackend>) -> Self::Rows<B>;

    /// Mixes the class of each row's condition into that row's hash; waits for the device.
    ///
    /// Matchings exchange rows only within a class. By default all rows are in one class.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Condition, Labels};
    ///
    /// let mut hashes = [0; 3];
    /// Labels::classes::<Flex>(&Tensor::from_ints([7, 8, 7], &Default::default()), &mut hashes);
    /// assert!(hashes[0] == hashes[2] && hashes[0] != hashes[1]);
    /// ```
    fn classes<B: Backend>(_rows: &Self::Rows<B>, _hashes: &mut [u64]) {}

    /// The condition of each row as a point, `[batch, features]`, if there is a distance between conditions.
    ///
    /// Matchings can take that distance into account. By default there is none.
    ///
    /// # Example
    /// ```
    /// use burn::tensor::Tensor;
    /// use burn_flex::Flex;
    /// use reflow::{Condition, Labels, condition::Features};
    ///
    /// let device = Default::default();
    /// let points = Features::<3>::points::<Flex>(&Tensor::zeros([4, 5, 2], &device));
    /// assert_eq!(points.unwrap().dims(), [4, 10]);
    /// assert!(Labels::points::<Flex>(&Tensor::from_ints([7, 8], &device)).is_none());
    /// ```
    fn points<B: Backend>(_rows: &Self::Rows<B>) -> Option<Tensor<B, 2>> {
        None
    }
}

/// No condition.
impl Condition for () {
    type Rows<B: Backend> = ();

    fn lengths<B: Backend>((): &()) -> Vec<usize> {
        vec![]
    }

    fn select<B: Backend>((): (), _: Tensor<B, 1, Int>) {}

    fn slice<B: Backend>((): (), _: Range<usize>) {}

    fn cat<B: Backend>(_: Vec<()>) {}

    fn to_device<B: Backend>((): (), _: &B::Device) {}

    fn from_inner<B: AutodiffBackend>((): ()) {}
}

/// Refuses conditions whose number differs from that of their rows.
pub(crate) fn check_lengths<B: Backend, Y: Condition>(
    what: &'static str,
    batch: usize,
    rows: &Y::Rows<B>,
) -> Result<(), Error> {
    Y::lengths::<B>(rows).into_iter().try_for_each(|found| rows::check_length(what, batch, found))
}

/// Mixes a number into a hash, so that the order of numbers matters.
pub(crate) fn mix(hash: u64, number: u64) -> u64 {
    (hash.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
