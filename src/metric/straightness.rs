//! The straightness of a flow's paths.

use burn::tensor::{Tensor, backend::Backend};

use crate::{Error, Flow, OdeSolver, Sampler, StepControl, rows, sampler::TrajectoryPoint};

/// The straightness of a flow's paths: zero if they are straight lines at constant speed.
///
/// ```text
/// S = E integral_0^1 |(x1 - x0) - dx_t/dt|^2 dt
/// ```
///
/// over the paths that the sampler follows from `x1`. The velocity within a step is that of its chord, so the
/// sampler should take many steps. The square is summed over the values of a row, and the mean is over rows.
///
/// # Shapes
/// `x1`: `[batch, ..]`, the noise to start from.
///
/// # Errors
/// As [`Sampler::sample`].
///
/// # Example
/// ```
/// use burn_flex::Flex;
/// use reflow::{Key, Sampler, flow::GaussianFlow, metric::straightness, ode::{Heun, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(0.0, 0.1)?, Heun, TimeGrid::uniform(50)?);
/// let noise = Key::new(0).normal::<Flex, 2>([100, 2], &Default::default());
/// assert!(straightness(&sampler, noise)? > 0.01); // the paths between these Gaussians bend
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Liu, Gong & Liu, *Flow Straight and Fast*, 2023, equation 6.
pub fn straightness<B, const D: usize, F, S, C>(
    sampler: &Sampler<F, S, C>,
    x1: Tensor<B, D>,
) -> Result<f64, Error>
where
    B: Backend,
    F: Flow<B, D>,
    S: OdeSolver,
    C: StepControl<S>,
{
    let points: Vec<TrajectoryPoint<B, D>> = sampler.trajectory(x1)?.collect::<Result<_, _>>()?;
    let (Some(start), Some(end)) = (points.first(), points.last()) else {
        return Err(Error::Empty { what: "the path to measure straightness of" });
    };
    let whole = (start.x.clone() - end.x.clone()) / (start.t - end.t);
    let deviations = points.windows(2).map(|step| {
        let duration = step[0].t - step[1].t;
        let chord = (step[0].x.clone() - step[1].x.clone()) / duration;
        rows::sum((whole.clone() - chord).square()).mean() * duration
    });
    let total = deviations.reduce(|sum, step| sum + step);
    Ok(total.map_or(0.0, |total| rows::to_host(total)[0]))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use burn_ndarray::NdArray;

    use super::*;
    use crate::{
        Key,
        flow::GaussianFlow,
        flow_fn,
        ode::{Heun, TimeGrid},
    };

    #[test]
    fn between_gaussians_it_has_a_closed_form() {
        // x_t = r(t) x1 with r^2 = (1 - t)^2 s^2 + t^2, so S = E|x1|^2 integral (1 - s - r'(t))^2 dt.
        let s: f64 = 0.3;
        let slope = |t: f64| (t - (1.0 - t) * s * s) / ((1.0 - t).powi(2) * s * s + t * t).sqrt();
        let n = 100_000_u32;
        let integral: f64 = (0..n)
            .map(|i| (1.0 - s - slope((f64::from(i) + 0.5) / f64::from(n))).powi(2) / f64::from(n))
            .sum();
        let x1: Tensor<NdArray<f64>, 2> = Key::new(3).normal([50, 2], &Default::default());
        let square = rows::sum(x1.clone().square()).mean().into_scalar();
        let sampler = Sampler::new(GaussianFlow::new(0.0, s).unwrap(), Heun, TimeGrid::uniform(400).unwrap());
        assert_relative_eq!(straightness(&sampler, x1).unwrap(), integral * square, max_relative = 1e-3);
    }

    #[test]
    fn a_straight_flow_has_none() {
        let flow = flow_fn(|x: Tensor<NdArray<f64>, 2>, _: crate::Time<NdArray<f64>>| x.ones_like() * 3.0);
        let sampler = Sampler::new(flow, Heun, TimeGrid::sigmoid(7, 5.0).unwrap());
        let x1 = Key::new(3).normal([5, 2], &Default::default());
        assert!(straightness(&sampler, x1).unwrap() < 1e-20);
    }
}
