//! What outlives the destruction of a response: decided beforehand, copied record by record just
//! before their keys go, sealed under a key of its own, destroyed when its last day is over.
//!
//! A copy is a document for whoever has to answer for the response, not a file: nothing searches,
//! matches or assesses it. The key bears the id of the decision, is made before its row
//! ([`crate::keys::Keys::make_response`]) and goes the way of the keys of responses. Start with [`kept_list`].

use fangxian_base::{Date, Instant, PersonId, RecordId, ResponseId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::closing::{DataClass, of_class};
use crate::db::{DbError, Row, Tx, Val, vals};
use crate::keys::CryptError;
use crate::records::{open_for, open_under};

/// What is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps<'a> {
    /// A class of data.
    Class(&'a str),
    /// The records of one person.
    Person(PersonId),
}

/// A decision to keep something, about to be written; its key exists already.
#[derive(Debug, Clone)]
pub struct NewKept<'a> {
    /// Its id, which its key bears too.
    pub id: Uuid,
    /// The response.
    pub response: ResponseId,
    /// What.
    pub keeps: Keeps<'a>,
    /// Why, by its code: `rule`, `evidence`, `evaluation`.
    pub why: &'a str,
    /// The last day.
    pub until_on: Date,
    /// The assessment, as JSON.
    pub assessment: &'a [u8],
    /// Who proposed it; none: a rule of the packs, which binds without a second person.
    pub by: Option<UserId>,
}

/// A decision to keep something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// The response.
    pub response: ResponseId,
    /// The class of data; empty where one person's records are kept.
    pub class: String,
    /// The person whose records are kept.
    pub person: Option<PersonId>,
    /// Why, by its code.
    pub why: String,
    /// The last day.
    pub until_on: Date,
    /// Who proposed it.
    pub proposed_by: Option<UserId>,
    /// When.
    pub proposed_at: Instant,
    /// Who confirmed or refused it.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<Instant>,
    /// Whether it was confirmed, or a rule says it.
    pub confirmed: bool,
    /// When it was refused, or what was kept was destroyed.
    pub ended_at: Option<Instant>,
}

impl Kept {
    /// Whether it waits for its second person.
    pub fn waits(&self) -> bool {
        !self.confirmed && self.decided_at.is_none()
    }
}

const COLUMNS: &str = "k.id, k.response_id, k.class, k.person_id, k.why, k.until_on, k.proposed_by, \
     k.proposed_at, k.decided_by, k.decided_at, k.confirmed, k.ended_at";

fn kept_from(row: &Row) -> Result<Kept, DbError> {
    Ok(Kept {
        id: row.get(0)?,
        response: row.get(1)?,
        class: row.get(2)?,
        person: row.get(3)?,
        why: row.get(4)?,
        until_on: row.get(5)?,
        proposed_by: row.get(6)?,
        proposed_at: row.get(7)?,
        decided_by: row.get(8)?,
        decided_at: row.get(9)?,
        confirmed: row.get::<i64>(10)? == 1,
        ended_at: row.get(11)?,
    })
}

/// The key of what is kept is found like that of a response.
fn key_of(id: Uuid) -> ResponseId {
    ResponseId::from_uuid(id)
}

/// Writes down that something is to be kept.
pub fn kept_insert(tx: &mut Tx<'_>, new: &NewKept<'_>) -> Result<(), DbError> {
    let now = tx.now();
    let place = format!("kept|assessment|{}", new.id);
    let sealed = tx
        .context
        .keys
        .seal_for(key_of(new.id), &place, new.assessment)?;
    let (class, person) = match new.keeps {
        Keeps::Class(class) => (class, None),
        Keeps::Person(person) => ("", Some(person)),
    };
    tx.exec(
        "INSERT INTO kept (id, response_id, class, person_id, why, until_on, assessment_sealed,
             proposed_by, proposed_at, confirmed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &vals![
            new.id,
            new.response,
            class,
            person,
            new.why,
            new.until_on,
            sealed,
            new.by,
            now,
            i64::from(new.by.is_none())
        ],
    )?;
    tx.note("response", new.response);
    tx.note("kept", new.id);
    Ok(())
}

