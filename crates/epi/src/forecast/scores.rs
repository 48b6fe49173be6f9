//! How good a forecast was: proper scores of distributions, samples and quantiles.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::numbers::{density, discrete, summary};
use crate::table::{Cell, Sheet, SheetSpec};

/// A predictive distribution of a count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Predictive {
    /// Poisson with this mean.
    Poisson(f64),
    /// Negative binomial with this mean and size.
    NegativeBinomial(f64, f64),
}

impl Predictive {
    fn chance(self, x: f64) -> f64 {
        match self {
            Self::Poisson(mean) => density::poisson(x, mean),
            Self::NegativeBinomial(mean, size) => density::negative_binomial(x, size, mean),
        }
    }

    fn high(self) -> f64 {
        let p = 1.0 - 1e-15;
        match self {
            Self::Poisson(mean) => discrete::poisson_quantile(p, mean),
            Self::NegativeBinomial(mean, size) => {
                discrete::negative_binomial_quantile(p, size, mean)
            }
        }
    }
}

/// The continuous ranked probability score and the logarithmic score of a count.
///
/// - Quantity: distance of a forecast from what came; lower is better.
/// - Method: sum of squared differences of distribution functions; negative logarithm of the probability.
/// - Units: counts; natural logarithms.
/// - Interval: none.
/// - Assumes: nothing.
/// - Do not use: to compare forecasts of different targets.
/// - Source: Gneiting, Raftery 2007.
/// - Differs from source: not.
/// - Checked by: the reference folder `forecast_scores`.
pub fn crps_and_log(predictive: Predictive, y: f64) -> Estimated<(f64, f64)> {
    let (mean, size) = match predictive {
        Predictive::Poisson(mean) => (mean, 1.0),
        Predictive::NegativeBinomial(mean, size) => (mean, size),
    };
    require(
        mean > 0.0 && size > 0.0 && mean < 1e6,
        "the forecast is not a distribution that can be summed",
    )?;
    require(
        (0.0..1e7).contains(&y),
        "the count is negative or too large",
    )?;
    let end = predictive.high().max(y) + 1.0;
    let (mut below, mut score, mut x) = (0.0_f64, 0.0, 0.0);
    while x <= end {
        below += predictive.chance(x);
        let reached = if x >= y { 1.0 } else { 0.0 };
        score += (below.min(1.0) - reached).powi(2);
        x += 1.0;
    }
    Ok((score, -predictive.chance(y).ln()))
}

/// The ranked probability score and the Dawid–Sebastiani score of a sample.
///
/// - Quantity: as [`crps_and_log`], for a forecast given by draws.
/// - Method: mean distance to the draws minus half their mean distance from each other; and the squared standardised
///   error plus twice the logarithm of the standard deviation.
/// - Units: those of the draws.
/// - Interval: none.
/// - Assumes: draws are independent.
/// - Do not use: with few draws.
/// - Source: Gneiting, Raftery 2007.
/// - Differs from source: not.
/// - Checked by: the reference folder `forecast_scores`.
pub fn of_sample(draws: &[f64], y: f64) -> Estimated<(f64, f64)> {
    if draws.len() < 2 {
        return Err(NotEstimated::because(
            Why::TooLittle,
            "a sample has at least two draws",
        ));
    }
    let mut sorted = draws.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let near = sorted.iter().map(|x| (x - y).abs()).sum::<f64>() / n;
    let weighted = sorted
        .iter()
        .enumerate()
        .map(|(i, x)| (2.0 * (i as f64 + 1.0) - n - 1.0) * x);
    let apart = weighted.sum::<f64>() / (n * n);
    let (m, s) = (summary::mean(draws), summary::sd(draws));
    let variance = s * s * (n - 1.0) / n;
    Ok((near - apart, (y - m).powi(2) / variance + variance.ln()))
}

/// The weighted interval score of quantiles.
///
/// - Quantity: as [`crps_and_log`], for a forecast given by quantiles.
/// - Method: mean over quantiles of twice the pinball loss, which is the weighted sum of interval scores.
/// - Units: those of the quantiles.
/// - Interval: none.
/// - Assumes: levels lie evenly around one half.
/// - Do not use: to compare forecasts with different levels.
/// - Source: Bracher and others 2021.
/// - Differs from source: not.
/// - Checked by: the reference folder `forecast_scores`.
pub fn weighted_interval(levels: &[f64], quantiles: &[f64], y: f64) -> Estimated<f64> {
    require(
        levels.len() == quantiles.len() && !levels.is_empty(),
        "levels and quantiles are not equally many",
    )?;
    require(
        levels.iter().all(|p| *p > 0.0 && *p < 1.0),
        "a level is not between 0 and 1",
    )?;
    let pinball = |(p, q): (&f64, &f64)| {
        let under = if y <= *q { 1.0 } else { 0.0 };
        2.0 * (under - p) * (q - y)
    };
    Ok(levels.iter().zip(quantiles).map(pinball).sum::<f64>() / levels.len() as f64)
}

/// Scores of a distribution by name.
pub const CRPS: Method = Method {
    function: "crps_logs",
    title: "How good was a forecast given as a distribution?",
    page: "forecast_scores",
    input: None,
    sheets: &[DISTRIBUTION],
    run: run_crps,
};

/// Scores of a sample by name.
pub const SAMPLE: Method = Method {
    function: "crps_sample",
    title: "How good was a forecast given as draws?",
    page: "forecast_scores",
    input: None,
    sheets: &[DRAWS],
    run: run_sample,
};

/// The weighted interval score by name.
pub const WIS: Method = Method {
    function: "wis",
    title: "How good was a forecast given as quantiles?",
    page: "forecast_scores",
    input: None,
    sheets: &[QUANTILES],
    run: run_wis,
};

const DISTRIBUTION: SheetSpec = SheetSpec {
    name: "scores",
    columns: &["crps", "logs"],
    on_request: None,
};
const DRAWS: SheetSpec = SheetSpec {
    name: "scores",
    columns: &["crps_sample", "dss"],
    on_request: None,
};
const QUANTILES: SheetSpec = SheetSpec {
    name: "scores",
    columns: &["wis"],
    on_request: None,
};

fn run_crps(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let (mean, size) = (p.number("mu")?, p.optional_number("size")?);
    let predictive = match (p.text("dist")?.as_str(), size) {
        ("nbinom", Some(size)) if size.is_finite() => Predictive::NegativeBinomial(mean, size),
        ("poisson" | "pois", _) | ("nbinom", Some(_)) => Predictive::Poisson(mean),
        _ => return p.refuse("dist", "is not poisson, or nbinom with a size"),
    };
    let (crps, logs) = crps_and_log(predictive, p.number("y")?)?;
    Ok(vec![Sheet {
        spec: &DISTRIBUTION,
        rows: vec![vec![crps.into(), logs.into()]],
    }])
}

fn run_sample(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let (crps, dss) = of_sample(&call.params.numbers("samples")?, call.params.number("y")?)?;
    Ok(vec![Sheet {
        spec: &DRAWS,
        rows: vec![vec![crps.into(), dss.into()]],
    }])
}

fn run_wis(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let wis = weighted_interval(
        &p.numbers("levels")?,
        &p.numbers("quantiles")?,
        p.number("y")?,
    )?;
    Ok(vec![Sheet {
        spec: &QUANTILES,
        rows: vec![vec![Cell::from(wis)]],
    }])
}
