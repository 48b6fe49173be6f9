//! What the reader of packs refuses, with file, line and a hint.

#![expect(clippy::expect_used, reason = "a test may stop")]

use fangxian_packs::{Finding, Library, Severity, check};

/// The shipped files with one text replaced in one of them.
fn with(file: &str, from: &str, to: &str) -> Vec<(String, String)> {
    let mut files = fangxian_packs::shipped_files();
    let entry = files
        .iter_mut()
        .find(|(name, _)| name == file)
        .expect("the file is shipped");
    assert!(entry.1.contains(from), "{file} has no `{from}`");
    entry.1 = entry.1.replacen(from, to, 1);
    files
}

fn codes(files: &[(String, String)]) -> Vec<(&'static str, u64, String)> {
    check(files)
        .into_iter()
        .map(|f: Finding| (f.code, f.line, f.hint))
        .collect()
}

const COVID: &str = "diseases/covid-19/pack.yaml";
const NOROVIRUS: &str = "diseases/norovirus/pack.yaml";

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let files = with(NOROVIRUS, "sealed: false", "sealed: false\ncolour: red");
    let found = codes(&files);
    assert!(
        found
            .iter()
            .any(|(code, line, _)| *code == "syntax" && *line > 0),
        "{found:?}"
    );
}

#[test]
fn a_key_written_twice_is_refused() {
    let files = with(NOROVIRUS, "sealed: false", "sealed: false\nsealed: true");
    assert!(codes(&files).iter().any(|(code, ..)| *code == "syntax"));
}

#[test]
fn anchors_are_refused() {
    let files = with(NOROVIRUS, "icd10: A08.1", "icd10: &x A08.1");
    assert!(codes(&files).iter().any(|(code, ..)| *code == "syntax"));
}

#[test]
fn a_misspelt_criterion_gets_a_suggestion() {
    let files = with(NOROVIRUS, "{ met: any-vomiting }", "{ met: any-vomitting }");
    let found = codes(&files);
    let wanted = "did you mean `any-vomiting`?".to_owned();
    assert!(
        found
            .iter()
            .any(|(code, line, hint)| { *code == "unknown-name" && *line > 0 && *hint == wanted }),
        "{found:?}"
    );
}

#[test]
fn a_value_without_a_source_is_refused() {
    let files = with(
        NOROVIRUS,
        "value: 72, cites: [guide-2015]",
        "value: 72, cites: []",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "uncited"));
}

#[test]
fn a_value_that_does_not_cover_its_edition_is_refused() {
    let files = with(
        NOROVIRUS,
        "{ from: 2015-11-16, value: 72",
        "{ from: 2016-01-01, value: 72",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "gap"));
}

#[test]
fn an_anchor_names_a_criterion_that_facts_meet() {
    let found = codes(&with(
        COVID,
        "\"last-meeting:judged-no-contact\"",
        "\"last-meeting:any-contact\"",
    ));
    let wanted = "name a criterion that has a `fact`".to_owned();
    assert!(
        found
            .iter()
            .any(|(code, line, hint)| { *code == "criterion" && *line > 0 && *hint == wanted }),
        "{found:?}"
    );
    let found = codes(&with(
        COVID,
        "\"last-meeting:judged-no-contact\"",
        "\"last-meeting:judged-no-contakt\"",
    ));
    let wanted = "did you mean `judged-no-contact`?".to_owned();
    assert!(
        found
            .iter()
            .any(|(code, line, hint)| { *code == "unknown-name" && *line > 0 && *hint == wanted }),
        "{found:?}"
    );
}

#[test]
fn a_criterion_that_is_later_than_itself_is_refused() {
    let files = with(
        COVID,
        "\"last-meeting:judged-no-contact\"",
        "\"last-meeting:met-a-contact\"",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "cycle"));
}

#[test]
fn a_comparison_asks_one_thing() {
    let files = with(
        COVID,
        "{ known: true }",
        "{ known: true, below: release_ct }",
    );
    let found = codes(&files);
    assert!(
        found.iter().any(|(code, ..)| *code == "comparison"),
        "{found:?}"
    );
}

