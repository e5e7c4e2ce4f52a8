use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex},
};

use burn::{
    lr_scheduler::{LrScheduler, exponential::ExponentialLrSchedulerConfig},
    module::AutodiffModule,
    tensor::backend::AutodiffBackend,
};
use reflow::{
    Error, FlowExt, Key,
    models::Mlp,
    objective::{HeldOutLoss, Recipe, Validate},
    train::{LearningRate, burn_schedule, progress_bar},
};

use super::{
    In, gap,
    trainers::{answer, data, net, small},
    values,
};

pub fn a_callback_ends_the_fit<B: AutodiffBackend>() {
    let mut rates = vec![];
    let rate = LearningRate::new(1e-3).unwrap().warm_up(4).unwrap();
    let mut trainer = small(net::<B>(2)).learning_rate(rate).build().unwrap();
    let report = trainer.fit_with(10, |report| {
        rates.push((report.step, report.until, report.rate));
        assert!(report.loss().is_finite());
        if report.step == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(report.unwrap().steps, 3);
    assert_eq!(rates, [(0, 10, 2.5e-4), (1, 10, 5e-4), (2, 10, 7.5e-4)]);
}

pub fn every_callback_is_called_and_any_ends_the_fit<B: AutodiffBackend>() {
    let seen: Arc<Mutex<Vec<(&str, usize)>>> = Arc::default();
    let note = |name: &'static str, last: usize| {
        let seen = Arc::clone(&seen);
        move |step: usize| {
            seen.lock().unwrap().push((name, step));
            if step == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    };
    let (first, second) = (note("first", 1), note("second", 9));
    let builder = small(net::<B>(2)).callback(move |report| first(report.step));
    let builder = builder.callback(move |report| second(report.step)).callback(progress_bar());
    let mut trainer = builder.build().unwrap();
    let borrowed = note("borrowed", 3);
    assert_eq!(trainer.fit_with(10, |report| borrowed(report.step)).unwrap().steps, 2);
    let mut calls = std::mem::take(&mut *seen.lock().unwrap());
    calls.sort_unstable();
    let expected =
        [("borrowed", 0), ("borrowed", 1), ("first", 0), ("first", 1), ("second", 0), ("second", 1)];
    assert_eq!(calls, expected);

    assert_eq!(trainer.fit_with(10, |report| borrowed(report.step)).unwrap().steps, 4);
    assert!(!seen.lock().unwrap().contains(&("borrowed", 4)), "the one that was lent ended this fit");
    assert_eq!(trainer.fit(1).unwrap().steps, 5);
    assert!(!seen.lock().unwrap().contains(&("borrowed", 4)), "and is not called by another");
}

pub fn a_callback_sees_the_network_after_the_step<B: AutodiffBackend>() {
    let mut trainer = small(net::<B>(2)).build().unwrap();
    let mut seen = vec![];
    let report = trainer.fit_with(3, |report| {
        let average = report.average.expect("an average is kept by default");
        assert_eq!(gap(answer::<B>(average), answer::<B>(&report.sampling_flow())), 0.0);
        seen.push((answer::<B>(&report.flow.valid()), report.loss(), report.unweighted_loss()));
        ControlFlow::Continue(())
    });
    let report = report.unwrap();
    let (last, loss, unweighted) = seen.pop().unwrap();
    assert_eq!(gap(last, answer::<B>(&trainer.state().flow.valid())), 0.0);
    assert_eq!((loss, unweighted), (report.loss, report.unweighted_loss));
}

pub fn the_last_loss_that_was_read_is_reported<B: AutodiffBackend>() {
    let mut trainer = small(net::<B>(2)).check_every(3).build().unwrap();
    let mut seen = vec![];
    let keep = |report: &reflow::train::StepReport<'_, _, _>| {
        seen.push((report.last_loss, report.loss()));
        ControlFlow::Continue(())
    };
    trainer.fit_with(6, keep).unwrap();
    let read: Vec<Option<f64>> = seen.iter().map(|(last, _)| *last).collect();
    let (third, sixth) = (Some(seen[2].1), Some(seen[5].1));
    assert_eq!(read, [None, None, third, third, third, sixth]);
}

fn held_out<B: AutodiffBackend>() -> HeldOutLoss<In<B>> {
    HeldOutLoss::new(data(2), Recipe::flow_matching(), 0..600, Key::new(9), &Default::default())
}

pub fn a_held_out_score_is_taken_at_its_steps<B: AutodiffBackend>() {
    let builder = small(net::<B>(2)).learning_rate(LearningRate::new(3e-3).unwrap());
    let mut trainer = builder.held_out(20, held_out::<B>()).unwrap().build().unwrap();
    let mut scores = vec![];
    let report = trainer.fit_with(110, |report| {
        scores.extend(report.held_out.map(|score| (report.step, score)));
        ControlFlow::Continue(())
    });
    let steps: Vec<usize> = scores.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [19, 39, 59, 79, 99]);
    assert_eq!(report.unwrap().held_out, Some(scores[4].1));
    assert!(scores[4].1 < 0.8 * scores[0].1, "it falls as the flow learns: {scores:?}");

    let mut none = small(net::<B>(2)).held_out(20, held_out::<B>()).unwrap().build().unwrap();
    assert_eq!(none.fit(19).unwrap().held_out, None);
    assert!(small(net::<B>(2)).held_out(0, held_out::<B>()).is_err());
}

