//! The glue between facts and rules: loads what is known of a person, asks the packs, keeps the
//! answer, and lets what is new wait for its first look. Report clocks start here, un-gated.
//!
//! It proposes; nothing here creates a measure or a task. Start with [`assess_person`], which runs
//! inside write closures; [`App::reassess_due`] is the sweep over time.

pub(crate) mod counting;
mod facts;
pub(crate) mod proposal;
mod rules;
mod status;

use std::collections::BTreeSet;
use std::sync::Arc;

use fangxian_base::{
    CommandId, Date, PersonId, RecordId, ReportClockId, ResponseId, ReviewId, Text,
};
use fangxian_packs::{Approval, ApprovalKind, Assessment};
use fangxian_store::Tx;
use fangxian_store::approvals::approval_list;
use fangxian_store::assessments::{
    CASE, CountedAs, NewAssessment, ask_again, ask_again_done, ask_again_list, assessment_clear,
    assessment_clear_merged, assessment_due, assessment_fetch, assessment_list,
    assessment_postpone, assessment_put, response_ids_of, sealing_record,
};
use fangxian_store::clocks::ReportClock;
use fangxian_store::facts::{Fact, fact_list, met_by, standing};
use fangxian_store::imports::record_standing;
use fangxian_store::people::person_of;
use fangxian_store::records::{record_fetch, record_ids_of};
use fangxian_store::responses::{Response, response_fetch, response_list};
use fangxian_store::reviews::review_list_of;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::responses::ELSEWHERE;
use crate::{Action, App, AppError, Purpose, Result, Who, measures};

pub(crate) use facts::concerns;
pub(crate) use rules::Rules;
pub use status::{MissingView, StatusView};
pub(crate) use status::{missing_views, statuses};

/// What one assessment came to. Codes only, so it may stand in a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assessed {
    /// For which response.
    pub response: ResponseId,
    /// The disease pack.
    pub disease: String,
    /// The case class.
    pub class: Option<String>,
    /// The kind of contact.
    pub contact: Option<String>,
    /// Scheme and category.
    pub categories: Vec<(String, String)>,
    /// The review that was opened or changed.
    pub review: Option<ReviewId>,
    /// The report clocks that started.
    pub clocks: Vec<ReportClockId>,
}

/// A code of a pack's enumeration, as the packs write it.
pub(crate) fn code_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        Ok(_) | Err(_) => String::new(),
    }
}

/// Reads a code of a pack's enumeration.
pub(crate) fn from_code<T: DeserializeOwned>(code: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(code.to_owned())).ok()
}

/// A pack's text as pages take it.
pub(crate) fn words(text: &fangxian_packs::Text) -> Text {
    Text::new(text.zh.as_str(), text.en.as_str())
}

impl App {
    /// The rules, for a write closure.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            packs: Arc::clone(&self.packs),
            names: Arc::clone(&self.names),
            zone: self.settings.zone.clone(),
            city: self.settings.city.clone(),
            matching: self.matching(),
        }
    }

    /// Looks again at persons whose answer can change by itself; answers how many were looked at.
    /// Running it again at once does nothing.
    ///
    /// # Errors
    /// What the store said.
    pub fn reassess_due(&self, limit: i64) -> Result<usize> {
        let (now, later) = (self.now(), self.now().plus_minutes(AGAIN_MINUTES));
        let mut persons: Vec<(PersonId, Option<RecordId>)> = Vec::new();
        self.read(|tx| {
            for (person, record) in ask_again_list(tx, limit)? {
                persons.push((person, Some(record)));
            }
            for person in assessment_due(tx, now, limit)? {
                persons.push((person, None));
            }
            Ok(())
        })?;
        for (person, named) in &persons {
            let (rules, person, named) = (self.rules(), *person, *named);
            let (who, purpose) = (Who::system(), Purpose::Assessment);
            let looked = self.write(
                &who,
                CommandId::new(),
                Action::ReviewsList,
                purpose,
                None,
                move |tx| {
                    tx.note("person", person);
                    if named.is_some() {
                        ask_again_done(tx, person)?;
                    }
                    let today = person_of(tx, person.first_record())?.unwrap_or(person);
                    // A row of a list brings the current answer only, as when it was taken in.
                    let trigger = match named {
                        Some(record) => record_fetch(tx, record)?
                            .filter(|record| record.import.is_none())
                            .map(|record| record.id),
                        None => None,
                    };
                    let came = Came {
                        trigger,
                        listed: false,
                        spreads: false,
                    };
                    let count = assess(&rules, tx, today, &came)?.len();
                    // What is due still, such as a row that nobody asks about, waits.
                    assessment_postpone(tx, person, later)?;
                    Ok(count)
                },
            );
            // One file that cannot be assessed must not keep the others waiting, nor come again
            // before it had time to change.
            if let Err(e) = looked {
                e.log();
                self.store().assessment_put_off(person, later)?;
            }
        }
        Ok(persons.len())
    }
}

