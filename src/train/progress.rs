//! The progress bar.

use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::StepReport;

/// A callback that shows how far a fit is: a bar on standard error, while that is a terminal.
///
/// # Example
/// ```
/// use burn::optim::AdamConfig;
/// use burn_autodiff::Autodiff;
/// use burn_flex::Flex;
/// use reflow::{
///     ReflowTrainer,
///     coupling::Independent,
///     data::{Gaussian, Normal},
///     models::MlpConfig,
///     train::progress_bar,
/// };
///
/// let mut trainer = ReflowTrainer::builder()
///     .flow(MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default()))
///     .optimizer(AdamConfig::new().init())
///     .coupling(Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian))
///     .callback(progress_bar())
///     .build()?;
/// trainer.fit(3)?;
/// # Ok::<(), reflow::Error>(())
/// ```
pub fn progress_bar<M: 'static, A: 'static>()
-> impl FnMut(&StepReport<'_, M, A>) -> ControlFlow<()> + Send + 'static {
    let mut bar: Option<(usize, ProgressBar)> = None;
    move |report| {
        // Another fit has another end.
        let fits = bar.as_ref().is_some_and(|(until, _)| *until == report.until);
        if !fits {
            bar = Some((report.until, begin(report.until - report.step)));
        }
        if let Some((_, bar)) = &bar {
            bar.inc(1);
            if let Some(loss) = report.last_loss {
                bar.set_message(format!("loss {loss:.4}"));
            }
            if report.step + 1 == report.until {
                bar.finish_and_clear();
            }
        }
        ControlFlow::Continue(())
    }
}

fn begin(steps: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr_with_hz(4));
    let template = "{wide_bar} {pos}/{len} steps, {per_sec:.0}, {eta} left, {msg}";
    bar.with_style(ProgressStyle::with_template(template).expect("the template is well formed"))
}
