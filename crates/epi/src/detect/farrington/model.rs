//! The fit of a baseline: reweighted once, with a trend that must earn its place.

use crate::answer::{Estimated, NotEstimated, Why};
use crate::call::Mode;
use crate::detect::baseline::{self, Fit, Rows};
use crate::numbers::beta;

use super::reference::Baseline;

/// Settings of the fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Whether past outbreaks are weighted down.
    pub reweight: bool,
    /// Residuals above this are weighted down.
    pub weights_threshold: f64,
    /// Whether a trend is tried.
    pub trend: bool,
    /// The trend is kept when its p-value is below this (always when 1).
    pub trend_p: f64,
    /// Years back; a trend needs three.
    pub years: usize,
}

/// The least number of years for a trend.
pub const TREND_YEARS_MIN: usize = 3;

/// A model of the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The last fit.
    pub fit: Fit,
    /// Prior weights of the last fit; empty when all are 1.
    pub prior: Vec<f64>,
    /// Residuals of the first fit; empty without reweighting.
    pub residuals: Vec<f64>,
    /// Dispersion after the first fit, at least 1.
    pub phi_first: f64,
    /// Dispersion after the last fit.
    pub dispersion: f64,
    /// The same, at least 1.
    pub phi: f64,
    /// The dispersion behind standard errors.
    pub phi_errors: f64,
    /// The mean at the judged week.
    pub expected: f64,
    /// The standard error of its logarithm.
    pub error: f64,
}

impl Model {
    /// The two-sided p-value of the trend, after Student's t.
    pub fn trend_p(&self) -> Option<f64> {
        let t = self.fit.slope? / (self.fit.slope_variance() * self.phi_errors).sqrt();
        Some(beta::student_two_sided(t, self.fit.df))
    }

    /// The same with the dispersion of the last fit even where it is below 1, as the original method has it.
    pub fn trend_p_plain(&self) -> Option<f64> {
        let t = self.fit.slope? / (self.fit.slope_variance() * self.dispersion).sqrt();
        Some(beta::student_two_sided(t, self.fit.df))
    }
}

/// Fits with or without trend, reweighting once.
///
/// `offset` is the logarithm of the population of the judged week, or 0. In [`Mode::Peer`] standard errors after
/// reweighting rest on a dispersion from prior weights, as the reference program has it.
pub fn fit(
    base: &Baseline,
    settings: &Settings,
    trend: bool,
    offset: f64,
    mode: Mode,
) -> Option<Model> {
    let rows = &base.rows;
    let first = baseline::fit(rows, &[], trend).filter(|fit| fit.settled)?;
    let dispersion = first.dispersion(rows);
    let phi_first = dispersion.max(1.0);
    let (fit, prior, residuals, dispersion, seen) = match settings.reweight {
        false => (first, Vec::new(), Vec::new(), dispersion, dispersion),
        true => {
            let residuals = first.residuals(rows, phi_first);
            let prior = baseline::outbreak_weights(&residuals, settings.weights_threshold);
            let fit = baseline::fit(rows, &prior, trend).filter(|fit| fit.settled)?;
            let dispersion = fit.dispersion(rows);
            let seen = fit.dispersion_by_prior(rows, &prior);
            (fit, prior, residuals, dispersion, seen)
        }
    };
    let phi = dispersion.max(1.0);
    let phi_errors = if mode == Mode::Peer { seen } else { phi };
    let expected = (fit.levels[base.group] + offset).exp();
    let error = (phi_errors * fit.variance(base.group, 0.0)).sqrt();
    Some(Model {
        fit,
        prior,
        residuals,
        phi_first,
        dispersion,
        phi,
        phi_errors,
        expected,
        error,
    })
}

/// The model that is used: with trend when it is tried, significant, long enough and not beyond every past count.
pub fn choose(
    base: &Baseline,
    settings: &Settings,
    offset: f64,
    mode: Mode,
    p_value: fn(&Model) -> Option<f64>,
) -> Estimated<(Model, bool)> {
    if settings.trend
        && settings.years >= TREND_YEARS_MIN
        && let Some(model) = fit(base, settings, true, offset, mode)
    {
        let significant =
            settings.trend_p >= 1.0 || p_value(&model).is_some_and(|p| p < settings.trend_p);
        if significant && model.expected <= highest(&base.rows) {
            return Ok((model, true));
        }
    }
    match fit(base, settings, false, offset, mode) {
        Some(model) => Ok((model, false)),
        None => Err(NotEstimated::because(
            Why::NotSettled,
            "the fit of the baseline did not settle",
        )),
    }
}

fn highest(rows: &Rows) -> f64 {
    rows.counts.iter().copied().fold(0.0, f64::max)
}
