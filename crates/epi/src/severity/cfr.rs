//! The fatality risk over a series: of all of it, up to each day, and of each day; and how many cases are seen.

use std::collections::VecDeque;

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::delay::duration::Duration;
use crate::table::{Cell, Sheet, SheetSpec};

use super::fatality::{self, Severity};

/// Cases and deaths by day.
struct Days {
    dates: Vec<String>,
    cases: Vec<f64>,
    deaths: Vec<f64>,
    delay: Option<Duration>,
}

impl Days {
    fn read(call: &Call<'_>) -> Result<Self, Refused> {
        let input = call.selected("cases_deaths", "dataset")?;
        let first = call.params.optional_whole("first_n")?.unwrap_or(usize::MAX);
        let delay = call
            .params
            .inner("delay")?
            .map(|inner| Duration::read(&inner))
            .transpose()?;
        let cut = |mut list: Vec<f64>| {
            list.truncate(first);
            list
        };
        let dates = input
            .texts("date")?
            .into_iter()
            .take(first)
            .map(str::to_owned)
            .collect();
        Ok(Self {
            dates,
            cases: cut(input.numbers("cases")?),
            deaths: cut(input.numbers("deaths")?),
            delay,
        })
    }

    fn outcomes(&self) -> Estimated<Option<Vec<f64>>> {
        self.delay
            .map(|delay| fatality::outcomes(&self.cases, delay))
            .transpose()
    }
}

fn running(list: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    list.iter()
        .map(|x| {
            sum += x;
            sum
        })
        .collect()
}

/// The median of the values around each one; where the window leaves the series the value itself stays.
fn running_median(list: &[f64], window: usize) -> Vec<f64> {
    let half = window / 2;
    let mut around: VecDeque<f64> = VecDeque::new();
    let at = |i: usize| -> f64 {
        if i < half || i + half >= list.len() {
            return list[i];
        }
        around.clear();
        around.extend(&list[i - half..=i + half]);
        around.make_contiguous().sort_by(f64::total_cmp);
        around[half]
    };
    let mut at = at;
    (0..list.len()).map(&mut at).collect()
}

fn cells(severity: Option<Severity>) -> [Cell; 3] {
    let of = |f: fn(&Severity) -> f64| Cell::maybe(severity.as_ref().map(f));
    [of(|s| s.estimate), of(|s| s.low), of(|s| s.high)]
}

/// The risk of a whole series by name.
pub const STATIC: Method = Method {
    function: "cfr_static",
    title: "What share of cases dies?",
    page: "cfr",
    input: Some("cases_deaths"),
    sheets: &[WHOLE],
    run: run_static,
};

/// The risk up to each day by name.
pub const ROLLING: Method = Method {
    function: "cfr_rolling",
    title: "What share of cases dies, as known on each day?",
    page: "cfr",
    input: Some("cases_deaths"),
    sheets: &[DAILY],
    run: run_rolling,
};

/// The risk of each day by name.
pub const VARYING: Method = Method {
    function: "cfr_time_varying",
    title: "Does the share of cases that dies change?",
    page: "cfr",
    input: Some("cases_deaths"),
    sheets: &[DAILY],
    run: run_varying,
};

/// Known outcomes by name.
pub const OUTCOMES: Method = Method {
    function: "cfr_estimate_outcomes",
    title: "Of how many cases can the outcome be known?",
    page: "cfr",
    input: Some("cases_deaths"),
    sheets: &[KNOWN],
    run: run_outcomes,
};

/// Ascertainment by name.
pub const ASCERTAINMENT: Method = Method {
    function: "cfr_ascertainment",
    title: "What share of cases is seen, if the true risk is known?",
    page: "cfr",
    input: Some("cases_deaths"),
    sheets: &[SEEN],
    run: run_ascertainment,
};

const WHOLE: SheetSpec = SheetSpec {
    name: "whole",
    columns: &[
        "total_cases",
        "total_deaths",
        "estimated_outcomes",
        "severity_estimate",
        "severity_low",
        "severity_high",
    ],
    on_request: None,
};
const DAILY: SheetSpec = SheetSpec {
    name: "daily",
    columns: &["date", "severity_estimate", "severity_low", "severity_high"],
    on_request: None,
};
const KNOWN: SheetSpec = SheetSpec {
    name: "outcomes",
    columns: &["date", "cases", "deaths", "estimated_outcomes", "u_t"],
    on_request: None,
};
const SEEN: SheetSpec = SheetSpec {
    name: "ascertainment",
    columns: &[
        "ascertainment_estimate",
        "ascertainment_low",
        "ascertainment_high",
    ],
    on_request: None,
};

