//! Avian influenza A(H7N9) in China, 2013: where growth turned, and how many die.

use fangxian_epi::table::Table;
use serde_json::json;

use super::{
    Lines, Result, Run, after, call, column, daily, date, dates, drawn, made, steps, told,
};

/// Days from onset to death: mean and standard deviation of those who died within the list.
const TO_DEATH: (f64, f64) = (20.8, 17.8);

pub fn run(cases: &Table) -> Run {
    let onset = dates(cases, "date_of_onset");
    let (first, last) = (date("2013-02-19"), date("2013-05-03"));
    let spring = |day: &fangxian_base::Date| (first..=last).contains(day);
    let rows = onset.iter().flatten().filter(|day| spring(day));
    let listed = made(&["onset"], rows.map(|day| vec![day.to_string()]));
    let split = call(
        "growth_rate_optimal_split",
        &[("cases", &listed)],
        json!({"date_column": "onset"}),
    );
    let split = Result::with(&split, "split");
    let mut list = vec![(
        "afterwards".to_owned(),
        "provinces that had not yet closed markets",
        format!(
            "growth of {:.3} a day turned into {:.3} a day around {}; the live poultry markets of Shanghai had closed on 2013-04-06, those of Hangzhou and Nanjing within days",
            split.number(0, "r_before"),
            split.number(0, "r_after"),
            split.text(0, "split")
        ),
    )];

    // As known on an evening: who had been taken to hospital, or had an outcome, by then.
    let seen = dates(cases, "date_of_hospitalisation");
    let (ended, outcome) = (dates(cases, "date_of_outcome"), column(cases, "outcome"));
    let mut table = Lines::new(&[
        "evening",
        "cases",
        "died",
        "recovered",
        "deaths over cases",
        "deaths over outcomes",
        "with deaths to come",
    ]);
    let shape = (TO_DEATH.0 / TO_DEATH.1).powi(2);
    let delay = json!({"dist": "gamma", "shape": shape, "scale": TO_DEATH.0 / shape});
    for evening in ["2013-04-10", "2013-04-20", "2013-05-01", "2013-07-31"] {
        let by = date(evening);
        let ended_by =
            |at: usize, how: &str| ended[at].is_some_and(|day| day <= by) && outcome[at] == how;
        let known = |at: &usize| {
            // Without a date of admission: a week after onset.
            let admitted = seen[*at].or_else(|| onset[*at].map(|day| after(day, 7)));
            onset[*at].is_some()
                && (admitted.is_some_and(|day| day <= by) || ended_by(*at, "Death"))
        };
        let here: Vec<usize> = (0..onset.len()).filter(known).collect();
        let died: Vec<usize> = here
            .iter()
            .copied()
            .filter(|at| ended_by(*at, "Death"))
            .collect();
        let well = here.iter().filter(|at| ended_by(**at, "Recover")).count();
        let counts = daily(here.iter().filter_map(|at| onset[*at]), first, by);
        let deaths = daily(died.iter().filter_map(|at| ended[*at]), first, by);
        let rows = (0..counts.len()).map(|t| {
            vec![
                after(first, t).to_string(),
                counts[t].to_string(),
                deaths[t].to_string(),
            ]
        });
        let series = made(&["date", "cases", "deaths"], rows);
        let risk = |params| {
            let sheets = call("cfr_static", &[("cases_deaths", &series)], params);
            let risk = Result::with(&sheets, "severity_low");
            let [a, b, c] = ["severity_estimate", "severity_low", "severity_high"]
                .map(|name| 100.0 * risk.number(0, name));
            format!("{a:.0} % ({b:.0} to {c:.0})")
        };
        let (plain, corrected) = (risk(json!({})), risk(json!({"delay": delay})));
        let share = died.len() as f64 / (died.len() + well).max(1) as f64;
        if evening == "2013-04-20" {
            list.push((
                evening.to_owned(),
                "clinicians, ministry",
                format!("{plain} of cases have died; of those whose outcome can be known {corrected} die: prepare intensive care for the higher one"),
            ));
        }
        table.add(&[
            evening.to_owned(),
            here.len().to_string(),
            died.len().to_string(),
            well.to_string(),
            plain,
            format!("{:.0} %", 100.0 * share),
            corrected,
        ]);
    }
    let counts = daily(onset.iter().flatten().copied(), first, last);
    let sheets = call(
        "ears",
        &[("series", &steps("observed", &counts))],
        json!({"method": "C2", "min_sigma": 0.5}),
    );
    Run {
        text: format!("{}\n{}", told(&list), table.0),
        picture: drawn("ears", &sheets),
    }
}
