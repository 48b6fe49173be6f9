//! A province, city or county does otherwise than the layer above: declared, checked, and named in
//! every reason.

#![expect(clippy::expect_used, clippy::panic, reason = "a test may stop")]

use std::collections::BTreeSet;

use fangxian_packs::{
    Assessment, Direction, Evidence, Fact, Finding, Input, Library, Quantity, shipped_files,
};
use jiff::civil::{Date, date};
use proptest::prelude::*;

const COVID: &str = "diseases/covid-19/pack.yaml";
const COUNTY: &str = "cn/zhejiang/hangzhou/xihu";

/// The shipped packs without their files of examples, which other tests run; places may change the
/// days before onset within which somebody met a case.
fn base() -> Vec<(String, String)> {
    let mut files = shipped_files();
    files.retain(|(_, text)| {
        !text.starts_with("kind: examples") && !text.contains("\nkind: examples")
    });
    let (_, text) = files
        .iter_mut()
        .find(|(file, _)| file == COVID)
        .expect("shipped");
    let at = text.find("\n  contact_days_before:").expect("the value");
    let unit = at + text[at..].find("    dated:").expect("its entries");
    text.insert_str(unit, "    stricter: higher\n");
    files
}

/// An overlay with one value.
fn overlay(id: &str, region: &str, direction: &str, entries: &str) -> (String, String) {
    let text = format!(
        "kind: overlay\nid: {id}\nzh: 地方规定 {id}\nen: the rule of {id}\nover: covid-19\nregion: {region}\n\
         sources:\n  notice: {{ zh: 通告, en: a notice, published: 2022-01-26, read: {{ zh: 全文, en: in full }} }}\n\
         values:\n  contact_days_before:\n    direction: {direction}\n    \
         allowed_by: {{ zh: 省级疫情防控指挥机构, en: the provincial headquarters }}\n    dated:\n{entries}"
    );
    (format!("overlays/{id}.yaml"), text)
}

fn entry(from: &str, until: &str, value: i64) -> String {
    format!(
        "      - {{ from: {from}, until: {until}, value: {value}, cites: [notice], label: local }}\n"
    )
}

fn findings(overlays: &[(String, String)]) -> Vec<Finding> {
    let mut files = base();
    files.extend(overlays.iter().cloned());
    let mut found = Library::from_files(files).findings;
    found.retain(|finding| finding.code != "no-example");
    found
}

fn library(overlays: &[(String, String)]) -> Library {
    let mut files = base();
    files.extend(overlays.iter().cloned());
    let loaded = Library::from_files(files);
    let found: Vec<String> = loaded.findings.iter().map(ToString::to_string).collect();
    loaded
        .library
        .unwrap_or_else(|| panic!("{}", found.join("\n")))
}

fn refused(overlays: &[(String, String)], code: &str, words: &str) {
    let found = findings(overlays);
    let good = found.iter().any(|finding| {
        finding.code == code
            && finding.file.starts_with("overlays/")
            && finding.line > 0
            && finding.column > 0
            && !finding.hint.is_empty()
            && finding.message.contains(words)
    });
    let all: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(good, "{code} {words}:\n{}", all.join("\n"));
}

/// What the rules make of somebody who met a case so many days before its onset.
fn met_before(library: &Library, days: i64, on: Date, region: &str) -> Assessment {
    let onset = fangxian_base::plus_days(on, -1);
    let met = fangxian_base::plus_days(onset, -days);
    let facts = [Fact::new("c", "contact", Some(met))
        .with("with", "confirmed")
        .with("case_onset", onset)
        .with("protected", false)
        .known_by(Evidence::Official)];
    library.assess(&Input {
        disease: "covid-19",
        city: "",
        region,
        facts: &facts,
        approvals: &[],
        on,
        as_of: on,
    })
}

