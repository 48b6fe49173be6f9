//! What holds for every set of facts, not only for those in examples.

#![expect(clippy::expect_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fangxian_packs::{Answer, Evidence, Fact, FactView, Input, Library, Value};
use jiff::civil::{Date, date};
use proptest::prelude::*;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::shipped().expect("packs load"));
static FACTS: LazyLock<Vec<FactView>> = LazyLock::new(|| LIBRARY.facts());

fn a_day() -> impl Strategy<Value = Date> {
    // Around every change of the rules that the packs know, and the ends of the calendar.
    prop_oneof![
        8 => (0_i64..2_700).prop_map(|n| fangxian_base::plus_days(date(2019, 12, 1), n)),
        1 => Just(Date::MIN),
        1 => Just(Date::MAX),
    ]
}

fn a_value(codes: Vec<String>) -> impl Strategy<Value = Value> {
    let codes = if codes.is_empty() {
        vec!["wuhan".to_owned()]
    } else {
        codes
    };
    prop_oneof![
        4 => proptest::sample::select(codes).prop_map(Value::Code),
        2 => any::<bool>().prop_map(Value::Bool),
        2 => a_day().prop_map(Value::Date),
        1 => any::<f64>().prop_map(Value::Number),
        1 => ".{0,8}".prop_map(Value::Code),
    ]
}

fn a_fact() -> impl Strategy<Value = Fact> {
    (
        0..FACTS.len(),
        proptest::option::of(a_day()),
        proptest::option::of(a_day()),
    )
        .prop_flat_map(|(kind, from, to)| {
            let view = &FACTS[kind];
            let attrs: Vec<_> = view
                .attrs
                .iter()
                .map(|attr| {
                    let name = attr.name.clone();
                    proptest::option::of(a_value(attr.codes.clone()))
                        .prop_map(move |value| value.map(|value| (name.clone(), value)))
                })
                .collect();
            let evidence = proptest::sample::select(vec![
                Evidence::Unstated,
                Evidence::Declared,
                Evidence::Official,
                Evidence::Laboratory,
            ]);
            (attrs, evidence).prop_map(move |(attrs, evidence)| Fact {
                id: view.kind.clone(),
                kind: view.kind.clone(),
                from,
                to,
                at: None,
                attrs: attrs.into_iter().flatten().collect(),
                evidence,
            })
        })
}

