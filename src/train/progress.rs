//! The progress bar.

use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::StepReport;

/// A callback that shows the progress of a fit: a bar on standard error, if that is a terminal.
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
/// assert_eq!(trainer.fit(3)?.steps, 3);
/// # Ok::<(), reflow::Error>(())
/// ```
///
/// A line printed by another callback would land on the bar's own; [`Progress`] prints above it.
pub fn progress_bar<M: 'static, A: 'static>()
-> impl FnMut(&StepReport<'_, M, A>) -> ControlFlow<()> + Send + 'static {
    Progress::new().callback()
}

/// A progress bar that other callbacks can print above.
///
/// # Example
/// ```
/// # use {burn::optim::AdamConfig, burn_autodiff::Autodiff, burn_flex::Flex};
/// # use reflow::{ReflowTrainer, coupling::Independent, data::{Gaussian, Normal}, models::MlpConfig};
/// use std::ops::ControlFlow;
/// use reflow::train::Progress;
///
/// # let net = MlpConfig::new(2)?.init::<Autodiff<Flex>>(&Default::default());
/// # let coupling = Independent::new(Normal::new(vec![2], 3.0, 0.5)?, Gaussian);
/// # let adam = AdamConfig::new().init();
/// # let builder = ReflowTrainer::builder().flow(net).coupling(coupling).optimizer(adam);
/// let bar = Progress::new();
/// let mut trainer = builder
///     .callback(bar.callback())
///     .callback(move |report| {
///         if report.step % 100 == 0 {
///             bar.println(&format!("step {}", report.step));
///         }
///         ControlFlow::Continue(())
///     })
///     .build()?;
/// assert_eq!(trainer.fit(3)?.steps, 3);
/// # Ok::<(), reflow::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar on standard error, hidden until the first step, and always if that is not a terminal.
    #[must_use]
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(4));
        let template = "{wide_bar} {pos}/{len} steps, {per_sec:0}, {eta} left, {msg}";
        let style = ProgressStyle::with_template(template);
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// A callback that moves the bar.
    pub fn callback<M: 'static, A: 'static>(
        &self,
    ) -> impl FnMut(&StepReport<'_, M, A>) -> ControlFlow<()> + Send + 'static + use<M, A> {
        let Self(bar) = self.clone();
        let mut until = None;
        move |report| {
            // A different end means a different fit.
            if until.replace(report.until) != Some(report.until) {
                bar.reset();
                bar.set_length((report.until - report.step) as u64);
            }
            bar.inc(1);
            if let Some(loss) = report.last_loss {
                bar.set_message(format!("loss {loss:.4}"));
            }
            if report.step + 1 == report.until {
                bar.finish_and_clear();
            }
            ControlFlow::Continue(())
        }
    }

    /// Prints a line on standard output, above the bar where that is shown.
    pub fn println(&self, line: &str) {
        self.0.suspend(|| println!("{line}"));
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