/// Evaluates the rules for a person in every response that concerns them, and keeps the answers.
///
/// With a `trigger`, the record that brought something new, report clocks start at once and a
/// changed proposal waits for its first look. Without one (merges, the passing of days) only the
/// current answers are brought up to date.
///
/// # Errors
/// What the store said.
pub(crate) fn assess_person(
    rules: &Rules,
    tx: &mut Tx<'_>,
    person: PersonId,
    trigger: Option<RecordId>,
) -> Result<Vec<Assessed>> {
    let came = Came {
        trigger,
        listed: false,
        spreads: trigger.is_some(),
    };
    assess(rules, tx, person, &came)
}

/// The same for a row of a list. What is history by now, or about people elsewhere, only brings
/// the answers up to date; a current row starts clocks and reviews as a form does.
///
/// # Errors
/// What the store said.
pub(crate) fn assess_listed(
    rules: &Rules,
    tx: &mut Tx<'_>,
    person: PersonId,
    row: RecordId,
) -> Result<Vec<Assessed>> {
    let came = Came {
        trigger: Some(row),
        listed: true,
        spreads: false,
    };
    assess(rules, tx, person, &came)
}

/// The same when what the law allows has changed for somebody already known: the record says where
/// a proposal belongs, and a row of a list is treated as when it was taken in.
///
/// # Errors
/// What the store said.
pub(crate) fn assess_again(
    rules: &Rules,
    tx: &mut Tx<'_>,
    person: PersonId,
    record: RecordId,
) -> Result<Vec<Assessed>> {
    let person = person_of(tx, record)?.unwrap_or(person);
    let came = Came {
        trigger: Some(record),
        listed: record_fetch(tx, record)?.is_some_and(|record| record.import.is_some()),
        spreads: false,
    };
    assess(rules, tx, person, &came)
}

/// The same when a record of a person was withdrawn: what else is known of them is asked about, and
/// so is everybody who met them. Where nothing else is known, nothing is proposed any more.
///
/// # Errors
/// What the store said.
pub(crate) fn assess_withdrawn(
    rules: &Rules,
    tx: &mut Tx<'_>,
    person: PersonId,
) -> Result<Vec<Assessed>> {
    let trigger = record_standing(tx, person)?;
    let listed = match trigger {
        Some(record) => record_fetch(tx, record)?.is_some_and(|record| record.import.is_some()),
        None => false,
    };
    let came = Came {
        trigger,
        listed,
        spreads: true,
    };
    assess(rules, tx, person, &came)
}

/// Whether what is known of a person asks for the report of a clock.
///
/// # Errors
/// What the store said.
pub(crate) fn report_is_due(
    rules: &Rules,
    tx: &mut Tx<'_>,
    person: PersonId,
    clock: &ReportClock,
) -> Result<bool> {
    let Some(response) = response_fetch(tx, clock.response)? else {
        return Ok(false);
    };
    if record_standing(tx, person)?.is_none() {
        return Ok(false);
    }
    let outcome = outcome_now(rules, tx, person, &response)?;
    let class = outcome.class.as_ref().map(code_of).unwrap_or_default();
    let mut due = outcome.reports_due.iter();
    Ok(class == clock.class && due.any(|due| due.rule == clock.rule))
}

