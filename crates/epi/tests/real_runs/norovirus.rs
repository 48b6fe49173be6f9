//! Norovirus in a primary school, Derbyshire 2001: days, classes, and where somebody vomited.

use fangxian_epi::table::Table;
use serde_json::json;

use super::{Lines, Result, Run, call, column, drawn, made, steps, told};

pub fn run(pupils: &Table) -> Run {
    let days = |name: &str| -> Vec<usize> {
        let numbers = column(pupils, name).into_iter();
        numbers.map(|day| day.parse().expect("a day")).collect()
    };
    let (absent, ill, vomited) = (
        days("day_absent"),
        days("start_illness"),
        days("day_vomiting"),
    );
    let classes = column(pupils, "class");
    let mut counts = vec![0.0; 28];
    for (absent, ill) in absent.iter().zip(&ill) {
        // Ill by the first day that anybody noted.
        let first = [*absent, *ill].into_iter().filter(|day| *day > 0).min();
        if let Some(count) = first.and_then(|day| counts.get_mut(day - 1)) {
            *count += 1.0;
        }
    }
    let series = steps("observed", &counts);
    let params = json!({"method": "C1", "min_sigma": 1, "range": [8, 28]});
    let sheets = call("ears", &[("series", &series)], params);
    let alarms = Result::with(&sheets, "upperbound");
    let sounded: Vec<usize> = alarms
        .rows()
        .filter(|row| alarms.text(*row, "alarm") == "1")
        .collect();
    let first = sounded[0];
    let when = format!("day {}", alarms.text(first, "t"));
    let mut list = vec![(
        when,
        "school nurse, district CDC",
        format!(
            "{} children ill or away for the first time; the bound is {:.1}. So far {} of {} children",
            alarms.text(first, "observed"),
            alarms.number(first, "upperbound"),
            counts[..first + 8].iter().sum::<f64>(),
            pupils.rows().len()
        ),
    )];
    let mut table = Lines::new(&["day", "first time ill or away", "bound", "alarm"]);
    for row in alarms
        .rows()
        .filter(|row| alarms.number(*row, "observed") > 0.0)
    {
        let bound = format!("{:.1}", alarms.number(row, "upperbound"));
        let alarm = if sounded.contains(&row) { "yes" } else { "" };
        table.add(&[
            alarms.text(row, "t"),
            alarms.text(row, "observed"),
            bound,
            alarm.to_owned(),
        ]);
    }
    // Vomiting in a classroom by day 8; who fell ill after it.
    let seen: Vec<&str> = classes
        .iter()
        .zip(&vomited)
        .filter(|(_, day)| (1..=8).contains(*day))
        .map(|(class, _)| *class)
        .collect();
    let later = |at: usize| ill[at].max(absent[at]) > 8;
    let well = |at: usize| !(1..=8).contains(&ill[at]) && !(1..=8).contains(&absent[at]);
    let flag = |yes: bool| if yes { "Y" } else { "N" }.to_owned();
    let rows = (0..classes.len())
        .filter(|at| well(*at))
        .map(|at| vec![flag(seen.contains(&classes[at])), flag(later(at))]);
    let exposed = made(&["class_vomited", "ill_later"], rows);
    let params = json!({"exposure_column": "class_vomited", "outcome_column": "ill_later"});
    let sheets = call("two_by_two", &[("linelist", &exposed)], params);
    let risk = Result::with(&sheets, "rr");
    let n = |column: &str| risk.number(0, column);
    let (with, without) = (100.0 * n("attack_exposed"), 100.0 * n("attack_unexposed"));
    list.push((
        "afterwards".to_owned(),
        "head of school, cleaning",
        format!(
            "in classes where a child had vomited by day 8, {with:.0} % of those still well fell ill or stayed away later, elsewhere {without:.0} %: \
             risk ratio {:.2} ({:.2} to {:.2})",
            n("rr"),
            n("rr_lo"),
            n("rr_hi"),
        ),
    ));
    Run {
        text: format!("{}\n{}", told(&list), table.0),
        picture: drawn(
            "ears",
            &call(
                "ears",
                &[("series", &series)],
                json!({"method": "C1", "min_sigma": 1}),
            ),
        ),
    }
}
