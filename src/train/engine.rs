//! The steps of a fit, behind a trait that hides backend, rank, conditions and objective.

use std::marker::PhantomData;

use burn::{
    module::AutodiffModule,
    optim::{GradientsAccumulator, GradientsParams},
    tensor::backend::AutodiffBackend,
};

use super::{
    Ema, FitReport, FlowOptimizer, State, StepReport, TrainSettings,
    run::{Borrowed, Run},
    watch::{StepLosses, Watch},
    weights::{averaged, owned, weights_are_finite, with_weights_of},
};
use crate::{
    Error, Key,
    error::{at_least_one, not_negative},
    objective::{Objective, StepLoss},
    rows,
};

/// Trains the network `M` with the optimizer `O`; the network to sample with is an `A`.
pub(super) trait Engine<M, A, O>: Send {
    /// Takes `steps` steps, or fewer if a callback ends the fit.
    fn fit(
        &self,
        state: &mut State<M, A, O>,
        run: &mut Run<M, A>,
        steps: usize,
        callback: Borrowed<'_, M, A>,
    ) -> Result<FitReport, Error>;

    /// The network to sample with.
    fn plain(&self, state: &State<M, A, O>) -> A;

    /// An independent copy of the state: nothing that changes is shared.
    fn snapshot(&self, state: &State<M, A, O>) -> State<M, A, O>;

    /// Starts an average if the settings want one that the state lacks, and drops it if they want none.
    fn agree(&self, state: &mut State<M, A, O>, ema: Option<Ema>);

    /// The network to train further.
    fn trainable(&self, state: State<M, A, O>) -> M;
}

/// The engine of an objective.
pub(super) struct Steps<B, J> {
    objective: J,
    backend: PhantomData<fn() -> B>,
}

impl<B, J> Steps<B, J> {
    pub(super) fn new(objective: J) -> Self {
        Self { objective, backend: PhantomData }
    }
}

impl<B, M, O, J> Engine<M, M::InnerModule, O> for Steps<B, J>
where
    B: AutodiffBackend,
    M: AutodiffModule<B>,
    O: FlowOptimizer<M, B>,
    J: Objective<B, M>,
{
    fn fit(
        &self,
        state: &mut State<M, M::InnerModule, O>,
        run: &mut Run<M, M::InnerModule>,
        steps: usize,
        callback: Borrowed<'_, M, M::InnerModule>,
    ) -> Result<FitReport, Error> {
        at_least_one("ReflowTrainer", "steps", steps)?;
        let mut watch = Watch::new(kept::<B, M, O>(state), state.step);
        let report = self.run(state, run, steps, callback, &mut watch);
        let report = report.and_then(|held_out| finished::<B, M, O>(state, &watch, held_out));
        // If something else failed, the losses not read yet decide whether the weights are kept.
        if matches!(report, Err(Error::Diverged { .. } | Error::Overflowed { .. })) || watch.check().is_err()
        {
            *state = watch.into_good();
        }
        report.map_err(|error| self.explained(error, state, &run.settings))
    }

    fn plain(&self, state: &State<M, M::InnerModule, O>) -> M::InnerModule {
        plain::<B, M, O>(state)
    }

    fn snapshot(&self, state: &State<M, M::InnerModule, O>) -> State<M, M::InnerModule, O> {
        kept::<B, M, O>(state)
    }

    fn agree(&self, state: &mut State<M, M::InnerModule, O>, ema: Option<Ema>) {
        state.average = match (ema, state.average.take()) {
            (None, _) => None,
            (Some(_), None) => Some(Ema::begin::<B, M>(&state.flow)),
            (Some(_), average) => average,
        };
    }

    fn trainable(&self, State { flow, average, .. }: State<M, M::InnerModule, O>) -> M {
        match average {
            Some(average) => with_weights_of::<B, M>(flow, &average),
            None => flow,
        }
    }
}

impl<B: AutodiffBackend, J> Steps<B, J> {
    /// Takes the steps, reads all their losses, and returns the last held-out score.
    fn run<M, O>(
        &self,
        state: &mut State<M, M::InnerModule, O>,
        run: &mut Run<M, M::InnerModule>,
        steps: usize,
        callback: Borrowed<'_, M, M::InnerModule>,
        watch: &mut Watch<B::InnerBackend, State<M, M::InnerModule, O>>,
    ) -> Result<Option<f64>, Error>
    where
        M: AutodiffModule<B>,
        O: FlowOptimizer<M, B>,
        J: Objective<B, M>,
    {
        let until = state.step.saturating_add(steps);
        let mut held_out = None;
        while state.step < until {
            let (losses, rate) = self.step(state, run, watch)?;
            let score = run.validate(state.step, || plain::<B, M, O>(state))?;
            held_out = score.or(held_out);
            let report = StepReport {
                step: state.step - 1,
                until,
                rate,
                flow: &state.flow,
                average: state.average.as_ref(),
                held_out: score,
                last_loss: watch.last().map(|[loss, _]| loss),
                losses: &|| losses.clone().map(|loss| rows::to_host(loss)[0]),
                plain: &|| plain::<B, M, O>(state),
            };
            if !run.goes_on(&report, callback) {
                break;
            }
        }
        watch.check()?;
        Ok(held_out)
    }

