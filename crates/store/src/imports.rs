//! Imported files: the file as received (sealed for its response), its mapping, how far it came,
//! and what became of each row that was not plainly taken.

mod undo;

use std::collections::BTreeMap;

use fangxian_base::{ImportId, Instant, RecordId, ResponseId, UserId};

use crate::Author;
use crate::db::{DbError, Insert, Row, Tx, vals};
use crate::keys::CryptError;

pub use undo::{
    Undo, UndoEffect, clocks_begun, listed_contacts, on_another_list, record_standing,
    record_withdraw, undo_begin, undo_effect, undo_end, undo_fetch, undo_next, undo_step,
    undo_stopped,
};

/// How many rows came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows read.
    pub read: i64,
    /// Rows taken.
    pub accepted: i64,
    /// Rows taken that were linked to somebody known before.
    pub matched: i64,
    /// Rows taken of which a possible double waits to be looked at.
    pub queued: i64,
    /// Rows not taken.
    pub rejected: i64,
    /// Rows taken with a warning.
    pub warned: i64,
}

/// A file about to be kept.
#[derive(Debug)]
pub struct NewImport<'a> {
    /// Its id.
    pub id: ImportId,
    /// What it is collected for.
    pub response: ResponseId,
    /// `linelist`, `contacts` or `movements`.
    pub kind: &'a str,
    /// The name it came with.
    pub file_name: &'a str,
    /// The namespace of its own case numbers.
    pub source: &'a str,
    /// Hex of a digest over file, kind, source, mapping and response.
    pub digest: &'a str,
    /// The file.
    pub file: &'a [u8],
    /// The mapping, in its file form.
    pub mapping: &'a str,
    /// Who brought it.
    pub author: Author,
}

/// An imported file.
#[derive(Debug, Clone)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// What it was collected for.
    pub response: ResponseId,
    /// `linelist`, `contacts` or `movements`.
    pub kind: String,
    /// The name it came with.
    pub file_name: String,
    /// The namespace of its own case numbers.
    pub source: String,
    /// The mapping, in its file form.
    pub mapping: String,
    /// `running`, `done`, `cancelled`, `failed`, `undoing` or `undone`.
    pub state: String,
    /// How far it came.
    pub counts: Counts,
    /// Who brought it.
    pub author: String,
    /// When.
    pub created_at: Instant,
    /// When the last row was done.
    pub finished_at: Option<Instant>,
    /// Why it, or its undoing, stopped, in words for people.
    pub failure: Option<String>,
}

const IMPORT_COLUMNS: &str = "id, response_id, kind, file_name, source, mapping, state, rows_read, \
     accepted, matched, queued, rejected, warned, created_by, created_at, finished_at, failure";

fn import_from(row: &Row) -> Result<Import, DbError> {
    Ok(Import {
        id: row.get(0)?,
        response: row.get(1)?,
        kind: row.get(2)?,
        file_name: row.get(3)?,
        source: row.get(4)?,
        mapping: row.get(5)?,
        state: row.get(6)?,
        counts: Counts {
            read: row.get(7)?,
            accepted: row.get(8)?,
            matched: row.get(9)?,
            queued: row.get(10)?,
            rejected: row.get(11)?,
            warned: row.get(12)?,
        },
        author: row.get(13)?,
        created_at: row.get(14)?,
        finished_at: row.get(15)?,
        failure: row.get(16)?,
    })
}

/// Keeps a file as received.
pub fn import_insert(tx: &mut Tx<'_>, import: &NewImport<'_>) -> Result<(), DbError> {
    let place = format!("import|file|{}", import.id);
    let sealed = tx
        .context
        .keys
        .seal_for(import.response, &place, import.file)?;
    let now = tx.now();
    tx.note("import", import.id);
    tx.exec(
        "INSERT INTO import (id, response_id, kind, file_name, source, digest, file_sealed, mapping,
             state, rows_read, accepted, matched, queued, rejected, warned, created_by, created_at,
             version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'running', 0, 0, 0, 0, 0, 0, $9, $10, 1)",
        &vals![
            import.id,
            import.response,
            import.kind,
            import.file_name,
            import.source,
            import.digest,
            sealed,
            import.mapping,
            import.author.code(),
            now
        ],
    )?;
    Ok(())
}

/// One import.
pub fn import_fetch(tx: &mut Tx<'_>, id: ImportId) -> Result<Option<Import>, DbError> {
    tx.row(
        &format!("SELECT {IMPORT_COLUMNS} FROM import WHERE id = $1"),
        &vals![id],
    )?
    .map(|row| import_from(&row))
    .transpose()
}

