//! Destruction of personal records, so that a kill or an old backup cannot bring them back.
//!
//! The destruction of a response has four durable steps: its row says so (audited); slice by slice
//! the search tokens, wrapped keys and sealed values go, the last slice with the row `erasure`; the
//! line in `destroyed.log` beside the keys; the key file gone. That of a record has the same steps
//! in one transaction. [`Store::finish_destruction`] does what is still to do;
//! [`Store::replay_destruction`] does everything again on a database that was restored from before.
//! What is to be kept of a record is copied in the slice that takes its key ([`crate::kept`]).

use fangxian_base::{RecordId, ResponseId};
use uuid::Uuid;

use crate::db::{DbError, Tx, vals};
use crate::keys::KeysError;
use crate::records::{open_doomed, open_under, seal_under};
use crate::store::Store;

/// A destruction could not be finished; the next attempt goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EraseError {
    /// The database failed.
    #[error("finishing a destruction")]
    Db(#[from] DbError),
    /// The key directory could not be written.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// What a destruction is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Response,
    Record,
}

impl What {
    const fn code(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Record => "record",
        }
    }
}

fn note(tx: &mut Tx<'_>, what: What, id: Uuid) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        "INSERT INTO erasure (id, kind, at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        &vals![id, what.code(), now],
    )?;
    Ok(())
}

/// Asks for the key of what was kept to go, like that of a response.
pub(crate) fn note_key(tx: &mut Tx<'_>, id: Uuid) -> Result<(), DbError> {
    note(tx, What::Response, id)
}

/// One slice of the destruction of a response whose row says so: at most `limit` of its records or
/// of the rows written for it. Answers whether nothing is left; then its key is asked to go. What is
/// done is seen in the rows themselves, so a kill loses nothing and the next slice goes on.
fn erase_slice(tx: &mut Tx<'_>, id: ResponseId, limit: i64) -> Result<bool, DbError> {
    let records = tx.rows(
        "SELECT record_id FROM record_key WHERE response_id = $1 ORDER BY record_id LIMIT $2",
        &vals![id, limit],
    )?;
    for row in &records {
        let record: RecordId = row.get(0)?;
        open_doomed(tx, record)?;
        crate::kept::copy_before(tx, record)?;
        forget(tx, record)?;
    }
    if !records.is_empty() || blank(tx, id, limit)? > 0 {
        return Ok(false);
    }
    note(tx, What::Response, id.uuid())?;
    Ok(true)
}

/// Empties what was written for a response under the key of a record that was collected for
/// something else, such as routine surveillance: at most `limit` rows of a table; answers how many.
/// An empty sealed value reads as destroyed.
fn blank(tx: &mut Tx<'_>, id: ResponseId, limit: i64) -> Result<u64, DbError> {
    const NOTHING: &[u8] = &[];
    let mut done = tx.exec(
        "DELETE FROM assessment WHERE response_id = $1 AND person_id IN
             (SELECT a.person_id FROM assessment a WHERE a.response_id = $1
              ORDER BY a.person_id LIMIT $2)",
        &vals![id, limit],
    )?;
    // A place of which nobody can read any more what it was called is not told from others either.
    done += tx.exec(
        "UPDATE alert SET place = '' WHERE response_id = $1 AND place <> ''",
        &vals![id],
    )?;
    done += tx.exec(
        "UPDATE alert_acknowledgement SET reason_sealed = NULL WHERE reason_sealed IS NOT NULL AND alert_id IN
             (SELECT a.id FROM alert a WHERE a.response_id = $1)",
        &vals![id],
    )?;
    let own = "t.response_id = $1";
    let tables: [(&str, &[&str], &str); 5] = [
        (
            "review",
            &[
                "proposal_sealed",
                "first_reason_sealed",
                "second_reason_sealed",
            ],
            own,
        ),
        (
            "measure",
            &[
                "content_sealed",
                "reason_sealed",
                "lift_reason_sealed",
                "witness_sealed",
                "ruling_sealed",
            ],
            own,
        ),
        ("appeal", &["answer_sealed", "relief_sealed"], own),
        ("task", &["content_sealed"], own),
        (
            "task_step",
            &["note_sealed"],
            "t.task_id IN (SELECT o.id FROM task o WHERE o.response_id = $1)",
        ),
    ];
    for (table, columns, rows) in tables {
        let set: Vec<_> = columns.iter().map(|c| format!("{c} = $2")).collect();
        let full: Vec<_> = columns
            .iter()
            .map(|c| format!("t.{c} IS NULL OR t.{c} <> $2"))
            .collect();
        let (set, full) = (set.join(", "), full.join(" OR "));
        done += tx.exec(
            &format!(
                "UPDATE {table} SET {set} WHERE id IN
                     (SELECT t.id FROM {table} t WHERE {rows} AND ({full}) LIMIT $3)"
            ),
            &vals![id, NOTHING, limit],
        )?;
    }
    Ok(done)
}

