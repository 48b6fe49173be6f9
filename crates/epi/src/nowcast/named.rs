//! The nowcasts by name.

use std::collections::BTreeMap;

use fangxian_base::Date;

use crate::answer::{NotEstimated, Why};
use crate::call::{Call, Method, Mode, Params, Refused};
use crate::table::{Cell, Sheet, SheetSpec};

use super::predict::{Nowcast, Prior, Settings, Way, nowcast};
use super::triangle::{Report, Triangle};

/// The nowcast by name.
pub const NOWCAST: Method = Method {
    function: "nowcast",
    title: "How many have already fallen ill of whom no report has come yet?",
    page: "nowcast",
    input: Some("records"),
    sheets: &[DAYS, CDF],
    run: run_nowcast,
};

/// The reporting triangle by name.
pub const TRIANGLE: Method = Method {
    function: "reporting_triangle",
    title: "How many reports came how many days after the event?",
    page: "nowcast",
    input: Some("records"),
    sheets: &[WIDE, LONG],
    run: run_triangle,
};

/// The quality of nowcasts by name.
pub const QUALITY: Method = Method {
    function: "nowcast_quality",
    title: "How good would nowcasts of that day have been?",
    page: "nowcast",
    input: Some("records"),
    sheets: &[SCORES],
    run: run_quality,
};

const DAYS: SheetSpec = SheetSpec {
    name: "days",
    columns: &[
        "date",
        "reported_so_far",
        "nowcast_median",
        "pi_lo",
        "pi_hi",
        "truth_eventual",
    ],
    on_request: None,
};
const CDF: SheetSpec = SheetSpec {
    name: "delays",
    columns: &["k", "cdf"],
    on_request: None,
};
/// Delays that have a column of their own in the wide table; the long one has them all.
const WIDE: SheetSpec = SheetSpec {
    name: "triangle",
    columns: &[
        "event_date",
        "delay_0",
        "delay_1",
        "delay_2",
        "delay_3",
        "delay_4",
        "delay_5",
        "delay_6",
        "delay_7",
        "delay_8",
        "delay_9",
        "delay_10",
        "delay_11",
        "delay_12",
        "delay_13",
        "delay_14",
        "delay_15",
        "delay_16",
        "delay_17",
        "delay_18",
        "delay_19",
        "delay_20",
        "delay_21",
    ],
    on_request: None,
};
const LONG: SheetSpec = SheetSpec {
    name: "reports",
    columns: &["event_date", "delay", "reports"],
    on_request: None,
};
const SCORES: SheetSpec = SheetSpec {
    name: "quality",
    columns: &["method", "days_scored", "mae_of_median", "coverage_95"],
    on_request: None,
};

/// The ways by name.
const WAYS: [(&str, Way); 5] = [
    ("bayes.trunc", Way::Truncated),
    ("smooth", Way::Smooth),
    ("bayes.notrunc", Way::AsSeen),
    ("bayes.notrunc.bnb", Way::AsSeenClosed),
    ("lawless", Way::Lawless),
];

fn reports(call: &Call<'_>) -> Result<Vec<Report>, Refused> {
    let p = &call.params;
    let input = call.input("records")?;
    let events = input.maybe_dates(&p.text("event_column")?)?;
    let reports = input.maybe_dates(&p.text("report_column")?)?;
    Ok(events
        .into_iter()
        .zip(reports)
        .filter_map(|(event, report)| Some((event?, report)))
        .collect())
}

fn triangle(call: &Call<'_>, reports: &[Report]) -> Result<Triangle, Refused> {
    let p = &call.params;
    let now: Date = match p.text("now")?.parse() {
        Ok(now) => now,
        Err(_) => return p.refuse("now", "is not a date like 2020-01-31"),
    };
    Ok(Triangle::build(reports, now, p.whole("d")?)?)
}

fn settings(p: &Params, way: Way) -> Result<Settings, Refused> {
    let prior = match p.inner("prior")? {
        None => Prior {
            mean: 50.0,
            variance: 3000.0,
        },
        Some(prior) => {
            if prior.text_or("kind", "poisgamma")? != "poisgamma" {
                return prior.refuse("kind", "is not poisgamma: no other is known");
            }
            Prior {
                mean: prior.number("mean")?,
                variance: prior.number("var")?,
            }
        }
    };
    Ok(Settings {
        way,
        window: p.optional_whole("m")?,
        prior,
        draws: p.whole_or("n_samples", 1000)?,
        most: p.whole_or("n_max", 300)?,
        alpha: p.number_or("alpha", 0.05)?,
    })
}

