//! Forecasts of a seasonal series, and how good they would have been from earlier days.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::numbers::summary::mean;
use crate::table::{Cell, Sheet, SheetSpec};

use super::scores::weighted_interval;

/// Quantiles of a forecast, in the order of the levels asked.
///
/// - Quantity: the count `ahead` steps after the last.
/// - Method: logarithms of counts are parted into the usual value of the time of year (a circular kernel mean over all
///   years) and what lies above it. What will lie above is regressed on what lies above now. Quantiles are those of the
///   errors that this regression made, the time of year near now weighing more, and a tenth wider.
/// - Units: counts per step.
/// - Interval: the quantiles.
/// - Assumes: a season returns at about the same time; what departs from it fades as it did before.
/// - Do not use: for a new disease, after a change of reporting, with fewer than two years.
/// - Source: ours; the parting after Cleveland and others 1990, the errors as quantiles after Gneiting and Raftery 2007.
/// - Differs from source: a kernel mean in place of local regression; one step back in place of a smoothing model.
/// - Checked by: the bars of the reference folder `forecast_scores`; `crates/epi/src/forecast/rolling.rs`.
pub fn forecast(counts: &[f64], year: usize, ahead: usize, levels: &[f64]) -> Estimated<Vec<f64>> {
    require(
        counts.iter().all(|y| *y >= 0.0 && y.is_finite()),
        "a count is missing or negative",
    )?;
    require(
        (1..=YEAR_MAX).contains(&year) && (1..=counts.len().max(1)).contains(&ahead),
        "there is no step in a year, or none ahead, or more than are in the series",
    )?;
    require(
        levels.iter().all(|p| *p > 0.0 && *p < 1.0),
        "a level is not between 0 and 1",
    )?;
    let steps = counts.len();
    if steps < (2 * year).max(ahead + 10) {
        return Err(NotEstimated::because(
            Why::TooLittle,
            format!("there are {steps} steps, fewer than two years, or than ten errors need"),
        ));
    }
    if counts.iter().all(|y| *y == 0.0) {
        return Err(NotEstimated::because(
            Why::NoVariation,
            "there is no case in the series",
        ));
    }
    let ln: Vec<f64> = counts.iter().map(|y| (y + SHIFT).ln()).collect();
    let usual = usual(&ln, year);
    let above: Vec<f64> = ln
        .iter()
        .enumerate()
        .map(|(t, x)| x - usual[t % year])
        .collect();
    let width = NEAR_WEEKS * year as f64 / 52.0;
    let now = steps - 1;
    // From each step to the one as far ahead as asked: what lay above, what came, how near to now in the year.
    let rows: Vec<(f64, f64, f64)> = (0..steps - ahead)
        .map(|t| {
            let near = apart(t, now, year) / width;
            (
                above[t],
                above[t + ahead],
                FAR_WEIGHT + (-0.5 * near * near).exp(),
            )
        })
        .collect();
    let (mut w, mut wx, mut wxx, mut wy, mut wxy) = (0.0, 0.0, SHRINK, 0.0, 0.0);
    for (x, y, weight) in &rows {
        w += weight;
        wx += weight * x;
        wxx += weight * x * x;
        wy += weight * y;
        wxy += weight * x * y;
    }
    let determinant = w * wxx - wx * wx;
    let slope = (w * wxy - wx * wy) / determinant;
    let level = (wxx * wy - wx * wxy) / determinant;
    let mut errors: Vec<(f64, f64)> = rows
        .iter()
        .map(|(x, y, weight)| (y - level - slope * x, *weight))
        .collect();
    errors.sort_by(|a, b| a.0.total_cmp(&b.0));
    let centre = level + slope * above[now] + usual[(now + ahead) % year];
    let value = |p: &f64| {
        let error = WIDER * weighted_quantile(&errors, w, *p);
        ((centre + error).exp() - SHIFT).max(0.0)
    };
    Ok(levels.iter().map(value).collect())
}

/// LIMIT: steps in a year.
pub const YEAR_MAX: usize = 400;

/// Added to counts before the logarithm.
const SHIFT: f64 = 0.5;

/// The width of the kernel over the time of year, in weeks.
const SEASON_WEEKS: f64 = 3.0;

/// How near in the year errors count most, in weeks, and what those far away count.
const NEAR_WEEKS: f64 = 4.0;
const FAR_WEIGHT: f64 = 0.15;

/// What holds the slope back from 0.
const SHRINK: f64 = 1.0;

/// Errors to come are larger than those of a regression that has seen them.
const WIDER: f64 = 1.1;

/// Steps between two times of year.
fn apart(a: usize, b: usize, year: usize) -> f64 {
    let gap = a.abs_diff(b) % year;
    gap.min(year - gap) as f64
}

/// The usual value of every time of year.
fn usual(values: &[f64], year: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); year];
    for (t, value) in values.iter().enumerate() {
        sums[t % year].0 += value;
        sums[t % year].1 += 1.0;
    }
    let width = SEASON_WEEKS * year as f64 / 52.0;
    let at = |phase: usize| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (other, (total, n)) in sums.iter().enumerate() {
            let near = apart(phase, other, year) / width;
            let w = (-0.5 * near * near).exp();
            sum += w * total;
            weight += w * n;
        }
        sum / weight
    };
    (0..year).map(at).collect()
}

