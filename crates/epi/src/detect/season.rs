//! In-control means from a seasonal Poisson or negative binomial regression on the steps before the judged ones.

use std::f64::consts::PI;

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::numbers::glm;

/// A seasonal model of the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Season {
    /// Pairs of sine and cosine.
    pub harmonics: usize,
    /// Whether the logarithm of the mean also rises or falls with time.
    pub trend: bool,
    /// Steps in a year.
    pub per_year: usize,
}

impl Season {
    fn row(self, t: usize) -> Vec<f64> {
        let mut row = vec![1.0];
        if self.trend {
            row.push(t as f64);
        }
        for s in 1..=self.harmonics {
            let angle = 2.0 * PI * (s * t) as f64 / self.per_year as f64;
            row.extend([angle.cos(), angle.sin()]);
        }
        row
    }
}

/// LIMIT: the largest count of a step: the fit of the overdispersion walks through every count.
pub const COUNT_MAX: f64 = 1e6;

/// Means of the steps `first..=last` (from 1), from a fit to everything before `first`; and the overdispersion, which is
/// estimated when it is not given (0 for Poisson).
pub fn means(
    counts: &[f64],
    first: usize,
    last: usize,
    season: Season,
    overdispersion: Option<f64>,
) -> Estimated<(Vec<f64>, f64)> {
    let columns = season.row(1).len();
    if first <= columns + 1 || first > counts.len() {
        let what = format!(
            "{} steps come before the first judged one, and the model has {columns} terms",
            first.max(1) - 1
        );
        return Err(NotEstimated::because(Why::TooLittle, what));
    }
    let training = &counts[..first - 1];
    require(
        training.iter().all(|y| (0.0..=COUNT_MAX).contains(y)),
        "a count is negative or too large",
    )?;
    let rows: Vec<Vec<f64>> = (1..first).map(|t| season.row(t)).collect();
    let fitted = match overdispersion {
        None => glm::negative_binomial(&rows, training),
        Some(alpha) if alpha > 0.0 => {
            glm::counts_known(&rows, training, alpha).map(|fit| (fit, alpha))
        }
        Some(_) => glm::poisson(&rows, training).map(|fit| (fit, 0.0)),
    };
    let Some((fit, alpha)) = fitted else {
        return Err(NotEstimated::because(
            Why::NotSettled,
            "the seasonal fit to the steps before did not settle",
        ));
    };
    Ok((
        (first..=last).map(|t| fit.mean(&season.row(t))).collect(),
        alpha,
    ))
}