/// The import of exactly this file in exactly this way, if there is one that stands.
pub fn import_by_digest(tx: &mut Tx<'_>, digest: &str) -> Result<Option<Import>, DbError> {
    tx.row(
        &format!(
            "SELECT {IMPORT_COLUMNS} FROM import WHERE digest = $1
                 AND state NOT IN ('cancelled', 'undoing', 'undone') ORDER BY id LIMIT 1"
        ),
        &vals![digest],
    )?
    .map(|row| import_from(&row))
    .transpose()
}

/// The mappings of lists of a kind and source that were taken in, newest first.
pub fn import_mappings(
    tx: &mut Tx<'_>,
    kind: &str,
    source: &str,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    tx.rows(
        "SELECT mapping FROM import WHERE kind = $1 AND source = $2 AND state = 'done'
         ORDER BY id DESC LIMIT $3",
        &vals![kind, source, limit],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Imports, newest first.
pub fn import_list(
    tx: &mut Tx<'_>,
    before: Option<ImportId>,
    limit: i64,
) -> Result<Vec<Import>, DbError> {
    let mut values = vals![limit].to_vec();
    let older = before.map_or("", |before| {
        values.push(before.into());
        " WHERE id < $2"
    });
    tx.rows(
        &format!("SELECT {IMPORT_COLUMNS} FROM import{older} ORDER BY id DESC LIMIT $1"),
        &values,
    )?
    .iter()
    .map(import_from)
    .collect()
}

/// Imports, and undoings of imports, that a kill or a restart left under way.
pub fn import_unfinished(tx: &mut Tx<'_>) -> Result<Vec<Import>, DbError> {
    tx.rows(
        &format!(
            "SELECT {IMPORT_COLUMNS} FROM import WHERE state IN ('running', 'undoing')
             ORDER BY id"
        ),
        &[],
    )?
    .iter()
    .map(import_from)
    .collect()
}

/// The file as received; `None` when its response was destroyed.
pub fn import_file(tx: &mut Tx<'_>, import: &Import) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.row(
        "SELECT file_sealed FROM import WHERE id = $1",
        &vals![import.id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let sealed: Vec<u8> = row.get(0)?;
    let place = format!("import|file|{}", import.id);
    match tx.context.keys.open_for(import.response, &place, &sealed) {
        Ok(plain) => Ok(Some(plain)),
        Err(CryptError::Destroyed) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Adds what a batch of rows came to.
pub fn import_add(tx: &mut Tx<'_>, id: ImportId, counts: Counts) -> Result<(), DbError> {
    tx.note("import", id);
    tx.exec(
        "UPDATE import SET rows_read = rows_read + $2, accepted = accepted + $3,
             matched = matched + $4, queued = queued + $5, rejected = rejected + $6,
             warned = warned + $7, version = version + 1 WHERE id = $1",
        &vals![
            id,
            counts.read,
            counts.accepted,
            counts.matched,
            counts.queued,
            counts.rejected,
            counts.warned
        ],
    )?;
    Ok(())
}

/// Ends an import: `done`, `cancelled`, or `failed` with the reason in words.
pub fn import_finish(
    tx: &mut Tx<'_>,
    id: ImportId,
    state: &str,
    failure: Option<&str>,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.note("import", id);
    tx.detail("import_state", state);
    tx.exec(
        "UPDATE import SET state = $2, finished_at = $3, failure = $4, version = version + 1
         WHERE id = $1 AND state = 'running'",
        &vals![id, state, now, failure],
    )?;
    Ok(())
}

/// Lets an import that failed go on; answers whether it had failed.
pub fn import_reopen(tx: &mut Tx<'_>, id: ImportId) -> Result<bool, DbError> {
    tx.note("import", id);
    tx.detail("import_state", "running");
    let touched = tx.exec(
        "UPDATE import SET state = 'running', finished_at = NULL, failure = NULL,
             version = version + 1 WHERE id = $1 AND state = 'failed'",
        &vals![id],
    )?;
    Ok(touched == 1)
}

/// Cancels an import that runs or failed; answers whether it did.
pub fn import_cancel(tx: &mut Tx<'_>, id: ImportId) -> Result<bool, DbError> {
    let now = tx.now();
    tx.note("import", id);
    tx.detail("import_state", "cancelled");
    let touched = tx.exec(
        "UPDATE import SET state = 'cancelled', finished_at = $2, version = version + 1
         WHERE id = $1 AND state IN ('running', 'failed')",
        &vals![id, now],
    )?;
    Ok(touched == 1)
}

/// How many rows of an import are of which class by the current answer of its response; rows
/// without one count as `none`.
pub fn import_classes(tx: &mut Tx<'_>, import: &Import) -> Result<BTreeMap<String, i64>, DbError> {
    let rows = tx.rows(
        "SELECT COALESCE(a.class, 'none'), COUNT(*)
         FROM (SELECT r.id FROM record r WHERE r.import_id = $1
               UNION SELECT w.record_id FROM import_row w
               WHERE w.import_id = $1 AND w.record_id IS NOT NULL) t
         JOIN record_person p ON p.record_id = t.id
         LEFT JOIN assessment a ON a.person_id = p.person_id AND a.response_id = $2
             AND a.scheme = 'case'
         GROUP BY COALESCE(a.class, 'none')",
        &vals![import.id, import.response],
    )?;
    rows.iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect()
}

const IMPORT_ROW: Insert = Insert {
    rank: 11,
    table: "import_row",
    columns: "import_id, row_no, state, findings, record_id",
    width: 5,
    tail: " ON CONFLICT (import_id, row_no) DO NOTHING",
};

/// What became of one row: `accepted` (with warnings) or `rejected`. Findings are codes and words,
/// never cells.
pub fn import_row_insert(
    tx: &mut Tx<'_>,
    id: ImportId,
    row_no: i64,
    state: &str,
    findings: &str,
    record: Option<RecordId>,
) {
    tx.later(&IMPORT_ROW, vals![id, row_no, state, findings, record]);
}

/// A row that was not plainly taken.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Its number in the file.
    pub row_no: i64,
    /// `accepted` or `rejected`.
    pub state: String,
    /// Findings as JSON.
    pub findings: String,
    /// The record it became.
    pub record: Option<RecordId>,
}

/// Rows of an import in a state, by number.
pub fn import_rows(
    tx: &mut Tx<'_>,
    id: ImportId,
    state: &str,
    limit: i64,
) -> Result<Vec<ImportRow>, DbError> {
    tx.rows(
        "SELECT row_no, state, findings, record_id FROM import_row
         WHERE import_id = $1 AND state = $2 ORDER BY row_no LIMIT $3",
        &vals![id, state, limit],
    )?
    .iter()
    .map(|row| {
        Ok(ImportRow {
            row_no: row.get(0)?,
            state: row.get(1)?,
            findings: row.get(2)?,
            record: row.get(3)?,
        })
    })
    .collect()
}

/// A rejected row that somebody has to deal with.
#[derive(Debug, Clone)]
pub struct OpenRow {
    /// The import.
    pub import: ImportId,
    /// The response it was collected for.
    pub response: ResponseId,
    /// The name the file came with.
    pub file_name: String,
    /// Who brought the file.
    pub author: String,
    /// When.
    pub since: Instant,
    /// The row's number in the file.
    pub row_no: i64,
    /// Findings as JSON.
    pub findings: String,
}

const OPEN_ROWS: &str = "FROM import_row w JOIN import i ON i.id = w.import_id
     JOIN response o ON o.id = i.response_id AND o.destroyed_at IS NULL
     WHERE w.state = 'rejected' AND w.work IS NULL
         AND i.state NOT IN ('cancelled', 'undoing', 'undone')";

/// Rejected rows of all imports that nobody has dealt with, the oldest first.
pub fn open_rows(tx: &mut Tx<'_>, limit: i64, offset: i64) -> Result<Vec<OpenRow>, DbError> {
    tx.rows(
        &format!(
            "SELECT i.id, i.response_id, i.file_name, i.created_by, i.created_at, w.row_no,
                 w.findings {OPEN_ROWS} ORDER BY i.created_at, i.id, w.row_no LIMIT $1 OFFSET $2"
        ),
        &vals![limit, offset],
    )?
    .iter()
    .map(|row| {
        Ok(OpenRow {
            import: row.get(0)?,
            response: row.get(1)?,
            file_name: row.get(2)?,
            author: row.get(3)?,
            since: row.get(4)?,
            row_no: row.get(5)?,
            findings: row.get(6)?,
        })
    })
    .collect()
}

/// Counts what [`open_rows`] would list without its limit.
pub fn open_row_count(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.value(&format!("SELECT COUNT(*) {OPEN_ROWS}"), &[])
}

/// Takes a rejected row off the work list: `corrected` or `dismissed`; answers whether it was
/// still on it.
pub fn row_decide(
    tx: &mut Tx<'_>,
    import: &Import,
    row_no: i64,
    work: &str,
    reason: &str,
    by: UserId,
) -> Result<bool, DbError> {
    let place = format!("import_row|work_reason|{}/{row_no}", import.id);
    let sealed = tx
        .context
        .keys
        .seal_for(import.response, &place, reason.as_bytes())?;
    let now = tx.now();
    tx.note("import", import.id);
    tx.detail("row", row_no);
    tx.detail("row_state", work);
    let touched = tx.exec(
        "UPDATE import_row SET work = $3, work_by = $4, work_at = $5, work_reason = $6
         WHERE import_id = $1 AND row_no = $2 AND state = 'rejected' AND work IS NULL",
        &vals![import.id, row_no, work, by, now, sealed],
    )?;
    Ok(touched == 1)
}
