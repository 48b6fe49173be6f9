//! EARS C1, C2 and C3: short baselines for days.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Mode, Refused};
use crate::detect::series::{Series, range};
use crate::numbers::{normal, summary};
use crate::table::{Cell, Sheet, SheetSpec};

/// The three rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The days just before.
    C1,
    /// The days before, two left out.
    C2,
    /// Three values of C2 together.
    C3,
}

/// Settings of the rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Which rule.
    pub rule: Rule,
    /// Steps in the baseline.
    pub baseline: usize,
    /// The least standard deviation that is believed.
    pub min_sigma: f64,
    /// The tail probability of an alarm under a normal baseline.
    pub alpha: f64,
}

/// Steps between the baseline of C2 and the judged one.
const GUARD: usize = 2;

/// The sum of C2 excesses over which C3 alarms in the published form (Hutwagner and others 2003).
pub const C3_LIMIT: f64 = 2.0;

/// Judges one step of a series.
///
/// - Quantity: the count above which step `t` is an alarm.
/// - Method: mean and standard deviation of a moving baseline; bound `mean + z sd`. C3 adds what C2 found too high
///   in the two steps before.
/// - Units: counts in, a count out; `alpha` is a probability.
/// - Interval: none; the bound is the upper limit of one.
/// - Assumes: counts of the baseline behave like the judged one: no season, no weekday effect, no trend.
/// - Do not use: for weekly data, or for fewer than a handful of cases a day: the normal tail is then wrong.
/// - Source: Hutwagner, Thompson, Seeman, Treadwell 2003; Fricker, Hegler, Dunfee 2008.
/// - Differs from source: [`Mode::Published`] not at all. [`Mode::Peer`]: the C3 bound rises and falls with the count
///   of the day itself, so that the alarm depends on the two days before alone.
/// - Checked by: the reference folder `ears`.
pub fn judge(counts: &[f64], t: usize, settings: &Settings, mode: Mode) -> Estimated<Bound> {
    require(
        settings.alpha > 0.0 && settings.alpha < 1.0,
        "alpha is not between 0 and 1",
    )?;
    require(settings.baseline >= 2, "a baseline has at least 2 steps")?;
    require(
        t >= 1 && t <= counts.len(),
        "the step lies outside the series",
    )?;
    let z = normal::quantile(1.0 - settings.alpha);
    let guard = if settings.rule == Rule::C1 { 0 } else { GUARD };
    let (mean, sd) = baseline(counts, t, guard, settings)?;
    if settings.rule != Rule::C3 {
        return Ok(Bound {
            upper: mean + z * sd,
        });
    }
    let mut before = 0.0;
    for s in [t - 1, t - 2] {
        let (mean, sd) = baseline(counts, s, guard, settings)?;
        let excess = (counts[s - 1] - mean) / sd - 1.0;
        // NaN (a count like its constant baseline) must survive.
        before += if excess < 0.0 { 0.0 } else { excess };
    }
    let upper = match mode {
        Mode::Peer => counts[t - 1] + sd * (z - before),
        Mode::Published if before > C3_LIMIT => 0.0,
        Mode::Published => mean + sd * (1.0 + C3_LIMIT - before),
    };
    Ok(Bound {
        upper: if upper < 0.0 { 0.0 } else { upper },
    })
}

/// What a rule says about a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// The highest count without alarm; not a number where two rules of arithmetic meet (no spread, no excess).
    pub upper: f64,
}

fn baseline(counts: &[f64], t: usize, guard: usize, settings: &Settings) -> Estimated<(f64, f64)> {
    let end = (t - 1).checked_sub(guard);
    let window = end.and_then(|end| Some(end.checked_sub(settings.baseline)?..end));
    let Some(window) = window else {
        let what = format!(
            "step {t} has fewer than {} steps before it",
            settings.baseline + guard
        );
        return Err(NotEstimated::because(Why::TooLittle, what));
    };
    let window = &counts[window];
    Ok((
        summary::mean(window),
        summary::sd(window).max(settings.min_sigma),
    ))
}

/// EARS by name.
pub const METHOD: Method = Method {
    function: "ears",
    title: "EARS C1, C2, C3: does a day exceed its short baseline?",
    page: "ears",
    input: Some("series"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "alarms",
    columns: &["t", "observed", "upperbound", "alarm"],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let series = Series::read(call)?;
    let known = [("C1", Rule::C1), ("C2", Rule::C2), ("C3", Rule::C3)];
    let rule = call.params.one_of("method", &known)?.unwrap_or(Rule::C1);
    let settings = Settings {
        rule,
        baseline: call.params.whole_or("baseline", 7)?,
        min_sigma: call.params.number_or("min_sigma", 0.0)?,
        alpha: call
            .params
            .number_or("alpha", if rule == Rule::C3 { 0.025 } else { 0.001 })?,
    };
    let row = |t: usize| {
        let observed = series.counts[t - 1];
        let upper =
            judge(&series.counts, t, &settings, call.mode).map_or(f64::NAN, |bound| bound.upper);
        let alarm = if upper.is_nan() {
            Cell::Missing
        } else {
            Cell::flag(observed > upper)
        };
        vec![Cell::whole(t), observed.into(), upper.into(), alarm]
    };
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: range(call, &series)?.map(row).collect(),
    }])
}
