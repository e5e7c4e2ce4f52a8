//! The progress bar.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::{Deserialize, Serialize};

/// Whether a fit shows how far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// A bar on standard error, while that is a terminal.
    #[default]
    Bar,
    /// Nothing.
    Hidden,
}

impl Progress {
    pub(super) fn start(self, steps: usize) -> ProgressBar {
        let target = match self {
            Self::Bar => ProgressDrawTarget::stderr_with_hz(4),
            Self::Hidden => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(steps as u64), target);
        let template = "{wide_bar} {pos}/{len} steps, {per_sec}, {eta} left, {msg}";
        bar.with_style(ProgressStyle::with_template(template).expect("the template is well formed"))
    }
}