/// One decision.
pub fn kept_fetch(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Kept>, DbError> {
    tx.row(
        &format!("SELECT {COLUMNS} FROM kept k WHERE k.id = $1"),
        &vals![id],
    )?
    .map(|row| kept_from(&row))
    .transpose()
}

/// The decisions about a response, the oldest first.
pub fn kept_list(tx: &mut Tx<'_>, response: ResponseId) -> Result<Vec<Kept>, DbError> {
    tx.rows(
        &format!("SELECT {COLUMNS} FROM kept k WHERE k.response_id = $1 ORDER BY k.id"),
        &vals![response],
    )?
    .iter()
    .map(kept_from)
    .collect()
}

/// The assessment as it was written; none when its key went.
pub fn kept_assessment(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.row(
        "SELECT assessment_sealed FROM kept WHERE id = $1",
        &vals![id],
    )?;
    let Some(row) = row else { return Ok(None) };
    open_kept(
        tx,
        id,
        &format!("kept|assessment|{id}"),
        &row.get::<Vec<u8>>(0)?,
    )
}

fn open_kept(
    tx: &mut Tx<'_>,
    id: Uuid,
    place: &str,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>, DbError> {
    if sealed.is_empty() {
        return Ok(None);
    }
    match tx.context.keys.open_for(key_of(id), place, sealed) {
        Ok(plain) => Ok(Some(plain)),
        Err(CryptError::Destroyed) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Confirms or refuses; answers whether it still waited. What is refused ends at once.
pub fn kept_decide(
    tx: &mut Tx<'_>,
    kept: &Kept,
    by: UserId,
    confirmed: bool,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        "UPDATE kept SET decided_by = $2, decided_at = $3, confirmed = $4
         WHERE id = $1 AND confirmed = 0 AND decided_at IS NULL",
        &vals![kept.id, by, now, i64::from(confirmed)],
    )?;
    tx.note("response", kept.response);
    tx.note("kept", kept.id);
    if touched == 1 && !confirmed {
        kept_end(tx, kept.id)?;
    }
    Ok(touched == 1)
}

/// A condition on a record `r` that it is kept, and its values from `$from` on; none for a class that
/// is not known.
fn reach(keeps: Keeps<'_>, classes: &[DataClass<'_>], from: usize) -> Option<(String, Vec<Val>)> {
    match keeps {
        // The file as it is by now, whatever was merged or taken apart since it was named.
        Keeps::Person(person) => Some((
            format!(
                "EXISTS (SELECT 1 FROM record_person p JOIN record_person q ON q.person_id = p.person_id
                     WHERE p.record_id = r.id AND q.record_id = ${from})"
            ),
            vec![Val::from(person.uuid())],
        )),
        Keeps::Class(class) => {
            let index = classes.iter().position(|one| one.id == class)?;
            Some(of_class(classes, index, from))
        }
    }
}

/// How many records of a response whose keys are there something would keep.
pub fn kept_reach(
    tx: &mut Tx<'_>,
    response: ResponseId,
    keeps: Keeps<'_>,
    classes: &[DataClass<'_>],
) -> Result<i64, DbError> {
    let Some((condition, more)) = reach(keeps, classes, 2) else {
        return Ok(0);
    };
    let mut values = vals![response].to_vec();
    values.extend(more);
    tx.value(
        &format!(
            "SELECT COUNT(*) FROM record_key k JOIN record r ON r.id = k.record_id
             WHERE k.response_id = $1 AND {condition}"
        ),
        &values,
    )
}

/// Writes down which records a decision keeps, at the moment the response is destroyed; answers how
/// many. The copies are made as their keys go.
pub fn kept_mark(
    tx: &mut Tx<'_>,
    kept: Uuid,
    response: ResponseId,
    keeps: Keeps<'_>,
    classes: &[DataClass<'_>],
) -> Result<u64, DbError> {
    const NOTHING: &[u8] = &[];
    let Some((condition, more)) = reach(keeps, classes, 4) else {
        return Ok(0);
    };
    let mut values: Vec<Val> = vals![kept, response, NOTHING].to_vec();
    values.extend(more);
    let id = match tx.engine() {
        crate::Engine::Sqlite => "$1",
        crate::Engine::Postgres => "CAST($1 AS UUID)",
    };
    tx.exec(
        &format!(
            "INSERT INTO kept_copy (kept_id, record_id, copy_sealed)
             SELECT {id}, r.id, $3 FROM record_key k JOIN record r ON r.id = k.record_id
             WHERE k.response_id = $2 AND {condition}"
        ),
        &values,
    )
}

/// Copies a record for whatever keeps it, while its key can still be read in this transaction.
pub(crate) fn copy_before(tx: &mut Tx<'_>, record: RecordId) -> Result<(), DbError> {
    const NOTHING: &[u8] = &[];
    let waiting = tx.rows(
        "SELECT c.kept_id FROM kept_copy c JOIN kept k ON k.id = c.kept_id
         WHERE c.record_id = $1 AND c.copy_sealed = $2 AND k.ended_at IS NULL",
        &vals![record, NOTHING],
    )?;
    if waiting.is_empty() {
        return Ok(());
    }
    // In a restored database the key may be gone before: an empty copy says so.
    let Some(copy) = document(tx, record)?.map(|copy| copy.to_string()) else {
        return Ok(());
    };
    for row in &waiting {
        let kept: Uuid = row.get(0)?;
        let sealed = tx.context.keys.seal_for(
            key_of(kept),
            &format!("kept_copy|{kept}|{record}"),
            copy.as_bytes(),
        )?;
        tx.exec(
            "UPDATE kept_copy SET copy_sealed = $3 WHERE kept_id = $1 AND record_id = $2",
            &vals![kept, record, sealed],
        )?;
    }
    Ok(())
}

fn text(bytes: Option<Vec<u8>>) -> Value {
    bytes.map_or(Value::Null, |bytes| {
        serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes).into_owned()))
    })
}

