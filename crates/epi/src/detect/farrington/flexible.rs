//! Farrington's method as improved by Noufaily and others (2013).

use std::collections::{BTreeMap, BTreeSet};

use crate::answer::{Estimated, require};
use crate::call::{Call, Method, Mode, Refused};
use crate::detect::series::{Series, range};
use crate::numbers::normal;
use crate::table::{Cell, Sheet, SheetSpec};

use super::model::{self, Model};
use super::original::{Options, recent, shared};
use super::reference::{Baseline, Logs, baseline};
use super::threshold::{Predicted, count_quantile, count_tail};

/// How the bound follows from the fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// Normal interval after a power.
    Delta,
    /// Negative binomial quantile at the fitted mean.
    Plugin,
    /// Negative binomial quantile at the upper limit of the fitted mean.
    Muan,
}

/// What the method says of a week.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The expected count.
    pub expected: f64,
    /// The dispersion, at least 1.
    pub phi: f64,
    /// The bound; nothing when too few cases were seen lately to ask.
    pub upper: Option<f64>,
    /// Whether the count lies above the bound.
    pub alarm: bool,
    /// The probability of a count at least as high.
    pub p_value: f64,
    /// How far the count is on the way from the expected one to the bound.
    pub score: f64,
    /// Slope of the trend that was used.
    pub slope: Option<f64>,
}

/// Judges week `t` of a series.
///
/// - Quantity: the count above which week `t` is an alarm, the expected count, and how surprising the observed one is.
/// - Method: quasi-Poisson regression on all weeks of the earlier years in seasonal groups, reweighted once by Anscombe
///   residuals above 2.58 by default, with a trend; the most recent weeks are left out of the baseline.
/// - Units: counts per week.
/// - Interval: `alpha` is one-sided: the bound is the quantile `1 - alpha`.
/// - Assumes: levels of the seasonal groups are the same every year; past outbreaks stand out from the fit.
/// - Do not use: with fewer than 3 years of weeks, for days, or where reporting changed in the baseline.
/// - Source: Noufaily, Enki, Farrington, Garthwaite, Andrews, Charlett 2013; Salmon, Schumacher, Höhle 2016.
/// - Differs from source: [`Mode::Published`] not. [`Mode::Peer`]: after reweighting, the dispersion behind standard
///   errors and the p-value of the trend rests on prior in place of working weights, and the score of count
///   quantiles measures from the logarithm of the mean.
/// - Checked by: the reference folders `farrington_flexible`, `farrington_flexible_bulk`.
pub fn judge(
    series: &Series,
    logs: &Logs,
    t: usize,
    options: &Options,
    threshold: Threshold,
    mode: Mode,
) -> Estimated<Judged> {
    require(
        options.alpha > 0.0 && options.alpha < 1.0,
        "alpha is not between 0 and 1",
    )?;
    let base = baseline(series, logs, t, options.cut, options.population)?;
    let offset = if options.population {
        series.population[t - 1].ln()
    } else {
        0.0
    };
    let (model, _) = model::choose(&base, &options.fit, offset, mode, Model::trend_p)?;
    let observed = series.counts[t - 1];
    let (mean, phi, p) = (model.expected, model.phi, 1.0 - options.alpha);
    let (upper, p_value) = match threshold {
        Threshold::Delta => {
            let predicted = Predicted::new(mean, phi, model.error, options.power);
            (predicted.quantile(p), predicted.tail(observed))
        }
        Threshold::Plugin => (
            count_quantile(p, mean, phi),
            count_tail(observed, mean, phi),
        ),
        Threshold::Muan => {
            let high = mean * (normal::quantile(p) * model.error).exp();
            (
                count_quantile(p, high, phi),
                count_tail(observed, high, phi),
            )
        }
    };
    let enough = recent(series, t, options.limit.1) >= options.limit.0;
    let centre = match (threshold, mode) {
        (Threshold::Plugin | Threshold::Muan, Mode::Peer) => mean.ln(),
        _ => mean,
    };
    let score = (observed - centre) / (upper - centre);
    Ok(Judged {
        expected: mean,
        phi,
        upper: enough.then_some(upper),
        alarm: enough && observed > upper,
        p_value,
        score,
        slope: model.fit.slope,
    })
}