fn whole_series(days: &Days, poisson_from: f64) -> Estimated<(f64, f64, Option<f64>, Severity)> {
    let (cases, deaths) = (days.cases.iter().sum(), days.deaths.iter().sum());
    match days.outcomes()? {
        None => Ok((cases, deaths, None, fatality::crude(deaths, cases)?)),
        Some(outcomes) => {
            let known: f64 = outcomes.iter().sum();
            Ok((
                cases,
                deaths,
                Some(known),
                fatality::corrected(cases, deaths, known, poisson_from)?,
            ))
        }
    }
}

fn run_static(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let days = Days::read(call)?;
    let (cases, deaths, known, severity) =
        whole_series(&days, call.params.number_or("poisson_threshold", 100.0)?)?;
    let mut row = vec![cases.into(), deaths.into(), Cell::maybe(known)];
    row.extend(cells(Some(severity)));
    Ok(vec![Sheet {
        spec: &WHOLE,
        rows: vec![row],
    }])
}

fn run_rolling(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let days = Days::read(call)?;
    let poisson_from = call.params.number_or("poisson_threshold", 100.0)?;
    let (cases, deaths) = (running(&days.cases), running(&days.deaths));
    let known = days.outcomes()?.map(|outcomes| running(&outcomes));
    let row = |day: usize| {
        let severity = match &known {
            None => fatality::crude(deaths[day], cases[day]),
            Some(known) => fatality::corrected(cases[day], deaths[day], known[day], poisson_from),
        };
        let mut row = vec![days.dates[day].as_str().into()];
        row.extend(cells(severity.ok()));
        row
    };
    Ok(vec![Sheet {
        spec: &DAILY,
        rows: (0..days.dates.len()).map(row).collect(),
    }])
}

fn run_varying(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let mut days = Days::read(call)?;
    let burn_in = call.params.whole_or("burn_in", 7)?;
    let mut last = days.dates.len();
    if let Some(window) = call.params.optional_whole("smoothing_window")? {
        last = last.saturating_sub(window);
        if window % 2 == 0 {
            return call.params.refuse("smoothing_window", "is not odd");
        }
        days.cases = running_median(&days.cases, window);
        days.deaths = running_median(&days.deaths, window);
    }
    let known = days.outcomes()?.unwrap_or_else(|| days.cases.clone());
    let row = |day: usize| {
        let (deaths, known) = (days.deaths[day], known[day].round());
        let severity = match (burn_in..last).contains(&day) && known > 0.0 {
            true => fatality::crude(deaths, known).ok(),
            false => None,
        };
        let mut row = vec![days.dates[day].as_str().into()];
        row.extend(cells(severity));
        row
    };
    Ok(vec![Sheet {
        spec: &DAILY,
        rows: (0..days.dates.len()).map(row).collect(),
    }])
}

fn run_outcomes(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let days = Days::read(call)?;
    let Some(outcomes) = days.outcomes()? else {
        return Err(Refused::NoParameter("delay".to_owned()));
    };
    let (cases, known) = (running(&days.cases), running(&outcomes));
    let row = |day: usize| {
        let share = if cases[day] > 0.0 {
            known[day] / cases[day]
        } else {
            0.0
        };
        vec![
            days.dates[day].as_str().into(),
            days.cases[day].into(),
            days.deaths[day].into(),
            outcomes[day].into(),
            share.into(),
        ]
    };
    Ok(vec![Sheet {
        spec: &KNOWN,
        rows: (0..days.dates.len()).map(row).collect(),
    }])
}

fn run_ascertainment(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let days = Days::read(call)?;
    let baseline = call.params.number("severity_baseline")?;
    require(
        baseline > 0.0 && baseline < 1.0,
        "the true risk is not between 0 and 1",
    )?;
    let (.., severity) = whole_series(&days, call.params.number_or("poisson_threshold", 100.0)?)?;
    if !(severity.low > 0.0) {
        return Err(NotEstimated::because(
            Why::TooLittle,
            "the risk may be 0 as far as the data say",
        )
        .into());
    }
    let share = |risk: f64| Cell::from((baseline / risk).min(1.0));
    let row = vec![
        share(severity.estimate),
        share(severity.high),
        share(severity.low),
    ];
    Ok(vec![Sheet {
        spec: &SEEN,
        rows: vec![row],
    }])
}
