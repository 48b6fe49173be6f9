//! Every field that does not hold is named.

use super::*;

fn today() -> Date {
    "2026-01-20".parse().unwrap()
}

fn fields(signal: &Signal) -> Vec<String> {
    check(signal, today())
        .unwrap_err()
        .into_iter()
        .map(|e| e.field)
        .collect()
}

#[test]
fn a_report_without_id_number_holds() {
    let signal = Signal {
        name: "王小明".into(),
        ..Signal::default()
    };
    assert!(check(&signal, today()).unwrap().document.is_none());
}

#[test]
fn an_empty_report_says_what_is_needed() {
    assert_eq!(fields(&Signal::default()), ["name"]);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let signal = Signal {
        name: "王小明".into(),
        phone: "12".into(),
        age: "-1".into(),
        onset_on: "2026-02-30".into(),
        visited_on: "2026-01-21".into(),
        temperature: "86".into(),
        document_number: "990101198001010015".into(),
        ..Signal::default()
    };
    assert_eq!(
        fields(&signal),
        [
            "phone",
            "onset_on",
            "visited_on",
            "age",
            "document_number",
            "temperature"
        ]
    );
}

#[test]
fn the_id_number_tells_birth_date_and_sex() {
    let signal = Signal {
        document_number: "99010120000229002x".into(),
        ..Signal::default()
    };
    let checked = check(&signal, today()).unwrap();
    assert_eq!(checked.birth_date, Some("2000-02-29".parse().unwrap()));
    assert_eq!(checked.sex, Some(Sex::Female));
}

type Change = fn(&mut Signal);

#[test]
fn what_contradicts_the_number_is_asked_once_more_field_by_field() {
    let with = |change: fn(&mut Signal)| {
        let mut signal = Signal {
            name: "王小明".into(),
            document_number: "990101198001010014".into(),
            ..Signal::default()
        };
        change(&mut signal);
        signal
    };
    assert!(check(&with(|_| {}), today()).is_ok());
    let wrong: [(Change, &str); 5] = [
        (|s| s.birth_date = "1981-01-01".into(), "birth_date"),
        (|s| s.sex = "female".into(), "sex"),
        (|s| s.document_kind = "library_card".into(), "document_kind"),
        (
            |s| s.document_number = "990101209912310131".into(),
            "document_number",
        ),
        (
            |s| {
                s.document_number = String::new();
                s.birth_date = "1700-01-01".into();
            },
            "birth_date",
        ),
    ];
    for (change, field) in wrong {
        assert_eq!(fields(&with(change)), [field]);
    }
}

#[test]
fn a_place_without_a_name_is_asked_for() {
    let signal = Signal {
        name: "李".into(),
        been_from: "2026-01-10".into(),
        been_until: "2026-01-08".into(),
        ..Signal::default()
    };
    assert_eq!(fields(&signal), ["been_until", "been_to"]);
}