/// The quantile of sorted values with weights, linear between the middles of the weights.
fn weighted_quantile(sorted: &[(f64, f64)], total: f64, p: f64) -> f64 {
    let mut below = 0.0;
    let mut last: Option<(f64, f64)> = None;
    for (value, weight) in sorted {
        let place = (below + 0.5 * weight) / total;
        if place >= p {
            return match last {
                None => *value,
                Some((before, at)) => before + (value - before) * (p - at) / (place - at),
            };
        }
        below += weight;
        last = Some((*value, place));
    }
    last.map_or(f64::NAN, |(value, _)| value)
}

/// The forecast by name.
pub const METHOD: Method = Method {
    function: "rolling_forecast",
    title: "How many cases come in the next weeks, and how good were such forecasts before?",
    page: "rolling_forecast",
    input: Some("series"),
    sheets: &[SCORES, FORECASTS],
    run,
};

const SCORES: SheetSpec = SheetSpec {
    name: "quality",
    columns: &["method", "h", "n", "mae", "wis", "coverage50", "coverage95"],
    on_request: None,
};
const FORECASTS: SheetSpec = SheetSpec {
    name: "forecasts",
    columns: &["origin", "h", "level", "value", "observed"],
    on_request: None,
};

/// The levels of forecasts when none are asked.
const LEVELS: [f64; 7] = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975];

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let counts = call.selected("series", "series")?.numbers("y")?;
    let year = p.whole_or("freq", 52)?;
    let origins = match p.value("origins") {
        Some(_) => p.wholes("origins")?,
        None => vec![counts.len()],
    };
    if !origins.iter().all(|o| (1..=counts.len()).contains(o)) {
        return p.refuse("origins", "are not all steps of the series");
    }
    let horizons = match p.value("horizons") {
        Some(_) => p.wholes("horizons")?,
        None => vec![1, 2, 3, 4],
    };
    let levels = p.optional_numbers("quantiles")?.unwrap_or(LEVELS.to_vec());
    let at = |level: f64| levels.iter().position(|p| (p - level).abs() < 1e-12);
    let (mut scores, mut rows) = (Vec::new(), Vec::new());
    for ahead in horizons {
        let (mut off, mut wis) = (Vec::new(), Vec::new());
        let (mut half, mut most) = (Vec::new(), Vec::new());
        for origin in &origins {
            let values = forecast(&counts[..*origin], year, ahead, &levels)?;
            let observed = counts.get(origin + ahead - 1).copied();
            for (level, value) in levels.iter().zip(&values) {
                rows.push(vec![
                    Cell::whole(*origin),
                    Cell::whole(ahead),
                    (*level).into(),
                    (*value).into(),
                    Cell::maybe(observed),
                ]);
            }
            let Some(y) = observed else { continue };
            wis.push(weighted_interval(&levels, &values, y)?);
            off.extend(at(0.5).map(|i| (values[i] - y).abs()));
            let inside = |low: f64, high: f64| {
                let (low, high) = at(low).zip(at(high))?;
                Some(f64::from(u8::from(values[low] <= y && y <= values[high])))
            };
            half.extend(inside(0.25, 0.75));
            most.extend(inside(0.025, 0.975));
        }
        scores.push(vec![
            "seasonal_return".into(),
            Cell::whole(ahead),
            Cell::whole(wis.len()),
            mean(&off).into(),
            mean(&wis).into(),
            mean(&half).into(),
            mean(&most).into(),
        ]);
    }
    Ok(vec![
        Sheet {
            spec: &SCORES,
            rows: scores,
        },
        Sheet {
            spec: &FORECASTS,
            rows,
        },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::random::Stream;

    /// Ten years of weeks around a wave, with departures that fade by a tenth a week.
    fn series(seed: u64) -> Vec<f64> {
        let mut s = Stream::new(seed, "season", 0);
        let mut away = 0.0;
        (0..520)
            .map(|t| {
                away = 0.9 * away + 0.15 * s.normal();
                let wave = (2.0 * std::f64::consts::PI * f64::from(t) / 52.0).sin();
                s.poisson((3.0 + wave + away).exp())
            })
            .collect()
    }

    #[test]
    fn intervals_hold_what_comes_and_the_median_beats_the_last_value() {
        let (mut held, mut days, mut off, mut naive) = (0_u32, 0_u32, 0.0, 0.0);
        for seed in 0..6 {
            let y = series(seed);
            for origin in (320..515).step_by(5) {
                let found =
                    forecast(&y[..origin], 52, 4, &[0.025, 0.5, 0.975]).expect("a forecast");
                let came = y[origin + 3];
                days += 1;
                held += u32::from(found[0] <= came && came <= found[2]);
                off += (found[1] - came).abs();
                naive += (y[origin - 1] - came).abs();
            }
        }
        let share = f64::from(held) / f64::from(days);
        assert!((0.9..0.99).contains(&share), "{share}");
        assert!(off < 0.95 * naive, "{off} {naive}");
    }

    #[test]
    fn too_short_quiet_or_broken_series_are_not_forecast() {
        let why = |y: &[f64]| forecast(y, 52, 1, &[0.5]).err().map(|e| e.why());
        assert_eq!(why(&[]), Some(Why::TooLittle));
        assert_eq!(why(&[1.0; 103]), Some(Why::TooLittle));
        assert_eq!(why(&[0.0; 200]), Some(Why::NoVariation));
        assert_eq!(why(&[f64::NAN; 200]), Some(Why::OutsideDomain));
        assert_eq!(why(&[1e9; 200]), None);
    }
}
