//! The fatality risk among reported cases, with and without allowance for deaths still to come.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::delay::duration::Duration;
use crate::numbers::{beta, density, whole};

/// An estimate with 95 % limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Severity {
    /// The estimate.
    pub estimate: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// The step of the grid on which corrected estimates lie.
pub const GRID: f64 = 1e-4;

/// Estimates lie this far below the maximum of the log likelihood at their limits.
const LIKELIHOOD_DROP: f64 = 1.92;

/// Below this share of deaths among outcomes a Poisson likelihood takes the place of the binomial one.
const POISSON_SHARE_MAX: f64 = 0.05;

/// Outcomes that are known on each day: earlier cases, each weighted by the density of its delay.
///
/// - Quantity: expected number of cases whose outcome falls on the day, were all to die.
/// - Method: convolution of cases with the density of the delay at whole days from 0.
/// - Units: cases per day.
/// - Interval: none.
/// - Assumes: the delay does not depend on the date.
/// - Do not use: for delays shorter than a day, where a density is no probability.
/// - Source: Nishiura and others 2009.
/// - Differs from source: the density stands for the probability of a day and is not made to sum to 1.
/// - Checked by: the reference folder `cfr`.
pub fn outcomes(cases: &[f64], delay: Duration) -> Estimated<Vec<f64>> {
    require(delay.is_sound(), "the delay is not a distribution")?;
    let density: Vec<f64> = (0..cases.len())
        .map(|day| delay.density(day as f64))
        .collect();
    let on = |day: usize| {
        (0..=day)
            .map(|from| cases[from] * density[day - from])
            .sum()
    };
    Ok((0..cases.len()).map(on).collect())
}

/// The crude risk: deaths over cases.
///
/// - Quantity: share of reported cases who have died.
/// - Method: proportion with the exact limits of Clopper and Pearson.
/// - Units: persons; probability.
/// - Interval: 95 %, exact.
/// - Assumes: all outcomes are known.
/// - Do not use: while an outbreak grows: it is then too low.
/// - Source: Clopper, Pearson 1934.
/// - Differs from source: not.
/// - Checked by: the reference folder `cfr`.
pub fn crude(deaths: f64, cases: f64) -> Estimated<Severity> {
    if !(cases > 0.0) {
        return Err(NotEstimated::because(Why::NoData, "there is no case"));
    }
    require(
        deaths >= 0.0 && deaths <= cases,
        "there are more deaths than cases",
    )?;
    let (low, high) = beta::exact_limits(deaths, cases, 0.025);
    Ok(Severity {
        estimate: deaths / cases,
        low,
        high,
    })
}

/// The risk corrected for deaths still to come.
///
/// - Quantity: probability that a reported case dies of the disease; not infection fatality.
/// - Method: likelihood of the deaths given expected known outcomes, on a grid of [`GRID`]: Poisson for many cases
///   (`poisson_from`) of which few die, binomial otherwise.
/// - Units: persons; probability.
/// - Interval: 95 %, where the log likelihood is within 1.92 of its maximum.
/// - Assumes: constant ascertainment; delay independent of date; unbroken daily series.
/// - Do not use: before the first death, or when reporting stopped inside the window.
/// - Source: Nishiura and others 2009.
/// - Differs from source: the binomial coefficient uses rounded, the exponent unrounded outcomes; the maximum is taken on
///   the grid.
/// - Checked by: the reference folder `cfr`.
pub fn corrected(cases: f64, deaths: f64, outcomes: f64, poisson_from: f64) -> Estimated<Severity> {
    if !(outcomes > 0.0) || !(cases > 0.0) {
        return Err(NotEstimated::because(
            Why::NoData,
            "no outcome can be known yet",
        ));
    }
    require(
        deaths <= outcomes,
        "there are more deaths than outcomes can be known",
    )?;
    let poisson = cases >= poisson_from && deaths / outcomes.round() < POISSON_SHARE_MAX;
    let rounded = outcomes.round();
    let constant = density::ln_gamma(rounded + 1.0)
        - density::ln_gamma(deaths + 1.0)
        - density::ln_gamma(rounded - deaths + 1.0);
    let ln = |s: f64| {
        if poisson {
            deaths * (outcomes * s).ln() - outcomes * s - density::ln_gamma(deaths + 1.0)
        } else {
            constant + deaths * s.ln() + (outcomes - deaths) * libm::log1p(-s)
        }
    };
    let last = whole(1.0 / GRID).unwrap_or(0) - 1;
    let at = |i: usize| i as f64 * GRID;
    let mut best = (1, f64::NEG_INFINITY);
    for i in 1..=last {
        let value = ln(at(i));
        if value > best.1 {
            best = (i, value);
        }
    }
    let inside = |i: &usize| ln(at(*i)) >= best.1 - LIKELIHOOD_DROP;
    let low = (1..=best.0).find(inside).unwrap_or(best.0);
    let high = (best.0..=last).rev().find(inside).unwrap_or(best.0);
    Ok(Severity {
        estimate: at(best.0),
        low: at(low),
        high: at(high),
    })
}
