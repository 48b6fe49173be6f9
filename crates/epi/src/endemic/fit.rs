//! The search for the likeliest endemic-epidemic model, and forecasts of the next step.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::numbers::linear;

use super::model::{Form, Mean, Surface, means, surface};
use super::panel::Panel;

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Its form.
    pub form: Form,
    /// Parameters in the order of [`Form::names`], each with its standard error.
    pub parameters: Vec<(f64, f64)>,
    /// The log likelihood.
    pub log_likelihood: f64,
    /// The number of counts that were explained.
    pub observations: usize,
    point: Vec<f64>,
}

/// LIMIT: steps of a search; about ten are needed.
const STEPS_MAX: usize = 200;

/// The logarithm beyond which a parameter is taken to run away.
const LN_MAX: f64 = 16.0;

/// Fits the model to a panel.
///
/// - Quantity: how many cases a case causes in its place and around it in the next step, and how many come otherwise.
/// - Method: maximum likelihood by Newton's steps with exact derivatives. The mean of a count is a share of the count
///   before, a share of the weighted counts around before, and an endemic part with trend, season and population.
/// - Units: cases per step; steps from 1, of which the first only serves as the one before the second.
/// - Interval: standard errors from the observed information, of the logarithms (but of the overdispersion and the decay
///   themselves).
/// - Assumes: cases infect within one step; shares and overdispersion are the same in all places and steps.
/// - Do not use: when steps are much longer or shorter than a generation; while reports of late steps are incomplete.
/// - Source: Held, Höhle, Hofmann 2005; Meyer, Held, Höhle 2017.
/// - Differs from source: not.
/// - Checked by: the reference folder `hhh4`; recovery in `crates/epi/tests/recovery.rs`.
pub fn fit(panel: &Panel, form: Form, start: Option<&Fit>) -> Estimated<Fit> {
    let explained = &panel.counts[1.min(panel.counts.len())..];
    let total: f64 = explained.iter().flatten().sum();
    let observations = explained.len() * panel.places.len();
    let names = form.names();
    if observations <= names.len() {
        return Err(NotEstimated::because(
            Why::TooLittle,
            format!(
                "there are {observations} counts after the first step for {} parameters",
                names.len()
            ),
        ));
    }
    if total <= 0.0 {
        return Err(NotEstimated::because(
            Why::NoData,
            "there is no case after the first step",
        ));
    }
    require(
        panel.offsets.iter().all(|o| *o > 0.0 && o.is_finite()),
        "the population of a place is not above 0, or is missing",
    )?;
    require(
        form.harmonics == 0 || form.period > 2.0 * form.harmonics as f64,
        "the period is too short for the waves",
    )?;
    let before = &panel.counts[..panel.counts.len() - 1];
    let mut x = match start {
        Some(fit) => fit.point.clone(),
        None => first_guess(
            &form,
            panel,
            total,
            before.iter().flatten().sum(),
            names.len(),
        ),
    };
    let mut here = surface(panel, &form, &x);
    let mut damping = 1e-3;
    for _ in 0..STEPS_MAX {
        let mut moved = None;
        while damping < 1e12 {
            let Some(step) = uphill(&here, damping) else {
                damping = (damping * 10.0).max(1e-6);
                continue;
            };
            let size = step.iter().fold(0.0_f64, |most, s| most.max(s.abs()));
            let scale = (2.0 / size).min(1.0);
            let next: Vec<f64> = x.iter().zip(&step).map(|(x, s)| x + scale * s).collect();
            let there = surface(panel, &form, &next);
            if there.value.is_finite() && there.value >= here.value - 1e-9 {
                damping = if damping < 1e-8 { 0.0 } else { damping * 0.1 };
                moved = Some((next, there, size));
                break;
            }
            damping = (damping * 10.0).max(1e-6);
        }
        let Some((next, there, size)) = moved else {
            break;
        };
        (x, here) = (next, there);
        if let Some((at, _)) = x.iter().enumerate().find(|(_, x)| x.abs() > LN_MAX) {
            return Err(NotEstimated::because(
                Why::NoVariation,
                format!(
                    "`{}` runs away: the counts speak against that part of the model; leave it out",
                    names[at]
                ),
            ));
        }
        if size < 1e-9 {
            return settled(form, x, &here, observations);
        }
    }
    // Rounding may hide the last rise.
    if here.slope.iter().all(|s| s.abs() < 1e-4) {
        return settled(form, x, &here, observations);
    }
    Err(NotEstimated::because(
        Why::NotSettled,
        "the search for the likeliest model did not settle",
    ))
}

