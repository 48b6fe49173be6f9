//! The cases that the field's own documents decide beyond doubt, and the example that holds each. A
//! case whose example is renamed or gone is noticed here; that its outcome holds is checked when
//! packs load.

#![expect(clippy::expect_used, reason = "a test may stop")]

use std::collections::{BTreeMap, BTreeSet};

use fangxian_packs::{Evidence, Fact, Formality, Input, Library, MeasureDue, Value};
use jiff::civil::date;

/// Case, and the names of the examples that hold it.
const CASES: [(&str, &[&str]); 15] = [
    (
        "edition 2: exposure, fever, image and white cells are suspected, two of three signs are not",
        &[
            "Wuhan ten days ago, fever, pneumonia and low white cells are a suspected case",
            "The day before all three were asked for",
        ],
    ),
    (
        "edition 8: one epidemiological item and two of three signs",
        &[
            "In edition 8 one epidemiological item and two of three signs are a suspected case",
            "With one sign they are not",
        ],
    ),
    (
        "clinical diagnosis in Hubei only",
        &[
            "In Zhejiang on 12 February 2020 nobody is clinically diagnosed",
            "In Hubei on the same day he is",
        ],
    ),
    (
        "edition 9: two days before onset, in whole days",
        &[
            "In edition 9 a contact two days before onset is close",
            "Three days before it is not, because the window is in whole days",
        ],
    ),
    (
        "found by regular testing: contacts since the last negative",
        &[
            "Found by regular testing, contacts since the last negative count",
            "Found by symptoms, the same contact does not count",
        ],
    ),
    (
        "an order of edition 8 when edition 9 takes effect",
        &["An order of edition 8 stands until somebody decides about it"],
    ),
    (
        "a contact of a contact on 12 November 2022",
        &["Under the 20 measures no order against a contact of a contact is possible"],
    ),
    (
        "any contact on 9 January 2023",
        &["On 9 January 2023 any contact is refused"],
    ),
    (
        "a high area without its full round",
        &["Seven quiet days without the full round stay high"],
    ),
    (
        "a high area with it and three more days",
        &["Three further days are low"],
    ),
    (
        "a county of February 2020 with 51 cases",
        &["Fifty-one cases, a cluster fifteen days ago, a new case ten days ago are medium"],
    ),
    (
        "cholera: thirty in a city, twenty-nine in a county",
        &[
            "Thirty cholera cases in a city within a week are grade II",
            "Twenty-nine in one county are grade III",
        ],
    ),
    (
        "trunk traffic is for the State Council",
        &[
            "M14 under idl-2025 is for the State Council",
            "M14 under idl-2025 is not for a provincial government",
        ],
    ),
    (
        "a report at 14:05 of what was found at 12:00 is five minutes late",
        &["A class A report at 14:05 of a case found at 12:00 is five minutes late"],
    ),
    (
        "norovirus at one school: two, ten and twenty cases",
        &[
            "Two cases at one school cause no alert",
            "Ten cases within seven days are a cluster",
            "Twenty cases within seven days are an event that is reported within two hours",
        ],
    ),
];

#[test]
fn every_agreed_case_has_its_example_and_it_holds() {
    let library = Library::shipped().expect("the shipped packs");
    let results = library.test();
    let holding: BTreeSet<&str> = results
        .iter()
        .filter(|result| result.failures.is_empty())
        .map(|result| result.name.as_str())
        .collect();
    for (case, examples) in CASES {
        for name in examples {
            assert!(holding.contains(name), "{case}: no example `{name}` holds");
        }
    }
}

fn fact(kind: &str, attrs: &[(&str, &str)]) -> Fact {
    let on = date(2026, 5, 3);
    let value = |(name, code): &(&str, &str)| ((*name).to_owned(), Value::Code((*code).to_owned()));
    let mut attrs: BTreeMap<String, Value> = attrs.iter().map(value).collect();
    if kind == "contact_judged" {
        attrs.insert("last_exposure".to_owned(), Value::Date(on));
    }
    Fact {
        id: kind.to_owned(),
        kind: kind.to_owned(),
        from: Some(on),
        to: None,
        at: None,
        attrs,
        evidence: Evidence::Official,
    }
}

/// What is proposed for a patient, a suspected one and a contact of a disease.
fn proposed(library: &Library, disease: &str) -> Vec<MeasureDue> {
    let notified = |class| {
        fact(
            "classification_notified",
            &[("class", class), ("by", "hospital")],
        )
    };
    let people = [
        notified("confirmed"),
        notified("suspected"),
        fact("contact_judged", &[("kind", "close")]),
    ];
    let on = date(2026, 5, 4);
    let due = people.map(|person| {
        let answer = library.assess(&Input {
            disease,
            city: "",
            region: "",
            facts: &[person],
            approvals: &[],
            on,
            as_of: on,
        });
        answer.measures_due
    });
    due.concat()
}

#[test]
fn isolation_in_class_a_is_proposed_with_written_notice_and_an_end_or_a_day_of_review() {
    let library = Library::shipped().expect("the shipped packs");
    for disease in ["cholera", "pneumonic-plague", "sars"] {
        let due = proposed(&library, disease);
        let ids: Vec<&str> = due.iter().map(|due| due.measure.as_str()).collect();
        assert_eq!(ids, ["M01", "M02", "M03"], "{disease}");
        for measure in &due {
            for wanted in [Formality::WrittenNotice, Formality::EndOrReview] {
                assert!(
                    measure.formalities.contains(&wanted),
                    "{disease}: {wanted:?}"
                );
            }
            assert!(measure.end.is_some() || measure.review_on.is_some());
        }
    }
}

/// The codes of what is found when a text of one file reads otherwise.
fn found(file: &str, old: &str, new: &str) -> Vec<&'static str> {
    let mut files = fangxian_packs::shipped_files();
    let one = files
        .iter_mut()
        .find(|(name, _)| name == file)
        .expect("the file");
    assert!(one.1.contains(old), "{file} has no `{old}`");
    one.1 = one.1.replacen(old, new, 1);
    let findings = Library::from_files(files).findings.into_iter();
    findings.map(|finding| finding.code).collect()
}

#[test]
fn packs_that_isolate_without_an_end_or_a_review_do_not_load() {
    let law = "formalities: [written_notice, authority_report, police_help, end_or_review]";
    let endless = "formalities: [written_notice, authority_report, police_help]";
    assert!(found("law/idl-2025.yaml", law, endless).contains(&"end"));
    let plan = "diseases/cholera/pack.yaml";
    let open = found(plan, "    review_every: review_days\n", "");
    assert!(!open.is_empty(), "an open calendar without reviews");
}