/// The days before onset that a reason read, and the overlay that they came from.
fn read(assessment: &Assessment) -> Option<(Quantity, Option<String>)> {
    let values = assessment.reasons.iter().flat_map(|reason| &reason.values);
    let mut values = values.filter(|value| value.name == "contact_days_before");
    let value = values.next()?;
    Some((
        value.value.clone(),
        value.layer.as_ref().map(|layer| layer.pack.clone()),
    ))
}

const ON: Date = date(2022, 2, 1);

#[test]
fn a_place_follows_its_own_layer_and_the_reason_names_it() {
    let own = overlay(
        "zhejiang",
        "cn/zhejiang",
        "stricter",
        &entry("2022-01-26", "2022-02-28", 4),
    );
    let library = library(&[own]);
    let here = met_before(&library, 4, ON, COUNTY);
    assert!(here.contact_kind.is_some(), "{:?}", here.reasons);
    assert_eq!(
        read(&here),
        Some((Quantity::Whole(4), Some("zhejiang".into())))
    );
    assert!(here.packs.iter().any(|used| used.pack == "zhejiang"));
    let words = library_words(&library, 4);
    assert!(
        words.contains("the rule of zhejiang (cn/zhejiang): stricter, the provincial headquarters"),
        "{words}"
    );
    let layer = here
        .reasons
        .iter()
        .flat_map(|r| &r.values)
        .find_map(|v| v.layer.clone());
    assert_eq!(
        layer.map(|layer| layer.direction),
        Some(Direction::Stricter)
    );
    // The neighbour, the nation and the day after follow the plan.
    for (region, on) in [
        ("cn/jiangsu/nanjing", ON),
        ("cn/zhejiangx", ON),
        ("cn", ON),
        ("", ON),
        (COUNTY, date(2022, 3, 1)),
        (COUNTY, date(2022, 1, 25)),
    ] {
        let there = met_before(&library, 4, on, region);
        assert_eq!(there.contact_kind, None, "{region} {on}");
        let near = met_before(&library, 2, on, region);
        assert_eq!(
            read(&near),
            Some((Quantity::Whole(2), None)),
            "{region} {on}"
        );
        assert!(near.packs.iter().all(|used| used.pack != "zhejiang"));
    }
    // The last day of the layer is a day on which the answer can change.
    let on = date(2022, 2, 28);
    assert_eq!(
        met_before(&library, 4, on, COUNTY).next_change_on,
        Some(date(2022, 3, 1))
    );
}

fn library_words(library: &Library, days: i64) -> String {
    fangxian_packs::explain(&met_before(library, days, ON, COUNTY), "en")
}

#[test]
fn the_innermost_layer_counts_and_each_is_compared_with_the_one_above() {
    let province = overlay(
        "p",
        "cn/zhejiang",
        "stricter",
        &entry("2022-01-01", "2022-12-31", 5),
    );
    let city = overlay(
        "c",
        "cn/zhejiang/hangzhou",
        "looser",
        &entry("2022-01-10", "2022-02-28", 4),
    );
    let county = overlay(
        "k",
        COUNTY,
        "stricter",
        &entry("2022-02-01", "2022-02-10", 6),
    );
    // However the files are named and ordered, outer places come first.
    let all = library(&[county, city.clone(), province]);
    let from = |on, region| {
        let found = read(&met_before(&all, 2, on, region)).expect("somebody close");
        (found.0, found.1.unwrap_or_default())
    };
    let whole = Quantity::Whole;
    assert_eq!(from(ON, COUNTY), (whole(6), "k".into()));
    assert_eq!(
        from(ON, "cn/zhejiang/hangzhou/gongshu"),
        (whole(4), "c".into())
    );
    assert_eq!(from(ON, "cn/zhejiang/ningbo"), (whole(5), "p".into()));
    assert_eq!(from(date(2022, 2, 11), COUNTY), (whole(4), "c".into()));
    assert_eq!(from(date(2022, 3, 1), COUNTY), (whole(5), "p".into()));
    // Without the province the city is stricter than the plan, and so its word is wrong.
    refused(&[city], "direction", "declared looser and is stricter");
}

