//! Likelihood ratio detectors: the likeliest moment and size of a change.

use crate::answer::{Estimated, require};
use crate::call::{Call, Method, Mode, Refused};
use crate::detect::season::{self, Season};
use crate::detect::series::{Series, range};
use crate::numbers::roots::monotone;
use crate::table::{Cell, Sheet, SheetSpec};

/// What may have changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// The mean is multiplied by an unknown factor above 1 (below 1 when looking for a fall).
    Intercept,
    /// The mean is multiplied by the exponential of this number.
    Known(f64),
    /// Every case of the step before adds an unknown number of cases.
    Epidemic,
}

/// Settings of the detector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The change that is looked for.
    pub change: Change,
    /// Whether the change is a rise.
    pub rise: bool,
    /// Overdispersion of the variance `m + alpha m²`.
    pub alpha: f64,
    /// Steps that are looked back over; nothing for all since the last alarm.
    pub window: Option<usize>,
    /// The least number of steps of a change.
    pub least: usize,
    /// The statistic from which a step is an alarm.
    pub limit: f64,
}

/// The highest factor that is believed.
const FACTOR_LN_MAX: f64 = 30.0;

/// Follows the detector over counts with known in-control means; `before` is the count before the first.
///
/// - Quantity: log likelihood ratio of the likeliest change against none, at every step.
/// - Method: maximum over the moment of change and, unless it is known, over its size. Starts anew after an alarm.
/// - Units: counts and means per step in; natural logarithms out.
/// - Interval: none; `limit` is chosen for a mean run length between false alarms.
/// - Assumes: independent Poisson or negative binomial counts around a known mean.
/// - Do not use: where the mean itself is uncertain; its error adds up.
/// - Source: Höhle, Paul 2008.
/// - Differs from source: [`Mode::Published`] not; values below 0 are given as 0. [`Mode::Peer`]: the size of an epidemic
///   change is sought by steps that miss the maximum at times.
/// - Checked by: the reference folder `glr`.
pub fn follow(
    counts: &[f64],
    means: &[f64],
    before: f64,
    settings: &Settings,
    mode: Mode,
) -> Estimated<Vec<(f64, bool)>> {
    require(
        means.iter().all(|m| *m > 0.0 && m.is_finite()),
        "an in-control mean is not above 0",
    )?;
    require(settings.alpha >= 0.0, "the overdispersion is negative")?;
    let mut start = 0;
    let mut out = Vec::with_capacity(counts.len());
    for n in 0..counts.len().min(means.len()) {
        let back = usize::from(settings.alpha > 0.0);
        let earliest = settings
            .window
            .map_or(start, |m| start.max((n + back).saturating_sub(m)));
        let mut best = 0.0_f64;
        // With a limited window the moment of change lies `least` steps back at least, without one it may be now.
        let latest = match settings.window {
            Some(_) if settings.alpha == 0.0 => n.checked_sub(settings.least),
            _ => (n + 1).checked_sub(settings.least.max(1)),
        };
        let mut sums = (0.0, 0.0);
        for k in (earliest..=n).rev() {
            sums.0 += counts[k];
            sums.1 += means[k];
            if latest.is_none_or(|latest| k > latest) {
                continue;
            }
            let previous = |i: usize| if i == 0 { before } else { counts[i - 1] };
            let ratio = match settings.change {
                Change::Known(theta) => fixed(&counts[k..=n], &means[k..=n], theta, settings.alpha),
                Change::Intercept => intercept(&counts[k..=n], &means[k..=n], sums, settings),
                Change::Epidemic if mode == Mode::Peer => continue,
                Change::Epidemic => {
                    let earlier: Vec<f64> = (k..=n).map(previous).collect();
                    epidemic(&counts[k..=n], &means[k..=n], &earlier)
                }
            };
            best = best.max(ratio);
        }
        if settings.change == Change::Epidemic && mode == Mode::Peer {
            let earlier: Vec<f64> = (0..=n)
                .map(|i| if i == 0 { before } else { counts[i - 1] })
                .collect();
            let mut ln = PEER_START.ln();
            for k in earliest..latest.map_or(earliest, |latest| latest + 1) {
                let rows = || (k..=n).map(|i| (counts[i], means[i], earlier[i]));
                ln = peer_search(rows, ln);
                let lambda = ln.exp();
                let ratio: f64 = rows()
                    .map(|(x, m, e)| x * (1.0 + lambda * e / m).ln() - lambda * e)
                    .sum();
                best = best.max(ratio);
            }
        }
        let alarm = best >= settings.limit;
        out.push((best, alarm));
        if alarm {
            start = n + 1;
        }
    }
    Ok(out)
}

