//! Measles in Hagelloch, 1861: who infected whom is known, so that estimates can be held against it.

use std::collections::BTreeMap;

use fangxian_epi::reproduction::interval;
use fangxian_epi::table::Table;
use serde_json::json;

use super::{
    Lines, Result, Run, after, call, column, daily, date, dates, drawn, made, steps, told,
};

/// Days from prodrome to prodrome.
const INTERVAL: (f64, f64) = (10.4, 1.7);

pub fn run(cases: &Table) -> Run {
    let onset: Vec<_> = dates(cases, "date_of_prodrome")
        .into_iter()
        .flatten()
        .collect();
    let (first, last) = (date("1861-10-30"), date("1861-12-15"));
    let counts = daily(onset.iter().copied(), first, last);
    let series = steps("local", &counts);
    let interval = json!({"mean_si": INTERVAL.0, "std_si": INTERVAL.1});
    let sheets = call("estimate_r", &[("incidence", &series)], interval.clone());
    let r = Result::with(&sheets, "median");
    let cohort = call("wallinga_teunis", &[("incidence", &series)], {
        let mut params = interval;
        params["t_start"] = json!([1, 15, 22, 29]);
        params["t_end"] = json!([14, 21, 28, 35]);
        params
    });
    let cohort = Result::with(&cohort, "mean");

    // What the list of infectors says: how many the cases of each day infected.
    let ids = column(cases, "case_ID");
    let day_of: BTreeMap<&str, _> = ids.iter().copied().zip(onset.iter().copied()).collect();
    let infectors = column(cases, "infector").into_iter();
    let infected = daily(
        infectors.filter_map(|id| day_of.get(id).copied()),
        first,
        last,
    );
    let mut table = Lines::new(&[
        "prodrome",
        "cases",
        "infected by each, from dates alone",
        "95 %",
        "as the list has it",
    ]);
    let mut inside = 0;
    for row in cohort.rows() {
        let at = |name: &str| cohort.text(row, name).parse::<usize>().expect("a day");
        let (from, to) = (at("t_start"), at("t_end"));
        let total: f64 = counts[from - 1..to].iter().sum();
        let truth = infected[from - 1..to].iter().sum::<f64>() / total;
        let (low, high) = (cohort.number(row, "q0.025"), cohort.number(row, "q0.975"));
        inside += usize::from((low..=high).contains(&truth));
        table.add(&[
            format!("{} to {}", after(first, from - 1), after(first, to - 1)),
            format!("{total}"),
            format!("{:.2}", cohort.number(row, "mean")),
            format!("{low:.2} to {high:.2}"),
            format!("{truth:.2}"),
        ]);
    }
    let of = cohort.rows().len();

    // The first week in which R is above 1 for sure, and the first after it in which it is below.
    let week = |row: usize| {
        after(
            first,
            r.text(row, "t_end").parse::<usize>().expect("a day") - 1,
        )
    };
    let growing = r
        .rows()
        .find(|row| r.number(*row, "q0.025") > 1.0)
        .expect("growth");
    let over = (growing..r.rows().end)
        .find(|row| r.number(*row, "q0.975") < 1.0)
        .expect("an end");
    let says = |row: usize| {
        format!(
            "R of the week {:.1} ({:.1} to {:.1})",
            r.number(row, "mean"),
            r.number(row, "q0.025"),
            r.number(row, "q0.975")
        )
    };
    let known = |row: usize| {
        let day = r.text(row, "t_end").parse::<usize>().expect("a day");
        counts[..day].iter().sum::<f64>()
    };
    let mut list = vec![(
        week(growing).to_string(),
        "physician, school",
        format!(
            "{}; {} of {} cases have begun",
            says(growing),
            known(growing),
            onset.len()
        ),
    )];
    list.push(ahead(&counts, first, &r));
    list.push((
        week(over).to_string(),
        "the village",
        format!(
            "{}; {} of {} cases have begun",
            says(over),
            known(over),
            onset.len()
        ),
    ));
    let judged = format!(
        "The interval of the cohort R holds what the list of infectors says in {inside} of {of} windows.\n"
    );
    Run {
        text: format!("{}\n{}\n{judged}", told(&list), table.0),
        picture: drawn("estimate_r", &sheets),
    }
}

/// What would have been projected on the evening of 24 November for the next two weeks, and what came.
fn ahead(
    counts: &[f64],
    first: fangxian_base::Date,
    r: &Result<'_>,
) -> (String, &'static str, String) {
    let now = 26;
    let row = r
        .rows()
        .find(|row| r.text(*row, "t_end") == now.to_string())
        .expect("the week");
    let w = interval::discretised(INTERVAL.0, INTERVAL.1, 40).expect("an interval");
    let w = w
        .iter()
        .enumerate()
        .map(|(k, w)| vec![k.to_string(), w.to_string()]);
    let history = steps("incidence", &counts[..now]);
    let params = json!({"r": r.number(row, "mean"), "n_days": 14, "n_sim": 2000});
    let inputs = [("incidence", &history), ("si", &made(&["k", "w"], w))];
    let sheets = call("project_renewal", &inputs, params);
    let days = Result::with(&sheets, "q50");
    let expected: f64 = days.rows().map(|row| days.number(row, "mean")).sum();
    let came = &counts[now..now + 14];
    let held = days
        .rows()
        .filter(|day| (days.number(*day, "q05")..=days.number(*day, "q95")).contains(&came[*day]));
    (
        after(first, now - 1).to_string(),
        "district physician: nurses and beds",
        format!(
            "if R stays at {:.1}, {expected:.0} more cases in 14 days. {} came: the village ran out of children. The band of 90 % held {} of 14 days",
            r.number(row, "mean"),
            came.iter().sum::<f64>(),
            held.count()
        ),
    )
}
