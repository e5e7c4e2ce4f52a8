//! Linear maps: dense matrices, and the crate's own.

use burn::tensor::{Tensor, TensorData, backend::Backend};
use nalgebra::{DMatrix, DVector};
use rand::{Rng, RngExt};
use reflow::{
    LinearMap,
    loss::{HighPass, OnGrid, UnsharpMask},
};

use crate::joint::normal;

#[derive(Debug, Clone)]
pub enum Phi {
    Dense(DMatrix<f64>),
    Laplacian(OnGrid<HighPass>),
    UnsharpMask(OnGrid<HighPass<UnsharpMask>>),
}

impl Phi {
    /// An invertible map of images with these sides, whose singular values span one or two decades.
    pub fn draw(rng: &mut impl Rng, sides: [usize; 2]) -> Self {
        let high_pass = HighPass::new(rng.random_range(0.0..15.0)).unwrap();
        match rng.random_range(0..3) {
            0 => Self::Dense(dense(rng, sides[0] * sides[1], |value| value.clamp(0.3, 3.0))),
            1 => Self::Laplacian(high_pass.on_grid(sides).unwrap()),
            _ => {
                let mask = UnsharpMask::new(rng.random_range(0.3..3.0)).unwrap();
                Self::UnsharpMask(high_pass.with_filter(mask).on_grid(sides).unwrap())
            }
        }
    }

    /// A singular map, and a unit row that it maps to zero.
    pub fn draw_singular(rng: &mut impl Rng, dim: usize) -> (Self, Vec<f64>) {
        let matrix = dense(rng, dim, |value| value.clamp(0.3, 3.0));
        let lost = DVector::from_vec(normal(rng, dim)).normalize();
        let kept = DMatrix::identity(dim, dim) - &lost * lost.transpose();
        (Self::Dense(matrix * kept), lost.as_slice().to_vec())
    }
}

impl<B: Backend> LinearMap<B> for Phi {
    fn apply(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        match self {
            Self::Dense(matrix) => {
                // Column after column, which is the transpose row after row.
                let data = TensorData::new(matrix.as_slice().to_vec(), [matrix.ncols(), matrix.nrows()]);
                let device = x.device();
                x.matmul(Tensor::from_data(data, &device))
            }
            Self::Laplacian(map) => map.apply(x),
            Self::UnsharpMask(map) => map.apply(x),
        }
    }
}

/// A random matrix with prescribed singular values.
fn dense(rng: &mut impl Rng, dim: usize, singular_value: impl Fn(f64) -> f64) -> DMatrix<f64> {
    let mut svd = DMatrix::from_vec(dim, dim, normal(rng, dim * dim)).svd(true, true);
    svd.singular_values.apply(|value| *value = singular_value(*value));
    svd.recompose().expect("both sides were computed")
}