/// What of other responses is sealed under records that are about to go is sealed anew under
/// another record of the same person, while both can be read: the other response goes on. Where the
/// person has no other record, nothing is left that could be kept. A response that is being
/// destroyed says so in its row, so nothing of it is kept and nothing moves to its records.
fn rescue(tx: &mut Tx<'_>, doomed: RecordId) -> Result<(), DbError> {
    let tables: [(&str, &[&str]); 3] = [
        ("review", &["proposal", "first_reason", "second_reason"]),
        (
            "measure",
            &["content", "reason", "lift_reason", "witness", "ruling"],
        ),
        ("task", &["content"]),
    ];
    for (table, columns) in tables {
        let rows = tx.rows(
            &format!(
                "SELECT t.id, t.record_id, t.response_id FROM {table} t
                 JOIN response o ON o.id = t.response_id
                 WHERE t.record_id = $1 AND o.destroyed_at IS NULL ORDER BY t.id"
            ),
            &vals![doomed],
        )?;
        for row in &rows {
            let (id, from, response): (Uuid, RecordId, ResponseId) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let Some(to) = home(tx, from, response)? else {
                continue;
            };
            for name in columns {
                let place = format!("{table}|{name}|{id}");
                move_sealed(
                    tx,
                    (table, &format!("{name}_sealed"), id),
                    &place,
                    (from, to),
                )?;
            }
            if table == "task" {
                let steps = tx.rows("SELECT id FROM task_step WHERE task_id = $1", &vals![id])?;
                for step in &steps {
                    let step: Uuid = step.get(0)?;
                    let place = format!("task_step|note|{step}");
                    move_sealed(tx, ("task_step", "note_sealed", step), &place, (from, to))?;
                }
            }
            tx.exec(
                &format!("UPDATE {table} SET record_id = $2 WHERE id = $1"),
                &vals![id, to],
            )?;
        }
    }
    // Assessments are made anew, without what goes.
    let now = tx.now();
    tx.exec(
        "UPDATE assessment SET next_change_at = $2 WHERE sealed_under = $1",
        &vals![doomed, now],
    )?;
    Ok(())
}

