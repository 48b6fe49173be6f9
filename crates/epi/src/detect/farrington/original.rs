//! Farrington's method as first published (1996).

use crate::answer::{Estimated, require};
use crate::call::{Call, Method, Mode, Params, Refused};
use crate::detect::series::{Series, range};
use crate::table::{Cell, Sheet, SheetSpec};

use super::model::{self, Settings};
use super::reference::{Cut, Logs, baseline};
use super::threshold::{Power, Predicted};

/// What the method says of a week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The expected count.
    pub expected: f64,
    /// The bound; 0 when too few cases were seen lately to ask.
    pub upper: f64,
    /// Whether the count lies above the bound.
    pub alarm: bool,
    /// The predictive probability of a count up to the observed one.
    pub cdf: f64,
}

/// Judges week `t` of a series.
///
/// - Quantity: the count above which week `t` is an alarm, and the expected count.
/// - Method: quasi-Poisson regression on the weeks around the same week of earlier years, reweighted once by Anscombe
///   residuals, with a linear trend when it is significant, long enough and does not run beyond every past count; normal
///   interval after a power.
/// - Units: counts per week.
/// - Interval: `alpha` is two-sided here: the bound is the quantile `1 - alpha / 2`.
/// - Assumes: the season is the same every year within the window; past outbreaks stand out from the fit.
/// - Do not use: with fewer than 3 years of weeks, for days, or where reporting changed in the baseline.
/// - Source: Farrington, Andrews, Beale, Catchpole 1996.
/// - Differs from source: with fewer than `limit` cases in the last weeks the bound is 0 and there is no alarm.
/// - Checked by: the reference folder `farrington`.
pub fn judge(series: &Series, logs: &Logs, t: usize, settings: &Options) -> Estimated<Judged> {
    require(
        settings.alpha > 0.0 && settings.alpha < 1.0,
        "alpha is not between 0 and 1",
    )?;
    let base = baseline(series, logs, t, settings.cut, settings.population)?;
    let offset = if settings.population {
        series.population[t - 1].ln()
    } else {
        0.0
    };
    let (model, _) = model::choose(
        &base,
        &settings.fit,
        offset,
        Mode::Published,
        model::Model::trend_p_plain,
    )?;
    let predicted = Predicted::new(model.expected, model.phi, model.error, settings.power);
    let observed = series.counts[t - 1];
    let enough = recent(series, t, settings.limit.1) >= settings.limit.0;
    let upper = if enough {
        predicted.quantile(1.0 - settings.alpha / 2.0)
    } else {
        0.0
    };
    let alarm = enough && observed > upper;
    Ok(Judged {
        expected: model.expected,
        upper,
        alarm,
        cdf: predicted.cdf(observed),
    })
}

/// Cases in the last `weeks` weeks up to `t`.
pub(super) fn recent(series: &Series, t: usize, weeks: usize) -> f64 {
    series.counts[t.saturating_sub(weeks)..t].iter().sum()
}

/// All settings of the original method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The baseline.
    pub cut: Cut,
    /// The fit.
    pub fit: Settings,
    /// The transformation.
    pub power: Power,
    /// Two-sided probability of an alarm without cause.
    pub alpha: f64,
    /// So many cases in so many weeks are needed for an alarm.
    pub limit: (f64, usize),
    /// Whether means are proportional to the population.
    pub population: bool,
}

/// Settings that both methods share.
pub(super) fn shared(
    params: &Params,
    groups: usize,
    past: usize,
    threshold: f64,
) -> Result<Options, Refused> {
    let years = params.whole_or("b", 5)?;
    let cut = Cut {
        years,
        half_width: params.whole_or("w", 3)?,
        groups,
        past_left_out: past,
    };
    let fit = Settings {
        reweight: params.flag_or("reweight", true)?,
        weights_threshold: params.number_or("weights_threshold", threshold)?,
        trend: params.flag_or("trend", true)?,
        trend_p: params.number_or("p_threshold_trend", 0.05)?,
        years,
    };
    let limit = match params.optional_numbers("limit54")?.as_deref() {
        None => (5.0, 4),
        Some([cases, weeks]) => (*cases, crate::numbers::whole(*weeks).unwrap_or(4)),
        Some(_) => return params.refuse("limit54", "is not [cases, weeks]"),
    };
    let Some(power) = Power::named(&params.text_or("powertrans", "2/3")?) else {
        return params.refuse("powertrans", "is not 2/3, 1/2 or none");
    };
    let population = params.flag_or("population_offset", false)?;
    Ok(Options {
        cut,
        fit,
        power,
        alpha: params.number_or("alpha", 0.05)?,
        limit,
        population,
    })
}

/// The original method by name.
pub const METHOD: Method = Method {
    function: "farrington",
    title: "Farrington 1996: does a week exceed the same weeks of earlier years?",
    page: "farrington",
    input: Some("series"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "alarms",
    columns: &[
        "t",
        "observed",
        "upperbound",
        "alarm",
        "predictive_cdf",
        "predictive_median",
    ],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let series = Series::read(call)?;
    let options = shared(&call.params, 1, 0, 1.0)?;
    if !call.params.flag_or("two_sided_alpha", true)? {
        return call.params.refuse(
            "two_sided_alpha",
            "the original method knows two-sided alpha only",
        );
    }
    let logs = Logs::of(&series);
    let row = |t: usize| {
        let judged = judge(&series, &logs, t, &options).ok();
        vec![
            Cell::whole(t),
            series.counts[t - 1].into(),
            Cell::maybe(judged.map(|j| j.upper)),
            judged.map_or(Cell::Missing, |j| Cell::flag(j.alarm)),
            Cell::maybe(judged.map(|j| j.cdf)),
            Cell::maybe(judged.map(|j| j.expected)),
        ]
    };
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: range(call, &series)?.map(row).collect(),
    }])
}
