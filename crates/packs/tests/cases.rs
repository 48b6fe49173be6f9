//! Cases around every change: made from examples, confirmed by persons, and what was confirmed is told
//! when it changes.

#![expect(clippy::expect_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fangxian_packs::{
    Case, CaseState, Library, check, digest, layout, layout_finding, shipped_files,
};
use jiff::civil::date;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::shipped().expect("packs load"));
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| LIBRARY.cases());

const FILE: &str = "diseases/covid-19/confirmed.yaml";

fn with(text: String) -> Vec<(String, String)> {
    let mut files = shipped_files();
    files.push((FILE.to_owned(), text));
    files
}

fn of_day(on: jiff::civil::Date) -> Vec<&'static Case> {
    let covid = CASES.iter().filter(|case| case.pack == "covid-19");
    covid.filter(|case| case.on == on).collect()
}

#[test]
fn the_day_before_and_the_first_day_of_a_change_are_there_and_differ() {
    // Edition 9, and the end of the measures at the borders of class A.
    for change in [date(2022, 6, 28), date(2023, 1, 8)] {
        let before = of_day(fangxian_base::plus_days(change, -1));
        let after = of_day(change);
        assert!(!before.is_empty() && !after.is_empty(), "{change}");
        for case in &before {
            let mut twins = after.iter().filter(|other| other.example == case.example);
            let twin = twins.next().expect("both days are asked about");
            assert_ne!(case.id, twin.id);
        }
    }
    let about = |on, what: &str| {
        let mut cases = of_day(on).into_iter();
        cases.any(|case| case.about.iter().any(|name| name == what))
    };
    assert!(about(date(2022, 6, 28), "covid-19@e9"));
    assert!(about(date(2022, 6, 28), "covid-19/central_days@2022-06-28"));
    // Repealed: the last day and the day after.
    let central = "covid-19/central_days@2022-11-11";
    assert!(about(date(2022, 12, 6), central) && about(date(2022, 12, 7), central));
}

#[test]
fn nobody_is_said_to_have_confirmed_what_nobody_did() {
    assert!(
        CASES
            .iter()
            .all(|case| case.state == CaseState::Unconfirmed)
    );
    let ids: BTreeSet<&str> = CASES.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), CASES.len(), "an id names one case");
    assert_eq!(
        LIBRARY.cases(),
        *CASES,
        "the same packs make the same cases"
    );
}

#[test]
fn what_is_confirmed_is_told_so_until_its_outcome_or_its_question_changes() {
    let chosen = of_day(date(2022, 6, 28));
    let chosen: Vec<&Case> = chosen
        .into_iter()
        .filter(|case| case.outcome.contains("to 2022-07-"))
        .collect();
    let [first, ..] = chosen.as_slice() else {
        panic!("a case of that day has a last day");
    };
    let text = LIBRARY.confirmations("covid-19", &chosen, "张 \"三\"", date(2026, 11, 28));
    assert_eq!(LIBRARY.confirmations_file("covid-19"), FILE);
    assert_eq!(layout_finding(FILE, &text), None);
    let files = with(text.clone());
    assert_eq!(check(&files), []);
    let library = Library::from_files(files).library.expect("loads");
    let is = |library: &Library, example: &str| {
        let all = library.cases();
        let mut all = all.into_iter().filter(|case| case.on == date(2022, 6, 28));
        all.find(|case| case.example == example)
            .expect("still made")
            .state
    };
    let by = "张 \"三\"".to_owned();
    let confirmed_on = date(2026, 11, 28);
    let confirmed = CaseState::Confirmed {
        by: by.clone(),
        confirmed_on,
    };
    for case in &chosen {
        assert_eq!(is(&library, &case.example), confirmed);
    }
    let many = library
        .cases()
        .iter()
        .filter(|case| case.state == confirmed)
        .count();
    assert_eq!(many, chosen.len(), "nothing else is confirmed");
    // Written again with the same cases, the file says the same.
    assert_eq!(
        library.confirmations("covid-19", &chosen, &by, confirmed_on),
        text
    );

    let other = text.replacen("to 2022-07-", "to 2022-08-", 1);
    let library = Library::from_files(with(other)).library.expect("loads");
    let changed = chosen.iter().filter(|case| {
        matches!(is(&library, &case.example), CaseState::Changed { was, .. } if was.contains("2022-08-"))
    });
    assert_eq!(changed.count(), 1, "the outcome is another one");

    let other = text.replacen(&first.asked, "0000000000000000", 1);
    let library = Library::from_files(with(other)).library.expect("loads");
    let changed = chosen
        .iter()
        .filter(|case| matches!(is(&library, &case.example), CaseState::Changed { .. }));
    assert_eq!(changed.count(), 1, "the question is another one");

    let name = serde_json::Value::from(first.example.as_str()).to_string();
    let other = text.replacen(&name, "\"No such example\"", 1);
    let library = Library::from_files(with(layout(FILE, &other).expect("lays out")))
        .library
        .expect("loads");
    let gone = library.cases();
    let gone = gone
        .iter()
        .filter(|case| matches!(case.state, CaseState::Gone { .. }));
    assert_eq!(gone.count(), 1, "the case is not made any more");
}

#[test]
fn confirmations_of_nothing_twice_or_by_nobody_are_refused() {
    let case = "  - { example: a, on: 2022-06-28, asked: \"00\", outcome: o, by: B, confirmed_on: 2026-11-28 }\n";
    let told = |text: String, code: &str, line: u64| {
        let found = check(&with(text));
        let good = found
            .iter()
            .any(|f| f.file == FILE && f.code == code && f.line == line);
        assert!(good, "{code}: {found:?}");
    };
    let head = "kind: confirmed\nof: covid-19\ncases:\n";
    let odd = head.replace("covid-19", "covid-18");
    told(format!("{odd}{case}"), "unknown-name", 2);
    told(format!("{head}{case}{case}"), "duplicate", 5);
    told(
        format!("{head}{}", case.replace("by: B", "by: \" \"")),
        "nobody",
        4,
    );
}

#[test]
fn what_is_confirmed_signs_nothing() {
    let text = LIBRARY.confirmations(
        "covid-19",
        &of_day(date(2022, 6, 28)),
        "B",
        date(2026, 11, 28),
    );
    let files = shipped_files();
    let before = digest("covid-19", &files).expect("reads");
    assert!(before.is_some());
    assert_eq!(digest("covid-19", &with(text)).expect("reads"), before);
}
