//! The cases that contacts of a list met: found by the list's own numbers, now or later.

use std::collections::BTreeSet;

use fangxian_base::RecordId;
use fangxian_interop::linelist::Field;
use fangxian_store::facts::{CASE_RECORD, NewFact, fact_insert, fact_list, standing};
use fangxian_store::people::person_of;
use fangxian_store::records::{RecordState, record_fetch, token_find};
use fangxian_store::responses::response_fetch;
use fangxian_store::{Author, Tx};

use super::notice;
use crate::Result;
use crate::assess::{Rules, assess_listed};

/// The case that a number of the list means.
pub(super) enum Source {
    /// One person.
    Known(RecordId),
    /// Nobody yet.
    Unknown,
    /// Several people who bear the same number.
    Several,
}

/// LIMIT: records with one case number that are looked at.
const SAME_NUMBER_MAX: i64 = 100;
/// LIMIT: contacts that wait for one case.
const WAITING_MAX: i64 = 5_000;
/// The token of a contact whose source case has not come in yet.
pub(super) const AWAITS: &str = "awaits_case";

pub(super) fn source_of(tx: &mut Tx<'_>, number: &str) -> Result<Source> {
    let records = token_find(tx, "case_number", number, SAME_NUMBER_MAX)?;
    let mut persons = BTreeSet::new();
    for record in &records {
        persons.extend(person_of(tx, *record)?);
    }
    Ok(match (records.first(), persons.len()) {
        (Some(first), 1) => Source::Known(*first),
        (None, _) | (_, 0) => Source::Unknown,
        (Some(_), _) => Source::Several,
    })
}

pub(super) fn without_case(row: u32, several: bool) -> super::Remark {
    let field = Some(Field::FromCase);
    if several {
        return notice(
            Some(row),
            field,
            "SOURCE_CASE_SEVERAL",
            (
                "关联病例编号对应多人，未关联",
                "请先在“待判定重复”中判定是否同一人，再更正编号后导入",
            ),
            (
                "several people bear the number of the source case; it was not linked",
                "decide in the queue for the doubtful who they are, then correct the number",
            ),
        );
    }
    notice(
        Some(row),
        field,
        "SOURCE_CASE_UNKNOWN",
        (
            "关联病例尚未登记，暂未关联",
            "请导入该病例所在的名单（来源简称须相同），导入后自动关联",
        ),
        (
            "the source case is not known yet",
            "import the list with that case under the same source; it is linked by itself then",
        ),
    )
}

/// Whether a contact names a case that was not withdrawn.
fn names_a_case(
    tx: &mut Tx<'_>,
    attrs: &serde_json::Map<String, serde_json::Value>,
) -> Result<bool> {
    let named = attrs.get(CASE_RECORD).and_then(|case| case.as_str());
    let Some(case) = named.and_then(|case| case.parse::<RecordId>().ok()) else {
        return Ok(false);
    };
    Ok(record_fetch(tx, case)?.is_some_and(|case| case.state != RecordState::Withdrawn))
}

/// Gives a case to the contacts that came in before it, or whose case was withdrawn: their fact is
/// corrected, not changed.
pub(super) fn settle_waiting(
    tx: &mut Tx<'_>,
    rules: &Rules,
    author: Author,
    (space, number): &(String, String),
) -> Result<()> {
    let wanted = format!("{space}#{number}");
    let waiting = token_find(tx, AWAITS, &wanted, WAITING_MAX)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let Source::Known(case) = source_of(tx, &wanted)? else {
        return Ok(());
    };
    for contact in waiting {
        let Some(record) = record_fetch(tx, contact)? else {
            continue;
        };
        let open = response_fetch(tx, record.response)?.is_some_and(|r| r.closed_at.is_none());
        let facts = fact_list(tx, &[contact])?;
        let mut corrected = Vec::new();
        for fact in standing(&facts) {
            let Some(attrs) = fact.attrs.as_ref().filter(|_| fact.kind == "contact") else {
                continue;
            };
            if open && !names_a_case(tx, attrs)? {
                let mut new = NewFact::new("contact", fact.when, &fact.evidence);
                new.attrs.clone_from(attrs);
                new.corrects = Some(fact.id);
                corrected.push(new.with(CASE_RECORD, case.to_string()));
            }
        }
        for fact in &corrected {
            fact_insert(tx, contact, record.response, author, fact)?;
        }
        if !corrected.is_empty() {
            assess_listed(rules, tx, record.person, contact)?;
        }
    }
    Ok(())
}
