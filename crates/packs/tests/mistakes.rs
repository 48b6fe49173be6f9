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

#[test]
fn a_code_that_no_classification_has() {
    says(
        "icd10: A08.1",
        "icd10: A8.1",
        "icd",
        0,
        "letters are capital",
    );
    says(
        "icd10: A08.1",
        "icd10: A08.1x",
        "icd",
        0,
        "letters are capital",
    );
}

#[test]
fn a_word_that_names_another_disease_as_well() {
    says(
        "also_called: [诺如, norovirus",
        "also_called: [诺如, Cholera",
        "two-diseases",
        0,
        "leave it to one of them",
    );
}

#[test]
fn a_mark_that_nothing_fills() {
    says(
        "until {stay_home_hours} hours",
        "until {stay_home_hour} hours",
        "mark",
        0,
        "did you mean `stay_home_hours`?",
    );
    says(
        "zh: 报告排除, en: notified as excluded",
        "zh: 报告排除, en: \"notified as excluded for {stay_home_hours} hours\"",
        "mark",
        0,
        "only the texts of advice",
    );
}

#[test]
fn a_source_that_nobody_says_to_have_read() {
    says(
        ", read: { zh: 据转载件, en: secondary copies }",
        "",
        "unread",
        0,
        "add `read`",
    );
}

#[test]
fn a_choice_of_the_authors_that_is_called_official() {
    says(
        "value: 7, cites: [ours], label: ours",
        "value: 7, cites: [ours], label: official",
        "label",
        0,
        "write `label: ours`",
    );
}

#[test]
fn work_for_which_no_city_has_a_deadline() {
    let mut files = shipped_files();
    let (file, text) = files
        .iter_mut()
        .find(|(_, text)| text.contains("{ id: visit, task: visit, "))
        .expect("shipped");
    let file = file.clone();
    *text = text.replacen("task: visit, ", "task: visti, ", 1);
    let found = check(&files);
    let told = found.iter().find(|finding| finding.code == "no-deadline");
    let told = told.expect("nobody has a time for it");
    assert_eq!(told.file, file);
    assert!(told.line > 0 && told.column > 0, "{told}");
    assert_eq!(told.hint, "did you mean `visit`?");
}
