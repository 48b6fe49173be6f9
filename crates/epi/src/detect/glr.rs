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
///   change, and of a factor of negative binomial counts, is sought by steps that miss the maximum at times.
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
    let earlier: Vec<f64> = std::iter::once(before)
        .chain(counts.iter().copied())
        .collect();
    // The reference program searches where there is no closed form.
    let searched = mode == Mode::Peer
        && match settings.change {
            Change::Epidemic => true,
            Change::Intercept => settings.alpha > 0.0,
            Change::Known(_) => false,
        };
    let mut start = 0;
    let mut out = Vec::with_capacity(counts.len());
    for n in 0..counts.len().min(means.len()) {
        let back = usize::from(settings.alpha > 0.0);
        let earliest = settings
            .window
            .map_or(start, |m| start.max((n + back).saturating_sub(m)));
        let mut best = 0.0_f64;
        // With a limited window the moment at which a Poisson mean was multiplied lies `least` steps back at least,
        // otherwise it may be now.
        let latest = match settings.window {
            Some(_) if settings.alpha == 0.0 && settings.change != Change::Epidemic => {
                n.checked_sub(settings.least)
            }
            _ => (n + 1).checked_sub(settings.least.max(1)),
        };
        let mut sums = (0.0, 0.0);
        for k in (earliest..=n).rev() {
            sums.0 += counts[k];
            sums.1 += means[k];
            if latest.is_none_or(|latest| k > latest) {
                continue;
            }
            let ratio = match settings.change {
                Change::Known(theta) => fixed(&counts[k..=n], &means[k..=n], theta, settings.alpha),
                _ if searched => continue,
                Change::Intercept => intercept(&counts[k..=n], &means[k..=n], sums, settings),
                Change::Epidemic => epidemic(&counts[k..=n], &means[k..=n], &earlier[k..=n]),
            };
            best = best.max(ratio);
        }
        if searched {
            let mut ln = match settings.change {
                Change::Epidemic => PEER_START.ln(),
                Change::Intercept | Change::Known(_) => PEER_START,
            };
            for k in earliest..latest.map_or(earliest, |latest| latest + 1) {
                let (x, m, e) = (&counts[k..=n], &means[k..=n], &earlier[k..=n]);
                let ratio = match settings.change {
                    Change::Epidemic => {
                        ln = peer_search(ln, |ln| epidemic_steps(x, m, e, ln));
                        epidemic_ratio(x, m, e, ln.exp())
                    }
                    Change::Intercept | Change::Known(_) => {
                        ln = peer_search(ln, |ln| factor_steps(x, m, settings.alpha, ln));
                        in_direction(ln, settings.rise)
                            .map_or(0.0, |theta| fixed(x, m, theta, settings.alpha))
                    }
                };
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
            let (value, slope) = factor_steps(counts, means, alpha, theta);
            (-value, slope)
        };
        let start = (x.max(0.01) / m).ln();
        monotone(start, -FACTOR_LN_MAX, FACTOR_LN_MAX, score)
    } else {
        (x / m).ln()
    };
    in_direction(theta, settings.rise).map_or(0.0, |theta| fixed(counts, means, theta, alpha))
}

/// The logarithm of a factor in the direction looked for; nothing when it is none, or lies in the other one.
fn in_direction(theta: f64, rise: bool) -> Option<f64> {
    match rise {
        true => (theta > 0.0).then_some(theta),
        false => (theta < 0.0).then(|| theta.max(-FACTOR_LN_MAX)),
    }
}

/// Slope of the log likelihood in the logarithm of a factor, and its curvature with the sign turned.
fn factor_steps(counts: &[f64], means: &[f64], alpha: f64, theta: f64) -> (f64, f64) {
    let factor = theta.exp();
    let (mut score, mut information) = (0.0, 0.0);
    for (x, m) in counts.iter().zip(means) {
        let d = 1.0 + alpha * m * factor;
        score += (x - m * factor) / d;
        information += m * factor * (1.0 + alpha * x) / (d * d);
    }
    (score, information)
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
    epidemic_ratio(counts, means, earlier, lambda)
}

/// The log ratio when every earlier case adds `lambda` cases.
fn epidemic_ratio(counts: &[f64], means: &[f64], earlier: &[f64], lambda: f64) -> f64 {
    let rows = counts.iter().zip(means).zip(earlier);
    rows.map(|((x, m), e)| x * (1.0 + lambda * e / m).ln() - lambda * e)
        .sum()
}

/// Slope of the log likelihood in the logarithm of the added cases, and its curvature with the sign turned.
fn epidemic_steps(counts: &[f64], means: &[f64], earlier: &[f64], ln: f64) -> (f64, f64) {
    let lambda = ln.exp();
    let (mut score, mut information) = (0.0, 0.0);
    for ((x, m), e) in counts.iter().zip(means).zip(earlier) {
        let d = m + lambda * e;
        score += x * lambda * e / d - lambda * e;
        information += lambda * e - x * lambda * e * m / (d * d);
    }
    (score, information)
}

/// Where the reference program begins to search: added cases, and the logarithm of a factor.
const PEER_START: f64 = 0.5;

/// The step at which it stops.
const PEER_STEP_MIN: f64 = 1e-6;

/// The logarithm at which it gives up: such a change is none.
const PEER_LN_MIN: f64 = -18.0;

/// LIMIT: steps of that search.
const PEER_STEPS_MAX: usize = 1_000;

/// The search of the reference program: Newton's steps, for each moment of change from where the last one ended. They
/// run away where the likelihood is not concave; the maximum is then missed, also for the moments after, for a search
/// does not leave a start below the least logarithm. Not a number when the steps overflow.
fn peer_search(start: f64, steps: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut ln = start;
    for _ in 0..PEER_STEPS_MAX {
        if !(ln > PEER_LN_MIN) {
            break;
        }
        let (score, information) = steps(ln);
        if information == 0.0 {
            break;
        }
        let step = score / information;
        ln += step;
        if !(step.abs() > PEER_STEP_MIN) {
            break;
        }
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
    let rise = call
        .params
        .one_of("direction", &[("inc", true), ("dec", false)])?
        .unwrap_or(true);
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