#[test]
fn a_wrong_word_about_the_direction_is_refused() {
    let one = |direction, value| {
        overlay(
            "p",
            "cn/zhejiang",
            direction,
            &entry("2022-01-26", "2022-02-28", value),
        )
    };
    refused(
        &[one("stricter", 1)],
        "direction",
        "declared stricter and is looser",
    );
    refused(
        &[one("looser", 3)],
        "direction",
        "declared looser and is stricter",
    );
    refused(&[one("stricter", 2)], "overlay", "is 2 above");
    assert_eq!(findings(&[one("stricter", 3)]), []);
    assert_eq!(findings(&[one("looser", 1)]), []);
}

#[test]
fn what_no_pack_lets_a_place_change_stays() {
    let (file, text) = overlay(
        "p",
        "cn/zhejiang",
        "stricter",
        &entry("2022-01-26", "2022-02-28", 4),
    );
    let with = |from: &str, to: &str| vec![(file.clone(), text.replacen(from, to, 1))];
    refused(
        &with("contact_days_before", "no_such_value"),
        "unknown-name",
        "has no value",
    );
    refused(
        &with("contact_days_before", "clinical_signs_needed"),
        "overlay",
        "same in every place",
    );
    refused(
        &with("over: covid-19", "over: covid-91"),
        "unknown-name",
        "unknown disease",
    );
    refused(
        &with("label: local", "label: official"),
        "label",
        "no national one",
    );
    refused(
        &with("value: 4", "value: [4]"),
        "type",
        "another kind of value",
    );
    refused(
        &with("region: cn/zhejiang", "region: cn"),
        "region",
        "no province, city or county",
    );
    refused(
        &with("region: cn/zhejiang", "region: cn/a/b/c/d"),
        "region",
        "no province",
    );
    refused(
        &with("from: 2022-01-26", "from: 2019-01-01"),
        "gap",
        "no value above",
    );
    refused(
        &with("zh: 省级疫情防控指挥机构", "zh: \"\""),
        "overlay",
        "nobody is named",
    );
    refused(
        &with("    direction: stricter\n", ""),
        "syntax",
        "direction",
    );
    refused(
        &with("cites: [notice]", "cites: [other]"),
        "unknown-name",
        "unknown source",
    );
}

#[test]
fn two_packs_of_one_place_may_not_change_one_value_on_one_day() {
    let first = overlay(
        "a",
        "cn/zhejiang",
        "stricter",
        &entry("2022-01-26", "2022-02-28", 4),
    );
    let second = overlay(
        "b",
        "cn/zhejiang",
        "stricter",
        &entry("2022-02-28", "2022-03-28", 5),
    );
    refused(
        &[first.clone(), second],
        "overlay",
        "two overlays of `cn/zhejiang` change",
    );
    let after = overlay(
        "b",
        "cn/zhejiang",
        "stricter",
        &entry("2022-03-01", "2022-03-28", 5),
    );
    assert_eq!(findings(&[first, after]), []);
}

#[test]
fn no_place_raises_an_alert_without_a_case() {
    let (file, text) = overlay(
        "p",
        "cn/zhejiang",
        "stricter",
        &entry("2022-01-26", "2022-02-28", 0),
    );
    let mut files = base();
    let (_, plan) = files
        .iter_mut()
        .find(|(file, _)| file == "diseases/norovirus/pack.yaml")
        .expect("shipped");
    let at = plan.find("\n  cluster_cases:").expect("the value");
    let unit = at + plan[at..].find("    dated:").expect("its entries");
    plan.insert_str(unit, "    stricter: lower\n");
    let text = text.replace("contact_days_before", "cluster_cases");
    files.push((file, text.replace("over: covid-19", "over: norovirus")));
    let found = Library::from_files(files).findings;
    let codes: BTreeSet<&str> = found.iter().map(|finding| finding.code).collect();
    assert!(codes.contains("threshold"), "{found:?}");
    assert!(!codes.contains("direction"), "{found:?}");
}