#[test]
fn days_before_release_stand_only_where_there_is_no_end() {
    let files = with(
        COVID,
        "    last_test: { met: negative, samples: last_samples }",
        "    least_days: asymptomatic_days",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "end"));
}

#[test]
fn a_last_test_needs_a_sample_in_the_calendar() {
    let files = with(COVID, ", tests: home_only_test_days", "");
    assert!(codes(&files).iter().any(|(code, ..)| *code == "stage"));
}

#[test]
fn a_threshold_is_at_least_one_case() {
    let files = with(NOROVIRUS, "value: 20, cites", "value: 0, cites");
    assert!(codes(&files).iter().any(|(code, ..)| *code == "threshold"));
}

#[test]
fn overlapping_values_are_refused() {
    let files = with(
        "diseases/covid-19/pack.yaml",
        "{ from: 2020-09-15, value: 5,",
        "{ from: 2020-01-01, value: 5,",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "time"));
}

#[test]
fn a_fact_that_is_not_declared_is_refused() {
    let files = with(
        NOROVIRUS,
        "fact: symptom, where: { name: diarrhoea }",
        "fact: mood, where: { name: diarrhoea }",
    );
    assert!(
        codes(&files)
            .iter()
            .any(|(code, ..)| *code == "undeclared-fact")
    );
}

#[test]
fn a_fact_that_nothing_asks_for_is_refused() {
    let files = with(
        "facts.yaml",
        "  onset:",
        "  religion:\n    zh: x\n    en: x\n    privacy: health\n    absence: unknown\n  onset:",
    );
    assert!(
        codes(&files)
            .iter()
            .any(|(code, ..)| *code == "unused-fact")
    );
}

#[test]
fn a_criterion_that_leads_to_itself_is_refused() {
    let files = with(
        "diseases/covid-19/pack.yaml",
        "when: { all: [{ met: epi-2 }, { met: clinical-signs-2 }] }",
        "when: { all: [{ met: epi-2 }, { met: suspected-2 }] }",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "cycle"));
}

#[test]
fn a_pack_whose_example_fails_does_not_load() {
    let files = with(
        "diseases/norovirus/examples.yaml",
        "expect: { class: suspected }",
        "expect: { class: confirmed }",
    );
    let loaded = Library::from_files(files);
    assert!(loaded.library.is_none());
    assert!(
        loaded
            .findings
            .iter()
            .all(|finding| finding.code == "example")
    );
}

#[test]
fn an_example_that_restates_a_parameter_cannot_be_written() {
    let files = with(
        "diseases/norovirus/examples.yaml",
        "expect: { class: suspected }",
        "expect: { stay_home_hours: 72 }",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "syntax"));
}

#[test]
fn a_rule_without_an_example_is_a_gap_and_check_fails() {
    let mut files = fangxian_packs::shipped_files();
    files.retain(|(name, _)| name != "diseases/norovirus/examples.yaml");
    let found = check(&files);
    let gap =
        |f: &&Finding| f.severity == Severity::Gap && f.message.contains("norovirus/asymptomatic");
    assert_eq!(found.iter().filter(gap).count(), 1);
    assert!(
        found
            .iter()
            .all(|finding| finding.severity == Severity::Gap)
    );
}

#[test]
fn no_files_are_no_library() {
    let loaded = Library::from_files(Vec::new());
    assert!(loaded.library.is_none());
    assert_eq!(loaded.findings.first().map(|f| f.code), Some("no-facts"));
}

#[test]
fn a_measure_without_end_or_review_cannot_be_written() {
    let files = with(
        "diseases/novel-influenza/pack.yaml",
        "    review_every: review_days\n",
        "",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "end"));
    let files = with(
        "law/idl-2025.yaml",
        "formalities: [written_notice, authority_report, police_help, end_or_review]",
        "formalities: [written_notice, authority_report, police_help]",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "end"));
}

#[test]
fn two_laws_may_not_speak_of_one_measure_on_one_day() {
    let files = with(
        "law/idl-2013.yaml",
        "until: 2025-08-31",
        "until: 2025-09-01",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "time"));
}

