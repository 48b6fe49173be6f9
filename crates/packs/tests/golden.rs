//! The twenty cases that the field's own documents decide beyond doubt. docs/testing.md says for each
//! what holds it: examples that name it (`golden: G4`), tests whose names begin with it (`g13_…`), or
//! nothing yet. Here the page is held against the packs and the tests; that an example comes out is
//! checked when packs load.

#![expect(clippy::expect_used, clippy::panic, reason = "a test may stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fangxian_packs::{Evidence, Fact, Formality, Input, Library, MeasureDue, Value};
use jiff::civil::date;

/// How many cases were agreed.
const CASES: usize = 20;

/// Who holds what: case, then `file: example` or `file: test`.
type Held = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The table of the page: case, and whatever stands in backquotes in its last column.
fn page() -> (Vec<String>, Held, BTreeSet<String>) {
    let text = std::fs::read_to_string(root().join("docs/testing.md")).expect("the page");
    let (_, rest) = text.split_once("<!-- golden:begin -->").expect("its table");
    let (table, _) = rest.split_once("<!-- golden:end -->").expect("its end");
    let (mut order, mut held, mut open) = (Vec::new(), Held::new(), BTreeSet::new());
    for line in table.lines().filter(|line| line.starts_with("| G")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [case, _, by] = cells[..] else {
            panic!("three columns: {line}");
        };
        order.push(case.to_owned());
        let named: BTreeSet<String> = by
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        if by.starts_with("not yet") {
            open.insert(case.to_owned());
        }
        held.insert(case.to_owned(), named);
    }
    (order, held, open)
}

/// The examples that name a case, and come out.
fn examples(held: &mut Held) {
    let library = Library::shipped().expect("the shipped packs");
    for result in library.test() {
        if let Some(case) = result.golden {
            assert!(result.failures.is_empty(), "{}: {case}", result.name);
            let what = format!("{}: {}", result.file, result.name);
            held.entry(case).or_default().insert(what);
        }
    }
}

/// The tests whose names begin with a case, by their file.
fn tests(folder: &Path, held: &mut Held) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tests(&path, held);
            continue;
        }
        if path.extension().is_none_or(|ext| ext != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        let file = path
            .strip_prefix(root())
            .expect("inside")
            .display()
            .to_string();
        for line in text.lines() {
            let Some(name) = line.trim().strip_prefix("fn g") else {
                continue;
            };
            let Some((number, _)) = name.split_once('_') else {
                continue;
            };
            let Some(number) = number.parse::<u32>().ok().filter(|_| number.len() == 2) else {
                continue;
            };
            let name = name.split('(').next().unwrap_or_default();
            let what = format!("{file}: g{name}");
            held.entry(format!("G{number}")).or_default().insert(what);
        }
    }
}

#[test]
fn every_agreed_case_stands_on_the_page_with_what_holds_it_and_nothing_else() {
    let (order, page, open) = page();
    let agreed: Vec<String> = (1..=CASES).map(|n| format!("G{n}")).collect();
    assert_eq!(order, agreed, "the page lists every case once");
    let mut held = Held::new();
    examples(&mut held);
    tests(&root().join("crates"), &mut held);
    let strange: Vec<&String> = held.keys().filter(|case| !agreed.contains(case)).collect();
    assert!(strange.is_empty(), "nobody agreed on {strange:?}");
    for case in &agreed {
        let is = held.get(case).cloned().unwrap_or_default();
        assert_eq!(page.get(case), Some(&is), "{case} in docs/testing.md");
        assert_eq!(
            is.is_empty(),
            open.contains(case),
            "{case}: held, or `not yet`"
        );
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
fn g13_isolation_in_class_a_is_proposed_with_written_notice_and_an_end_or_a_day_of_review() {
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
fn g13_packs_that_isolate_without_an_end_or_a_review_do_not_load() {
    let law = "formalities: [written_notice, authority_report, police_help, end_or_review]";
    let endless = "formalities: [written_notice, authority_report, police_help]";
    assert!(found("law/idl-2025.yaml", law, endless).contains(&"end"));
    let plan = "diseases/cholera/pack.yaml";
    let open = found(plan, "    review_every: review_days\n", "");
    assert!(!open.is_empty(), "an open calendar without reviews");
}