    /// Takes one step, and returns its losses, still on the device, and its learning rate.
    fn step<M, O>(
        &self,
        state: &mut State<M, M::InnerModule, O>,
        run: &Run<M, M::InnerModule>,
        watch: &mut Watch<B::InnerBackend, State<M, M::InnerModule, O>>,
    ) -> Result<(StepLosses<B::InnerBackend>, f64), Error>
    where
        M: AutodiffModule<B>,
        O: FlowOptimizer<M, B>,
        J: Objective<B, M>,
    {
        // Copied before the forward pass, which changes the running statistics of a network that has some.
        let due = watch.unread() + 1 == run.settings.check_every;
        let before = due.then(|| kept::<B, M, O>(state));
        let (losses, gradients) = self.gradients(state, &run.settings)?;
        watch.push(losses.clone());
        let rate = not_negative("Schedule", "rate", run.schedule.rate(state.step))?;
        if let Some(before) = before {
            watch.check()?;
            watch.keep(before, state.step);
        }
        update(state, &run.settings, gradients, rate);
        Ok((losses, rate))
    }

    /// A divergence with its cause, as far as the rows of its step show one.
    fn explained<M, O>(
        &self,
        error: Error,
        state: &State<M, M::InnerModule, O>,
        settings: &TrainSettings,
    ) -> Error
    where
        M: AutodiffModule<B>,
        O: Clone,
        J: Objective<B, M>,
    {
        let Error::Diverged { step, loss, kept: good, .. } = error else { return error };
        // Looking is a forward pass, which changes running statistics: of a copy.
        let flow = kept::<B, M, O>(state).flow;
        let (key, device) = (Key::new(state.seed).fork("train"), device_of::<B, M>(&flow));
        let mut causes = settings.parts(step).map(|rows| self.objective.cause(&flow, rows, &key, &device));
        let cause = causes.find_map(|cause| cause).map(Box::new);
        Error::Diverged { step, loss, kept: good, cause }
    }

    /// The losses of the next step and its clipped gradients, computed part by part.
    fn gradients<M, O>(
        &self,
        state: &State<M, M::InnerModule, O>,
        settings: &TrainSettings,
    ) -> Result<(StepLosses<B::InnerBackend>, GradientsParams), Error>
    where
        M: AutodiffModule<B>,
        J: Objective<B, M>,
    {
        let key = Key::new(state.seed).fork("train");
        let device = device_of::<B, M>(&state.flow);
        let mut gradients = GradientsAccumulator::new();
        let mut losses: Option<StepLosses<B::InnerBackend>> = None;
        for rows in settings.parts(state.step) {
            let share = rows.len() as f64 / settings.batch_size as f64;
            let StepLoss { weighted, unweighted } = self.objective.loss(&state.flow, rows, &key, &device)?;
            let weighted = if share == 1.0 { weighted } else { weighted * share };
            // Only a backward pass frees what was recorded, so it runs before anything can fail.
            let found = GradientsParams::from_grads(weighted.backward(), &state.flow);
            let found_losses = [weighted.inner(), unweighted * share];
            if share == 1.0 {
                return Ok((found_losses, clipped::<B, M>(&state.flow, settings, found)));
            }
            gradients.accumulate(&state.flow, found);
            losses = Some(match losses {
                None => found_losses,
                Some([a, b]) => {
                    let [c, d] = found_losses;
                    [a + c, b + d]
                }
            });
        }
        let losses = losses.ok_or(Error::Empty { what: "the batch of a training step" })?;
        Ok((losses, clipped::<B, M>(&state.flow, settings, gradients.grads())))
    }
}

fn device_of<B: AutodiffBackend, M: AutodiffModule<B>>(flow: &M) -> B::Device {
    flow.devices().into_iter().next().unwrap_or_default()
}

/// The report of a fit whose losses have all been read. No loss has been computed from the last weights, so
/// they are checked here.
fn finished<B: AutodiffBackend, M: AutodiffModule<B>, O>(
    state: &State<M, M::InnerModule, O>,
    watch: &Watch<B::InnerBackend, State<M, M::InnerModule, O>>,
    held_out: Option<f64>,
) -> Result<FitReport, Error> {
    if !weights_are_finite::<B, M>(&state.flow) {
        return Err(Error::Overflowed { step: state.step - 1, kept: watch.good_step() });
    }
    let [loss, unweighted_loss] = watch.last().unwrap_or([f64::NAN; 2]);
    Ok(FitReport { steps: state.step, loss, unweighted_loss, held_out })
}

/// An independent copy of a state. A clone would share the running statistics, which change with the network
/// in training.
fn kept<B: AutodiffBackend, M: AutodiffModule<B>, O: Clone>(
    state: &State<M, M::InnerModule, O>,
) -> State<M, M::InnerModule, O> {
    let average = state.average.as_ref().map(owned::<B, M>);
    State { flow: M::from_inner(state.flow.valid()), average, ..state.clone() }
}

/// The network to sample with.
fn plain<B: AutodiffBackend, M: AutodiffModule<B>, O>(state: &State<M, M::InnerModule, O>) -> M::InnerModule {
    match &state.average {
        Some(average) => averaged::<B, M>(&state.flow, average),
        None => state.flow.valid(),
    }
}

fn clipped<B: AutodiffBackend, M: AutodiffModule<B>>(
    flow: &M,
    settings: &TrainSettings,
    gradients: GradientsParams,
) -> GradientsParams {
    match settings.clip {
        Some(clip) => clip.clip::<B, M>(flow, gradients),
        None => gradients,
    }
}

/// Updates the weights and their average.
fn update<B, M, O>(
    state: &mut State<M, M::InnerModule, O>,
    settings: &TrainSettings,
    gradients: GradientsParams,
    rate: f64,
) where
    B: AutodiffBackend,
    M: AutodiffModule<B>,
    O: FlowOptimizer<M, B>,
{
    state.flow = state.optimizer.update(rate, state.flow.clone(), gradients);
    if let (Some(ema), Some(average)) = (settings.ema, state.average.take()) {
        state.average = Some(ema.update(average, &state.flow.valid(), state.step));
    }
    state.step += 1;
}
