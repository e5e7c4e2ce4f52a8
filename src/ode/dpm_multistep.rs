//! The multistep DPM solver.

use burn::tensor::{Tensor, backend::Backend};

use super::{
    OdeSolver, Step,
    exponential_step::{ExponentialStep, extrapolate},
};
use crate::{Flow, error::serialize_by_name};

/// Second order with one evaluation a step: DPM-Solver++(2M).
///
/// ```text
/// x_s = (s/t) x_t + (1 - s/t) (D_t + (D_t - D_p) h / (2 h_p))
/// ```
///
/// where `D_p` is the denoised batch of the previous step, and `h` and `h_p` are this step and the previous
/// one in the log-SNR. The first step and the step into the end are first order. After a step that started at
/// an infinite log-SNR, the two steps are compared in `t`.
///
/// # Example
/// ```
/// use burn::tensor::Tensor;
/// use burn_flex::Flex;
/// use reflow::{Sampler, flow::GaussianFlow, ode::{DpmMultistep, TimeGrid}};
///
/// let sampler = Sampler::new(GaussianFlow::new(1.0, 0.5)?, DpmMultistep, TimeGrid::uniform(9)?);
/// let out = sampler.sample(Tensor::<Flex, 2>::ones([1, 2], &Default::default()))?;
/// assert_eq!(out.evaluations, 9);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// Source: Lu et al., *DPM-Solver++*, 2022, Algorithm 2.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DpmMultistep;

serialize_by_name!(DpmMultistep);

/// The prediction of the previous step, and how far from the end it was made.
#[derive(Debug, Clone)]
pub struct DpmHistory<B: Backend, const D: usize> {
    prediction: Tensor<B, D>,
    tau: f64,
}

impl OdeSolver for DpmMultistep {
    type State<B: Backend, const D: usize> = Option<DpmHistory<B, D>>;
    const ORDER: usize = 2;

    fn step<B: Backend, const D: usize, F: Flow<B, D> + ?Sized>(
        &self,
        flow: &F,
        x: Tensor<B, D>,
        step: Step,
        state: Self::State<B, D>,
    ) -> (Tensor<B, D>, Self::State<B, D>) {
        let step = ExponentialStep::new(step);
        let current = step.predict(flow, &x, step.tau);
        let prediction = match state {
            Some(before) if step.tau_to > 0.0 => {
                let weight = extrapolation(&step, before.tau);
                extrapolate(&current, before.prediction, weight)
            }
            _ => current.clone(),
        };
        let x = step.toward(x, prediction, step.tau_to);
        (x, Some(DpmHistory { prediction: current, tau: step.tau }))
    }
}

/// Half the ratio of this step to the previous one.
fn extrapolation(step: &ExponentialStep, tau_before: f64) -> f64 {
    let measure = |from: f64, to: f64| {
        if tau_before < 1.0 {
            ExponentialStep::log_snr(to) - ExponentialStep::log_snr(from)
        } else {
            from - to
        }
    };
    0.5 * measure(step.tau, step.tau_to) / measure(tau_before, step.tau)
}
