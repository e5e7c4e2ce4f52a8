//! Dot products and distances of rows on the host.

const LANES: usize = 4;

/// The dot product of two rows.
pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    sum(x, y, |x, y| x * y)
}

/// The squared Euclidean distance between two rows.
pub(crate) fn squared_distance(x: &[f64], y: &[f64]) -> f64 {
    sum(x, y, |x, y| (x - y) * (x - y))
}

fn sum(x: &[f64], y: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    // Several independent sums let the compiler use vector registers.
    let mut sums = [0.0; LANES];
    let (x_parts, x_rest) = x.as_chunks::<LANES>();
    let (y_parts, y_rest) = y.as_chunks::<LANES>();
    for (x, y) in x_parts.iter().zip(y_parts) {
        for lane in 0..LANES {
            sums[lane] += term(x[lane], y[lane]);
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(&x, &y)| term(x, y)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn every_width_is_summed() {
        for width in 0..20_u32 {
            let x: Vec<f64> = (0..width).map(f64::from).collect();
            let squares: u32 = (0..width).map(|value| value * value).sum();
            assert_relative_eq!(squared_distance(&x, &vec![0.0; x.len()]), f64::from(squares));
            assert_relative_eq!(dot(&x, &x), f64::from(squares));
        }
    }
}
