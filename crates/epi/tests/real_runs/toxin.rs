//! Haemolytic uraemic syndrome by E. coli O104, Germany 2011: is it over the peak, while reports are late?

use std::ops::Range;

use fangxian_base::{Date, days_between};
use fangxian_epi::table::Table;
use serde_json::json;

use super::{Lines, Result, Run, after, call, date, drawn, told};

/// The ways that are compared, and the days back from which delays are learnt.
const WAYS: [(&str, Option<usize>); 8] = [
    ("bayes.notrunc.bnb", Some(14)),
    ("bayes.notrunc.bnb", None),
    ("bayes.trunc", Some(14)),
    ("bayes.trunc", None),
    ("smooth", Some(14)),
    ("smooth", None),
    ("lawless", Some(14)),
    ("lawless", None),
];

/// A day of a nowcast: how long ago, reported, median, limits, what came to be.
struct Day {
    back: i64,
    reported: f64,
    median: f64,
    limits: (f64, f64),
    truth: f64,
}

struct Evening {
    now: Date,
    days: Vec<Day>,
}

impl Evening {
    /// The sum of days so long ago.
    fn sum(&self, back: Range<i64>, of: impl Fn(&Day) -> f64) -> f64 {
        self.days
            .iter()
            .filter(|day| back.contains(&day.back))
            .map(of)
            .sum()
    }
}

fn evenings(
    records: &Table,
    way: &str,
    learnt: Option<usize>,
    picture: &mut Option<String>,
) -> Vec<Evening> {
    (0..=15)
        .map(|at| {
            let now = after(date("2011-05-26"), at);
            let params = json!({
                "event_column": "dHosp", "report_column": "dReport", "now": now.to_string(), "d": 15, "m": learnt,
                "method": way, "when_days_back": 6, "alpha": 0.05, "n_max": 2000,
            });
            let sheets = call("nowcast", &[("records", records)], params);
            let found = Result::with(&sheets, "nowcast_median");
            let day = |row: usize| Day {
                back: days_between(date(&found.text(row, "date")), now),
                reported: found.number(row, "reported_so_far"),
                median: found.number(row, "nowcast_median"),
                limits: (found.number(row, "pi_lo"), found.number(row, "pi_hi")),
                truth: found.number(row, "truth_eventual"),
            };
            if picture.is_none() && now == date("2011-05-30") {
                *picture = drawn("nowcast", &sheets).into();
            }
            Evening { now, days: found.rows().map(day).filter(|day| day.back > 0).collect() }
        })
        .collect()
}

pub fn run(records: &Table) -> Run {
    let mut picture = None;
    let mut ways = Lines::new(&[
        "way",
        "delays of the last",
        "held by the 95 % interval",
        "off by, evenings of May",
        "of June",
        "not told",
    ]);
    let mut chosen = Vec::new();
    let june = date("2011-06-01");
    let off = |found: &[Evening], late: bool, of: &dyn Fn(&Day) -> f64| {
        let days = found
            .iter()
            .filter(|e| (e.now >= june) == late)
            .flat_map(|e| &e.days);
        let known: Vec<f64> = days
            .map(|d| (of(d) - d.truth).abs())
            .filter(|off| off.is_finite())
            .collect();
        format!("{:.1}", known.iter().sum::<f64>() / known.len() as f64)
    };
    for (way, learnt) in WAYS {
        let found = evenings(records, way, learnt, &mut picture);
        let days: Vec<&Day> = found.iter().flat_map(|evening| &evening.days).collect();
        let known = days.iter().filter(|day| day.median.is_finite());
        let held = known
            .clone()
            .filter(|d| (d.limits.0..=d.limits.1).contains(&d.truth))
            .count();
        if chosen.is_empty() {
            let seen = |d: &Day| d.reported;
            let [may, june] = [false, true].map(|late| off(&found, late, &seen));
            ways.add(&[
                "what is reported".to_owned(),
                "–".to_owned(),
                "–".to_owned(),
                may,
                june,
                "0".to_owned(),
            ]);
        }
        let [may, june] = [false, true].map(|late| off(&found, late, &|d| d.median));
        // What the page says in words.
        assert!(
            (held as f64) < 0.95 * known.clone().count() as f64,
            "{way} holds its interval"
        );
        let (ours, reports): (f64, String) = (
            may.parse().expect("a number"),
            off(&found, false, &|d| d.reported),
        );
        let farther = ours > reports.parse().expect("a number");
        assert_eq!(farther, way != "bayes.notrunc.bnb", "{way}: {may} in May");
        ways.add(&[
            format!("`{way}`"),
            learnt.map_or("all days".to_owned(), |days| format!("{days} days")),
            format!(
                "{:.0} %",
                100.0 * held as f64 / known.clone().count() as f64
            ),
            may,
            june,
            (days.len() - known.count()).to_string(),
        ]);
        if chosen.is_empty() {
            chosen = found;
        }
    }
    let mut table = Lines::new(&[
        "evening",
        "last three whole days: reported",
        "nowcast",
        "came to be",
        "the three before: nowcast",
        "came to be",
    ]);
    for e in chosen.iter().step_by(2) {
        let whole = |x: f64| format!("{x:.0}");
        table.add(&[
            e.now.to_string(),
            whole(e.sum(1..4, |d| d.reported)),
            whole(e.sum(1..4, |d| d.median)),
            whole(e.sum(1..4, |d| d.truth)),
            whole(e.sum(4..7, |d| d.median)),
            whole(e.sum(4..7, |d| d.truth)),
        ]);
    }
    // From when on it is said, without going back on it, that fewer are admitted.
    let falls = |of: &dyn Fn(&Day) -> f64| {
        let steady = chosen
            .iter()
            .rposition(|e| e.sum(1..4, of) >= e.sum(4..7, of))
            .map_or(0, |at| at + 1);
        chosen.get(steady).expect("an evening")
    };
    let (said, truly) = (falls(&|d| d.median), falls(&|d| d.truth));
    let first = &chosen[0];
    let list = [
        (
            first.now.to_string(),
            "hospitals with dialysis",
            format!(
                "{:.0} admissions of the last three whole days are reported; {:.0} are likely. {:.0} came to be",
                first.sum(1..4, |d| d.reported),
                first.sum(1..4, |d| d.median),
                first.sum(1..4, |d| d.truth)
            ),
        ),
        (
            said.now.to_string(),
            "federal and state authorities",
            format!(
                "fewer are admitted: {:.0} in the last three days against {:.0} in the three before, and no later evening takes it back. In truth it was so from the evening of {} on",
                said.sum(1..4, |d| d.median),
                said.sum(4..7, |d| d.median),
                truly.now
            ),
        ),
    ];
    let early = chosen
        .iter()
        .filter(|e| e.sum(1..4, |d| d.reported) < e.sum(4..7, |d| d.reported))
        .count();
    let alone = format!(
        "What is reported says \"fewer\" on {early} of {} evenings, whatever happens.\n",
        chosen.len()
    );
    Run {
        text: format!(
            "{}\n{}\nDays 1 to 6 before each of {} evenings, admissions a day:\n\n{}\n{alone}",
            told(&list),
            table.0,
            chosen.len(),
            ways.0
        ),
        picture: picture.expect("a picture"),
    }
}