#[test]
fn an_answer_explains_itself_in_both_languages() {
    use fangxian_packs::{Evidence, Fact, Input};
    let library = Library::shipped().expect("the shipped packs load");
    let day = jiff::civil::date(2026, 5, 3);
    let facts = [Fact::new("f1", "contact_judged", Some(day))
        .with("kind", "close")
        .with("last_exposure", day)
        .known_by(Evidence::Official)];
    let input = Input {
        disease: "novel-influenza",
        city: "demo",
        region: "",
        facts: &facts,
        approvals: &[],
        on: day,
        as_of: day,
    };
    let zh = library.explain(&input, "zh");
    assert!(
        zh.contains("密切接触者") && zh.contains("第六十条") && zh.contains("f1"),
        "{zh}"
    );
    let en = library.explain(&input, "en");
    assert!(
        en.contains("close contact") && en.contains("article 60") && en.contains("State Council"),
        "{en}"
    );
    println!("{zh}\n{en}");
}

const CODE: &str = "levels/health-code-henan.yaml";

const SCHEME: &str = "schemes/wuchang-four-categories.yaml";

#[test]
fn a_scheme_names_the_diseases_it_was_made_for() {
    let missing = with(SCHEME, "diseases: [covid-19]\n", "");
    let found = codes(&missing);
    assert!(
        found.iter().any(|(code, ..)| *code == "syntax"),
        "{found:?}"
    );
    let none = with(SCHEME, "diseases: [covid-19]", "diseases: []");
    assert!(codes(&none).iter().any(|(code, ..)| *code == "disease"));
    let unknown = with(SCHEME, "diseases: [covid-19]", "diseases: [covid19]");
    let wanted = "did you mean `covid-19`?".to_owned();
    let found = codes(&unknown);
    assert!(
        found
            .iter()
            .any(|(code, line, hint)| *code == "unknown-name" && *line > 0 && *hint == wanted),
        "{found:?}"
    );
    let twice = with(
        SCHEME,
        "diseases: [covid-19]",
        "diseases: [covid-19, covid-19]",
    );
    assert!(codes(&twice).iter().any(|(code, ..)| *code == "duplicate"));
}

#[test]
fn a_code_of_persons_that_is_not_off_by_default_is_refused() {
    let files = with(CODE, "off_by_default: true\n", "");
    assert!(codes(&files).iter().any(|(code, ..)| *code == "code"));
}

#[test]
fn a_colour_without_a_measure_in_force_is_refused() {
    let files = with(
        CODE,
        "when: { measure: [M18] }",
        "when: { disease: [covid-19] }",
    );
    assert!(codes(&files).iter().any(|(code, ..)| *code == "code"));
    // Nor is a measure enough that is only one of two ways.
    let either = "when: { any: [{ measure: [M18] }, { disease: [covid-19] }] }";
    let files = with(CODE, "when: { measure: [M18] }", either);
    assert!(codes(&files).iter().any(|(code, ..)| *code == "code"));
}

#[test]
fn an_indicator_that_is_not_declared_is_refused() {
    let files = with(
        "levels/five-colours.yaml",
        "{ holds: no_case_ever }",
        "{ holds: no_cases_ever }",
    );
    let found = codes(&files);
    let wanted = "did you mean `no_case_ever`?";
    assert!(
        found
            .iter()
            .any(|(code, _, hint)| *code == "unknown-name" && hint == wanted),
        "{found:?}"
    );
}

#[test]
fn a_disease_cannot_ask_for_measures_that_come_after_it() {
    let files = with(NOROVIRUS, "{ met: any-vomiting }", "{ over: [M03] }");
    assert!(codes(&files).iter().any(|(code, ..)| *code == "order"));
}

#[test]
fn a_measure_of_the_law_says_what_it_is_applied_to() {
    let files = with("law/idl-2025.yaml", "applies_to: [place]", "applies_to: []");
    assert!(codes(&files).iter().any(|(code, ..)| *code == "target"));
}

#[test]
fn a_loader_reads_a_changed_text_anew() {
    let mut loader = fangxian_packs::Loader::default();
    let files = fangxian_packs::shipped_files();
    assert!(loader.load(&files).library.is_some());
    let changed = with(NOROVIRUS, "sealed: false", "sealed: false\ncolour: red");
    assert!(loader.load(&changed).library.is_none());
    assert!(loader.load(&files).library.is_some());
}