/// How an assessment came about.
struct Came {
    /// The record that brought something new.
    trigger: Option<RecordId>,
    /// It is a row of a list.
    listed: bool,
    /// The contacts are asked about again in any case; otherwise when the class or kind of contact
    /// changed. Whoever is asked about only because of somebody else passes on changes only, so
    /// that two who met each other come to rest.
    spreads: bool,
}

fn assess(rules: &Rules, tx: &mut Tx<'_>, person: PersonId, came: &Came) -> Result<Vec<Assessed>> {
    let records = record_ids_of(tx, person)?;
    assessment_clear_merged(tx, person, &records)?;
    let Some(under) = sealing_record(tx, &records)? else {
        // All keys were destroyed: nothing is known any more, and nothing is due.
        for response in response_ids_of(tx, person)? {
            assessment_clear(tx, person, response)?;
        }
        return Ok(Vec::new());
    };
    let known = fact_list(tx, &records)?;
    let today = rules.today(tx);
    let (mut asked, mut quiet) = (Vec::new(), Vec::new());
    for (response, own) in responses_for(tx, person)? {
        let (outcome, on) = judge(rules, tx, &known, &response, today)?;
        if came.listed && (on != today || response.region == ELSEWHERE) {
            quiet.push(response.id);
        }
        asked.push((response, own, outcome));
    }
    not_asked(rules, tx, person, &asked)?;
    let mut all = Vec::new();
    let mut changed = false;
    for ((response, _, outcome), keeps) in asked.iter().zip(concerned(&asked)) {
        if !keeps {
            assessment_clear(tx, person, response.id)?;
            concerns_no_more(rules, tx, person, response)?;
            continue;
        }
        let before = assessment_fetch(tx, person, response.id, CASE)?;
        let counted = counting::counted_as(tx, &known, response, outcome, today)?;
        let kept = Kept {
            person,
            under,
            counted: counted.as_ref(),
        };
        let mut assessed = keep(rules, tx, &kept, response, outcome)?;
        changed |= before.is_none_or(|before| {
            (before.class.as_deref(), before.category.as_deref())
                != (assessed.class.as_deref(), assessed.contact.as_deref())
        });
        measures::support::compare(rules, tx, person, response, Some(outcome))?;
        if let Some(trigger) = came.trigger.filter(|_| !quiet.contains(&response.id)) {
            let signal = proposal::Signal {
                person,
                trigger,
                response,
                met: standing(&known).iter().any(|fact| fact.kind == "contact"),
            };
            assessed.clocks = proposal::start_clocks(tx, &signal, outcome)?;
            assessed.review = proposal::propose(tx, &signal, outcome)?;
        }
        all.push(assessed);
    }
    if changed || came.spreads {
        // What is said of a contact follows from the case: the sweep asks about them again.
        for (contact, record) in met_by(tx, person)? {
            ask_again(tx, contact, record)?;
        }
    }
    Ok(all)
}

/// Minutes after which an assessment that failed, or is due for no reason, is looked at again.
const AGAIN_MINUTES: i64 = 60;

/// The answer of one response's rules to what is known, and the day they were asked for.
fn judge(
    rules: &Rules,
    tx: &mut Tx<'_>,
    known: &[Fact],
    response: &Response,
    today: Date,
) -> Result<(Assessment, Date)> {
    let facts = facts::for_packs(rules, tx, &standing(known), response)?;
    let approvals = approvals_of(tx, response)?;
    let on = judged_on(&facts, today);
    Ok((rules.assess(response, &facts, &approvals, on), on))
}

