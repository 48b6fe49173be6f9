//! The instantaneous reproduction number: cases of a window against the infectiousness of those before.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Params, Refused};
use crate::numbers::gamma;
use crate::table::{Cell, Sheet, SheetSpec};

use super::incidence::{Incidence, interval_table, windows};
use super::interval;

/// The probabilities of the quantiles that are given.
pub const LEVELS: [f64; 7] = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975];

/// A gamma prior by its mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Mean of R before any data.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
}

impl Prior {
    /// Shape and rate.
    pub fn shape_rate(self) -> (f64, f64) {
        (
            (self.mean / self.sd).powi(2),
            self.mean / (self.sd * self.sd),
        )
    }

    /// Parameters `mean_prior` and `std_prior`; 5 and 5 unless given.
    pub fn read(params: &Params) -> Result<Self, Refused> {
        let prior = Self {
            mean: params.number_or("mean_prior", 5.0)?,
            sd: params.number_or("std_prior", 5.0)?,
        };
        match prior.mean > 0.0 && prior.sd > 0.0 {
            true => Ok(prior),
            false => params.refuse(
                "mean_prior",
                "prior mean and standard deviation must be above 0",
            ),
        }
    }
}

/// The posterior of R in a window: a gamma distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior {
    /// Shape: prior shape plus cases.
    pub shape: f64,
    /// Scale: inverse of prior rate plus infectiousness.
    pub scale: f64,
}

impl Posterior {
    /// Its mean.
    pub fn mean(self) -> f64 {
        self.shape * self.scale
    }

    /// Its standard deviation.
    pub fn sd(self) -> f64 {
        self.shape.sqrt() * self.scale
    }

    /// Its quantiles at [`LEVELS`].
    pub fn quantiles(self) -> [f64; LEVELS.len()] {
        let unit = KNOWN.with_borrow_mut(|known| {
            if known.len() >= SHAPES_MAX {
                known.clear();
            }
            let find = || LEVELS.map(|p| gamma::quantile(p, self.shape));
            *known.entry(self.shape.to_bits()).or_insert_with(find)
        });
        unit.map(|q| q * self.scale)
    }
}

/// Infectiousness on every day: earlier cases, each weighted by the chance of infecting now. Day 1 has none.
///
/// - Quantity: expected number of new local cases per unit of R.
/// - Method: convolution of all earlier cases with the serial interval.
/// - Units: cases.
/// - Interval: none.
/// - Assumes: all cases are seen, on the day of onset.
/// - Do not use: where the share of cases that is seen changes.
/// - Source: Cori and others 2013.
/// - Differs from source: not.
/// - Checked by: the reference folder `rt_epiestim`.
pub fn infectiousness(total: &[f64], w: &[f64]) -> Vec<f64> {
    let mut lambda = vec![0.0; total.len()];
    for (day, cases) in total.iter().enumerate().filter(|(_, cases)| **cases != 0.0) {
        for (l, w) in lambda[day + 1..]
            .iter_mut()
            .zip(w.get(1..).unwrap_or_default())
        {
            *l += cases * w;
        }
    }
    if let Some(first) = lambda.first_mut() {
        *first = f64::NAN;
    }
    lambda
}

/// Estimates R in windows of days (from 1).
///
/// - Quantity: mean number of people that a case infects, at the transmission of the window.
/// - Method: Poisson renewal equation with a gamma prior; the posterior is gamma.
/// - Units: days and cases in; R has none.
/// - Interval: quantiles of the posterior at [`LEVELS`].
/// - Assumes: the serial interval is known and stands for the generation time; R is constant in a window; reporting is
///   constant.
/// - Do not use: windows that end by the mean interval after the first case (not estimated); the last days of a series
///   whose reports are still coming in: nowcast first.
/// - Source: Cori, Ferguson, Fraser, Cauchemez 2013; Thompson and others 2019.
/// - Differs from source: not.
/// - Checked by: the reference folder `rt_epiestim`.
pub fn estimate(
    incidence: &Incidence,
    w: &[f64],
    mean_interval: f64,
    prior: Prior,
    windows: &[(usize, usize)],
) -> Vec<Estimated<Posterior>> {
    let lambda = infectiousness(&incidence.total(), w);
    posteriors(incidence, &lambda, mean_interval, prior, windows)
}