/// A record as a document: as it was received, what it says, and what was decided on it.
fn document(tx: &mut Tx<'_>, record: RecordId) -> Result<Option<Value>, DbError> {
    let row = tx.row(
        "SELECT response_id, channel, received_at, reported_on, author, original_sealed
         FROM record WHERE id = $1",
        &vals![record],
    )?;
    let Some(row) = row else { return Ok(None) };
    let own: ResponseId = row.get(0)?;
    let (channel, author): (String, String) = (row.get(1)?, row.get(4)?);
    let (received, reported): (Instant, Option<Date>) = (row.get(2)?, row.get(3)?);
    let original = open_under(
        tx,
        record,
        &format!("record|original|{record}"),
        &row.get::<Vec<u8>>(5)?,
    )?;
    let Some(original) = original else {
        return Ok(None);
    };
    Ok(Some(json!({
        "record": record.to_string(),
        "channel": channel,
        "author": author,
        "received_at": received.to_string(),
        "reported_on": reported.map(|day| day.to_string()),
        "original": text(Some(original)),
        "facts": facts(tx, record, own)?,
        "measures": measures(tx, record, own)?,
    })))
}

fn facts(tx: &mut Tx<'_>, record: RecordId, own: ResponseId) -> Result<Vec<Value>, DbError> {
    let rows = tx.rows(
        "SELECT id, kind, from_on, to_on, evidence, recorded_at, withdraws, corrects, attrs_sealed,
             response_id
         FROM fact WHERE record_id = $1 ORDER BY id",
        &vals![record],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        // What was said on the record for another response goes on there, or went with that one.
        if row.get::<ResponseId>(9)? != own {
            continue;
        }
        let id: Uuid = row.get(0)?;
        let sealed: Vec<u8> = row.get(8)?;
        let attrs = open_for(tx, record, own, &format!("fact|attrs|{id}"), &sealed)?;
        let (from, to): (Option<Date>, Option<Date>) = (row.get(2)?, row.get(3)?);
        let (kind, evidence): (String, String) = (row.get(1)?, row.get(4)?);
        all.push(json!({
            "id": id.to_string(),
            "kind": kind,
            "from": from.map(|day| day.to_string()),
            "to": to.map(|day| day.to_string()),
            "evidence": evidence,
            "recorded_at": row.get::<Instant>(5)?.to_string(),
            "withdraws": row.get::<i64>(6)? == 1,
            "corrects": row.get::<Option<Uuid>>(7)?.map(|id| id.to_string()),
            "says": text(attrs),
        }));
    }
    Ok(all)
}

