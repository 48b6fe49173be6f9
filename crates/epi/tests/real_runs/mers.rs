//! MERS in the hospitals of Korea, 2015: who infected whom, as it was known day by day.

use std::collections::BTreeMap;

use fangxian_epi::table::Table;
use serde_json::json;

use super::{Lines, Result, Run, call, column, daily, date, dates, drawn, made, steps, told};

const EVENINGS: [&str; 6] = [
    "2015-05-28",
    "2015-06-01",
    "2015-06-05",
    "2015-06-08",
    "2015-06-12",
    "2015-06-16",
];

pub fn run(cases: &Table, links: &Table) -> Run {
    let (ids, onset) = (column(cases, "id"), column(cases, "dt_onset"));
    let diagnosed = dates(cases, "dt_diag");
    let day_of: BTreeMap<&str, _> = ids.iter().copied().zip(&diagnosed).collect();
    let pairs: Vec<_> = column(links, "from")
        .into_iter()
        .zip(column(links, "to"))
        .collect();
    let mut table = Lines::new(&[
        "evening",
        "cases",
        "links between them",
        "most by one case",
        "share of links by three cases",
        "R",
        "k",
    ]);
    let mut list = Vec::new();
    for evening in EVENINGS {
        let by = date(evening);
        let known = |id: &str| {
            day_of
                .get(id)
                .is_some_and(|day| day.is_some_and(|day| day <= by))
        };
        let seen: Vec<usize> = (0..ids.len()).filter(|at| known(ids[*at])).collect();
        let rows = seen
            .iter()
            .map(|at| vec![ids[*at].to_owned(), onset[*at].to_owned()]);
        let listed = made(&["id", "onset"], rows);
        let both: Vec<_> = pairs
            .iter()
            .filter(|(from, to)| known(from) && known(to))
            .collect();
        let rows = both
            .iter()
            .map(|(from, to)| vec![(*from).to_owned(), (*to).to_owned()]);
        let linked = made(&["from", "to"], rows);
        let sheets = call(
            "transmission_chains",
            &[("linelist", &listed), ("contacts", &linked)],
            json!({}),
        );
        let chains = Result::with(&sheets, "k_size");
        let degrees = Result::with(&sheets, "degree_out");
        let mut out: Vec<f64> = degrees
            .rows()
            .map(|row| degrees.number(row, "degree_out"))
            .collect();
        out.sort_by(|a, b| b.total_cmp(a));
        let three = 100.0 * out.iter().take(3).sum::<f64>() / out.iter().sum::<f64>();
        let (mean, k) = (chains.number(0, "R_mean"), chains.number(0, "k_size"));
        table.add(&[
            evening.to_owned(),
            seen.len().to_string(),
            both.len().to_string(),
            format!("{:.0}", out[0]),
            format!("{three:.0} %"),
            format!("{mean:.2}"),
            format!("{k:.2}"),
        ]);
        if evening == "2015-06-01" || evening == "2015-06-12" {
            list.push((
                evening.to_owned(),
                match evening {
                    "2015-06-01" => "hospitals, infection control",
                    _ => "headquarters",
                },
                format!(
                    "three cases stand for {three:.0} % of {} known infections (k {k:.2}): what counts is who lay beside whom, not a mean R; \
                     trace first where one of them was",
                    both.len()
                ),
            ));
        }
    }
    let onset: Vec<_> = dates(cases, "dt_onset").into_iter().flatten().collect();
    let counts = daily(onset.into_iter(), date("2015-05-11"), date("2015-06-15"));
    let series = steps("local", &counts);
    let sheets = call(
        "estimate_r",
        &[("incidence", &series)],
        json!({"mean_si": 12.6, "std_si": 2.8}),
    );
    list.push(deaths(cases));
    Run {
        text: format!("{}\n{}", told(&list), table.0),
        picture: drawn("estimate_r", &sheets),
    }
}

/// The share that dies, plain and with the deaths still to come, on the last evening.
fn deaths(cases: &Table) -> (String, &'static str, String) {
    let (first, last) = (date("2015-05-11"), date("2015-06-16"));
    // Who has no onset on the list counts from the diagnosis.
    let diagnosed = dates(cases, "dt_diag").into_iter();
    let onset = dates(cases, "dt_onset")
        .into_iter()
        .zip(diagnosed)
        .filter_map(|(onset, other)| onset.or(other));
    let ill = daily(onset, first, last);
    let died = daily(dates(cases, "dt_death").into_iter().flatten(), first, last);
    let rows = (0..ill.len()).map(|t| {
        vec![
            super::after(first, t).to_string(),
            ill[t].to_string(),
            died[t].to_string(),
        ]
    });
    let series = made(&["date", "cases", "deaths"], rows);
    let of = |params| {
        let sheets = call("cfr_static", &[("cases_deaths", &series)], params);
        let risk = Result::with(&sheets, "severity_low");
        ["severity_estimate", "severity_low", "severity_high"]
            .map(|name| 100.0 * risk.number(0, name))
    };
    let dead = column(cases, "outcome")
        .iter()
        .filter(|how| **how == "Dead")
        .count();
    let plain = of(json!({}));
    let delayed = of(json!({"delay": {"dist": "gamma", "shape": 4.0, "scale": 3.5}}));
    (
        last.to_string(),
        "ministry, public",
        format!(
            "deaths over cases give {:.0} % ({:.0} to {:.0}); with the deaths still to come {:.0} % ({:.0} to {:.0}). Of {dead} deaths on the list {:.0} have a date and count. In the end 38 of 186 had died: {:.0} %",
            plain[0],
            plain[1],
            plain[2],
            delayed[0],
            delayed[1],
            delayed[2],
            died.iter().sum::<f64>(),
            100.0 * 38.0 / 186.0
        ),
    )
}
