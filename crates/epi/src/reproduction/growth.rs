//! Exponential growth: rate, doubling time, the best place to split, and what rate means which R.

use std::f64::consts::LN_2;

use fangxian_base::{Date, days_between, plus_days};

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::numbers::{beta, gamma, linear, summary};
use crate::table::{Cell, Sheet, SheetSpec};

/// Counts in bins of equal length from the first date.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    /// The first day of the first bin.
    pub start: Date,
    /// Days in a bin.
    pub days: usize,
    /// Counts, empty bins included.
    pub counts: Vec<f64>,
}

impl Bins {
    /// Counts of dates; nothing of no dates.
    pub fn of(dates: &[Date], days: usize) -> Option<Self> {
        let start = *dates.iter().min()?;
        let last = *dates.iter().max()?;
        let place =
            |date: Date| usize::try_from(days_between(start, date)).map_or(0, |d| d / days.max(1));
        let mut counts = vec![0.0; place(last) + 1];
        for date in dates {
            counts[place(*date)] += 1.0;
        }
        Some(Self {
            start,
            days: days.max(1),
            counts,
        })
    }

    fn first_day(&self, bin: usize) -> Date {
        plus_days(
            self.start,
            i64::try_from(bin * self.days).unwrap_or(i64::MAX),
        )
    }
}

/// A growth rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// Per day.
    pub rate: f64,
    /// Limits of the rate.
    pub limits: (f64, f64),
    /// Share of variance explained, allowing for the number of coefficients.
    pub fit: f64,
}

/// Fits exponential growth to the bins `from..to`.
///
/// - Quantity: growth rate per day; doubling time `ln 2 / r` when positive, halving time when negative.
/// - Method: least squares on the logarithm of counts at the middle of bins.
/// - Units: counts per bin in; per day out.
/// - Interval: Student's t at `level`.
/// - Assumes: constant growth over the bins; constant reporting.
/// - Do not use: with many empty bins, which are left out and pull the rate towards 0; near the end of reporting.
/// - Source: Kamvar and others 2019.
/// - Differs from source: not.
/// - Checked by: the reference folder `growth_rate`.
pub fn fit(bins: &Bins, from: usize, to: usize, level: f64) -> Estimated<Growth> {
    require(
        level > 0.0 && level < 1.0,
        "the level is not between 0 and 1",
    )?;
    let counts = bins.counts.get(from..to).unwrap_or_default();
    let used: Vec<(f64, f64)> = (from..)
        .zip(counts)
        .filter(|(_, count)| **count > 0.0)
        .map(|(bin, count)| ((bin as f64 + 0.5) * bins.days as f64, count.ln()))
        .collect();
    if used.len() < 3 {
        let what = format!(
            "only {} bins hold cases, and a rate with limits needs three",
            used.len()
        );
        return Err(NotEstimated::because(Why::TooLittle, what));
    }
    let rows: Vec<Vec<f64>> = used.iter().map(|(t, _)| vec![1.0, *t]).collect();
    let logs: Vec<f64> = used.iter().map(|(_, y)| *y).collect();
    let weights = vec![1.0; logs.len()];
    let Some(line) = linear::least_squares(&rows, &logs, &weights) else {
        return Err(NotEstimated::because(
            Why::NoVariation,
            "the bins do not differ in time",
        ));
    };
    let df = logs.len() as f64 - 2.0;
    let variance = line.residual_squares / df;
    let rate = line.coefficients[1];
    let half =
        beta::student_quantile(0.5 + level / 2.0, df) * (variance * line.inverse[1][1]).sqrt();
    let mean = summary::mean(&logs);
    let total: f64 = logs.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / (df + 1.0);
    Ok(Growth {
        rate,
        limits: (rate - half, rate + half),
        fit: 1.0 - variance / total,
    })
}

/// The bin that splits a series best into growth and decline.
///
/// - Quantity: first day of the bin at which one rate gives way to another.
/// - Method: of the bins around the highest, the one with the highest mean share of variance explained on both sides; it
///   belongs to both.
/// - Units: days.
/// - Interval: none.
/// - Assumes: one rise and one fall.
/// - Do not use: for several waves, or before the fall has shown for some bins.
/// - Source: Kamvar and others 2019.
/// - Differs from source: not.
/// - Checked by: the reference folder `growth_rate`.
pub fn best_split(bins: &Bins) -> Estimated<(Date, Growth, Growth)> {
    let none = || NotEstimated::because(Why::TooLittle, "no bin leaves enough on both sides");
    let n = bins.counts.len();
    let highest = bins.counts.iter().copied().fold(0.0, f64::max);
    let peak = bins
        .counts
        .iter()
        .position(|c| *c >= highest)
        .ok_or_else(none)?;
    // A window of a quarter of the time around the peak.
    let half = (n * bins.days) as f64 / 8.0;
    let mut best: Option<(f64, usize, Growth, Growth)> = None;
    for split in 1..n.saturating_sub(1) {
        if (split as f64 - peak as f64).abs() * bins.days as f64 > half {
            continue;
        }
        let sides = fit(bins, 0, split + 1, 0.95)
            .and_then(|before| Ok((before, fit(bins, split, n, 0.95)?)));
        let Ok((before, after)) = sides else { continue };
        let mean = f64::midpoint(before.fit, after.fit);
        if best.as_ref().is_none_or(|(known, ..)| mean > *known) {
            best = Some((mean, split, before, after));
        }
    }
    let (_, split, before, after) = best.ok_or_else(none)?;
    Ok((bins.first_day(split), before, after))
}

