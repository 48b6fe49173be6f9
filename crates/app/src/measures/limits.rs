//! Limits on decisions: how many without an epidemiological link, by one account, of one organ, in
//! one response, on one list, on the same facts. What goes beyond is held; `hold` says what follows.
//!
//! Why and with what numbers: docs/design/limits.md. The numbers stand in the city pack.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fangxian_base::{Date, Text, UserId};
use fangxian_packs::{Assessment, LimitOf};
use fangxian_store::assessments::{CASE, assessment_fetch};
use fangxian_store::facts::{CASE_RECORD, Fact, standing};
use fangxian_store::holds::{CountOf, Counted, decision_count, evidence_code};
use fangxian_store::measures::Measure;
use fangxian_store::people::person_of;
use fangxian_store::records::record_fetch;
use fangxian_store::responses::Response;
use fangxian_store::reviews::review_fetch;
use fangxian_store::{Author, Tx};

use super::decide::Organs;
use crate::Result;
use crate::assess::{Rules, concerns, facts_of_person, words};

/// What holds a decision without a link in a city that gives no limit for the account.
pub(super) const NO_LIMIT: &str = "no-limit";

/// A decision as limits see it.
pub(super) struct Weighed {
    /// What is counted of it.
    pub counted: Counted,
    /// The limits that hold it, as rules of the city pack.
    pub limits: Vec<String>,
}

/// Weighs a decision that is about to be made.
pub(super) fn weigh(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    (response, outcome): (&Response, &Assessment),
    by: Organs<'_>,
) -> Result<Weighed> {
    let known = facts_of_person(tx, measure.person)?;
    let facts: Vec<&Fact> = standing(&known)
        .into_iter()
        .filter(|fact| concerns(fact, response))
        .collect();
    let own = took_part(tx, measure, by.user)?;
    let linked = is_linked(tx, &facts, response, &own)?;
    let evidence = evidence_of(rules, tx, &facts, (response, outcome));
    let list = record_fetch(tx, measure.record)?.and_then(|record| record.import);
    let counted = Counted {
        linked,
        list,
        evidence,
    };
    let limits = exceeded(rules, tx, measure, &counted, by)?;
    Ok(Weighed { counted, limits })
}

/// The authors whose own word is no link: whoever looked at the assessment, and whoever decides.
fn took_part(tx: &mut Tx<'_>, measure: &Measure, decides: UserId) -> Result<BTreeSet<String>> {
    let review = match measure.review {
        Some(review) => review_fetch(tx, review)?,
        None => None,
    };
    let looked = review.map(|review| [review.first_by, review.second_by]);
    Ok(looked
        .into_iter()
        .flatten()
        .flatten()
        .chain([decides])
        .map(|user| Author::User(user).code())
        .collect())
}

fn text_of<'a>(fact: &'a Fact, attr: &str) -> Option<&'a str> {
    fact.attrs.as_ref()?.get(attr)?.as_str()
}

/// Classes of a case: what a notified class, or the class of whom somebody met, must be.
const CASES: [&str; 4] = [
    "confirmed",
    "clinically_diagnosed",
    "suspected",
    "asymptomatic",
];
/// Ways of knowing a result or a class that make a link. `ours`: a resident's word and what a
/// volunteer saw are none.
const KNOWN: [&str; 3] = ["clinical", "laboratory", "official"];