/// Events of each day in all reports, whenever they came.
fn eventual(reports: &[Report]) -> BTreeMap<Date, f64> {
    let mut truth = BTreeMap::new();
    for (event, _) in reports.iter().filter(|(_, report)| report.is_some()) {
        *truth.entry(*event).or_insert(0.0) += 1.0;
    }
    truth
}

fn run_nowcast(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let name = p.text_or("method", WAYS[0].0)?;
    let Some((_, way)) = WAYS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = WAYS.iter().map(|(name, _)| *name).collect();
        return p.refuse("method", format!("is not one of {}", known.join(", ")));
    };
    let reports = reports(call)?;
    let triangle = triangle(call, &reports)?;
    let settings = settings(p, *way)?;
    let back = p.whole_or("when_days_back", triangle.longest())?;
    let found = nowcast(&triangle, &settings, back, call.mode, call.seed)?;
    let truth = eventual(&reports);
    let row = |day: &super::predict::Day| {
        let date = triangle.date(day.day);
        vec![
            date.to_string().into(),
            day.reported.into(),
            Cell::maybe(day.median),
            Cell::maybe(day.limits.0),
            Cell::maybe(day.limits.1),
            truth.get(&date).copied().unwrap_or(0.0).into(),
        ]
    };
    let mut delays = found.delays.clone();
    // The reference program goes on to the first day.
    if call.mode == Mode::Peer && *way == Way::Lawless && triangle.last() >= delays.len() {
        delays.resize(triangle.last() + 1, 1.0);
    }
    Ok(vec![
        Sheet {
            spec: &DAYS,
            rows: found.days.iter().map(row).collect(),
        },
        Sheet {
            spec: &CDF,
            rows: delays
                .into_iter()
                .enumerate()
                .map(|(k, cdf)| vec![Cell::whole(k), cdf.into()])
                .collect(),
        },
    ])
}

fn run_triangle(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let triangle = triangle(call, &reports(call)?)?;
    let days = 0..triangle.counts.len();
    let known = |day: usize, delay: usize| {
        (delay <= triangle.last() - day)
            .then(|| triangle.counts[day].get(delay).copied())
            .flatten()
    };
    let wide = |day: usize| {
        let mut row = vec![triangle.date(day).to_string().into()];
        row.extend((0..WIDE.columns.len() - 1).map(|delay| Cell::maybe(known(day, delay))));
        row
    };
    let long = |day: usize| {
        let date = triangle.date(day).to_string();
        (0..=triangle.longest()).filter_map(move |delay| {
            Some(vec![
                date.clone().into(),
                Cell::whole(delay),
                known(day, delay)?.into(),
            ])
        })
    };
    Ok(vec![
        Sheet {
            spec: &WIDE,
            rows: days.clone().map(wide).collect(),
        },
        Sheet {
            spec: &LONG,
            rows: days.flat_map(long).collect(),
        },
    ])
}

/// Mean absolute error of the median and share of days inside the interval, over the days before now
/// of which the way says something.
fn score(found: &Nowcast, triangle: &Triangle, truth: &BTreeMap<Date, f64>) -> Option<[f64; 3]> {
    let (mut days, mut off, mut inside) = (0.0, 0.0, 0.0);
    for day in found.days.iter().filter(|day| day.day < triangle.last()) {
        let came = truth.get(&triangle.date(day.day)).copied().unwrap_or(0.0);
        let Some(median) = day.median else { continue };
        days += 1.0;
        off += (median - came).abs();
        let above = day.limits.0.is_some_and(|low| came >= low);
        if above && day.limits.1.is_none_or(|high| came <= high) {
            inside += 1.0;
        }
    }
    (days > 0.0).then(|| [days, off / days, inside / days])
}

fn run_quality(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let reports = reports(call)?;
    let triangle = triangle(call, &reports)?;
    let truth = eventual(&reports);
    let back = call.params.whole_or("when_days_back", triangle.longest())?;
    let mut rows = Vec::new();
    for (name, way) in WAYS {
        let settings = settings(&call.params, way)?;
        let found = nowcast(&triangle, &settings, back, call.mode, call.seed)?;
        if let Some([days, off, inside]) = score(&found, &triangle, &truth) {
            rows.push(vec![name.into(), days.into(), off.into(), inside.into()]);
        }
    }
    if rows.is_empty() {
        return Err(NotEstimated::because(Why::NoData, "no day before now has a nowcast").into());
    }
    Ok(vec![Sheet {
        spec: &SCORES,
        rows,
    }])
}
