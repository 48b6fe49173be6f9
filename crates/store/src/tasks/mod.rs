//! Tasks: one piece of work, the area that holds it, the area asked to help, its clocks, and the
//! steps it went through. What to do is sealed under the record of the person concerned.
//!
//! Moves change one row and add one step; [`task_move`] does both. Start with [`task_insert`].

mod counts;
mod lists;
mod steps;

use fangxian_base::{
    AreaId, Instant, MeasureId, PersonId, RecordId, ResponseId, ReviewId, TaskId, UserId,
};
use fangxian_domain::tasks::TaskState;

use crate::arrivals::Written;
use crate::db::{DbError, Row, Tx, vals};
use crate::records::{open_under, seal_under};

pub use counts::{AreaFigures, area_figures, figures_of_children};
pub use lists::{
    TaskFilter, task_climb_due, task_count, task_key_known, task_list, task_list_by_measure,
    task_list_by_review, task_list_of, task_load, task_open_count_by_measure, task_rules_of,
    task_worker_of,
};
pub use steps::{NewStep, TaskStep, step_insert, step_list};

/// A task about to be given out.
#[derive(Debug)]
pub struct NewTask<'a> {
    /// Its id.
    pub id: TaskId,
    /// For which response.
    pub response: ResponseId,
    /// About whom.
    pub person: PersonId,
    /// The record under whose key its content is sealed.
    pub record: RecordId,
    /// The review that it follows from.
    pub review: Option<ReviewId>,
    /// The measure that it serves.
    pub measure: Option<MeasureId>,
    /// Kind of task.
    pub kind: &'a str,
    /// The rule that asked for it, `pack/rule`.
    pub rule: Option<&'a str>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// The area it is for, and which holds it at first.
    pub area: AreaId,
    /// Whose it is, when there is only one who can have it.
    pub assignee: Option<UserId>,
    /// The same key twice is the same task.
    pub unique_key: Option<&'a str>,
    /// Until when.
    pub due_at: Instant,
    /// What to do.
    pub content: &'a [u8],
}

/// A task as stored, without what is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// For which response.
    pub response: ResponseId,
    /// About whom, today.
    pub person: PersonId,
    /// The record under whose key its content is sealed.
    pub record: RecordId,
    /// The review that it follows from.
    pub review: Option<ReviewId>,
    /// The measure that it serves.
    pub measure: Option<MeasureId>,
    /// Kind of task.
    pub kind: String,
    /// The rule that asked for it.
    pub rule: Option<String>,
    /// Where it stands.
    pub state: TaskState,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// The area it was made for.
    pub area: AreaId,
    /// The area that holds it now.
    pub holder: AreaId,
    /// The area that is asked to help.
    pub raised: Option<AreaId>,
    /// Whose it is.
    pub assignee: Option<UserId>,
    /// When it was made.
    pub created_at: Instant,
    /// Until when.
    pub due_at: Instant,
    /// When the next level is asked to help.
    pub climb_at: Option<Instant>,
    /// How often that happened.
    pub climbs: i64,
    /// What was asked for: `help`, `more_time`.
    pub asked: Option<String>,
    /// When the last level said that it has it.
    pub received_at: Option<Instant>,
    /// What came of it.
    pub result: Option<String>,
    /// Who fed it back.
    pub done_by: Option<UserId>,
    /// When.
    pub done_at: Option<Instant>,
    /// When it was closed or cancelled.
    pub closed_at: Option<Instant>,
    /// The version for edits.
    pub version: i64,
}

pub(crate) const TASK_COLUMNS: &str = "t.id, t.response_id, p.person_id, t.record_id, \
     t.review_id, t.measure_id, t.kind, t.rule, t.state, t.confined, t.area_id, \
     t.holder_area_id, t.raised_area_id, t.assignee, t.created_at, t.due_at, t.climb_at, \
     t.climbs, t.asked, t.received_at, t.result, t.done_by, t.done_at, t.closed_at, t.version";
/// Nothing of a destroyed response is shown.
pub(crate) const TASK_FROM: &str = "task t JOIN record_person p ON p.record_id = t.record_id \
     JOIN response o ON o.id = t.response_id AND o.destroyed_at IS NULL";