/// Whether something ties the person to the disease: a positive result, a notified class, or a
/// contact with somebody who is a case here. A judgement alone names nobody and is none.
fn is_linked(
    tx: &mut Tx<'_>,
    facts: &[&Fact],
    response: &Response,
    own: &BTreeSet<String>,
) -> Result<bool> {
    for fact in facts.iter().filter(|fact| !own.contains(&fact.author)) {
        let known = KNOWN.contains(&fact.evidence.as_str());
        let linked = match fact.kind.as_str() {
            "test" => known && text_of(fact, "result") == Some("positive"),
            "classification_notified" => {
                known && text_of(fact, "class").is_some_and(|class| CASES.contains(&class))
            }
            "contact" | "contact_judged" => met_a_case(tx, fact, response)?,
            _ => false,
        };
        if linked {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the person named in a contact is a case here today.
fn met_a_case(tx: &mut Tx<'_>, fact: &Fact, response: &Response) -> Result<bool> {
    let Some(record) = text_of(fact, CASE_RECORD).and_then(|text| text.parse().ok()) else {
        return Ok(false);
    };
    let Some(person) = person_of(tx, record)? else {
        return Ok(false);
    };
    let row = assessment_fetch(tx, person, response.id, CASE)?;
    let class = row.and_then(|row| row.class);
    Ok(class.is_some_and(|class| CASES.contains(&class.as_str())))
}

/// A code of the facts behind the answer: kind, days, the attributes that rules may ask about, and
/// who was met; never whose they are. A note that differs makes no other evidence.
fn evidence_of(
    rules: &Rules,
    tx: &Tx<'_>,
    facts: &[&Fact],
    (response, outcome): (&Response, &Assessment),
) -> String {
    let declared: BTreeMap<String, Vec<String>> = rules
        .packs()
        .facts()
        .into_iter()
        .map(|fact| {
            let names = fact.attrs.into_iter().map(|attr| attr.name);
            (fact.kind, names.collect())
        })
        .collect();
    let behind: BTreeSet<&str> = outcome
        .reasons
        .iter()
        .flat_map(|reason| reason.facts.iter().map(String::as_str))
        .collect();
    let mut lines: Vec<String> = facts
        .iter()
        .filter(|fact| behind.contains(fact.id.to_string().as_str()))
        .map(|fact| {
            let names = declared
                .get(&fact.kind)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let counts =
                |name: &str| name == CASE_RECORD || names.iter().any(|known| known == name);
            let attrs: BTreeMap<&String, &serde_json::Value> = fact
                .attrs
                .iter()
                .flatten()
                .filter(|(name, _)| counts(name))
                .collect();
            format!("{} {:?} {attrs:?}", fact.kind, fact.when)
        })
        .collect();
    lines.sort();
    let mut all = response.id.to_string();
    for line in lines {
        let _ = write!(all, "\n{line}");
    }
    evidence_code(tx, &all)
}

/// The limits that a decision goes beyond.
fn exceeded(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    counted: &Counted,
    by: Organs<'_>,
) -> Result<Vec<String>> {
    let (now, hour) = (tx.now(), rules.zone().hour(tx.now()));
    let limits = rules.limits_on(rules.today(tx));
    let narrow = |of: &[LimitOf], linked: bool| !linked && of.contains(&LimitOf::Account);
    let mut over = Vec::new();
    if !counted.linked && !limits.iter().any(|limit| narrow(&limit.of, limit.linked)) {
        over.push(NO_LIMIT.to_owned());
    }
    let here = limits
        .iter()
        .filter(|limit| limit.linked == counted.linked && limit.holds_at(hour));
    for limit in here {
        let since = now.plus_hours(-limit.hours);
        let mut holds = false;
        for of in &limit.of {
            let of = match (of, counted.list) {
                (LimitOf::Account, _) => CountOf::Account(by.user),
                (LimitOf::Organ, _) => CountOf::Organ(by.unit),
                (LimitOf::Response, _) => CountOf::Response(measure.response),
                (LimitOf::List, Some(list)) => CountOf::List(list),
                (LimitOf::List, None) => continue,
                (LimitOf::Evidence, _) => CountOf::Evidence(&counted.evidence),
            };
            holds |= limit.holds(decision_count(tx, of, counted.linked, since)?);
        }
        if holds {
            over.push(limit.rule.clone());
        }
    }
    Ok(over)
}

/// What limits say, by their rules, as they stood on a day.
pub(crate) fn limit_texts(rules: &Rules, names: &[String], on: Date) -> Vec<Text> {
    let limits = rules.limits_on(on);
    let text = |name: &String| match limits.iter().find(|limit| limit.rule == *name) {
        Some(limit) => words(&limit.text),
        None if name == NO_LIMIT => Text::new(
            "本地规则包没有给出批量限额，无流行病学关联的决定一律须复核",
            "the city gives no limit, so every decision without an epidemiological link is held",
        ),
        None => Text::new(name.as_str(), name.as_str()),
    };
    names.iter().map(text).collect()
}