/// The posteriors of windows whose days have this infectiousness.
pub(super) fn posteriors(
    incidence: &Incidence,
    lambda: &[f64],
    mean_interval: f64,
    prior: Prior,
    windows: &[(usize, usize)],
) -> Vec<Estimated<Posterior>> {
    let (shape, rate) = prior.shape_rate();
    let one = |(start, end): &(usize, usize)| {
        if *end as f64 <= mean_interval {
            let what = format!(
                "the window ends on day {end}, within the mean interval of {mean_interval} days"
            );
            return Err(NotEstimated::because(Why::TooLittle, what));
        }
        require(
            *start >= 2 && start <= end && *end <= lambda.len(),
            "the window leaves days 2 to the last",
        )?;
        let cases: f64 = incidence.local[start - 1..*end].iter().sum();
        let exposure: f64 = lambda[start - 1..*end].iter().sum();
        Ok(Posterior {
            shape: shape + cases,
            scale: 1.0 / (rate + exposure),
        })
    };
    windows.iter().map(one).collect()
}

/// LIMIT: shapes whose quantiles are kept; beyond it they are found anew.
const SHAPES_MAX: usize = 10_000;

thread_local! {
    /// Quantiles of scale one by the bits of the shape. A shape is that of the prior plus a whole number, so that few
    /// occur, over and over, in all series that a thread estimates.
    static KNOWN: RefCell<BTreeMap<u64, [f64; LEVELS.len()]>> = const { RefCell::new(BTreeMap::new()) };
}

/// Columns of tables of R.
pub(super) const COLUMNS: &[&str] = &[
    "t_start", "t_end", "mean", "sd", "q0.025", "q0.05", "q0.25", "median", "q0.75", "q0.95",
    "q0.975",
];

/// The Cori estimate by name.
pub const METHOD: Method = Method {
    function: "estimate_r",
    title: "R(t) after Cori: how many people does a case infect in this window?",
    page: "rt_cori",
    input: Some("incidence"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "r",
    columns: COLUMNS,
    on_request: None,
};

/// The infectiousness by name.
pub const INFECTIVITY: Method = Method {
    function: "overall_infectivity",
    title: "Overall infectivity: how many new cases does each day's past stand for at R = 1?",
    page: "rt_cori",
    input: Some("incidence"),
    sheets: &[LAMBDA],
    run: run_infectivity,
};

const LAMBDA: SheetSpec = SheetSpec {
    name: "lambda",
    columns: &["t", "lambda"],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let incidence = Incidence::read(call)?;
    let days = incidence.local.len();
    let (w, mean) = interval_of(call, days)?;
    let windows = windows(&call.params, days)?;
    let prior = Prior::read(&call.params)?;
    let mut rows = Vec::with_capacity(windows.len());
    for ((start, end), posterior) in windows
        .iter()
        .zip(estimate(&incidence, &w, mean, prior, &windows))
    {
        let mut row = vec![Cell::whole(*start), Cell::whole(*end)];
        match posterior {
            Ok(posterior) => {
                row.extend([posterior.mean().into(), posterior.sd().into()]);
                row.extend(posterior.quantiles().map(Cell::from));
            }
            Err(_) => row.resize(COLUMNS.len(), Cell::Missing),
        }
        rows.push(row);
    }
    Ok(vec![Sheet { spec: &SHEET, rows }])
}

/// The serial interval that a call means, and its mean.
pub(super) fn interval_of(call: &Call<'_>, days: usize) -> Result<(Vec<f64>, f64), Refused> {
    match call.params.text_or("method", "parametric_si")?.as_str() {
        "parametric_si" => {
            let (mean, sd) = (
                call.params.number("mean_si")?,
                call.params.number("std_si")?,
            );
            let w = interval::discretised(mean, sd, days.saturating_sub(1))?;
            Ok((w, mean))
        }
        "non_parametric_si" => {
            let w = interval_table(call, "si_distr")?;
            let mean = w.iter().enumerate().map(|(k, w)| k as f64 * w).sum();
            Ok((w, mean))
        }
        _ => call
            .params
            .refuse("method", "is not parametric_si or non_parametric_si"),
    }
}

fn run_infectivity(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let incidence = Incidence::read(call)?;
    let w = interval_table(call, &call.params.text_or("si", "si_distr")?)?;
    let lambda = infectiousness(&incidence.total(), &w);
    let row = |(day, l): (usize, f64)| vec![Cell::whole(day + 1), l.into()];
    Ok(vec![Sheet {
        spec: &LAMBDA,
        rows: lambda.into_iter().enumerate().map(row).collect(),
    }])
}
