//! Approvals of a response: proposed by one person, on record once another confirmed them, ended
//! early by a row of their own; and how far the round that asks the rules again has come.
//!
//! Rows of `approval` and `approval_end` are added and never changed; each is named with its digest
//! by the audit entry that brought it. Start with [`approval_list`].

use fangxian_base::{Date, Instant, PersonId, RecordId, ResponseId, UserId};
use uuid::Uuid;

use crate::db::{DbError, Row, Tx, Val, vals};

/// An approval on record, such as to manage a disease as class A.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: Uuid,
    /// The response it belongs to.
    pub response: ResponseId,
    /// What was approved, by its code.
    pub kind: String,
    /// The organ that approved it.
    pub organ: String,
    /// The number of its document.
    pub document_no: String,
    /// The first day it holds.
    pub from_on: Date,
    /// The last day by its document, when that names one.
    pub until_on: Option<Date>,
    /// When it was put on record.
    pub recorded_at: Instant,
    /// The last day by which it was ended early.
    pub ended_on: Option<Date>,
    /// Why it was ended early.
    pub ended_reason: Option<String>,
}

impl Approval {
    /// The last day it holds: by its document, or earlier when it was ended; none for no end.
    pub fn last_day(&self) -> Option<Date> {
        match (self.until_on, self.ended_on) {
            (Some(until), Some(ended)) => Some(until.min(ended)),
            (one, other) => one.or(other),
        }
    }
}

/// An approval about to be proposed or put on record.
#[derive(Debug, Clone)]
pub struct NewApproval<'a> {
    /// The response it belongs to.
    pub response: ResponseId,
    /// What was approved, by its code.
    pub kind: &'a str,
    /// The organ that approved it.
    pub organ: &'a str,
    /// The number of its document.
    pub document_no: &'a str,
    /// The first day it holds.
    pub from_on: Date,
    /// The last day it holds, when it ends.
    pub until_on: Option<Date>,
}

/// The whole row, as its digest is made.
pub(crate) const APPROVAL_ROW: &str =
    "id, response_id, kind, organ, document_no, from_on, until_on, recorded_at, entry_id";
/// The same of an early end.
pub(crate) const END_ROW: &str = "id, approval_id, last_on, reason, recorded_at, entry_id";

