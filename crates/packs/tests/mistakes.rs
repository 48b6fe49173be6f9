//! What somebody writes wrong in a first pack: file, line, column, and what to do.

#![expect(clippy::expect_used, reason = "a test may stop")]

use fangxian_packs::{Finding, check, shipped_files};

const FILE: &str = "diseases/norovirus/pack.yaml";

/// The findings in the file when a text in it is replaced, with the place of the new text.
fn told(from: &str, to: &str) -> (Vec<Finding>, u64) {
    let mut files = shipped_files();
    let (_, text) = files
        .iter_mut()
        .find(|(file, _)| file == FILE)
        .expect("shipped");
    let at = text.find(from).expect("the pack says so");
    let line = text[..at].matches('\n').count() as u64 + 1;
    *text = text.replacen(from, to, 1);
    let mut found = check(&files);
    found.retain(|finding| finding.file == FILE);
    (found, line)
}

/// One of the findings has this code and words in its hint, on the line of the mistake or as many
/// lines below, with a column.
fn says(from: &str, to: &str, code: &str, below: u64, hint: &str) {
    let (found, line) = told(from, to);
    let good = found.iter().any(|finding| {
        finding.code == code
            && finding.line == line + below
            && finding.column > 0
            && finding.hint.contains(hint)
    });
    let all: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(
        good,
        "line {}, {code}, {hint}:\n{}",
        line + below,
        all.join("\n")
    );
}

#[test]
fn an_unknown_key_names_the_nearest_or_all_that_may_stand_there() {
    says(
        "sealed: false",
        "sealled: false",
        "syntax",
        0,
        "did you mean `sealed`?",
    );
    says(
        "sealed: false",
        "sealed: false\ncolour: red",
        "syntax",
        1,
        "here may stand: kind, id",
    );
}

#[test]
fn a_day_that_does_not_exist() {
    says(
        "from: 2013-06-29",
        "from: 2013-02-30",
        "syntax",
        0,
        "written 2022-06-28",
    );
    says(
        "from: 2013-06-29",
        "from: 29.6.2013",
        "syntax",
        0,
        "written 2022-06-28",
    );
}

#[test]
fn a_missing_citation() {
    says(
        "value: 72, cites: [guide-2015]",
        "value: 72",
        "syntax",
        0,
        "`cites: [KEY]`",
    );
    says(
        "value: 72, cites: [guide-2015]",
        "value: 72, cites: []",
        "uncited",
        0,
        "name a source",
    );
    says(
        "value: 72, cites: [guide-2015]",
        "value: 72, cites: [guide-2105]",
        "unknown-name",
        0,
        "did you mean `guide-2015`?",
    );
}

#[test]
fn a_wrong_indentation() {
    says(
        "    unit: hours",
        "     unit: hours",
        "syntax",
        0,
        "two spaces",
    );
    says(
        "  - id: stay-home\n    editions",
        "  - id: stay-home\n   editions",
        "syntax",
        1,
        "two spaces",
    );
}

#[test]
fn an_unknown_fact() {
    says(
        "fact: symptom,",
        "fact: symptoms,",
        "undeclared-fact",
        0,
        "did you mean `symptom`?",
    );
    says(
        "fact: symptom,",
        "fact: horoscope,",
        "undeclared-fact",
        0,
        "declare it in facts.yaml",
    );
}

#[test]
fn a_threshold_as_text() {
    says(
        "value: 72,",
        "value: three days,",
        "syntax",
        0,
        "a value is a number",
    );
    says(
        "value: 72,",
        "value: \"72\",",
        "syntax",
        0,
        "a value is a number",
    );
}

#[test]
fn a_code_that_yaml_takes_for_a_number() {
    says(
        "icd10: A08.1",
        "icd10: 1E31",
        "syntax",
        0,
        "in double quotes",
    );
}

#[test]
fn a_text_in_one_language_only() {
    says(
        "    en: hours at home after symptoms have stopped\n",
        "",
        "syntax",
        1,
        "both languages",
    );
}

#[test]
fn a_name_that_leads_nowhere() {
    says(
        "lasts: stay_home_hours",
        "lasts: stay_home_hour",
        "unknown-name",
        0,
        "did you mean `stay_home_hours`?",
    );
    says(
        "unit: hours",
        "unit: hour",
        "unknown-name",
        0,
        "did you mean `hours`?",
    );
}
