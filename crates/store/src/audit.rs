//! The audit trail. Every command leaves one entry in its own transaction: who, what, why, and
//! references with salted digests, never personal values. A sealer orders committed entries, chains
//! them in signed batches, and appends each head to a file outside the database, so that a changed,
//! missing, reordered or cut entry, and a changed fact row, are found by [`verify`].

mod seal;
mod verify;

use std::collections::BTreeSet;

use fangxian_base::{EntryId, Instant, PersonId, ResponseId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::db::{DbError, Row, Tx, Val, vals};
use crate::keys::CryptError;
use crate::write::Command;

pub use seal::{HeadError, SealReport};
pub(crate) use seal::{head_seal, signed_text};
pub use verify::{Finding, FindingKind, VerifyReport, verify};

/// What an entry refers to: a table's row, and for facts the digest of what was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The kind of thing, such as `person`, `task`, `fact`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Hex of the salted digest of the row, where the row must never change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The entry of the command under way.
#[derive(Debug)]
pub(crate) struct PendingEntry {
    pub(crate) id: EntryId,
    pub(crate) salt: [u8; 16],
    references: Vec<Reference>,
    /// Kind and id of what is noted without a digest: each once, also where there are thousands.
    noted: BTreeSet<(String, String)>,
    detail: serde_json::Map<String, serde_json::Value>,
}

impl PendingEntry {
    pub(crate) fn begin(id: EntryId) -> Result<Self, CryptError> {
        let salt = crate::keys::random()?;
        Ok(Self {
            id,
            salt,
            references: Vec::new(),
            noted: BTreeSet::new(),
            detail: serde_json::Map::new(),
        })
    }

    pub(crate) fn insert(self, tx: &mut Tx<'_>, command: &Command) -> Result<(), DbError> {
        let stored = |_e: serde_json::Error| DbError::Stored {
            what: "audit entry",
        };
        let references = serde_json::to_string(&self.references).map_err(stored)?;
        let detail = serde_json::to_string(&self.detail).map_err(stored)?;
        let now = tx.now();
        tx.exec(
            "INSERT INTO audit_entry (id, command_id, at, author, action, purpose, response_id,
                 refs, detail, salt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &vals![
                self.id,
                command.id,
                now,
                command.author.code(),
                command.action,
                command.purpose,
                command.response,
                references,
                detail,
                self.salt.to_vec()
            ],
        )?;
        let of_kind = self.references.iter().filter(|one| one.kind == PERSON);
        let persons: Vec<PersonId> = of_kind.filter_map(|one| one.id.parse().ok()).collect();
        for part in persons.chunks(PERSONS_AT_ONCE) {
            let mut values = vals![self.id].to_vec();
            let rows: Vec<String> = part
                .iter()
                .map(|person| {
                    values.push((*person).into());
                    format!("(${}, $1)", values.len())
                })
                .collect();
            tx.exec(
                &format!(
                    "INSERT INTO entry_person (person_id, entry_id) VALUES {}
                     ON CONFLICT DO NOTHING",
                    rows.join(", ")
                ),
                &values,
            )?;
        }
        Ok(())
    }
}

/// LIMIT: persons that one statement notes with an entry.
const PERSONS_AT_ONCE: usize = 100;

/// The kind of reference that a person's own list of readings is made of.
const PERSON: &str = "person";

/// Entries of some actions that refer to any of the persons, newest first and each once: who has
/// read a file. With `before`, only entries older than that one, for the next page.
pub fn entries_about(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
    actions: &[&str],
    before: Option<EntryId>,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    if persons.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = vals![limit].to_vec();
    let codes = crate::scopes::list(actions.iter().copied(), &mut values);
    let marks = persons.iter().map(|person| {
        values.push((*person).into());
        format!("${}", values.len())
    });
    let of = marks.collect::<Vec<_>>().join(", ");
    let older = before.map_or_else(String::new, |before| {
        values.push(before.into());
        format!(" AND p.entry_id < ${}", values.len())
    });
    let columns: Vec<String> = ENTRY_COLUMNS
        .split(", ")
        .map(|name| format!("e.{name}"))
        .collect();
    tx.rows(
        &format!(
            "SELECT {} FROM audit_entry e
             JOIN (SELECT DISTINCT p.entry_id FROM entry_person p
                   WHERE p.person_id IN ({of}){older}) s ON s.entry_id = e.id
             WHERE e.action IN ({codes}) ORDER BY e.id DESC LIMIT $1",
            columns.join(", ")
        ),
        &values,
    )?
    .iter()
    .map(entry_from)
    .collect()
}

impl Tx<'_> {
    /// The audit entry that the command under way will leave; facts point to it.
    pub(crate) fn entry_id(&self) -> Result<EntryId, DbError> {
        self.context
            .entry
            .as_ref()
            .map(|entry| entry.id)
            .ok_or(DbError::Stored {
                what: "audit entry of a command",
            })
    }

    /// Notes in the audit entry that the command touched or showed something.
    pub fn note(&mut self, kind: &str, id: impl std::fmt::Display) {
        if let Some(entry) = &mut self.context.entry {
            let (kind, id) = (kind.to_owned(), id.to_string());
            if entry.noted.insert((kind.clone(), id.clone())) {
                entry.references.push(Reference {
                    kind,
                    id,
                    digest: None,
                });
            }
        }
    }

    /// Notes a row that must never change, with the digest of its columns.
    pub(crate) fn note_row(&mut self, kind: &str, id: impl std::fmt::Display, columns: &[Val]) {
        if let Some(entry) = &mut self.context.entry {
            let digest = Some(hex(&row_digest(&entry.salt, columns)));
            entry.references.push(Reference {
                kind: kind.to_owned(),
                id: id.to_string(),
                digest,
            });
        }
    }

    /// Adds a detail to the audit entry: codes, counts, states; never a personal value.
    pub fn detail(&mut self, key: &str, value: impl Into<serde_json::Value>) {
        if let Some(entry) = &mut self.context.entry {
            entry.detail.insert(key.to_owned(), value.into());
        }
    }
}

