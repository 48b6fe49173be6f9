//! Facts: what was observed, by whom, when it happened and when it was recorded. Append-only; a
//! correction is a new fact that names the one it corrects, a withdrawal one that says so.

use fangxian_base::{Date, EntryId, FactId, Instant, PersonId, RecordId, ResponseId};
use serde::{Deserialize, Serialize};

use crate::arrivals::Written;
use crate::db::{DbError, Insert, Row, Tx, Val, vals};
use crate::records::RECORDS_AT_ONCE;
use crate::scopes::padded;

/// When something happened, as precisely as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// Nobody said.
    Unknown,
    /// On a day.
    Day(Date),
    /// At a moment of a day (the civil day in the installation's zone).
    Moment(Date, Instant),
    /// Between two days; an open end is absent.
    Range(Option<Date>, Option<Date>),
}

impl When {
    /// The first day it can have been.
    pub fn from(self) -> Option<Date> {
        match self {
            Self::Unknown => None,
            Self::Day(day) | Self::Moment(day, _) => Some(day),
            Self::Range(from, _) => from,
        }
    }

    /// The last day it can have been.
    pub fn to(self) -> Option<Date> {
        match self {
            Self::Unknown => None,
            Self::Day(day) | Self::Moment(day, _) => Some(day),
            Self::Range(_, to) => to,
        }
    }

    fn columns(self) -> [Val; 4] {
        let kind = match self {
            Self::Unknown => "unknown",
            Self::Day(_) => "day",
            Self::Moment(..) => "moment",
            Self::Range(..) => "range",
        };
        let at = match self {
            Self::Moment(_, at) => Some(at),
            Self::Unknown | Self::Day(_) | Self::Range(..) => None,
        };
        vals![self.from(), self.to(), at, kind]
    }
}

/// A fact about to be recorded.
#[derive(Debug, Clone)]
pub struct NewFact {
    /// The kind, from the packs' vocabulary, such as `symptom_onset`.
    pub kind: String,
    /// When it happened.
    pub when: When,
    /// When it was reported to us, if given.
    pub reported_on: Option<Date>,
    /// The class of evidence, from the packs' vocabulary, such as `self_report`, `laboratory`.
    pub evidence: String,
    /// The attributes of the kind; sealed at rest.
    pub attrs: serde_json::Map<String, serde_json::Value>,
    /// The fact it corrects.
    pub corrects: Option<FactId>,
    /// Whether it withdraws the fact that it corrects, instead of replacing it.
    pub withdraws: bool,
}

impl NewFact {
    /// A fact of a kind with nothing else said.
    pub fn new(kind: &str, when: When, evidence: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            when,
            reported_on: None,
            evidence: evidence.to_owned(),
            attrs: serde_json::Map::new(),
            corrects: None,
            withdraws: false,
        }
    }

    /// The same with one more attribute.
    #[must_use]
    pub fn with(mut self, attr: &str, value: impl Into<serde_json::Value>) -> Self {
        self.attrs.insert(attr.to_owned(), value.into());
        self
    }
}

/// A recorded fact. `attrs` is `None` when its key was destroyed.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// The source record that it came with.
    pub record: RecordId,
    /// What it was collected for.
    pub response: ResponseId,
    /// The kind.
    pub kind: String,
    /// When it happened.
    pub when: When,
    /// When it was reported to us.
    pub reported_on: Option<Date>,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Who recorded it, as [`crate::Author::code`] writes it.
    pub author: String,
    /// The class of evidence.
    pub evidence: String,
    /// The fact it corrects.
    pub corrects: Option<FactId>,
    /// Whether it withdraws that fact.
    pub withdraws: bool,
    /// The attributes.
    pub attrs: Option<serde_json::Map<String, serde_json::Value>>,
    /// The audit entry that it was recorded under.
    pub entry: EntryId,
}

/// The attribute of a contact that names a record of the case.
pub const CASE_RECORD: &str = "case_record";

pub(crate) const FACT_COLUMNS: &str = "id, record_id, response_id, kind, from_on, to_on, at, \
     time_kind, reported_on, recorded_at, author, evidence, corrects, withdraws, attrs_sealed, entry_id";
/// Where the entry id stands in [`FACT_COLUMNS`].
pub(crate) const ENTRY_COLUMN: usize = 15;

