//! Poisson regression of a baseline on groups of weeks and a common trend: the fast kernel under Farrington's methods.
//!
//! Every baseline of these methods is the same kind of model, a level for each seasonal group and one slope. Its normal
//! equations have the shape of an arrow, so that a step costs one pass over the rows, and within a run of neighbouring
//! weeks the means follow each other by one factor, so that a step needs one exponential for each run. Steps and stopping
//! rule are those of the usual program for such models, because baselines that are nearly all zero have no finite
//! maximum and their answer is where the steps stop.

/// The steps stop when the deviance changes by less than this part of itself.
const CHANGE_MIN: f64 = 1e-8;

/// LIMIT: steps of one fit, as in the usual program.
const STEPS_MAX: usize = 25;

/// Neighbouring weeks of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Position of its first row.
    pub first: usize,
    /// Position after its last row.
    pub end: usize,
    /// Its group.
    pub group: usize,
}

/// The baseline of one judged week.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// Counts.
    pub counts: Vec<f64>,
    /// Weeks since the judged one (negative); rises by one inside a run.
    pub weeks: Vec<f64>,
    /// Logarithm of what the mean is proportional to; empty when there is nothing of the kind.
    pub offsets: Vec<f64>,
    /// `ln(y)` (0 for 0) and `ln(y + 0.1)` of each count.
    pub logs: Vec<(f64, f64)>,
    /// All rows, cut into runs.
    pub runs: Vec<Run>,
    /// How many groups there may be.
    pub groups: usize,
}

/// What a fit leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Level of each group at the judged week, on the logarithmic scale.
    pub levels: Vec<f64>,
    /// Slope of the logarithm of the mean; nothing in a model without trend.
    pub slope: Option<f64>,
    /// Fitted means.
    pub means: Vec<f64>,
    /// Working weights of the last step.
    pub weights: Vec<f64>,
    /// Rows minus coefficients.
    pub df: f64,
    /// Whether the stopping rule was met.
    pub settled: bool,
    sums: Vec<f64>,
    centres: Vec<f64>,
    spread: f64,
}

impl Fit {
    /// The variance of the fitted logarithm, over the dispersion, for a group and week.
    pub fn variance(&self, group: usize, week: f64) -> f64 {
        let slope = match self.slope {
            Some(_) => (week - self.centres[group]).powi(2) / self.spread,
            None => 0.0,
        };
        1.0 / self.sums[group] + slope
    }

    /// The variance of the slope, over the dispersion.
    pub fn slope_variance(&self) -> f64 {
        1.0 / self.spread
    }

    /// The mean square of Pearson residuals.
    pub fn dispersion(&self, rows: &Rows) -> f64 {
        let square = |((y, m), w): ((&f64, &f64), &f64)| w * ((y - m) / m).powi(2);
        rows.counts
            .iter()
            .zip(&self.means)
            .zip(&self.weights)
            .map(square)
            .sum::<f64>()
            / self.df
    }

    /// The same with prior weights in place of working weights: what the reference program sees after reweighting.
    pub fn dispersion_by_prior(&self, rows: &Rows, prior: &[f64]) -> f64 {
        let square = |((y, m), w): ((&f64, &f64), &f64)| w * ((y - m) / m).powi(2);
        rows.counts
            .iter()
            .zip(&self.means)
            .zip(prior)
            .map(square)
            .sum::<f64>()
            / self.df
    }

    /// Anscombe residuals, divided by their standard deviation under this dispersion.
    pub fn residuals(&self, rows: &Rows, dispersion: f64) -> Vec<f64> {
        let mut out = Vec::with_capacity(rows.counts.len());
        for run in &rows.runs {
            for i in run.first..run.end {
                let (y, m) = (rows.counts[i], self.means[i]);
                let hat = self.weights[i] * self.variance(run.group, rows.weeks[i]);
                let sixth = m.cbrt().sqrt();
                let raw = 1.5 * (y.cbrt().powi(2) / sixth - m.sqrt());
                out.push(raw / (dispersion * (1.0 - hat)).sqrt());
            }
        }
        out
    }
}

/// Sums of one step.
struct Step {
    sums: Vec<f64>,
    weeks: Vec<f64>,
    values: Vec<f64>,
    squares: f64,
    cross: f64,
}

impl Step {
    fn new(groups: usize) -> Self {
        Self {
            sums: vec![0.0; groups],
            weeks: vec![0.0; groups],
            values: vec![0.0; groups],
            squares: 0.0,
            cross: 0.0,
        }
    }