/// One entry as stored.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// When it was recorded.
    pub at: Instant,
    /// Who, as [`crate::Author::code`] writes it.
    pub author: String,
    /// The action's code.
    pub action: String,
    /// The purpose's code.
    pub purpose: String,
    /// The response it belongs to.
    pub response: Option<ResponseId>,
    /// What it refers to.
    pub references: Vec<Reference>,
    /// Details: codes and counts.
    pub detail: serde_json::Value,
    /// Its place in the sealed order, once sealed.
    pub seal: Option<i64>,
}

const ENTRY_COLUMNS: &str =
    "id, command_id, at, author, action, purpose, response_id, refs, detail, salt, seal, hash";

fn entry_from(row: &Row) -> Result<Entry, DbError> {
    let stored = |_e: serde_json::Error| DbError::Stored {
        what: "audit entry",
    };
    Ok(Entry {
        id: row.get(0)?,
        at: row.get(2)?,
        author: row.get(3)?,
        action: row.get(4)?,
        purpose: row.get(5)?,
        response: row.get(6)?,
        references: serde_json::from_str(&row.get::<String>(7)?).map_err(stored)?,
        detail: serde_json::from_str(&row.get::<String>(8)?).map_err(stored)?,
        seal: row.get(10)?,
    })
}

/// Which entries to list.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// Only of this author.
    pub author: Option<String>,
    /// Only of this action.
    pub action: Option<String>,
    /// Only those that refer to this kind and id.
    pub refers_to: Option<(String, String)>,
    /// Only entries older than this one, for the next page.
    pub before: Option<EntryId>,
    /// LIMIT: how many at most.
    pub limit: i64,
}

/// Lists entries, newest first.
pub fn entry_list(tx: &mut Tx<'_>, filter: &EntryFilter) -> Result<Vec<Entry>, DbError> {
    let mut sql = format!("SELECT {ENTRY_COLUMNS} FROM audit_entry WHERE 1 = 1");
    let mut values: Vec<Val> = Vec::new();
    let mut and = |condition: &str, value: Val| {
        values.push(value);
        sql.push_str(&condition.replace('#', &format!("${}", values.len())));
    };
    if let Some(author) = &filter.author {
        and(" AND author = #", author.into());
    }
    if let Some(action) = &filter.action {
        and(" AND action = #", action.into());
    }
    if let Some((kind, id)) = &filter.refers_to {
        and(
            " AND refs LIKE #",
            format!("%{{\"kind\":\"{kind}\",\"id\":\"{id}\"%").into(),
        );
    }
    if let Some(before) = filter.before {
        and(" AND id < #", before.into());
    }
    and(" ORDER BY id DESC LIMIT #", filter.limit.into());
    tx.rows(&sql, &values)?.iter().map(entry_from).collect()
}

/// Counts entries not sealed yet.
pub fn unsealed_count(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.value("SELECT COUNT(*) FROM audit_entry WHERE seal IS NULL", &[])
}

/// The last place in the sealed order; "as of" is said in these.
pub fn last_seal(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.value("SELECT last_seal FROM seal_state WHERE one = 1", &[])
}

/// How far sealing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealState {
    /// The last place in the sealed order.
    pub last_seal: i64,
    /// When that was sealed.
    pub last_sealed_at: Option<Instant>,
    /// Entries not sealed yet.
    pub unsealed: i64,
    /// When the oldest of them was recorded.
    pub oldest_unsealed_at: Option<Instant>,
}

/// How far sealing has come.
pub fn seal_state(tx: &mut Tx<'_>) -> Result<SealState, DbError> {
    let last_seal = last_seal(tx)?;
    Ok(SealState {
        last_seal,
        last_sealed_at: tx
            .row(
                "SELECT at FROM seal_batch WHERE last_seal = $1",
                &vals![last_seal],
            )?
            .map(|row| row.get(0))
            .transpose()?,
        unsealed: unsealed_count(tx)?,
        oldest_unsealed_at: tx.value("SELECT MIN(at) FROM audit_entry WHERE seal IS NULL", &[])?,
    })
}

/// Feeds a value to a hash so that no two different rows read alike.
fn feed(hash: &mut Sha256, value: &Val) {
    let (tag, bytes): (u8, Vec<u8>) = match value {
        Val::Null => (0, Vec::new()),
        Val::Int(v) => (1, v.to_be_bytes().to_vec()),
        Val::Real(v) => (2, v.to_be_bytes().to_vec()),
        Val::Text(v) => (3, v.as_bytes().to_vec()),
        Val::Bytes(v) => (4, v.clone()),
        // The embedded engine gives ids back as bytes.
        Val::Uuid(v) => (4, v.as_bytes().to_vec()),
    };
    hash.update([tag]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

pub(crate) fn row_digest(salt: &[u8], columns: &[Val]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(salt);
    for value in columns {
        feed(&mut hash, value);
    }
    hash.finalize().into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads what [`hex`] wrote.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len())
        .step_by(2)
        .map(|i| {
            text.get(i..i + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect()
}
