//! Several conditions at once.

use std::ops::Range;

use burn::tensor::{
    Int, Tensor,
    backend::{AutodiffBackend, Backend},
};

use super::Condition;

macro_rules! tuple_condition {
    ($($kind:ident $at:tt),*) => {
        impl<$($kind: Condition),*> Condition for ($($kind,)*) {
            type Rows<B: Backend> = ($($kind::Rows<B>,)*);

            fn lengths<B: Backend>(rows: &Self::Rows<B>) -> Vec<usize> {
                [$($kind::lengths::<B>(&rows.$at)),*].concat()
            }

            fn select<B: Backend>(rows: Self::Rows<B>, indices: Tensor<B, 1, Int>) -> Self::Rows<B> {
                ($($kind::select::<B>(rows.$at, indices.clone()),)*)
            }

            fn slice<B: Backend>(rows: Self::Rows<B>, range: Range<usize>) -> Self::Rows<B> {
                ($($kind::slice::<B>(rows.$at, range.clone()),)*)
            }

            fn cat<B: Backend>(batches: Vec<Self::Rows<B>>) -> Self::Rows<B> {
                ($($kind::cat::<B>(batches.iter().map(|rows| rows.$at.clone()).collect()),)*)
            }

            fn to_device<B: Backend>(rows: Self::Rows<B>, device: &B::Device) -> Self::Rows<B> {
                ($($kind::to_device::<B>(rows.$at, device),)*)
            }

            fn from_inner<B: AutodiffBackend>(rows: Self::Rows<B::InnerBackend>) -> Self::Rows<B> {
                ($($kind::from_inner::<B>(rows.$at),)*)
            }

            fn classes<B: Backend>(rows: &Self::Rows<B>, hashes: &mut [u64]) {
                $($kind::classes::<B>(&rows.$at, hashes);)*
            }

            fn points<B: Backend>(rows: &Self::Rows<B>) -> Option<Tensor<B, 2>> {
                let points: Vec<_> = [$($kind::points::<B>(&rows.$at)),*].into_iter().flatten().collect();
                if points.is_empty() { None } else { Some(Tensor::cat(points, 1)) }
            }
        }
    };
}
tuple_condition!(Y0 0, Y1 1);
tuple_condition!(Y0 0, Y1 1, Y2 2);
