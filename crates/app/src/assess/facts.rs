//! Recorded facts as the packs ask for them: declared kinds and attributes only, and contacts
//! completed with what is known of the case they met.

use std::collections::BTreeMap;

use fangxian_base::{Date, PersonId, RecordId};
use fangxian_packs::{Evidence, Fact as PackFact, Value};
use fangxian_store::Tx;
use fangxian_store::assessments::{CASE, assessment_fetch};
use fangxian_store::facts::{CASE_RECORD, Fact, When, standing};
use fangxian_store::people::person_of;
use fangxian_store::responses::Response;

use super::{Rules, from_code};
use crate::Result;
use crate::intake::DISEASE;

/// Kinds of fact that are of one disease and say nothing of another.
const OF_ONE_DISEASE: [&str; 3] = ["classification_notified", "test", "contact_judged"];

/// The standing facts in the packs' form; what the vocabulary does not declare stays outside.
pub fn for_packs(
    rules: &Rules,
    tx: &mut Tx<'_>,
    facts: &[&Fact],
    response: &Response,
) -> Result<Vec<PackFact>> {
    let mut all = Vec::new();
    for fact in facts.iter().filter(|fact| concerns(fact, response)) {
        let Some(mut converted) = one(rules, fact) else {
            continue;
        };
        if fact.kind == "contact"
            && let Some(case) = case_of(fact)
            && let Some(person) = person_of(tx, case)?
        {
            let about = of_case(tx, person, response)?;
            for (attr, value) in about {
                if !converted.attrs.contains_key(attr) {
                    add(rules, &mut converted, attr, value);
                }
            }
        }
        all.push(converted);
    }
    Ok(all)
}

/// Whether a fact may speak in a response. A notified class, a test and a judgement on a contact are
/// of one disease: the one they name, or, when they name none, the one that their record was
/// collected for. A confirmed case of one disease is nobody's case of another.
pub(crate) fn concerns(fact: &Fact, response: &Response) -> bool {
    let named = fact
        .attrs
        .as_ref()
        .and_then(|attrs| attrs.get(DISEASE))
        .and_then(|value| value.as_str());
    match named {
        Some(disease) => disease == response.disease,
        None => !OF_ONE_DISEASE.contains(&fact.kind.as_str()) || fact.response == response.id,
    }
}

fn case_of(fact: &Fact) -> Option<RecordId> {
    fact.attrs
        .as_ref()?
        .get(CASE_RECORD)?
        .as_str()?
        .parse()
        .ok()
}

fn one(rules: &Rules, fact: &Fact) -> Option<PackFact> {
    let bare = PackFact::new("", fact.kind.clone(), None);
    if !rules.packs().objections(&bare).is_empty() {
        return None;
    }
    let mut converted = PackFact {
        id: fact.id.to_string(),
        kind: fact.kind.clone(),
        from: fact.when.from(),
        to: match fact.when {
            When::Range(_, to) => to,
            When::Unknown | When::Day(_) | When::Moment(..) => None,
        },
        at: None,
        attrs: BTreeMap::new(),
        evidence: from_code::<Evidence>(&fact.evidence).unwrap_or_default(),
    };
    for (name, json) in fact.attrs.iter().flatten() {
        if let Ok(value) = serde_json::from_value::<Value>(json.clone()) {
            add(rules, &mut converted, name, value);
        }
    }
    Some(converted)
}

/// Adds an attribute when the vocabulary declares it and the value fits.
fn add(rules: &Rules, fact: &mut PackFact, name: &str, value: Value) {
    let mut alone = PackFact::new("", fact.kind.clone(), None);
    alone.attrs.insert(name.to_owned(), value);
    if rules.packs().objections(&alone).is_empty() {
        fact.attrs.append(&mut alone.attrs);
    }
}

/// What rules ask about the other person: the class by the last assessment, or as notified; the
/// days of onset, samples, isolation and first exposure. How a case was found is not recorded, so that attribute stays open.
fn of_case(
    tx: &mut Tx<'_>,
    person: PersonId,
    response: &Response,
) -> Result<Vec<(&'static str, Value)>> {
    let known = super::facts_of_person(tx, person)?;
    let facts = standing(&known);
    let first = |kind: &str, holds: &dyn Fn(&Fact) -> bool| -> Option<Date> {
        let days = facts
            .iter()
            .filter(|fact| fact.kind == kind && concerns(fact, response) && holds(fact));
        days.filter_map(|fact| fact.when.from()).min()
    };
    let is = |fact: &Fact, attr: &str, wanted: &str| {
        fact.attrs
            .as_ref()
            .and_then(|attrs| attrs.get(attr))
            .and_then(|v| v.as_str())
            == Some(wanted)
    };
    let mut about = Vec::new();
    let row = assessment_fetch(tx, person, response.id, CASE)?;
    let class = row.as_ref().and_then(|row| row.class.as_deref());
    let close = row.as_ref().and_then(|row| row.category.as_deref()) == Some("close");
    let with = match class {
        Some("confirmed" | "clinically_diagnosed") => Some("confirmed"),
        Some("suspected") => Some("suspected"),
        Some("asymptomatic") => Some("asymptomatic"),
        None if close => Some("close_contact"),
        Some(_) | None => None,
    };
    about.extend(with.map(|with| ("with", Value::from(with))));
    let any = |_: &Fact| true;
    // Quarantine ends the contacts of a close contact; those of a case end with its isolation.
    let isolated = first("measure_in_force", &|fact| {
        is(fact, "measure", "M01")
            || is(fact, "measure", "M02")
            || (close && class.is_none() && is(fact, "measure", "M03"))
    });
    let sampled = first("test", &|fact| is(fact, "result", "positive"));
    let last_negative = facts
        .iter()
        .filter(|fact| fact.kind == "test" && is(fact, "kind", "pcr"))
        .filter(|fact| is(fact, "result", "negative"))
        .filter_map(|fact| fact.when.from())
        .filter(|day| sampled.is_some_and(|sampled| *day < sampled))
        .max();
    let unprotected = |fact: &Fact| {
        let attrs = fact.attrs.as_ref();
        attrs
            .and_then(|attrs| attrs.get("protected"))
            .and_then(serde_json::Value::as_bool)
            != Some(true)
    };
    let dates = [
        ("case_onset", first("onset", &any)),
        ("case_sampled", sampled),
        ("case_last_negative", last_negative),
        ("first_exposure", first("contact", &unprotected)),
        (
            "case_isolated",
            first("admission", &any).into_iter().chain(isolated).min(),
        ),
    ];
    about.extend(
        dates
            .into_iter()
            .filter_map(|(attr, day)| Some((attr, Value::from(day?)))),
    );
    Ok(about)
}
