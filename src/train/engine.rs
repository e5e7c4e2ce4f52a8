//! The steps of a training, behind a trait that hides backend, rank, conditions and objective.

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

/// A training of the network `M`, sampled as `A`, stepped by `O`.
pub(super) trait Engine<M, A, O>: Send {
    /// Takes steps, or fewer if a callback ends the fit.
    fn fit(
        &self,
        state: &mut State<M, A, O>,
        run: &mut Run<M, A>,
        steps: usize,
        callback: Borrowed<'_, M, A>,
    ) -> Result<FitReport, Error>;

    /// The network to sample with.
    fn plain(&self, state: &State<M, A, O>) -> A;

    /// A state that owns all it holds.
    fn snapshot(&self, state: &State<M, A, O>) -> State<M, A, O>;

    /// Keeps an average exactly if the settings say so.
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
        // Losses still unread when something else failed tell whether the weights are worth keeping.
        if matches!(report, Err(Error::Diverged { .. } | Error::Overflowed { .. })) || watch.check().is_err()
        {
            *state = watch.into_good();
        }
        report
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
    /// Steps under watch, until all losses are read; gives the last held-out score.
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

    /// Takes one step; gives its losses, still on the device, and its rate.
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
        // Before the forward pass, which changes the running statistics of a network that has some.
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

    /// The losses of the next step and their gradients, clipped: of the whole batch, part by part.
    fn gradients<M, O>(
        &self,
        state: &State<M, M::InnerModule, O>,
        settings: &TrainSettings,
    ) -> Result<(StepLosses<B::InnerBackend>, GradientsParams), Error>
    where
        M: AutodiffModule<B>,
        J: Objective<B, M>,
    {
        let batch = settings.batch_size;
        let key = Key::new(state.seed).fork("train");
        let device = state.flow.devices().into_iter().next().unwrap_or_default();
        let first = state.step * batch;
        let part = batch.div_ceil(settings.accumulate);
        let mut gradients = GradientsAccumulator::new();
        let mut losses: Option<StepLosses<B::InnerBackend>> = None;
        for start in (0..batch).step_by(part) {
            let rows = first + start..first + (start + part).min(batch);
            let share = rows.len() as f64 / batch as f64;
            let StepLoss { weighted, unweighted } = self.objective.loss(&state.flow, rows, &key, &device)?;
            let weighted = if share == 1.0 { weighted } else { weighted * share };
            // What was recorded is freed by running it backward, so that comes before any error.
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

/// How a fit ended whose losses are all read; no loss has seen the last weights yet.
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

/// A state that owns all it holds: a clone shares running statistics, which change with the network in training.
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

/// Steps the weights and their average.
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