    fn clear(&mut self) {
        for list in [&mut self.sums, &mut self.weeks, &mut self.values] {
            list.fill(0.0);
        }
        (self.squares, self.cross) = (0.0, 0.0);
    }
}

/// Fits the baseline with these prior weights (all 1 when empty).
///
/// Nothing when a group has no weight left or a model with trend has no spread in time.
pub fn fit(rows: &Rows, prior: &[f64], trend: bool) -> Option<Fit> {
    let n = rows.counts.len();
    let mut means: Vec<f64> = rows.counts.iter().map(|y| y + 0.1).collect();
    let mut weights = vec![0.0; n];
    let mut step = Step::new(rows.groups);
    let mut levels = vec![0.0; rows.groups];
    let mut slope = 0.0;
    // The constant part of the deviance, and its value at the starting means.
    let (mut constant, mut last) = (0.0, 0.0);
    for (i, (y, (ln, ln_start))) in rows.counts.iter().zip(&rows.logs).enumerate() {
        let p = prior.get(i).copied().unwrap_or(1.0);
        constant += p * (y * ln - y);
        last += p * (means[i] - y * ln_start);
    }
    last = 2.0 * (last + constant);
    let mut spread = 0.0;
    let mut settled = false;
    for round in 0..STEPS_MAX {
        step.clear();
        for run in &rows.runs {
            let (mut sum, mut sum_weeks, mut sum_values, mut squares, mut cross) =
                (0.0, 0.0, 0.0, 0.0, 0.0);
            for i in run.first..run.end {
                let p = prior.get(i).copied().unwrap_or(1.0);
                let (m, week) = (means[i], rows.weeks[i]);
                let w = p * m;
                let eta = match round {
                    0 => rows.logs[i].1 - rows.offsets.get(i).copied().unwrap_or(0.0),
                    _ => levels[run.group] + slope * week,
                };
                let value = w * eta + p * (rows.counts[i] - m);
                weights[i] = w;
                sum += w;
                sum_weeks += w * week;
                sum_values += value;
                squares += w * week * week;
                cross += week * value;
            }
            step.sums[run.group] += sum;
            step.weeks[run.group] += sum_weeks;
            step.values[run.group] += sum_values;
            step.squares += squares;
            step.cross += cross;
        }
        slope = 0.0;
        if trend {
            let (mut square, mut cross) = (step.squares, step.cross);
            for g in 0..rows.groups {
                if step.sums[g] > 0.0 {
                    square -= step.weeks[g] * step.weeks[g] / step.sums[g];
                    cross -= step.weeks[g] * step.values[g] / step.sums[g];
                }
            }
            if !(square > 1e-11 * step.squares) {
                return None;
            }
            (spread, slope) = (square, cross / square);
        }
        for g in 0..rows.groups {
            levels[g] = (step.values[g] - slope * step.weeks[g]) / step.sums[g];
        }
        let factor = slope.exp();
        let mut deviance = constant;
        for run in &rows.runs {
            let mut eta = levels[run.group] + slope * rows.weeks[run.first];
            let mut m = eta.exp();
            for i in run.first..run.end {
                let p = prior.get(i).copied().unwrap_or(1.0);
                let (mean, ln) = match rows.offsets.get(i) {
                    Some(offset) => (m * offset.exp(), eta + offset),
                    None => (m, eta),
                };
                means[i] = mean;
                deviance += p * (mean - rows.counts[i] * ln);
                m *= factor;
                eta += slope;
            }
        }
        deviance *= 2.0;
        if !deviance.is_finite() {
            return None;
        }
        if (deviance - last).abs() / (deviance.abs() + 0.1) < CHANGE_MIN {
            settled = true;
            break;
        }
        last = deviance;
    }
    let used = step.sums.iter().filter(|sum| **sum > 0.0).count() + usize::from(trend);
    let centres = step
        .weeks
        .iter()
        .zip(&step.sums)
        .map(|(w, s)| w / s)
        .collect();
    let df = n as f64 - used as f64;
    let slope = trend.then_some(slope);
    (df > 0.0).then_some(Fit {
        levels,
        slope,
        means,
        weights,
        df,
        settled,
        sums: step.sums,
        centres,
        spread,
    })
}

/// Weights against past outbreaks: residuals above `threshold` count with the inverse of their square, and all weights
/// sum to the number of rows.
pub fn outbreak_weights(residuals: &[f64], threshold: f64) -> Vec<f64> {
    let raw = |s: &f64| if *s > threshold { 1.0 / (s * s) } else { 1.0 };
    let total: f64 = residuals.iter().map(raw).sum();
    let scale = residuals.len() as f64 / total;
    residuals.iter().map(|s| scale * raw(s)).collect()
}
