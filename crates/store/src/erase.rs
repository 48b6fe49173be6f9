//! Destruction of personal records, so that a kill or an old backup cannot bring them back.
//!
//! A destruction has three durable steps: the row `erasure` with the search tokens and wrapped keys
//! gone (one transaction, audited), the line in `destroyed.log` beside the keys, and the key file
//! gone. [`Store::finish_destruction`] does what is still to do; [`Store::replay_destruction`] does
//! everything again on a database that was restored from before.

use fangxian_base::{RecordId, ResponseId};
use uuid::Uuid;

use crate::db::{DbError, Tx, vals};
use crate::keys::KeysError;
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

/// Deletes what of a response could still be searched or unwrapped, and asks for its key to go.
pub(crate) fn erase_response(tx: &mut Tx<'_>, id: ResponseId) -> Result<(), DbError> {
    tx.exec(
        "DELETE FROM token WHERE record_id IN (SELECT r.id FROM record r WHERE r.response_id = $1)",
        &vals![id],
    )?;
    tx.exec("DELETE FROM record_key WHERE response_id = $1", &vals![id])?;
    blank(tx, id)?;
    tx.context.record_keys.clear();
    note(tx, What::Response, id.uuid())
}

/// Empties what was written for a response under the key of a record that was collected for
/// something else, such as routine surveillance. An empty sealed value reads as destroyed.
fn blank(tx: &mut Tx<'_>, id: ResponseId) -> Result<(), DbError> {
    const NOTHING: &[u8] = &[];
    tx.exec("DELETE FROM assessment WHERE response_id = $1", &vals![id])?;
    let tables = [
        (
            "review",
            "proposal_sealed = $2, first_reason_sealed = $2, second_reason_sealed = $2",
            "response_id = $1",
        ),
        (
            "measure",
            "content_sealed = $2, reason_sealed = $2",
            "response_id = $1",
        ),
        ("task", "content_sealed = $2", "response_id = $1"),
        (
            "task_step",
            "note_sealed = $2",
            "task_id IN (SELECT t.id FROM task t WHERE t.response_id = $1)",
        ),
    ];
    for (table, columns, rows) in tables {
        tx.exec(
            &format!("UPDATE {table} SET {columns} WHERE {rows}"),
            &vals![id, NOTHING],
        )?;
    }
    Ok(())
}

/// Deletes a record's wrapped key and tokens, and asks for it to be noted beside the keys.
pub(crate) fn erase_record(tx: &mut Tx<'_>, id: RecordId) -> Result<(), DbError> {
    tx.context.record_keys.remove(&id);
    tx.exec("DELETE FROM token WHERE record_id = $1", &vals![id])?;
    tx.exec("DELETE FROM record_key WHERE record_id = $1", &vals![id])?;
    note(tx, What::Record, id.uuid())
}

impl Store {
    /// Notes destructions that were committed beside the keys, and removes their keys.
    ///
    /// # Errors
    /// When the database or the key directory fails; calling again goes on.
    pub fn finish_destruction(&self) -> Result<(), EraseError> {
        let open: Vec<(Uuid, String)> = self.read(|tx| {
            tx.rows(
                "SELECT id, kind FROM erasure WHERE logged_at IS NULL ORDER BY at, id",
                &[],
            )?
            .iter()
            .map(|row| Ok((row.get(0)?, row.get(1)?)))
            .collect::<Result<_, DbError>>()
        })?;
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
        self.upkeep(move |tx| {
            let now = tx.now();
            for id in &destroyed.responses {
                erase_response(tx, *id)?;
                tx.exec(
                    "UPDATE response SET closed_at = COALESCE(closed_at, $2),
                         destroyed_at = COALESCE(destroyed_at, $2) WHERE id = $1",
                    &vals![*id, now],
                )?;
            }
            for id in &destroyed.records {
                erase_record(tx, *id)?;
            }
            tx.exec(
                "UPDATE erasure SET logged_at = $1 WHERE logged_at IS NULL",
                &vals![now],
            )
        })?;
        self.keys().finish_destruction()?;
        Ok(counts)
    }
}