pub(crate) fn task_from(row: &Row) -> Result<Task, DbError> {
    Ok(Task {
        id: row.get(0)?,
        response: row.get(1)?,
        person: row.get(2)?,
        record: row.get(3)?,
        review: row.get(4)?,
        measure: row.get(5)?,
        kind: row.get(6)?,
        rule: row.get(7)?,
        state: TaskState::from_code(&row.get::<String>(8)?)
            .ok_or(DbError::Stored { what: "task state" })?,
        confined: row.get(9)?,
        area: row.get(10)?,
        holder: row.get(11)?,
        raised: row.get(12)?,
        assignee: row.get(13)?,
        created_at: row.get(14)?,
        due_at: row.get(15)?,
        climb_at: row.get(16)?,
        climbs: row.get(17)?,
        asked: row.get(18)?,
        received_at: row.get(19)?,
        result: row.get(20)?,
        done_by: row.get(21)?,
        done_at: row.get(22)?,
        closed_at: row.get(23)?,
        version: row.get(24)?,
    })
}

fn place(id: TaskId) -> String {
    format!("task|content|{id}")
}

/// Gives a task out; answers whether it is new, or one with the same key exists.
pub fn task_insert(tx: &mut Tx<'_>, new: &NewTask<'_>) -> Result<bool, DbError> {
    tx.wrote(new.record, Written::Task);
    let content = seal_under(tx, new.record, &place(new.id), new.content)?;
    let now = tx.now();
    let touched = tx.exec(
        "INSERT INTO task (id, response_id, person_id, record_id, review_id, measure_id, kind,
             rule, state, confined, area_id, holder_area_id, assignee, unique_key, created_at,
             due_at, climb_at, climbs, content_sealed, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14, $15, $15, 0,
             $16, 1)
         ON CONFLICT (unique_key) DO NOTHING",
        &vals![
            new.id,
            new.response,
            new.person,
            new.record,
            new.review,
            new.measure,
            new.kind,
            new.rule,
            TaskState::Open.code(),
            new.confined,
            new.area,
            new.assignee,
            new.unique_key,
            now,
            new.due_at,
            content
        ],
    )?;
    if touched == 1 {
        tx.note("task", new.id);
    }
    Ok(touched == 1)
}

/// One task.
pub fn task_fetch(tx: &mut Tx<'_>, id: TaskId) -> Result<Option<Task>, DbError> {
    tx.row(
        &format!("SELECT {TASK_COLUMNS} FROM {TASK_FROM} WHERE t.id = $1"),
        &vals![id],
    )?
    .map(|row| task_from(&row))
    .transpose()
}

/// What to do; `None` when the key was destroyed.
pub fn task_content(tx: &mut Tx<'_>, task: &Task) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.row(
        "SELECT content_sealed FROM task WHERE id = $1",
        &vals![task.id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let sealed: Vec<u8> = row.get(0)?;
    open_under(tx, task.record, &place(task.id), &sealed)
}

/// What is called off frees its key: whoever still needs the same may give it out again.
///
/// Writes everything about a task that may change, as `task` now says, and one step; answers
/// whether the row was at `task.version`.
pub fn task_move(tx: &mut Tx<'_>, task: &Task, step: &NewStep<'_>) -> Result<bool, DbError> {
    tx.note("task", task.id);
    tx.detail("task_state", task.state.code());
    let touched = tx.exec(
        "UPDATE task SET state = $3, holder_area_id = $4, raised_area_id = $5, assignee = $6,
             due_at = $7, climb_at = $8, climbs = $9, asked = $10, received_at = $11,
             result = $12, done_by = $13, done_at = $14, closed_at = $15,
             unique_key = CASE WHEN $3 = 'cancelled' THEN NULL ELSE unique_key END,
             version = version + 1
         WHERE id = $1 AND version = $2",
        &vals![
            task.id,
            task.version,
            task.state.code(),
            task.holder,
            task.raised,
            task.assignee,
            task.due_at,
            task.climb_at,
            task.climbs,
            task.asked.as_ref(),
            task.received_at,
            task.result.as_ref(),
            task.done_by,
            task.done_at,
            task.closed_at
        ],
    )?;
    if touched == 1 {
        step_insert(tx, task, step)?;
    }
    Ok(touched == 1)
}