/// The log ratio when means are multiplied by `exp(theta)`.
fn fixed(counts: &[f64], means: &[f64], theta: f64, alpha: f64) -> f64 {
    let factor = theta.exp();
    let term = |(x, m): (&f64, &f64)| {
        if alpha > 0.0 {
            theta * x + (x + 1.0 / alpha) * ((1.0 + alpha * m) / (1.0 + alpha * m * factor)).ln()
        } else {
            theta * x - m * (factor - 1.0)
        }
    };
    counts.iter().zip(means).map(term).sum()
}

/// The highest log ratio over all factors in the direction looked for.
fn intercept(counts: &[f64], means: &[f64], (x, m): (f64, f64), settings: &Settings) -> f64 {
    let alpha = settings.alpha;
    let theta = if alpha > 0.0 {
        let score = |theta: f64| {
            let factor = theta.exp();
            let (mut value, mut slope) = (0.0, 0.0);
            for (x, m) in counts.iter().zip(means) {
                let d = 1.0 + alpha * m * factor;
                value += (m * factor - x) / d;
                slope += m * factor * (1.0 + alpha * x) / (d * d);
            }
            (value, slope)
        };
        let start = (x.max(0.01) / m).ln();
        monotone(start, -FACTOR_LN_MAX, FACTOR_LN_MAX, score)
    } else {
        (x / m).ln()
    };
    let theta = if settings.rise {
        theta.max(0.0)
    } else {
        theta.clamp(-FACTOR_LN_MAX, 0.0)
    };
    fixed(counts, means, theta, alpha)
}

/// The highest log ratio over the number of cases that each earlier case adds.
fn epidemic(counts: &[f64], means: &[f64], earlier: &[f64]) -> f64 {
    let rows = || {
        counts
            .iter()
            .zip(means)
            .zip(earlier)
            .map(|((x, m), e)| (*x, *m, *e))
    };
    let score = |lambda: f64| {
        let (mut value, mut slope) = (0.0, 0.0);
        for (x, m, e) in rows() {
            let d = m + lambda * e;
            value += e - x * e / d;
            slope += x * e * e / (d * d);
        }
        (value, slope)
    };
    if score(0.0).0 >= 0.0 {
        return 0.0;
    }
    let total: f64 = counts.iter().sum();
    let lambda = monotone(0.1, 0.0, 1e9_f64.max(total), score);
    rows()
        .map(|(x, m, e)| x * (1.0 + lambda * e / m).ln() - lambda * e)
        .sum()
}

/// Where the reference program begins to search for the added cases.
const PEER_START: f64 = 0.5;

/// The slope of the likelihood at which it stops.
const PEER_SCORE_MIN: f64 = 1e-7;

/// LIMIT: steps of that search.
const PEER_STEPS_MAX: usize = 1_000;