pub fn a_held_out_score_is_of_the_flow_that_is_sampled<B: AutodiffBackend>() {
    let builder = small(net::<B>(2)).held_out(4, held_out::<B>()).unwrap();
    let mut trainer = builder.build().unwrap();
    let score = trainer.fit(4).unwrap().held_out.unwrap();
    assert_eq!(score, held_out::<B>().score(&trainer.flow()).unwrap());
    assert_ne!(score, held_out::<B>().score(&trainer.state().flow.valid()).unwrap());
}

pub fn a_closure_scores_a_network<B: AutodiffBackend>() {
    let norm = |flow: &Mlp<In<B>>| -> Result<f64, Error> {
        let x = Key::new(0).normal([5, 2], &Default::default());
        Ok(values(flow.velocity(x, 0.5).square().mean())[0])
    };
    let mut trainer = small(net::<B>(2)).held_out(3, norm).unwrap().build().unwrap();
    assert_eq!(trainer.fit(3).unwrap().held_out, Some(norm(&trainer.flow()).unwrap()));
}

pub fn an_error_of_a_score_ends_the_fit<B: AutodiffBackend>() {
    let lost = |_: &Mlp<In<B>>| -> Result<f64, Error> { Err(Error::custom("shard 3 is gone")) };
    let mut trainer = small(net::<B>(2)).held_out(3, lost).unwrap().build().unwrap();
    assert_eq!(trainer.fit(9).unwrap_err().to_string(), "shard 3 is gone");
    assert_eq!(trainer.steps(), 3, "the steps until then stay");
}

pub fn a_scheduler_of_burn_sets_the_rates<B: AutodiffBackend>() {
    let mut scheduler = ExponentialLrSchedulerConfig::new(1e-2, 0.5).init().unwrap();
    let schedule = burn_schedule(scheduler);
    let expected: Vec<f64> = (0..6).map(|_| scheduler.step()).collect();
    assert!(expected[5] < 0.1 * expected[0]);
    let mut trainer = small(net::<B>(2)).learning_rate(schedule).build().unwrap();
    let mut rates = vec![];
    let mut fit = |steps: usize, from: Option<usize>| {
        let state = reflow::train::State { step: from.unwrap_or(trainer.steps()), ..trainer.state().clone() };
        trainer.set_state(state);
        let keep = |report: &reflow::train::StepReport<'_, _, _>| {
            rates.push(report.rate);
            ControlFlow::Continue(())
        };
        trainer.fit_with(steps, keep).unwrap();
    };
    fit(2, None);
    fit(2, None);
    // Set to a step behind the scheduler's position, and to one ahead of it.
    fit(2, Some(1));
    fit(1, Some(5));
    assert_eq!(rates, [0, 1, 2, 3, 1, 2, 5].map(|step| expected[step]));
}
