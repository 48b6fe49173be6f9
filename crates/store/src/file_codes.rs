//! Codes that let a person read their own file: given out at a counter, used, ended. The code itself
//! is nowhere, only its digest.

use fangxian_base::{Instant, PersonId, RecordId, UserId};
use uuid::Uuid;

use crate::db::{DbError, Row, Tx, vals};
use crate::records::{open_under, seal_under};

/// A code about to be given out.
#[derive(Debug)]
pub struct NewFileCode<'a> {
    /// A record of the person whose file it opens.
    pub record: RecordId,
    /// The digest of the code.
    pub digest: [u8; 32],
    /// Who holds it: `self`, `guardian`, `agent`.
    pub holder: &'a str,
    /// How it was made sure who they are: `document`, `visit`.
    pub checked: &'a str,
    /// Who acts for the person, and on what ground; empty for the person.
    pub acting: &'a str,
    /// Who gives it out.
    pub by: UserId,
    /// When it ends.
    pub expires_at: Instant,
}

/// A code as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCode {
    /// Its id.
    pub id: Uuid,
    /// A record of the person.
    pub record: RecordId,
    /// Whose record it is, today.
    pub person: PersonId,
    /// Who holds it.
    pub holder: String,
    /// How it was made sure who they are.
    pub checked: String,
    /// Who gave it out.
    pub given_by: UserId,
    /// When.
    pub given_at: Instant,
    /// When it ends by itself.
    pub expires_at: Instant,
    /// When it was ended before that.
    pub ended_at: Option<Instant>,
    /// How often it was used.
    pub uses: i64,
    /// When it was used last.
    pub used_at: Option<Instant>,
}

impl FileCode {
    /// Whether it opens a file at a moment.
    pub fn holds_at(&self, at: Instant) -> bool {
        self.ended_at.is_none() && at < self.expires_at
    }
}

const COLUMNS: &str = "c.id, c.record_id, p.person_id, c.holder, c.checked, c.given_by, \
     c.given_at, c.expires_at, c.ended_at, c.uses, c.used_at";
/// Nothing of a destroyed response is opened.
const FROM: &str = "file_code c JOIN record_person p ON p.record_id = c.record_id \
     JOIN record r ON r.id = c.record_id \
     JOIN response o ON o.id = r.response_id AND o.destroyed_at IS NULL";

fn code_from(row: &Row) -> Result<FileCode, DbError> {
    Ok(FileCode {
        id: row.get(0)?,
        record: row.get(1)?,
        person: row.get(2)?,
        holder: row.get(3)?,
        checked: row.get(4)?,
        given_by: row.get(5)?,
        given_at: row.get(6)?,
        expires_at: row.get(7)?,
        ended_at: row.get(8)?,
        uses: row.get(9)?,
        used_at: row.get(10)?,
    })
}

fn place(id: Uuid) -> String {
    format!("file_code|acting|{id}")
}

/// Keeps a new code; answers its id.
pub fn file_code_insert(tx: &mut Tx<'_>, new: &NewFileCode<'_>) -> Result<Uuid, DbError> {
    let (id, now) = (Uuid::now_v7(), tx.now());
    let acting = match new.acting {
        "" => None,
        acting => Some(seal_under(tx, new.record, &place(id), acting.as_bytes())?),
    };
    tx.exec(
        "INSERT INTO file_code (id, record_id, digest, holder, checked, acting_sealed, given_by,
             given_at, expires_at, uses)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)",
        &vals![
            id,
            new.record,
            new.digest,
            new.holder,
            new.checked,
            acting,
            new.by,
            now,
            new.expires_at
        ],
    )?;
    tx.note("file_code", id);
    Ok(id)
}

/// The code with this digest, whether or not it still holds.
pub fn file_code_by_digest(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
) -> Result<Option<FileCode>, DbError> {
    tx.row(
        &format!("SELECT {COLUMNS} FROM {FROM} WHERE c.digest = $1"),
        &vals![*digest],
    )?
    .map(|row| code_from(&row))
    .transpose()
}

/// The codes to the file of a person, the newest first.
pub fn file_code_list_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<FileCode>, DbError> {
    tx.rows(
        &format!("SELECT {COLUMNS} FROM {FROM} WHERE p.person_id = $1 ORDER BY c.given_at DESC, c.id DESC"),
        &vals![person],
    )?
    .iter()
    .map(code_from)
    .collect()
}

/// Who acts for the person with a code, and on what ground; nothing for the person, or when it was
/// destroyed.
pub fn file_code_acting(tx: &mut Tx<'_>, code: &FileCode) -> Result<Option<String>, DbError> {
    let sealed: Option<Vec<u8>> = tx.value(
        "SELECT acting_sealed FROM file_code WHERE id = $1",
        &vals![code.id],
    )?;
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let plain = open_under(tx, code.record, &place(code.id), &sealed)?;
    Ok(plain.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Counts a use.
pub fn file_code_used(tx: &mut Tx<'_>, id: Uuid) -> Result<(), DbError> {
    let now = tx.now();
    tx.note("file_code", id);
    tx.exec(
        "UPDATE file_code SET uses = uses + 1, used_at = $2 WHERE id = $1",
        &vals![id, now],
    )?;
    Ok(())
}

/// Ends the codes to a person's file that one kind of holder has; answers how many.
pub fn file_code_end(tx: &mut Tx<'_>, person: PersonId, holder: &str) -> Result<u64, DbError> {
    let now = tx.now();
    tx.exec(
        "UPDATE file_code SET ended_at = $2 WHERE ended_at IS NULL AND expires_at > $2
             AND holder = $3 AND record_id IN
             (SELECT p.record_id FROM record_person p WHERE p.person_id = $1)",
        &vals![person, now, holder],
    )
}