const FACT: Insert = Insert {
    rank: 4,
    table: "fact",
    columns: FACT_COLUMNS,
    width: 16,
    tail: "",
};

/// Records a fact on a source record.
pub fn fact_insert(
    tx: &mut Tx<'_>,
    record: RecordId,
    response: ResponseId,
    author: crate::Author,
    fact: &NewFact,
) -> Result<FactId, DbError> {
    let ids = facts_insert(tx, record, response, author, &[fact])?;
    ids.first().copied().ok_or(DbError::Stored { what: "fact" })
}

/// Records several facts on a source record, in this order.
pub fn facts_insert(
    tx: &mut Tx<'_>,
    record: RecordId,
    response: ResponseId,
    author: crate::Author,
    facts: &[&NewFact],
) -> Result<Vec<FactId>, DbError> {
    let mut ids = Vec::with_capacity(facts.len());
    for fact in facts {
        let kept = kept(tx, (record, response), author, fact)?;
        let columns = columns(tx, &kept)?;
        tx.note_row("fact", kept.id, &columns);
        tx.later(&FACT, columns);
        tx.arrived_fact(&kept);
        ids.push(kept.id);
    }
    if tx.arrived_facts(record).is_none() {
        // Nobody remembers them: what asks for facts of this record asks the table.
        tx.context.memory.ahead.facts.remove(&record);
        tx.settle()?;
    }
    for fact in facts {
        let case = fact.attrs.get(CASE_RECORD).and_then(|case| case.as_str());
        if let Some(case) = case.and_then(|case| case.parse::<RecordId>().ok()) {
            tx.wrote(case, Written::Met);
            tx.exec(
                "INSERT INTO met (record_id, case_record_id) VALUES ($1, $2)
                 ON CONFLICT (record_id, case_record_id) DO NOTHING",
                &vals![record, case],
            )?;
        }
    }
    Ok(ids)
}

/// A new fact as it will be read back.
fn kept(
    tx: &Tx<'_>,
    (record, response): (RecordId, ResponseId),
    author: crate::Author,
    fact: &NewFact,
) -> Result<Fact, DbError> {
    Ok(Fact {
        id: FactId::new(),
        record,
        response,
        kind: fact.kind.clone(),
        when: fact.when,
        reported_on: fact.reported_on,
        recorded_at: tx.now(),
        author: author.code(),
        evidence: fact.evidence.clone(),
        corrects: fact.corrects,
        withdraws: fact.withdraws,
        attrs: Some(fact.attrs.clone()),
        entry: tx.entry_id()?,
    })
}

/// Its row, sealed.
fn columns(tx: &mut Tx<'_>, fact: &Fact) -> Result<[Val; 16], DbError> {
    let attrs = serde_json::to_vec(&fact.attrs)
        .map_err(|_e: serde_json::Error| DbError::Stored { what: "fact" })?;
    let place = format!("fact|attrs|{}", fact.id);
    let sealed = crate::records::seal_for(tx, fact.record, fact.response, &place, &attrs)?;
    let [from, to, at, time_kind] = fact.when.columns();
    Ok([
        Val::from(fact.id),
        fact.record.into(),
        fact.response.into(),
        fact.kind.as_str().into(),
        from,
        to,
        at,
        time_kind,
        fact.reported_on.into(),
        fact.recorded_at.into(),
        fact.author.as_str().into(),
        fact.evidence.as_str().into(),
        fact.corrects.into(),
        fact.withdraws.into(),
        sealed.into(),
        fact.entry.into(),
    ])
}