fn measures(tx: &mut Tx<'_>, record: RecordId, own: ResponseId) -> Result<Vec<Value>, DbError> {
    let rows = tx.rows(
        "SELECT id, kind, regime, article, state, document_no, starts_on, ends_on, decided_at,
             served_at, lifted_at, content_sealed, reason_sealed, lift_reason_sealed
         FROM measure WHERE record_id = $1 AND response_id = $2 ORDER BY id",
        &vals![record, own],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        let id: Uuid = row.get(0)?;
        let mut opened = Vec::new();
        for (index, column) in [(11, "content"), (12, "reason"), (13, "lift_reason")] {
            let sealed: Option<Vec<u8>> = row.get(index)?;
            opened.push(match sealed {
                Some(sealed) => open_under(tx, record, &format!("measure|{column}|{id}"), &sealed)?,
                None => None,
            });
        }
        let mut opened = opened.into_iter();
        let mut next = || text(opened.next().flatten());
        let time = |index| -> Result<Option<String>, DbError> {
            let at: Option<Instant> = row.get(index)?;
            Ok(at.map(|at| at.to_string()))
        };
        all.push(json!({
            "id": id.to_string(),
            "kind": row.get::<String>(1)?,
            "regime": row.get::<String>(2)?,
            "article": row.get::<String>(3)?,
            "state": row.get::<String>(4)?,
            "document_no": row.get::<Option<String>>(5)?,
            "starts_on": row.get::<Date>(6)?.to_string(),
            "ends_on": row.get::<Date>(7)?.to_string(),
            "decided_at": time(8)?,
            "served_at": time(9)?,
            "lifted_at": time(10)?,
            "content": next(),
            "reason": next(),
            "lift_reason": next(),
        }));
    }
    Ok(all)
}

/// How many copies a decision has.
pub fn kept_count(tx: &mut Tx<'_>, id: Uuid) -> Result<i64, DbError> {
    tx.value(
        "SELECT COUNT(*) FROM kept_copy WHERE kept_id = $1",
        &vals![id],
    )
}

/// A copy of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The record it was made of.
    pub record: RecordId,
    /// The person it was about.
    pub person: Option<PersonId>,
    /// Whether the record was of a sealed disease.
    pub confined: bool,
    /// What it says; none where the key went, or the copy is not made yet.
    pub says: Option<String>,
}

/// Copies of a decision after a record, in the order of their records; without a text where the key
/// went, or the copy is not made yet.
pub fn kept_copies(
    tx: &mut Tx<'_>,
    id: Uuid,
    after: Option<RecordId>,
    limit: i64,
) -> Result<Vec<Copy>, DbError> {
    let after = after.unwrap_or_else(|| RecordId::from_uuid(Uuid::nil()));
    let rows = tx.rows(
        "SELECT c.record_id, c.copy_sealed, r.confined, p.person_id FROM kept_copy c
         JOIN record r ON r.id = c.record_id
         LEFT JOIN record_person p ON p.record_id = c.record_id
         WHERE c.kept_id = $1 AND c.record_id > $2 ORDER BY c.record_id LIMIT $3",
        &vals![id, after, limit],
    )?;
    let mut all = Vec::new();
    for row in &rows {
        let (record, sealed): (RecordId, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let copy = open_kept(tx, id, &format!("kept_copy|{id}|{record}"), &sealed)?;
        all.push(Copy {
            record,
            person: row.get(3)?,
            confined: row.get::<i64>(2)? == 1,
            says: copy.map(|copy| String::from_utf8_lossy(&copy).into_owned()),
        });
    }
    Ok(all)
}

/// Decisions whose last day is over, and proposals that a destroyed response left behind.
pub fn kept_over(tx: &mut Tx<'_>, today: Date, limit: i64) -> Result<Vec<Kept>, DbError> {
    tx.rows(
        &format!(
            "SELECT {COLUMNS} FROM kept k WHERE k.ended_at IS NULL AND k.until_on < $1
             ORDER BY k.until_on, k.id LIMIT $2"
        ),
        &vals![today, limit],
    )?
    .iter()
    .map(kept_from)
    .collect()
}

/// Ends a decision: its copies go in this transaction, its key is asked to go
/// ([`crate::Store::finish_destruction`]).
pub fn kept_end(tx: &mut Tx<'_>, id: Uuid) -> Result<(), DbError> {
    forget(tx, id)?;
    crate::erase::note_key(tx, id)
}

/// The rows of what was kept, for a destruction and for doing it again after a restore.
pub(crate) fn forget(tx: &mut Tx<'_>, id: Uuid) -> Result<u64, DbError> {
    let now = tx.now();
    tx.exec("DELETE FROM kept_copy WHERE kept_id = $1", &vals![id])?;
    tx.exec(
        "UPDATE kept SET ended_at = COALESCE(ended_at, $2), person_id = NULL WHERE id = $1",
        &vals![id, now],
    )
}