/// The improved method by name.
pub const METHOD: Method = Method {
    function: "farrington_flexible",
    title: "Farrington 2013: does a week exceed what earlier years and their season predict?",
    page: "farrington_flexible",
    input: Some("series"),
    sheets: &[ALARMS, SERIES, ROWS, TERMS],
    run,
};

const ALARMS: SheetSpec = SheetSpec {
    name: "alarms",
    columns: &[
        "t",
        "observed",
        "upperbound",
        "alarm",
        "expected",
        "phi",
        "score",
        "pvalue",
        "trend_coef",
        "trend_used",
    ],
    on_request: None,
};

const SERIES: SheetSpec = SheetSpec {
    name: "many",
    columns: &[
        "{series_column}",
        "t",
        "observed",
        "upperbound",
        "alarm",
        "expected",
        "phi",
        "score",
        "pvalue",
    ],
    // Series that are asked for and have no row in the input are absent throughout.
    on_request: Some("{series_column}"),
};

const ROWS: SheetSpec = SheetSpec {
    name: "rows",
    columns: &[
        "t",
        "base_index",
        "response",
        "wtime",
        "population",
        "seasgroup",
        "anscombe_residual_first_fit",
        "weight",
        "fitted_final",
    ],
    on_request: Some("t"),
};

const TERMS: SheetSpec = SheetSpec {
    name: "terms",
    columns: &["t", "term", "value"],
    on_request: Some("t"),
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let groups = call.params.whole_or("no_periods", 1)?;
    let options = shared(
        &call.params,
        groups,
        call.params.whole_or("past_weeks_not_included", 26)?,
        2.58,
    )?;
    let known = [
        ("delta", Threshold::Delta),
        ("nbPlugin", Threshold::Plugin),
        ("muan", Threshold::Muan),
    ];
    let threshold = call
        .params
        .one_of("threshold_method", &known)?
        .unwrap_or(Threshold::Delta);
    if let Some(column) = call.params.optional_text("series_column")? {
        return many(call, &column, &options, threshold);
    }
    let series = Series::read(call)?;
    let logs = Logs::of(&series);
    let row = |t: usize| {
        row(
            &series,
            t,
            judge(&series, &logs, t, &options, threshold, call.mode).ok(),
        )
    };
    let alarms = range(call, &series)?.map(row).collect();
    let mut rows = Vec::new();
    let mut terms = Vec::new();
    let asked = [ROWS.name, TERMS.name]
        .into_iter()
        .filter_map(|name| call.wanted.get(name))
        .flatten();
    let asked: BTreeSet<usize> = asked.filter_map(|t| t.parse().ok()).collect();
    for t in asked.into_iter().filter(|t| (1..=series.len()).contains(t)) {
        let base = baseline(&series, &logs, t, options.cut, options.population)?;
        let offset = if options.population {
            series.population[t - 1].ln()
        } else {
            0.0
        };
        if let Some(model) = model::fit(&base, &options.fit, true, offset, call.mode) {
            rows.extend(row_detail(&series, t, &base, &model));
            terms.extend(term_detail(t, &base, &model));
        }
    }
    Ok(vec![
        Sheet {
            spec: &ALARMS,
            rows: alarms,
        },
        Sheet { spec: &ROWS, rows },
        Sheet {
            spec: &TERMS,
            rows: terms,
        },
    ])
}

fn row(series: &Series, t: usize, judged: Option<Judged>) -> Vec<Cell> {
    let of = |f: fn(&Judged) -> Option<f64>| Cell::maybe(judged.as_ref().and_then(f));
    vec![
        Cell::whole(t),
        series.counts[t - 1].into(),
        of(|j| j.upper),
        Cell::flag(judged.as_ref().is_some_and(|j| j.alarm)),
        // Without a bound the expected count is left open too.
        of(|j| j.upper.map(|_| j.expected)),
        of(|j| Some(j.phi)),
        of(|j| Some(j.score)),
        of(|j| Some(j.p_value)),
        of(|j| j.slope),
        judged
            .as_ref()
            .map_or(Cell::Missing, |j| Cell::flag(j.slope.is_some())),
    ]
}

