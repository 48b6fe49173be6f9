//! The history of a task: who had it, how long, and what was done. Append-only.

use fangxian_base::{AreaId, Instant};

use super::Task;
use crate::Author;
use crate::db::{DbError, Tx, Val, vals};
use crate::keys::CryptError;
use crate::records::{open_under, seal_under};

/// A step about to be written down.
#[derive(Debug, Clone, Copy)]
pub struct NewStep<'a> {
    /// Who did it.
    pub author: Author,
    /// What: `created`, `read`, `received`, `handed_down`, `returned`, `fed_back`, `closed`, …
    pub kind: &'a str,
    /// The area it left, or is with.
    pub from: Option<AreaId>,
    /// The area it went to.
    pub to: Option<AreaId>,
    /// A code: the result, the reason.
    pub result: Option<&'a str>,
    /// Words.
    pub note: Option<&'a str>,
}

impl<'a> NewStep<'a> {
    /// A step without areas, result or words.
    pub const fn new(author: Author, kind: &'a str) -> Self {
        Self {
            author,
            kind,
            from: None,
            to: None,
            result: None,
            note: None,
        }
    }
}

/// A step as written down.
#[derive(Debug, Clone)]
pub struct TaskStep {
    /// When.
    pub at: Instant,
    /// Who, as [`Author::code`] writes it.
    pub author: String,
    /// What.
    pub kind: String,
    /// The area it left.
    pub from: Option<AreaId>,
    /// The area it went to.
    pub to: Option<AreaId>,
    /// A code.
    pub result: Option<String>,
    /// Words; `None` also when the key was destroyed.
    pub note: Option<String>,
}

/// Writes a step down.
pub fn step_insert(tx: &mut Tx<'_>, task: &Task, step: &NewStep<'_>) -> Result<(), DbError> {
    let id = uuid::Uuid::now_v7();
    let place = format!("task_step|note|{id}");
    let note = match step.note {
        // Work is called off also where the key is gone: the words are left out then.
        Some(text) => match seal_under(tx, task.record, &place, text.as_bytes()) {
            Err(DbError::Crypt(CryptError::Destroyed)) => None,
            sealed => Some(sealed?),
        },
        None => None,
    };
    let (now, entry) = (tx.now(), tx.entry_id()?);
    tx.exec(
        "INSERT INTO task_step (id, task_id, at, author, kind, from_area_id, to_area_id, result,
             note_sealed, entry_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &vals![
            id,
            task.id,
            now,
            step.author.code(),
            step.kind,
            step.from,
            step.to,
            step.result,
            note,
            entry
        ],
    )?;
    Ok(())
}

/// The steps of a task, in their order.
pub fn step_list(tx: &mut Tx<'_>, task: &Task) -> Result<Vec<TaskStep>, DbError> {
    let rows = tx.rows(
        "SELECT id, at, author, kind, from_area_id, to_area_id, result, note_sealed
         FROM task_step WHERE task_id = $1 ORDER BY at, id",
        &[Val::from(task.id)],
    )?;
    let mut steps = Vec::new();
    for row in &rows {
        let id: uuid::Uuid = row.get(0)?;
        let note = match row.get::<Option<Vec<u8>>>(7)? {
            Some(sealed) => open_under(tx, task.record, &format!("task_step|note|{id}"), &sealed)?,
            None => None,
        };
        steps.push(TaskStep {
            at: row.get(1)?,
            author: row.get(2)?,
            kind: row.get(3)?,
            from: row.get(4)?,
            to: row.get(5)?,
            result: row.get(6)?,
            note: note.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        });
    }
    Ok(steps)
}