/// What the rules of a response say of a person at this moment; nothing is kept.
pub(crate) fn outcome_now(
    rules: &Rules,
    tx: &mut Tx<'_>,
    person: PersonId,
    response: &Response,
) -> Result<Assessment> {
    let known = facts_of_person(tx, person)?;
    let today = rules.today(tx);
    Ok(judge(rules, tx, &known, response, today)?.0)
}

/// Rows of open responses that are not asked about the person any more, after an unmerging for
/// one, say nothing and go; closed ones keep what they came to.
fn not_asked(
    rules: &Rules,
    tx: &mut Tx<'_>,
    person: PersonId,
    asked: &[(Response, bool, Assessment)],
) -> Result<()> {
    let mut known: BTreeSet<ResponseId> = BTreeSet::new();
    known.extend(assessment_list(tx, person)?.iter().map(|row| row.response));
    known.extend(review_list_of(tx, person)?.iter().map(|one| one.response));
    for id in known {
        if asked.iter().any(|(response, ..)| response.id == id) {
            continue;
        }
        let Some(response) = response_fetch(tx, id)?.filter(|one| one.closed_at.is_none()) else {
            continue;
        };
        assessment_clear(tx, person, id)?;
        concerns_no_more(rules, tx, person, &response)?;
    }
    Ok(())
}

/// A response that does not concern the person any more waits for no look and proposes nothing.
fn concerns_no_more(
    rules: &Rules,
    tx: &mut Tx<'_>,
    person: PersonId,
    response: &Response,
) -> Result<()> {
    measures::support::compare(rules, tx, person, response, None)?;
    proposal::withdraw(tx, person, response)
}

/// Days without anything new after which an illness is history.
/// `ours`: longer than every observation and follow-up in the packs.
const HISTORY_DAYS: i64 = 90;

/// The day whose rules judge these facts: today, unless all of it is history; then the day of the
/// last notified class, or of the last fact, so that an old list is judged by the rules of its day.
fn judged_on(facts: &[fangxian_packs::Fact], today: Date) -> Date {
    let last = |kind: Option<&str>| {
        let of_kind = facts
            .iter()
            .filter(|fact| kind.is_none_or(|kind| fact.kind == kind));
        of_kind
            .filter_map(|fact| fact.to.or(fact.from))
            .filter(|day| *day <= today)
            .max()
    };
    match last(None) {
        Some(day) if fangxian_base::days_between(day, today) > HISTORY_DAYS => {
            last(Some("classification_notified")).unwrap_or(day)
        }
        Some(_) | None => today,
    }
}

/// Which of the responses asked about concern the person: those the person belongs to, and those
/// whose disease has something to say. When none speaks of its disease, a category that holds for
/// any of them (a fever, say) concerns one response only: one report is looked at once.
fn concerned(asked: &[(Response, bool, Assessment)]) -> Vec<bool> {
    let speaks = |outcome: &Assessment| {
        let alone = Assessment {
            categories: Vec::new(),
            ..outcome.clone()
        };
        !says_nothing(&alone)
    };
    let mut concerned: Vec<bool> = asked
        .iter()
        .map(|(_, own, outcome)| *own || speaks(outcome))
        .collect();
    if !concerned.contains(&true) {
        let first = asked
            .iter()
            .position(|(_, _, outcome)| !says_nothing(outcome));
        if let Some(kept) = first.and_then(|first| concerned.get_mut(first)) {
            *kept = true;
        }
    }
    concerned
}