/// The search of the reference program: Newton's steps in the logarithm, each moment of change from where the last one
/// ended. They run away where the likelihood is not concave in the logarithm, and the maximum is then missed.
fn peer_search<I: Iterator<Item = (f64, f64, f64)>>(rows: impl Fn() -> I, start: f64) -> f64 {
    let mut ln = start;
    for _ in 0..PEER_STEPS_MAX {
        let lambda = ln.exp();
        let (mut score, mut information) = (0.0, 0.0);
        for (x, m, e) in rows() {
            let d = m + lambda * e;
            score += x * lambda * e / d - lambda * e;
            information += lambda * e - x * lambda * e * m / (d * d);
        }
        let step = score / information;
        if score.abs() < PEER_SCORE_MIN || !step.is_finite() {
            break;
        }
        ln = (ln + step).min(300.0);
    }
    ln
}

/// The Poisson detector by name.
pub const POISSON: Method = Method {
    function: "glr_poisson",
    title: "GLR for Poisson counts: has the mean changed, when, and by how much?",
    page: "glr",
    input: Some("series"),
    sheets: &[SHEET],
    run: |call| run(call, false),
};

/// The negative binomial detector by name.
pub const NEGATIVE_BINOMIAL: Method = Method {
    function: "glr_negbin",
    title: "GLR for counts that vary more than Poisson",
    page: "glr",
    input: Some("series"),
    sheets: &[SHEET],
    run: |call| run(call, true),
};

const SHEET: SheetSpec = SheetSpec {
    name: "path",
    columns: &["t", "observed", "alarm", "statistic", "mu0", "alpha_used"],
    on_request: None,
};

fn run(call: &Call<'_>, dispersed: bool) -> Result<Vec<Sheet>, Refused> {
    let series = Series::read(call)?;
    let judged = range(call, &series)?;
    let (first, last) = (*judged.start(), *judged.end());
    let given = call.params.optional_number("alpha")?;
    let (means, alpha) = match call.params.value("mu0") {
        Some(value) if value.is_object() => {
            let inner = call.params.inner("mu0")?.unwrap_or_default();
            let season = Season {
                harmonics: inner.whole_or("s", 1)?,
                trend: inner.flag_or("trend", false)?,
                per_year: series.per_year,
            };
            let alpha = if dispersed {
                given
            } else {
                Some(given.unwrap_or(0.0))
            };
            season::means(&series.counts, first, last, season, alpha)?
        }
        _ => (call.params.numbers("mu0")?, given.unwrap_or(0.0)),
    };
    if means.len() != last + 1 - first {
        return call
            .params
            .refuse("mu0", "does not have one mean for each judged step");
    }
    let change = match (
        call.params.text_or("change", "intercept")?.as_str(),
        call.params.optional_number("theta")?,
    ) {
        ("intercept", None) => Change::Intercept,
        ("intercept", Some(theta)) => Change::Known(theta),
        ("epi", None) if alpha == 0.0 => Change::Epidemic,
        ("epi", _) => {
            return call
                .params
                .refuse("change", "epi is for Poisson counts and an unknown size");
        }
        _ => return call.params.refuse("change", "is not intercept or epi"),
    };
    let rise = match call.params.text_or("direction", "inc")?.as_str() {
        "inc" => true,
        "dec" => false,
        _ => return call.params.refuse("direction", "is not inc or dec"),
    };
    let window = call.params.number_or("m", -1.0)?;
    let settings = Settings {
        change,
        rise,
        alpha,
        window: crate::numbers::whole(window),
        least: call.params.whole_or("m_tilde", 1)?,
        limit: call.params.number_or("c_arl", 5.0)?,
    };
    let before = if first >= 2 {
        series.counts[first - 2]
    } else {
        0.0
    };
    let path = follow(
        &series.counts[first - 1..last],
        &means,
        before,
        &settings,
        call.mode,
    )?;
    let rows = judged
        .zip(path)
        .zip(means)
        .map(|((t, (statistic, alarm)), mean)| {
            vec![
                Cell::whole(t),
                series.counts[t - 1].into(),
                Cell::flag(alarm),
                statistic.into(),
                mean.into(),
                alpha.into(),
            ]
        });
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: rows.collect(),
    }])
}