/// Half of the cases endemic, a third from the place itself, the rest from around.
fn first_guess(form: &Form, panel: &Panel, total: f64, before: f64, parameters: usize) -> Vec<f64> {
    let mut x = vec![0.0; parameters];
    let mut at = 0;
    if form.own {
        x[0] = -1.0;
        at = 1;
    }
    if form.around.is_some() {
        let mut guess = vec![0.0; parameters];
        guess[form.endemic()] = 0.0;
        let weighted: f64 = means(panel, form, &guess, 1..panel.counts.len())
            .iter()
            .map(|(.., mean)| mean.around)
            .sum();
        x[at] = (0.2 * before.max(1.0) / weighted.max(1.0)).ln();
    }
    let offsets: f64 = panel.offsets.iter().sum::<f64>() * (panel.counts.len() - 1) as f64;
    x[form.endemic()] = (0.5 * total / offsets).ln();
    if form.decays() {
        let decay = parameters - 1 - usize::from(form.dispersed);
        x[decay] = 1.0;
    }
    x
}

/// Newton's step, damped; nothing when the damped surface does not bend down.
fn uphill(here: &Surface, damping: f64) -> Option<Vec<f64>> {
    let n = here.slope.len();
    let mut down = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            down[i][j] = -here.curve[i][j];
        }
        down[i][i] += damping * (1.0 + here.curve[i][i].abs());
    }
    linear::solve_definite(&down, &here.slope)
}

fn settled(form: Form, x: Vec<f64>, here: &Surface, observations: usize) -> Estimated<Fit> {
    let n = x.len();
    let mut down = here.curve.clone();
    for row in &mut down {
        for cell in row {
            *cell = -*cell;
        }
    }
    let unit = |k: usize| {
        (0..n)
            .map(|i| if i == k { 1.0 } else { 0.0 })
            .collect::<Vec<f64>>()
    };
    let errors: Option<Vec<f64>> = (0..n)
        .map(|k| Some(linear::solve_definite(&down, &unit(k))?[k].sqrt()))
        .collect();
    let Some(errors) = errors else {
        return Err(NotEstimated::because(
            Why::NoVariation,
            "the counts do not tell the parts of the model from each other",
        ));
    };
    let shown = |k: usize| {
        if form.dispersed && k == n - 1 {
            let value = x[k].exp();
            (value, value * errors[k])
        } else {
            (x[k], errors[k])
        }
    };
    Ok(Fit {
        form,
        parameters: (0..n).map(shown).collect(),
        log_likelihood: here.value,
        observations,
        point: x,
    })
}

impl Fit {
    /// Twice the parameters minus twice the log likelihood.
    pub fn aic(&self) -> f64 {
        2.0 * self.parameters.len() as f64 - 2.0 * self.log_likelihood
    }

    /// The same with the logarithm of the number of counts in place of 2.
    pub fn bic(&self) -> f64 {
        self.parameters.len() as f64 * (self.observations as f64).ln() - 2.0 * self.log_likelihood
    }

    /// The overdispersion: the variance of a count with mean `m` is `m + overdispersion m²`.
    pub fn overdispersion(&self) -> f64 {
        match (self.form.dispersed, self.parameters.last()) {
            (true, Some((value, _))) => *value,
            _ => 0.0,
        }
    }

    /// Means that the model gives to the steps of a panel (from the second, `1`), by step and place.
    pub fn means(&self, panel: &Panel, steps: std::ops::Range<usize>) -> Vec<(usize, usize, Mean)> {
        means(panel, &self.form, &self.point, steps)
    }
}

/// Forecasts each of the steps asked (from 0) from a model fitted to all steps before it.
pub fn one_step_ahead(
    panel: &Panel,
    form: Form,
    steps: std::ops::Range<usize>,
) -> Estimated<Vec<(usize, usize, f64, f64)>> {
    let mut all = Vec::new();
    let mut last: Option<Fit> = None;
    for step in steps {
        let fitted = fit(&panel.upto(step), form, last.as_ref())?;
        let dispersion = fitted.overdispersion();
        let next = fitted.means(panel, step..step + 1);
        all.extend(
            next.into_iter()
                .map(|(step, place, mean)| (step, place, mean.total(), dispersion)),
        );
        last = Some(fitted);
    }
    Ok(all)
}