/// Another record of the same person whose key is there: one of the same response, then one of
/// routine surveillance, then any.
fn home(
    tx: &mut Tx<'_>,
    from: RecordId,
    response: ResponseId,
) -> Result<Option<RecordId>, DbError> {
    tx.row(
        "SELECT r.id FROM record_person f
         JOIN record_person p ON p.person_id = f.person_id
         JOIN record r ON r.id = p.record_id
         JOIN record_key k ON k.record_id = r.id
         JOIN response o ON o.id = r.response_id
         WHERE f.record_id = $1 AND r.id <> $1 AND o.destroyed_at IS NULL
         ORDER BY CASE WHEN r.response_id = $2 THEN 0 WHEN o.disease = '' THEN 1 ELSE 2 END,
             r.id LIMIT 1",
        &vals![from, response],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// Seals one value under another record.
fn move_sealed(
    tx: &mut Tx<'_>,
    (table, column, id): (&str, &str, Uuid),
    place: &str,
    (from, to): (RecordId, RecordId),
) -> Result<(), DbError> {
    let row = tx.row(
        &format!("SELECT {column} FROM {table} WHERE id = $1"),
        &vals![id],
    )?;
    let sealed: Option<Vec<u8>> = row.map(|row| row.get(0)).transpose()?.flatten();
    let Some(sealed) = sealed else { return Ok(()) };
    if let Some(plain) = open_under(tx, from, place, &sealed)? {
        let sealed = seal_under(tx, to, place, &plain)?;
        tx.exec(
            &format!("UPDATE {table} SET {column} = $2 WHERE id = $1"),
            &vals![id, sealed],
        )?;
    }
    Ok(())
}

/// Deletes a record's wrapped key and tokens, and asks for it to be noted beside the keys.
pub(crate) fn erase_record(tx: &mut Tx<'_>, id: RecordId) -> Result<(), DbError> {
    forget(tx, id)?;
    note(tx, What::Record, id.uuid())
}

/// Deletes what of a record could still be searched or unwrapped.
fn forget(tx: &mut Tx<'_>, id: RecordId) -> Result<(), DbError> {
    open_doomed(tx, id)?;
    rescue(tx, id)?;
    tx.context.record_keys.remove(&id);
    tx.forget_arrival(id);
    for table in [
        "token",
        "link_token",
        "met",
        "ask_again",
        "file_code",
        "record_key",
    ] {
        let sql = format!("DELETE FROM {table} WHERE record_id = $1");
        tx.exec(&sql, &vals![id])?;
    }
    crate::linkage::score_forget(tx, id)?;
    Ok(())
}

/// LIMIT: records, or rows of a table, that one transaction of a destruction takes.
const SLICE: i64 = 200;
/// LIMIT: transactions of a destruction in one round of upkeep, or in the command itself; the next
/// round goes on.
const SLICES: usize = 50;

impl Store {
    /// Goes on with destroying what responses hold whose rows say so, up to `slices` transactions of
    /// at most `rows` records or rows each; answers whether all of it is done.
    ///
    /// # Errors
    /// When the database fails; calling again goes on.
    pub fn erase_slices(&self, slices: usize, rows: i64) -> Result<bool, DbError> {
        for _ in 0..slices {
            let next: Option<ResponseId> = self.read(|tx| {
                tx.row(
                    "SELECT r.id FROM response r WHERE r.destroyed_at IS NOT NULL AND NOT EXISTS
                         (SELECT 1 FROM erasure e WHERE e.id = r.id) ORDER BY r.id LIMIT 1",
                    &[],
                )?
                .map(|row| row.get(0))
                .transpose()
            })?;
            let Some(id) = next else { return Ok(true) };
            self.upkeep(move |tx| erase_slice(tx, id, rows))?;
        }
        Ok(false)
    }

    /// Goes on with destructions that were committed: a bounded number of slices, then the line
    /// beside the keys, then the keys. What is left is for the next call.
    ///
    /// # Errors
    /// When the database or the key directory fails; calling again goes on.
    pub fn finish_destruction(&self) -> Result<(), EraseError> {
        self.erase_slices(SLICES, SLICE)?;
        // Also what another node has noted: its keys may still be in memory here.
        let all: Vec<(Uuid, String, Option<i64>)> = self.read(|tx| {
            tx.rows(
                "SELECT id, kind, logged_at FROM erasure
                 WHERE logged_at IS NULL OR kind = 'response' ORDER BY at, id",
                &[],
            )?
            .iter()
            .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .collect::<Result<_, DbError>>()
        })?;
        let open: Vec<(Uuid, String)> = all
            .into_iter()
            .filter(|(id, _, logged)| {
                logged.is_none() || self.keys().still_holds(ResponseId::from_uuid(*id))
            })
            .map(|(id, kind, _)| (id, kind))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let (now, noted) = (self.now(), self.keys().destroyed());
        for (id, kind) in &open {
            let (response, record) = (ResponseId::from_uuid(*id), RecordId::from_uuid(*id));
            if kind == What::Response.code() {
                if !noted.responses.contains(&response) {
                    self.keys().note_response(response, now)?;
                }
            } else if !noted.records.contains(&record) {
                self.keys().note_record(record, now)?;
            }
        }
        self.keys().finish_destruction()?;
        self.upkeep(move |tx| {
            for (id, _) in &open {
                tx.exec(
                    "UPDATE erasure SET logged_at = $2 WHERE id = $1",
                    &vals![*id, now],
                )?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// At the start: removes keys that were to go, and does again what the log beside the keys names
    /// and the database has not done, such as after a restore that was killed.
    pub(crate) fn resume_destruction(&self) -> Result<(), EraseError> {
        self.keys().finish_destruction()?;
        let destroyed = self.keys().destroyed();
        let (behind, unnoted) = self.read(|tx| {
            let mut behind = false;
            for id in &destroyed.responses {
                behind |= 0 < tx.value::<i64>(
                    "SELECT COUNT(*) FROM response WHERE id = $1 AND destroyed_at IS NULL",
                    &vals![*id],
                )?;
                behind |= 0 < tx.value::<i64>(
                    "SELECT COUNT(*) FROM kept WHERE id = $1 AND ended_at IS NULL",
                    &vals![*id],
                )?;
            }
            for id in &destroyed.records {
                behind |= 0 < tx.value::<i64>(
                    "SELECT COUNT(*) FROM record_key WHERE record_id = $1",
                    &vals![*id],
                )?;
            }
            let mut unnoted = false;
            for row in tx.rows("SELECT id FROM erasure WHERE logged_at IS NOT NULL", &[])? {
                let id: Uuid = row.get(0)?;
                unnoted |= !destroyed.responses.contains(&ResponseId::from_uuid(id))
                    && !destroyed.records.contains(&RecordId::from_uuid(id));
            }
            Ok::<_, DbError>((behind, unnoted))
        })?;
        if unnoted {
            self.unlog_erasures()?;
            self.finish_destruction()?;
        }
        if behind {
            self.replay_destruction()?;
        }
        Ok(())
    }

    /// Takes all destructions as not yet noted beside the keys: after a restore, when the key
    /// directory may be older than the database.
    pub(crate) fn unlog_erasures(&self) -> Result<(), DbError> {
        self.upkeep(|tx| tx.exec("UPDATE erasure SET logged_at = NULL", &[]))?;
        Ok(())
    }

    /// Destroys again whatever `destroyed.log` names: for a database that was restored from a
    /// backup older than the destruction. Answers how many responses and records it names.
    ///
    /// # Errors
    /// When the database or the key directory fails.
    pub fn replay_destruction(&self) -> Result<(usize, usize), EraseError> {
        let destroyed = self.keys().destroyed();
        let counts = (destroyed.responses.len(), destroyed.records.len());
        self.upkeep({
            let responses = destroyed.responses.clone();
            move |tx| {
                let now = tx.now();
                for id in &responses {
                    // Done once more from the beginning, whatever the backup said of it.
                    tx.exec("DELETE FROM erasure WHERE id = $1", &vals![*id])?;
                    let there = tx.exec(
                        "UPDATE response SET closed_at = COALESCE(closed_at, $2),
                             destroyed_at = COALESCE(destroyed_at, $2) WHERE id = $1",
                        &vals![*id, now],
                    )?;
                    if there == 0 {
                        // What was kept of a response, or a response that the backup lacks.
                        crate::kept::forget(tx, id.uuid())?;
                        note(tx, What::Response, id.uuid())?;
                    }
                }
                Ok(())
            }
        })?;
        while !self.erase_slices(SLICES, SLICE)? {}
        for id in destroyed.records {
            self.upkeep(move |tx| erase_record(tx, id))?;
        }
        self.upkeep(|tx| {
            let now = tx.now();
            tx.exec(
                "UPDATE erasure SET logged_at = $1 WHERE logged_at IS NULL",
                &vals![now],
            )
        })?;
        self.keys().finish_destruction()?;
        Ok(counts)
    }
}