/// Several series in one table: a column names the series, absent rows are zero.
fn many(
    call: &Call<'_>,
    column: &str,
    options: &Options,
    threshold: Threshold,
) -> Result<Vec<Sheet>, Refused> {
    let n = call.params.whole("n_epochs")?;
    let per_year = call.params.whole_or("freq", 52)?;
    let (first, last) = call.params.range("range")?;
    if last > n {
        return call
            .params
            .refuse("range", format!("ends after the last of {n} steps"));
    }
    let absent = call.params.number_or("absent_rows_are", 0.0)?;
    let input = call.input("series")?;
    let counts = input.numbers(if input.has("observed") {
        "observed"
    } else {
        "cases"
    })?;
    let times = input.numbers("t")?;
    let mut all: BTreeMap<&str, Series> = BTreeMap::new();
    for ((name, t), count) in input.texts(column)?.into_iter().zip(times).zip(counts) {
        let series = all
            .entry(name)
            .or_insert_with(|| Series::of(vec![absent; n], per_year));
        if let Some(cell) = crate::numbers::whole(t - 1.0).and_then(|at| series.counts.get_mut(at))
        {
            *cell = count;
        }
    }
    for name in call.wanted.get(SERIES.name).into_iter().flatten() {
        all.entry(name)
            .or_insert_with(|| Series::of(vec![absent; n], per_year));
    }
    let mut rows = Vec::with_capacity(all.len() * (last + 1 - first));
    for (name, series) in &all {
        let logs = Logs::of(series);
        for t in first..=last {
            let judged = judge(series, &logs, t, options, threshold, call.mode).ok();
            let mut cells = row(series, t, judged);
            cells.truncate(8);
            cells.insert(0, (*name).into());
            rows.push(cells);
        }
    }
    Ok(vec![Sheet {
        spec: &SERIES,
        rows,
    }])
}

fn row_detail(series: &Series, t: usize, base: &Baseline, model: &Model) -> Vec<Vec<Cell>> {
    let mut out = Vec::with_capacity(base.positions.len());
    for run in &base.rows.runs {
        for i in run.first..run.end {
            let position = base.positions[i];
            out.push(vec![
                Cell::whole(t),
                Cell::whole(position),
                base.rows.counts[i].into(),
                (base.rows.weeks[i] + base.week_reported).into(),
                series.population[position - 1].into(),
                Cell::whole(run.group + 1),
                Cell::maybe(model.residuals.get(i).copied()),
                model.prior.get(i).copied().unwrap_or(1.0).into(),
                model.fit.means[i].into(),
            ]);
        }
    }
    out
}

fn term_detail(t: usize, base: &Baseline, model: &Model) -> Vec<Vec<Cell>> {
    let slope = model.fit.slope.unwrap_or(0.0);
    let level = |g: usize| model.fit.levels[g] - slope * base.week_reported;
    let mut terms = vec![
        ("(Intercept)".to_owned(), level(0)),
        ("wtime".to_owned(), slope),
    ];
    terms.extend(
        (1..base.rows.groups).map(|g| (format!("seasgroups{}", g + 1), level(g) - level(0))),
    );
    terms.extend([
        ("phi_first_fit".to_owned(), model.phi_first),
        ("phi_final".to_owned(), model.phi),
        ("dispersion_seen_by_predict".to_owned(), model.phi_errors),
        (
            "trend_p_value_seen".to_owned(),
            model.trend_p().unwrap_or(f64::NAN),
        ),
    ]);
    terms
        .into_iter()
        .map(|(term, value)| vec![Cell::whole(t), term.into(), value.into()])
        .collect()
}