/// The open responses to ask about, and whether the person has a record in them. Whoever is known
/// to routine surveillance is asked about every one here; lists about people elsewhere ask nobody.
fn responses_for(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<(Response, bool)>> {
    let own = response_ids_of(tx, person)?;
    let mut all = response_list(tx)?;
    all.sort_by_key(|response| response.opened_at);
    let routine = all
        .iter()
        .any(|r| r.disease.is_empty() && own.contains(&r.id));
    Ok(all
        .into_iter()
        .filter(|r| r.closed_at.is_none() && !r.disease.is_empty())
        .map(|r| {
            let has = own.contains(&r.id);
            (r, has)
        })
        .filter(|(r, has)| *has || (routine && r.region != ELSEWHERE))
        .collect())
}

/// The approvals on record for a response, as the packs take them; unknown kinds count for nothing.
pub(crate) fn approvals_of(tx: &mut Tx<'_>, response: &Response) -> Result<Vec<Approval>> {
    Ok(approval_list(tx, response.id)?
        .into_iter()
        .filter_map(|row| {
            Some(Approval {
                kind: from_code::<ApprovalKind>(&row.kind)?,
                disease: Some(response.disease.clone()),
                from: row.from_on,
                until: row.last_day(),
                reference: row.document_no,
                by: String::new(),
            })
        })
        .collect())
}

/// Whether nothing in an outcome concerns the person.
fn says_nothing(outcome: &Assessment) -> bool {
    outcome.class.is_none()
        && outcome.contact_kind.is_none()
        && outcome.categories.is_empty()
        && outcome.measures_due.is_empty()
        && outcome.tasks_due.is_empty()
        && outcome.reports_due.is_empty()
}

/// Of whom rows are kept, under the key of which record, and how the person counts.
struct Kept<'a> {
    person: PersonId,
    under: RecordId,
    counted: Option<&'a CountedAs>,
}

/// Keeps the current rows of a person in a response.
fn keep(
    rules: &Rules,
    tx: &mut Tx<'_>,
    kept: &Kept<'_>,
    response: &Response,
    outcome: &Assessment,
) -> Result<Assessed> {
    let class = outcome.class.as_ref().map(code_of);
    let contact = outcome.contact_kind.as_ref().map(code_of);
    let pack = outcome.packs.first().map_or_else(
        || response.disease.clone(),
        |used| format!("{}@{}", used.pack, used.edition),
    );
    let sealed = serde_json::to_vec(outcome).map_err(AppError::internal)?;
    let seal = tx.sealed();
    let person = kept.person;
    let row = NewAssessment {
        person,
        response: response.id,
        scheme: CASE,
        category: contact.as_deref(),
        class: class.as_deref(),
        on_day: outcome.on,
        seal,
        // What is judged as history changes with new facts only, not with the passing of days.
        next_change_at: outcome
            .next_change_on
            .filter(|day| *day > rules.today(tx))
            .map(|day| rules.zone.day_start(day)),
        pack: &pack,
        outcome: &sealed,
        sealed_under: kept.under,
        counted: kept.counted,
    };
    assessment_clear(tx, person, response.id)?;
    assessment_put(tx, &row)?;
    let mut categories = Vec::new();
    for held in &outcome.categories {
        assessment_put(
            tx,
            &NewAssessment {
                scheme: &held.scheme,
                category: Some(&held.category),
                next_change_at: None,
                outcome: b"",
                counted: None,
                ..row
            },
        )?;
        categories.push((held.scheme.clone(), held.category.clone()));
    }
    Ok(Assessed {
        response: response.id,
        disease: response.disease.clone(),
        class,
        contact,
        categories,
        review: None,
        clocks: Vec::new(),
    })
}

/// Everything recorded about a person, oldest first.
pub(crate) fn facts_of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Fact>> {
    let records = record_ids_of(tx, person)?;
    Ok(fact_list(tx, &records)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_case_is_judged_by_the_rules_of_the_day_of_its_class() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let fact = |kind: &str, on: &str| fangxian_packs::Fact::new("", kind, Some(day(on)));
        let old = [
            fact("onset", "2020-01-20"),
            fact("classification_notified", "2020-01-24"),
            fact("discharge", "2020-02-11"),
        ];
        assert_eq!(judged_on(&old, day("2026-03-01")), day("2020-01-24"));
        assert_eq!(judged_on(&old[..1], day("2026-03-01")), day("2020-01-20"));
        assert_eq!(judged_on(&old, day("2020-02-12")), day("2020-02-12"));
        assert_eq!(judged_on(&[], day("2026-03-01")), day("2026-03-01"));
    }
}
