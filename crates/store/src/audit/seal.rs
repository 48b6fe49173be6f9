//! The sealer: puts committed entries in order, chains and signs them, and tells the outside.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ENTRY_COLUMNS, feed, hex};
use crate::db::{DbError, Row, Tx, vals};
use crate::store::{Store, Told};

/// LIMIT: entries sealed in one batch.
const BATCH_MAX: i64 = 20_000;

/// Sealing reads only committed entries, which nobody changes, so it needs no more than one sealer
/// at a time; commands do not get in its way, nor it in theirs.
const SEAL_ALONE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(7043)";

/// What a sealing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SealReport {
    /// Entries sealed now.
    pub sealed: i64,
    /// The last place in the order.
    pub last_seal: i64,
}

/// The head could not be told to the outside.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// The database failed.
    #[error("sealing")]
    Db(#[from] DbError),
    /// The file of heads could not be written.
    #[error("file of heads `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// A line of `audit/heads.jsonl`: the signed state of the chain after a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub last_seal: i64,
    pub hash: String,
    pub signature: String,
}

/// What is signed for a head.
pub(crate) fn signed_text(last_seal: i64, head: &str) -> String {
    format!("fangxian audit head {last_seal} {head}")
}

/// The hash of an entry, chained to the one before it. The row's seal column is part of it.
pub(super) fn chained(previous: &[u8], row: &Row, seal: i64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(seal.to_be_bytes());
    // id, command, time, author, action, purpose, response, references, detail, salt
    row.0
        .iter()
        .take(10)
        .for_each(|value| feed(&mut hash, value));
    hash.finalize().into()
}

impl Store {
    /// Seals what was committed since the last time, until nothing is left.
    ///
    /// # Errors
    /// When the database fails, or the file of heads cannot be written; the next call goes on.
    pub fn seal(&self) -> Result<SealReport, HeadError> {
        let mut report = SealReport::default();
        loop {
            let keys = self.keys_shared();
            let sealed = self.upkeep_in(SEAL_ALONE, move |tx| {
                seal_batch(tx, &|text| keys.sign(text.as_bytes()))
            })?;
            report.sealed += sealed;
            if sealed < BATCH_MAX {
                break;
            }
        }
        report.last_seal = self.read(super::last_seal)?;
        self.knows_sealed(report.last_seal);
        self.publish_heads()?;
        Ok(report)
    }

    fn publish_heads(&self) -> Result<(), HeadError> {
        let path = self.data_dir().join("audit").join("heads.jsonl");
        let fail = |source| HeadError::File {
            path: path.clone(),
            source,
        };
        // What was told last is remembered; the file is read again when somebody else wrote it.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let length = match std::fs::metadata(&path) {
            Ok(file) => file.len(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => 0,
            Err(e) => return Err(fail(e)),
        };
        let known = match *told {
            Some(told) if told.length == length => told.last_seal,
            Some(_) | None => last_published(&path).map_err(fail)?,
        };
        let heads: Vec<Head> = self.read(|tx| {
            tx.rows(
                "SELECT last_seal, head, signature FROM seal_batch WHERE last_seal > $1
                 ORDER BY last_seal",
                &vals![known],
            )?
            .iter()
            .map(|row| {
                Ok(Head {
                    last_seal: row.get(0)?,
                    hash: hex(&row.get::<Vec<u8>>(1)?),
                    signature: hex(&row.get::<Vec<u8>>(2)?),
                })
            })
            .collect::<Result<_, DbError>>()
        })?;
        let Some(last_seal) = heads.last().map(|head| head.last_seal) else {
            let length = std::fs::metadata(&path).map_or(0, |file| file.len());
            *told = Some(Told {
                last_seal: known,
                length,
            });
            return Ok(());
        };
        *told = None;
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(fail)?;
        let mut lines = String::new();
        for head in heads {
            lines.push_str(&serde_json::to_string(&head).map_err(|e| fail(e.into()))?);
            lines.push('\n');
        }
        file.write_all(lines.as_bytes()).map_err(fail)?;
        file.sync_all().map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        *told = Some(Told { last_seal, length });
        Ok(())
    }
}

/// The place that a line of the file of heads speaks of.
pub(crate) fn head_seal(line: &str) -> Option<i64> {
    serde_json::from_str::<Head>(line)
        .ok()
        .map(|head| head.last_seal)
}

/// How much of the end of the file of heads is read to find the last one.
const TAIL: u64 = 64 * 1024;

/// The last seal told to the outside; a line cut by a kill is ignored and told again.
fn last_published(path: &std::path::Path) -> std::io::Result<i64> {
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(e) => return Err(e),
    };
    let mut from = file.metadata()?.len().saturating_sub(TAIL);
    loop {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut bytes)?;
        if bytes.last().is_some_and(|last| *last != b'\n') {
            let mut file = std::fs::OpenOptions::new().append(true).open(path)?;
            writeln!(file)?;
        }
        let text = String::from_utf8_lossy(&bytes);
        match text.lines().filter_map(head_seal).max() {
            Some(last) => return Ok(last),
            None if from == 0 => return Ok(0),
            // Nothing readable at the end: everything is looked at.
            None => from = 0,
        }
    }
}

fn seal_batch(tx: &mut Tx<'_>, sign: &dyn Fn(&str) -> [u8; 64]) -> Result<i64, DbError> {
    let state = tx
        .row("SELECT last_seal, head FROM seal_state WHERE one = 1", &[])?
        .ok_or(DbError::Stored { what: "seal state" })?;
    let (first, mut head): (i64, Vec<u8>) = (state.get(0)?, state.get(1)?);
    let rows = tx.rows(
        &format!("SELECT {ENTRY_COLUMNS} FROM audit_entry WHERE seal IS NULL ORDER BY id LIMIT $1"),
        &vals![BATCH_MAX],
    )?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut seal = first;
    for row in &rows {
        seal += 1;
        head = chained(&head, row, seal).to_vec();
        tx.exec(
            "UPDATE audit_entry SET seal = $1, hash = $2 WHERE id = $3",
            &vals![seal, head.as_slice(), row.get::<fangxian_base::EntryId>(0)?],
        )?;
    }
    let signature = sign(&signed_text(seal, &hex(&head)));
    let now = tx.now();
    tx.exec(
        "INSERT INTO seal_batch (last_seal, first_seal, head, signature, at)
         VALUES ($1, $2, $3, $4, $5)",
        &vals![seal, first + 1, head.as_slice(), signature.to_vec(), now],
    )?;
    tx.exec(
        "UPDATE seal_state SET last_seal = $1, head = $2 WHERE one = 1",
        &vals![seal, head.as_slice()],
    )?;
    Ok(seal - first)
}