/// The reproduction number that belongs to a growth rate.
///
/// - Quantity: mean number of people that a case infects while incidence grows by `r` a day.
/// - Method: one over the mean of `exp(-r a)` over generation times `a`, which follow a gamma distribution between days
///   and are even within one; day `k` reaches from `k - shift` to `k + 1 - shift`.
/// - Units: per day and days in; R has none.
/// - Interval: none.
/// - Assumes: growth has been exponential for several generations; the generation time is known.
/// - Do not use: when growth is not exponential.
/// - Source: Wallinga, Lipsitch 2007.
/// - Differs from source: not; the source gives this form for histograms.
/// - Checked by: the reference folder `growth_rate`.
pub fn rate_to_r(rate: f64, mean: f64, cv: f64, days: usize, shift: f64) -> Estimated<f64> {
    require(
        mean > 0.0 && cv > 0.0,
        "mean and coefficient of variation of the generation time are not above 0",
    )?;
    require(rate.is_finite(), "the growth rate is not a number")?;
    let (shape, scale) = (1.0 / (cv * cv), mean * cv * cv);
    let (mut sum, mut total) = (0.0, 0.0);
    for k in 0..=days {
        let (start, end) = ((k as f64 - shift).max(0.0), k as f64 + 1.0 - shift);
        let weight = gamma::cdf(end, shape, scale) - gamma::cdf(start, shape, scale);
        // The mean of exp(-r a) over ages a from start to end.
        let width = rate * (end - start);
        let decay = if width == 0.0 {
            1.0
        } else {
            -libm::expm1(-width) / width
        };
        sum += weight * (-rate * start).exp() * decay;
        total += weight;
    }
    Ok(total / sum)
}

/// The growth rate by name.
pub const GROWTH: Method = Method {
    function: "growth_rate",
    title: "Exponential growth rate and doubling time of dated cases",
    page: "growth_rate",
    input: Some("cases"),
    sheets: &[RATE],
    run: run_rate,
};

/// The best split by name.
pub const SPLIT: Method = Method {
    function: "growth_rate_optimal_split",
    title: "Where does growth turn into decline?",
    page: "growth_rate",
    input: Some("cases"),
    sheets: &[SPLITS],
    run: run_split,
};

/// The conversion by name.
pub const TO_R: Method = Method {
    function: "growth_rate_to_r",
    title: "Which R belongs to a growth rate?",
    page: "growth_rate",
    input: None,
    sheets: &[R],
    run: run_to_r,
};

const RATE: SheetSpec = SheetSpec {
    name: "rate",
    columns: &[
        "r",
        "r_lo",
        "r_hi",
        "doubling",
        "doubling_lo",
        "doubling_hi",
        "halving",
    ],
    on_request: None,
};
const SPLITS: SheetSpec = SheetSpec {
    name: "split",
    columns: &["split", "r_before", "r_after", "mean_R2"],
    on_request: None,
};
const R: SheetSpec = SheetSpec {
    name: "r",
    columns: &["R"],
    on_request: None,
};

/// The dates of the input that parameter `input` names, in bins.
fn read(call: &Call<'_>) -> Result<Bins, Refused> {
    let role = call.params.text_or("input", "cases")?;
    let dates = call
        .input(&role)?
        .maybe_dates(&call.params.text("date_column")?)?;
    let dates: Vec<Date> = dates.into_iter().flatten().collect();
    let bins = Bins::of(&dates, call.params.whole_or("interval", 1)?);
    Ok(bins.ok_or_else(|| NotEstimated::because(Why::NoData, "no row has a date"))?)
}

fn run_rate(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let bins = read(call)?;
    let last = call
        .params
        .optional_whole("first_bins")?
        .unwrap_or(bins.counts.len())
        .min(bins.counts.len());
    let found = fit(&bins, 0, last, call.params.number_or("level", 0.95)?)?;
    let (low, high) = found.limits;
    let time = |rate: f64, on: bool| {
        if on {
            Cell::from(LN_2 / rate.abs())
        } else {
            Cell::Missing
        }
    };
    let grows = found.rate > 0.0;
    let row = vec![
        found.rate.into(),
        low.into(),
        high.into(),
        time(found.rate, grows),
        time(high, grows),
        time(low, grows && low > 0.0),
        time(found.rate, found.rate < 0.0),
    ];
    Ok(vec![Sheet {
        spec: &RATE,
        rows: vec![row],
    }])
}

fn run_split(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let (day, before, after) = best_split(&read(call)?)?;
    let fit = f64::midpoint(before.fit, after.fit);
    let row = vec![
        day.to_string().into(),
        before.rate.into(),
        after.rate.into(),
        fit.into(),
    ];
    Ok(vec![Sheet {
        spec: &SPLITS,
        rows: vec![row],
    }])
}

fn run_to_r(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    if p.text_or("generation_time", "gamma")? != "gamma" {
        return p.refuse("generation_time", "is not gamma");
    }
    let (days, shift) = match p.inner("discretised")? {
        None => (400, 0.5),
        Some(inner) => {
            if inner.number_or("interval", 1.0)? != 1.0 {
                return inner.refuse("interval", "is not one day");
            }
            (inner.whole_or("k_max", 400)?, inner.number_or("w", 0.5)?)
        }
    };
    let r = rate_to_r(
        p.number("r")?,
        p.number("mean")?,
        p.number("cv")?,
        days,
        shift,
    )?;
    Ok(vec![Sheet {
        spec: &R,
        rows: vec![vec![r.into()]],
    }])
}