/// Whoever named a record of this person as the case they met: person and naming record.
pub fn met_by(tx: &mut Tx<'_>, case: PersonId) -> Result<Vec<(PersonId, RecordId)>, DbError> {
    if tx.is_stranger_without(case, Written::Met) {
        return Ok(Vec::new());
    }
    tx.rows(
        "SELECT DISTINCT p.person_id, m.record_id FROM met m
         JOIN record_person c ON c.record_id = m.case_record_id
         JOIN record_person p ON p.record_id = m.record_id
         WHERE c.person_id = $1 AND p.person_id <> $1 ORDER BY p.person_id, m.record_id",
        &vals![case],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

fn fact_from(tx: &mut Tx<'_>, row: &Row) -> Result<Fact, DbError> {
    let (id, record): (FactId, RecordId) = (row.get(0)?, row.get(1)?);
    let (from, to): (Option<Date>, Option<Date>) = (row.get(4)?, row.get(5)?);
    let at: Option<Instant> = row.get(6)?;
    let when = match (row.get::<String>(7)?.as_str(), from, at) {
        ("day", Some(day), _) => When::Day(day),
        ("moment", Some(day), Some(at)) => When::Moment(day, at),
        ("range", ..) => When::Range(from, to),
        _ => When::Unknown,
    };
    let sealed: Vec<u8> = row.get(14)?;
    let (place, response) = (format!("fact|attrs|{id}"), row.get(2)?);
    let attrs = crate::records::open_for(tx, record, response, &place, &sealed)?
        .map(|plain| {
            serde_json::from_slice(&plain)
                .map_err(|_e: serde_json::Error| DbError::Stored { what: "fact" })
        })
        .transpose()?;
    Ok(Fact {
        id,
        record,
        response,
        kind: row.get(3)?,
        when,
        reported_on: row.get(8)?,
        recorded_at: row.get(9)?,
        author: row.get(10)?,
        evidence: row.get(11)?,
        corrects: row.get(12)?,
        withdraws: row.get(13)?,
        attrs,
        entry: row.get(ENTRY_COLUMN)?,
    })
}

/// All facts of a set of records, in the order they were recorded; nothing of a destroyed response.
pub fn fact_list(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Vec<Fact>, DbError> {
    facts_where(tx, records, None)
}

/// Those of one kind, with what corrects or withdraws them: a correction has the kind of what it
/// corrects.
pub fn fact_list_of_kind(
    tx: &mut Tx<'_>,
    records: &[RecordId],
    kind: &str,
) -> Result<Vec<Fact>, DbError> {
    facts_where(tx, records, Some(kind))
}

fn facts_where(
    tx: &mut Tx<'_>,
    records: &[RecordId],
    kind: Option<&str>,
) -> Result<Vec<Fact>, DbError> {
    let (mut facts, mut asked) = (Vec::new(), Vec::new());
    for record in records {
        let ahead = &tx.context.memory.ahead;
        let same = kind.is_some() && ahead.kind.as_deref() == kind;
        let ahead = ahead.facts.get(record).filter(|_| same).map(Vec::as_slice);
        let Some(known) = tx.arrived_facts(*record).or(ahead) else {
            asked.push(*record);
            continue;
        };
        let of_kind = known.iter();
        let of_kind = of_kind.filter(|fact| kind.is_none_or(|kind| fact.kind == kind));
        facts.extend(of_kind.cloned());
    }
    for part in asked.chunks(RECORDS_AT_ONCE) {
        crate::records::keys_open(tx, part)?;
        let mut values = Vec::new();
        let of_kind = kind.map_or("", |kind| {
            values.push(kind.into());
            " AND kind = $1"
        });
        let ids = padded(part.iter().copied(), &mut values);
        let rows = tx.rows_aside(
            &format!(
                "SELECT {FACT_COLUMNS} FROM fact WHERE record_id IN ({ids}){of_kind}
                     AND response_id NOT IN
                         (SELECT o.id FROM response o WHERE o.destroyed_at IS NOT NULL)"
            ),
            &values,
        )?;
        for row in &rows {
            facts.push(fact_from(tx, row)?);
        }
    }
    facts.sort_by_key(|fact| fact.id);
    Ok(facts)
}

/// The facts that stand: corrected and withdrawn ones are left out.
pub fn standing(facts: &[Fact]) -> Vec<&Fact> {
    let replaced: std::collections::BTreeSet<FactId> =
        facts.iter().filter_map(|fact| fact.corrects).collect();
    facts
        .iter()
        .filter(|fact| !fact.withdraws && !replaced.contains(&fact.id))
        .collect()
}

/// Keeps only facts recorded up to a place in the sealed order: "as of".
pub fn as_of(tx: &mut Tx<'_>, facts: Vec<Fact>, seal: i64) -> Result<Vec<Fact>, DbError> {
    let mut kept = Vec::new();
    for fact in facts {
        let place: Option<i64> = tx
            .row(
                "SELECT seal FROM audit_entry WHERE id = $1",
                &vals![fact.entry],
            )?
            .map(|row| row.get(0))
            .transpose()?
            .flatten();
        if place.is_some_and(|place| place <= seal) {
            kept.push(fact);
        }
    }
    Ok(kept)
}