const WITHOUT: &str = "\
kind: overlay
id: quiet
zh: 不回访
en: no visits
over: norovirus
region: cn/demo
sources:
  notice: { zh: 通告, en: a notice, read: { zh: 全文, en: in full } }
without:
  - rule: visit
    direction: looser
    allowed_by: { zh: 区疾控局, en: the district CDC authority }
    from: 2026-05-01
    until: 2026-05-31
    cites: [notice]
examples:
  - name: Nobody is called on in May
    on: 2026-05-11
    facts: [{ kind: classification_notified, from: 2026-05-11, attrs: { class: confirmed, by: hospital }, evidence: clinical }]
    expect: { tasks: [] }
    because: [quiet/visit]
  - name: In June people are called on
    on: 2026-06-11
    facts: [{ kind: classification_notified, from: 2026-06-11, attrs: { class: confirmed, by: hospital }, evidence: clinical }]
    expect: { tasks: [{ rule: norovirus/visit }] }
";

/// The shipped packs without the examples that ask for visits in the demonstration district.
fn with_quiet(text: &str) -> Vec<Finding> {
    let mut files = shipped_files();
    files.push(("overlays/quiet.yaml".to_owned(), text.to_owned()));
    let (_, demo) = files
        .iter_mut()
        .find(|(file, _)| file == "cities/demo.yaml")
        .expect("shipped");
    *demo = demo.replace("on: 2026-05-11", "on: 2026-06-12");
    *demo = demo
        .replace("from: 2026-05-11", "from: 2026-06-12")
        .replace("2026-05-11T", "2026-06-12T");
    Library::from_files(files).findings
}

#[test]
fn a_rule_that_a_place_takes_out_is_still_named() {
    let found = with_quiet(WITHOUT);
    assert_eq!(found, []);
    let told = |from: &str, to: &str| with_quiet(&WITHOUT.replacen(from, to, 1));
    let codes = |found: Vec<Finding>| -> BTreeSet<&str> { found.iter().map(|f| f.code).collect() };
    assert!(codes(told("looser", "stricter")).contains("direction"));
    assert!(codes(told("rule: visit", "rule: visits")).contains("unknown-name"));
    assert!(codes(told("rule: visit", "rule: suspected")).contains("overlay"));
    assert!(codes(told("rule: visit", "rule: cluster")).contains("overlay"));
    assert!(codes(told("until: 2026-05-31", "until: 2026-04-30")).contains("time"));
    // An overlay without an example that reaches it is a gap, like every other pack.
    let (silent, _) = WITHOUT.split_once("examples:").expect("it has examples");
    let elsewhere = silent.replace("region: cn/demo", "region: cn/nowhere");
    assert!(codes(with_quiet(&elsewhere)).contains("no-example"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever two layers say, a place reads the innermost value, and a layer that loads has told
    /// the truth about its direction.
    #[test]
    fn a_declared_direction_is_true(outer in 1_i64..8, inner in 1_i64..8, stricter in any::<(bool, bool)>()) {
        let word = |stricter| if stricter { "stricter" } else { "looser" };
        let all = [
            overlay("p", "cn/zhejiang", word(stricter.0), &entry("2022-01-01", "2022-12-31", outer)),
            overlay("c", "cn/zhejiang/hangzhou", word(stricter.1), &entry("2022-01-10", "2022-02-28", inner)),
        ];
        // The plan has two days.
        let truth = outer != 2 && inner != outer && (outer > 2) == stricter.0 && (inner > outer) == stricter.1;
        let found = findings(&all);
        prop_assert_eq!(found.is_empty(), truth, "{:?}", found);
        if truth {
            let library = library(&all);
            let here = met_before(&library, 1, ON, COUNTY);
            prop_assert_eq!(read(&here), Some((Quantity::Whole(inner), Some("c".into()))));
        }
    }
}