fn ask<'a>(disease: &'a str, facts: &'a [Fact], on: Date, as_of: Date) -> Input<'a> {
    let region = "cn/hubei/wuhan";
    Input {
        disease,
        city: "demo",
        region,
        facts,
        approvals: &[],
        on,
        as_of,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_the_facts_there_is_an_answer_and_it_is_always_the_same(
        facts in proptest::collection::vec(a_fact(), 0..25),
        on in a_day(),
        as_of in a_day(),
        any in any::<prop::sample::Index>(),
    ) {
        let all: Vec<&str> = LIBRARY.diseases().map(|(id, _)| id).collect();
        for disease in ["covid-19", "novel-influenza", *any.get(&all), "unheard-of"] {
            let input = ask(disease, &facts, on, as_of);
            let first = LIBRARY.assess(&input);
            prop_assert_eq!(&first, &LIBRARY.assess(&input));
            prop_assert!(first.next_change_on.is_none_or(|day| day > on));
            for due in &first.measures_due {
                prop_assert!(due.end.is_some() || due.review_on.is_some(), "no end, no review");
                prop_assert!(!due.organs.is_empty());
                prop_assert!(!due.remedy.zh.is_empty());
            }
            prop_assert!(!LIBRARY.explain(&input, "zh").is_empty());
            let text = serde_json::to_string(&first).expect("writes");
            prop_assert_eq!(&first, &serde_json::from_str(&text).expect("reads"));
        }
    }

    #[test]
    fn a_fact_that_no_rule_asks_for_changes_nothing(
        facts in proptest::collection::vec(a_fact(), 0..15),
        on in a_day(),
        at in any::<prop::sample::Index>(),
    ) {
        let before = LIBRARY.assess(&ask("covid-19", &facts, on, on));
        let mut more = facts.clone();
        let place = at.index(more.len() + 1);
        more.insert(place, Fact::new("extra", "visit", Some(Date::MIN)));
        let after = LIBRARY.assess(&ask("covid-19", &more, on, on));
        prop_assert_eq!(before, after);
    }

    #[test]
    fn nothing_is_compelled_for_a_class_c_disease(
        facts in proptest::collection::vec(a_fact(), 0..20),
        on in a_day(),
    ) {
        let is = LIBRARY.assess(&ask("norovirus", &facts, on, on));
        prop_assert!(is.measures_due.is_empty());
    }

    #[test]
    fn what_is_only_said_restricts_nobody(
        facts in proptest::collection::vec(a_fact(), 0..20),
        on in a_day(),
    ) {
        let said: Vec<Fact> =
            facts.into_iter().map(|fact| fact.known_by(Evidence::Declared)).collect();
        for disease in ["covid-19", "novel-influenza", "norovirus"] {
            let is = LIBRARY.assess(&ask(disease, &said, on, on));
            prop_assert!(is.measures_due.is_empty(), "{:?}", is.measures_due);
        }
    }

    #[test]
    fn every_answer_to_a_question_leaves_fewer_questions(
        order in Just(answers()).prop_shuffle(),
        flags in proptest::collection::vec(any::<bool>(), 13),
    ) {
        let on = date(2021, 6, 10);
        let mut facts: Vec<Fact> = Vec::new();
        let mut open = questions(&facts, on);
        for (index, (kind, attr, name)) in order.into_iter().enumerate() {
            facts.push(answer(kind, attr, name, flags[index % flags.len()]));
            let now = questions(&facts, on);
            prop_assert!(now.is_subset(&open), "{:?} are new", now.difference(&open));
            open = now;
        }
        prop_assert!(open.is_empty(), "{open:?} are still open");
        prop_assert_ne!(LIBRARY.assess(&ask("covid-19", &facts, on, on)).case, Answer::Unknown);
    }
}

/// Every question that edition 8 asks about a person who met nobody.
fn answers() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![
        ("symptom", "present", "fever"),
        ("symptom", "present", "cough"),
        ("symptom", "present", "breathless"),
        ("symptom", "present", "sore_throat"),
        ("clustering", "present", ""),
        ("imaging", "pneumonia", ""),
        ("blood_count", "white_cells", ""),
        ("vaccination", "any", ""),
        ("stay", "place", ""),
        ("test", "result", "pcr"),
        ("test", "result", "igm"),
        ("test", "result", "igg"),
        ("onset", "", ""),
    ]
}

fn answer(kind: &str, attr: &str, name: &str, yes: bool) -> Fact {
    let fact = Fact::new(kind, kind, Some(date(2021, 6, 5)));
    match (kind, attr) {
        ("symptom", _) => fact.with("name", name).with(attr, yes),
        ("test", _) => {
            let result = if yes { "positive" } else { "negative" };
            fact.with("kind", name).with(attr, result)
        }
        ("blood_count", _) => {
            let (white, lymph) = if yes {
                ("low", "low")
            } else {
                ("high", "normal")
            };
            fact.with("white_cells", white).with("lymphocytes", lymph)
        }
        ("stay", _) => {
            // Whoever was not there recently was there long ago: the question is answered.
            let mut fact = fact.with(attr, "community_with_cases");
            let day = if yes {
                date(2021, 6, 1)
            } else {
                date(2021, 1, 1)
            };
            (fact.from, fact.to) = (Some(day), Some(day));
            fact
        }
        ("onset", _) => fact,
        _ => fact.with(attr, yes),
    }
}

fn questions(facts: &[Fact], on: Date) -> BTreeSet<(String, String, Option<String>)> {
    let is = LIBRARY.assess(&ask("covid-19", facts, on, on));
    is.missing
        .into_iter()
        .map(|m| (m.rule, m.text.en.clone(), m.attr))
        .collect()
}
