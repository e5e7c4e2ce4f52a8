//! A whole solve.

use burn::tensor::{Tensor, backend::Backend};

use super::{Carry, Sampler, Solution, Trajectory};
use crate::{
    Condition, Error, Flow, FlowExt, OdeSolver, StepControl, condition::check_lengths, ode::Direction, rows,
};

impl<B, const D: usize, Y, F, S, C> Carry<B, D, Y> for Sampler<F, S, C>
where
    B: Backend,
    Y: Condition,
    F: Flow<B, D, Y>,
    S: OdeSolver,
    C: StepControl<S>,
{
    fn carry(&self, x: Tensor<B, D>, y: Y::Rows<B>, direction: Direction) -> Result<Solution<B, D>, Error> {
        check_batch::<B, D, Y>(&x, &y)?;
        let solve = |x: Tensor<B, D>, y: Y::Rows<B>| {
            let flow = self.flow.given::<B, D, Y>(y);
            Trajectory::new(flow, &self.solver, &self.control, x, direction).finish()
        };
        let solution = match self.split {
            None => solve(x.clone(), y)?,
            Some(split) => {
                let parts = split.map::<B, D, Y, _>(&x, &y, |x, _, y| solve(x, y));
                Solution::cat(parts.into_iter().collect::<Result<_, Error>>()?)?
            }
        };
        if rows::is_finite(&solution.x) {
            return Ok(solution);
        }
        rows::check_finite("the batch to solve", &x)?;
        rows::check_finite("the end of the solve, on whose way the flow is not finite", &solution.x)?;
        Ok(solution)
    }
}

/// Refuses an empty batch, one of another float type than the device computes in, another number of conditions, and
/// an autodiff backend, which would record every evaluation.
pub(super) fn check_batch<B: Backend, const D: usize, Y: Condition>(
    x: &Tensor<B, D>,
    y: &Y::Rows<B>,
) -> Result<(), Error> {
    if B::ad_enabled(&x.device()) {
        return Err(Error::Recorded);
    }
    if x.dims().contains(&0) {
        return Err(Error::Empty { what: "the batch to solve" });
    }
    rows::check_float("the batch to solve", x)?;
    check_lengths::<B, Y>("the conditions of a batch", x.dims()[0], y)
}
