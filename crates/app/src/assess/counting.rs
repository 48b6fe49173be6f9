//! How a person counts where cases that occur together are looked for: the day, the institution,
//! ill, in hospital, dead. From what is recorded; nothing is asked.

use std::collections::BTreeSet;

use fangxian_base::{Date, RecordId};
use fangxian_domain::units::UnitKind;
use fangxian_packs::{Assessment, CaseClass};
use fangxian_store::Tx;
use fangxian_store::alerts::place_code;
use fangxian_store::assessments::CountedAs;
use fangxian_store::facts::{Fact, standing};
use fangxian_store::places::unit_fetch;
use fangxian_store::records::record_fetch;
use fangxian_store::responses::Response;

use super::facts::concerns;
use crate::Result;
use crate::intake::{Identity, plain_name};
use crate::responses::ELSEWHERE;

/// What stands for the day of onset where nobody knows it, in this order.
/// `ours`: the sources count by onset and name no day for those of whom it is not known.
const DAYS: [&str; 6] = [
    "onset",
    "symptom",
    "test",
    "classification_notified",
    "visit",
    "admission",
];

/// What people write where they have no workplace. `ours`.
const NOWHERE: [&str; 12] = [
    "无",
    "无业",
    "退休",
    "待业",
    "务农",
    "农民",
    "家务",
    "在家",
    "不详",
    "none",
    "retired",
    "unemployed",
];

/// Whether a fact says yes to what it names; a fact without such an attribute does.
fn says_yes(fact: &Fact, attr: &str, yes: &serde_json::Value) -> bool {
    let said = fact.attrs.as_ref().and_then(|attrs| attrs.get(attr));
    said.is_none_or(|said| said == yes)
}

/// The first day that speaks for the person's illness: of facts collected for this response where
/// there are any, else of any; never after today.
fn day_of(facts: &[&Fact], response: &Response, today: Date) -> Date {
    let first = |kind: &str, own: bool| {
        let days = facts
            .iter()
            .filter(|fact| fact.kind == kind && (!own || fact.response == response.id))
            .filter(|fact| match kind {
                "symptom" => says_yes(fact, "present", &true.into()),
                "test" => says_yes(fact, "result", &"positive".into()),
                _ => true,
            });
        days.filter_map(|fact| fact.when.from())
            .filter(|day| *day <= today)
            .min()
    };
    let known = [true, false]
        .into_iter()
        .find_map(|own| DAYS.iter().find_map(|kind| first(kind, own)));
    known.unwrap_or(today)
}

/// A name of an institution as it is compared; none where it names none.
pub(crate) fn plain_place(name: &str) -> Option<String> {
    let plain = plain_name(name);
    (!plain.is_empty() && !NOWHERE.contains(&plain.as_str())).then_some(plain)
}

/// What the person's institution is called: where they work or learn, else the school that reported
/// them.
pub(crate) fn institution(tx: &mut Tx<'_>, known: &[Fact]) -> Result<Option<String>> {
    let said = Identity::of(known).workplace;
    if let Some(name) = said.filter(|name| plain_place(name).is_some()) {
        return Ok(Some(name));
    }
    let public = fangxian_store::Author::Public.code();
    let staff = known.iter().filter(|fact| fact.author != public);
    let records: BTreeSet<RecordId> = staff.map(|fact| fact.record).collect();
    for record in records {
        let unit = record_fetch(tx, record)?.and_then(|record| record.unit);
        let Some(unit) = unit else { continue };
        let unit = unit_fetch(tx, unit)?.filter(|unit| unit.kind == UnitKind::School);
        if let Some(unit) = unit {
            return Ok(Some(unit.name_zh));
        }
    }
    Ok(None)
}

/// How a person counts in a response; none: not at all. An infection without symptoms is no case
/// here, and lists about people elsewhere are not counted.
pub(super) fn counted_as(
    tx: &mut Tx<'_>,
    known: &[Fact],
    response: &Response,
    outcome: &Assessment,
    today: Date,
) -> Result<Option<CountedAs>> {
    if response.region == ELSEWHERE {
        return Ok(None);
    }
    let facts = standing(known);
    let facts: Vec<&Fact> = facts
        .into_iter()
        .filter(|fact| concerns(fact, response))
        .collect();
    let has = |kind: &str| facts.iter().any(|fact| fact.kind == kind);
    let ill = match outcome.class {
        Some(CaseClass::Confirmed | CaseClass::ClinicallyDiagnosed | CaseClass::Suspected) => false,
        Some(CaseClass::Asymptomatic | CaseClass::Excluded) => return Ok(None),
        None => {
            let mut symptoms = facts.iter().filter(|fact| fact.kind == "symptom");
            if !symptoms.any(|fact| says_yes(fact, "present", &true.into())) {
                return Ok(None);
            }
            true
        }
    };
    let place = institution(tx, known)?.and_then(|name| plain_place(&name));
    Ok(Some(CountedAs {
        on: day_of(&facts, response, today),
        place: place.map(|name| place_code(tx, &name)),
        ill,
        hospitalised: has("admission"),
        died: has("death"),
    }))
}