/// Puts an approval on record.
pub fn approval_insert(tx: &mut Tx<'_>, approval: &NewApproval<'_>) -> Result<Uuid, DbError> {
    let id = Uuid::now_v7();
    let columns = [
        Val::from(id),
        approval.response.into(),
        approval.kind.into(),
        approval.organ.into(),
        approval.document_no.into(),
        approval.from_on.into(),
        approval.until_on.into(),
        tx.now().into(),
        tx.entry_id()?.into(),
    ];
    tx.exec(
        &format!(
            "INSERT INTO approval ({APPROVAL_ROW}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &columns,
    )?;
    tx.context.memory.approvals.clear();
    tx.note("response", approval.response);
    tx.note_row("approval", id, &columns);
    Ok(id)
}

const COLUMNS: &str = "a.id, a.response_id, a.kind, a.organ, a.document_no, a.from_on, a.until_on, \
     a.recorded_at";

fn approval_from(row: &Row) -> Result<Approval, DbError> {
    Ok(Approval {
        id: row.get(0)?,
        response: row.get(1)?,
        kind: row.get(2)?,
        organ: row.get(3)?,
        document_no: row.get(4)?,
        from_on: row.get(5)?,
        until_on: row.get(6)?,
        recorded_at: row.get(7)?,
        ended_on: None,
        ended_reason: None,
    })
}

/// The approvals of a response with their early ends, oldest first.
pub fn approval_list(tx: &mut Tx<'_>, response: ResponseId) -> Result<Vec<Approval>, DbError> {
    if let Some(known) = tx.context.memory.approvals.get(&response) {
        return Ok(known.clone());
    }
    let mut all = tx
        .rows(
            &format!(
                "SELECT {COLUMNS} FROM approval a WHERE a.response_id = $1 ORDER BY a.from_on, a.id"
            ),
            &vals![response],
        )?
        .iter()
        .map(approval_from)
        .collect::<Result<Vec<_>, _>>()?;
    let ends = tx.rows(
        "SELECT e.approval_id, e.last_on, e.reason FROM approval_end e
         JOIN approval a ON a.id = e.approval_id WHERE a.response_id = $1 ORDER BY e.id",
        &vals![response],
    )?;
    for row in &ends {
        let (id, last_on): (Uuid, Date) = (row.get(0)?, row.get(1)?);
        let ended = all.iter_mut().find(|one| one.id == id);
        if let Some(one) = ended.filter(|one| one.ended_on.is_none_or(|known| last_on < known)) {
            one.ended_on = Some(last_on);
            one.ended_reason = Some(row.get(2)?);
        }
    }
    tx.context.memory.approvals.insert(response, all.clone());
    Ok(all)
}

/// The response that an approval belongs to.
pub fn approval_response(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<ResponseId>, DbError> {
    tx.row("SELECT response_id FROM approval WHERE id = $1", &vals![id])?
        .map(|row| row.get(0))
        .transpose()
}

/// Ends an approval early: `last_on` is the last day it holds.
pub fn approval_end(
    tx: &mut Tx<'_>,
    approval: &Approval,
    last_on: Date,
    reason: &str,
) -> Result<(), DbError> {
    let id = Uuid::now_v7();
    let columns = [
        Val::from(id),
        approval.id.into(),
        last_on.into(),
        reason.into(),
        tx.now().into(),
        tx.entry_id()?.into(),
    ];
    tx.exec(
        &format!("INSERT INTO approval_end ({END_ROW}) VALUES ($1, $2, $3, $4, $5, $6)"),
        &columns,
    )?;
    tx.context.memory.approvals.clear();
    tx.note("response", approval.response);
    tx.note_row("approval_end", id, &columns);
    Ok(())
}

/// An approval that waits for its second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// Its id.
    pub id: Uuid,
    /// The response it belongs to.
    pub response: ResponseId,
    /// What is approved, by its code.
    pub kind: String,
    /// The organ that approved it.
    pub organ: String,
    /// The number of its document.
    pub document_no: String,
    /// The first day it holds.
    pub from_on: Date,
    /// The last day it holds, when it ends.
    pub until_on: Option<Date>,
    /// Who proposed it.
    pub by: UserId,
    /// When.
    pub at: Instant,
    /// `waiting`, `confirmed` or `refused`.
    pub state: String,
}

const PROPOSED: &str = "id, response_id, kind, organ, document_no, from_on, until_on, proposed_by, \
     proposed_at, state";

fn proposed_from(row: &Row) -> Result<Proposed, DbError> {
    Ok(Proposed {
        id: row.get(0)?,
        response: row.get(1)?,
        kind: row.get(2)?,
        organ: row.get(3)?,
        document_no: row.get(4)?,
        from_on: row.get(5)?,
        until_on: row.get(6)?,
        by: row.get(7)?,
        at: row.get(8)?,
        state: row.get(9)?,
    })
}

/// Proposes an approval; it counts for nothing before another person confirmed it.
pub fn approval_propose(
    tx: &mut Tx<'_>,
    approval: &NewApproval<'_>,
    by: UserId,
) -> Result<Uuid, DbError> {
    let (id, now) = (Uuid::now_v7(), tx.now());
    tx.exec(
        &format!(
            "INSERT INTO approval_proposal ({PROPOSED})
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting')"
        ),
        &vals![
            id,
            approval.response,
            approval.kind,
            approval.organ,
            approval.document_no,
            approval.from_on,
            approval.until_on,
            by,
            now
        ],
    )?;
    tx.note("response", approval.response);
    tx.note("approval_proposal", id);
    Ok(id)
}

/// One proposed approval, whatever became of it.
pub fn proposed_fetch(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<Proposed>, DbError> {
    let sql = format!("SELECT {PROPOSED} FROM approval_proposal WHERE id = $1");
    tx.row(&sql, &vals![id])?
        .map(|row| proposed_from(&row))
        .transpose()
}

/// The approvals of a response that wait for their second person, oldest first.
pub fn proposed_list(tx: &mut Tx<'_>, response: ResponseId) -> Result<Vec<Proposed>, DbError> {
    let sql = format!(
        "SELECT {PROPOSED} FROM approval_proposal WHERE response_id = $1 AND state = 'waiting'
         ORDER BY id"
    );
    tx.rows(&sql, &vals![response])?
        .iter()
        .map(proposed_from)
        .collect()
}

/// What the second person said of a waiting proposal; answers whether it still waited.
pub fn proposed_decide(
    tx: &mut Tx<'_>,
    proposed: &Proposed,
    by: UserId,
    confirmed: bool,
) -> Result<bool, DbError> {
    let (now, state) = (tx.now(), if confirmed { "confirmed" } else { "refused" });
    let touched = tx.exec(
        "UPDATE approval_proposal SET state = $2, decided_by = $3, decided_at = $4
         WHERE id = $1 AND state = 'waiting'",
        &vals![proposed.id, state, by, now],
    )?;
    tx.note("response", proposed.response);
    tx.note("approval_proposal", proposed.id);
    Ok(touched == 1)
}

/// Begins, or begins anew, the round that asks the rules about everybody whom a response judged.
pub fn round_begin(tx: &mut Tx<'_>, response: ResponseId) -> Result<(), DbError> {
    tx.exec(
        "INSERT INTO response_round (response_id, after_id) VALUES ($1, $2)
         ON CONFLICT (response_id) DO UPDATE SET after_id = excluded.after_id",
        &vals![response, Uuid::nil()],
    )?;
    Ok(())
}

/// The rounds that are under way: the response and the last person asked about.
pub fn round_list(tx: &mut Tx<'_>) -> Result<Vec<(ResponseId, PersonId)>, DbError> {
    tx.rows(
        "SELECT response_id, after_id FROM response_round ORDER BY response_id",
        &[],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// The next persons of a round, by id, each with the newest record that a review of them in this
/// response came from; else the record that the last answer is sealed under.
pub fn round_next(
    tx: &mut Tx<'_>,
    response: ResponseId,
    after: PersonId,
    limit: i64,
) -> Result<Vec<(PersonId, RecordId)>, DbError> {
    tx.rows(
        "SELECT n.person_id, COALESCE(
             (SELECT v.record_id FROM review v JOIN record_person p ON p.record_id = v.record_id
              WHERE p.person_id = n.person_id AND v.response_id = $1
              ORDER BY v.opened_at DESC, v.id DESC LIMIT 1),
             (SELECT a.sealed_under FROM assessment a
              WHERE a.person_id = n.person_id AND a.response_id = $1
              ORDER BY a.scheme LIMIT 1))
         FROM (SELECT DISTINCT person_id FROM assessment
               WHERE response_id = $1 AND person_id > $2 ORDER BY person_id LIMIT $3) n
         ORDER BY n.person_id",
        &vals![response, after, limit],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// A person of a round was asked about, in the same transaction: a kill goes on with the next one.
/// Does nothing when the round began anew in between.
pub fn round_step(
    tx: &mut Tx<'_>,
    response: ResponseId,
    (from, to): (PersonId, PersonId),
) -> Result<(), DbError> {
    tx.exec(
        "UPDATE response_round SET after_id = $3 WHERE response_id = $1 AND after_id = $2",
        &vals![response, from, to],
    )?;
    Ok(())
}

impl crate::Store {
    /// Goes past a person who could not be asked about, so that the others do not wait.
    ///
    /// # Errors
    /// What the database said.
    pub fn round_skip(
        &self,
        response: ResponseId,
        (from, to): (PersonId, PersonId),
    ) -> Result<(), DbError> {
        self.upkeep(move |tx| round_step(tx, response, (from, to)))
    }

    /// A round that nobody is left for ends, unless it began anew in between.
    ///
    /// # Errors
    /// What the database said.
    pub fn round_end(&self, response: ResponseId, after: PersonId) -> Result<(), DbError> {
        self.upkeep(move |tx| {
            tx.exec(
                "DELETE FROM response_round WHERE response_id = $1 AND after_id = $2",
                &vals![response, after],
            )?;
            Ok(())
        })
    }
}
