//! Projection by the renewal equation: if R stays as it is, how many cases will there be?

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::numbers::random::Stream;
use crate::numbers::summary;
use crate::table::{Cell, Sheet, SheetSpec};

/// How many cases follow from an expected number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// Poisson.
    Poisson,
    /// Every earlier case infects a negative binomial number of this size; the size of a day follows.
    NegativeBinomial(f64),
}

/// Counts of one projected day over all paths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// Mean.
    pub mean: f64,
    /// 5 %, 50 % and 95 % quantiles.
    pub quantiles: [f64; 3],
    /// Standard deviation.
    pub sd: f64,
}

/// Projects daily cases.
///
/// - Quantity: distribution of new cases on each of the coming `days`.
/// - Method: simulated paths; the expected count of a day is R times earlier cases, projected ones included, weighted by
///   the serial interval, which is cut at the length of history and horizon and made to sum to 1.
/// - Units: cases per day.
/// - Interval: quantiles over paths; R and the interval are taken as known.
/// - Assumes: R stays; all cases are seen; no depletion.
/// - Do not use: beyond a few serial intervals, or after a change of measures.
/// - Source: Nouvellet and others 2018.
/// - Differs from source: not.
/// - Checked by: the reference folder `projection_renewal`.
pub fn project(
    history: &[f64],
    w: &[f64],
    r: f64,
    spread: Spread,
    (days, paths): (usize, usize),
    seed: u64,
) -> Estimated<Vec<Day>> {
    require(r >= 0.0 && r.is_finite(), "R is negative or not a number")?;
    if history.is_empty() || paths == 0 {
        return Err(NotEstimated::because(
            Why::NoData,
            "there is no history, or no path was asked for",
        ));
    }
    let mut w: Vec<f64> = w
        .iter()
        .skip(1)
        .take(history.len() + days - 1)
        .copied()
        .collect();
    let total: f64 = w.iter().sum();
    require(
        total > 0.0,
        "the serial interval has no mass from one day on",
    )?;
    for w in &mut w {
        *w /= total;
    }
    // What history alone contributes to each coming day is the same on every path.
    let weight = |lag: usize| w.get(lag - 1).copied().unwrap_or(0.0);
    let n = history.len();
    let known: Vec<f64> = (0..days)
        .map(|d| (0..n).map(|i| history[i] * weight(n + d - i)).sum())
        .collect();
    let mut counts = vec![Vec::with_capacity(paths); days];
    let mut path = vec![0.0; days];
    for number in 0..paths {
        let mut stream = Stream::new(seed, "projection", number as u64);
        for d in 0..days {
            let later: f64 = (0..d).map(|i| path[i] * weight(d - i)).sum();
            let mean = r * (known[d] + later);
            path[d] = match spread {
                Spread::Poisson => stream.poisson(mean),
                Spread::NegativeBinomial(size) => stream.negative_binomial(size * mean / r, mean),
            };
            counts[d].push(path[d]);
        }
    }
    let day = |counts: &mut Vec<f64>| {
        counts.sort_by(f64::total_cmp);
        let quantiles = [0.05, 0.5, 0.95].map(|p| summary::quantile(counts, p));
        Day {
            mean: summary::mean(counts),
            quantiles,
            sd: summary::sd(counts),
        }
    };
    Ok(counts.iter_mut().map(day).collect())
}

/// The projection by name.
pub const METHOD: Method = Method {
    function: "project_renewal",
    title: "If R stays, how many cases will there be?",
    page: "projection_renewal",
    input: Some("incidence"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "days",
    columns: &["day", "mean", "q05", "q50", "q95", "sd"],
    on_request: None,
};

/// LIMIT: days times paths.
const DRAWS_MAX: usize = 50_000_000;

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let history = call.input("incidence")?.numbers("incidence")?;
    let w = crate::reproduction::incidence::interval_table(call, "si")?;
    let size = p.optional_number("size")?;
    let spread = match (p.text_or("model", "poisson")?.as_str(), size) {
        ("poisson", _) => Spread::Poisson,
        ("negbin", Some(size)) if size > 0.0 => Spread::NegativeBinomial(size),
        ("negbin", _) => return p.refuse("size", "must be above 0 for negbin"),
        _ => return p.refuse("model", "is not poisson or negbin"),
    };
    if !p.flag_or("r_fixed_within", true)? {
        return p.refuse(
            "r_fixed_within",
            "R is one number, the same on every path and day",
        );
    }
    let (days, paths) = (p.whole_or("n_days", 14)?, p.whole_or("n_sim", 1000)?);
    if days.saturating_mul(paths) > DRAWS_MAX {
        return p.refuse("n_sim", "is too many for so many days");
    }
    let found = project(
        &history,
        &w,
        p.number("r")?,
        spread,
        (days, paths),
        call.seed,
    )?;
    let row = |(d, day): (usize, Day)| {
        let [low, middle, high] = day.quantiles;
        vec![
            Cell::whole(d + 1),
            day.mean.into(),
            low.into(),
            middle.into(),
            high.into(),
            day.sd.into(),
        ]
    };
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: found.into_iter().enumerate().map(row).collect(),
    }])
}
