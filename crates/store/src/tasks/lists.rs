//! Lists and single questions about tasks.

use std::fmt::Write as _;

use fangxian_base::{AreaId, Instant, MeasureId, PersonId, ResponseId, ReviewId, UserId};
use fangxian_domain::tasks::TaskState;

use super::{TASK_COLUMNS, TASK_FROM, Task, task_from};
use crate::AreaRange;
use crate::arrivals::Written;
use crate::db::{DbError, Tx, Val, vals};
use crate::records::within;
use crate::scopes::{Columns, Scope, Wanted};

const SCOPED: Columns<'static> = Columns {
    area: "t.holder_area_id",
    response: "t.response_id",
    confined: "t.confined",
    assignee: "t.assignee",
    unit: "",
};

/// Which tasks to list.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// What the reader may see.
    pub scopes: Vec<Scope>,
    /// Only in these states; empty: all.
    pub states: Vec<TaskState>,
    /// Only in and below this area.
    pub below: Option<AreaRange>,
    /// Only overdue at this moment.
    pub late_at: Option<Instant>,
    /// Only those in which one of these areas, by path, is asked to help; empty: all.
    pub raised_to: Vec<String>,
    /// Only those of this user, and those of nobody held by these areas, by path.
    pub for_worker: Option<(UserId, Vec<String>)>,
    /// LIMIT: how many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

fn wanted(filter: &TaskFilter) -> Wanted {
    let mut wanted = Wanted::seen(&[], &filter.scopes, SCOPED);
    wanted.states("t.state", filter.states.iter().map(|state| state.code()));
    wanted.below("t.holder_area_id", filter.below.as_ref());
    if let Some(moment) = filter.late_at {
        wanted.and_with("t.state IN ('open', 'received') AND t.due_at < ?", moment);
    }
    if !filter.raised_to.is_empty() {
        let paths = wanted.list(filter.raised_to.iter().map(String::as_str));
        wanted.and(&format!(
            "t.state IN ('open', 'received')
              AND t.raised_area_id IN (SELECT y.id FROM area y WHERE y.path IN ({paths}))"
        ));
    }
    if let Some((user, paths)) = &filter.for_worker {
        let paths = wanted.list(paths.iter().map(String::as_str));
        let held = if paths.is_empty() {
            "1 = 0".to_owned()
        } else {
            format!("t.holder_area_id IN (SELECT y.id FROM area y WHERE y.path IN ({paths}))")
        };
        wanted.and_with(
            &format!("(t.assignee = ? OR (t.assignee IS NULL AND {held}))"),
            *user,
        );
    }
    wanted
}

/// Lists tasks: work still to be done first, by what is due soonest.
pub fn task_list(tx: &mut Tx<'_>, filter: &TaskFilter) -> Result<Vec<Task>, DbError> {
    let wanted = wanted(filter);
    let select = format!(
        "SELECT {TASK_COLUMNS} FROM {TASK_FROM} WHERE {}
         ORDER BY CASE WHEN t.state IN ('open', 'received') THEN 0
             WHEN t.state = 'done' THEN 1 ELSE 2 END, t.due_at, t.id",
        wanted.sql()
    );
    wanted
        .page(tx, &select, filter.limit, filter.offset)?
        .iter()
        .map(task_from)
        .collect()
}

/// Counts what [`task_list`] would list without its limit.
pub fn task_count(tx: &mut Tx<'_>, filter: &TaskFilter) -> Result<i64, DbError> {
    wanted(filter).count(tx, TASK_FROM)
}

fn all_where(tx: &mut Tx<'_>, condition: &str, values: &[Val]) -> Result<Vec<Task>, DbError> {
    tx.rows(
        &format!(
            "SELECT {TASK_COLUMNS} FROM {TASK_FROM} WHERE {condition} ORDER BY t.due_at, t.id"
        ),
        values,
    )?
    .iter()
    .map(task_from)
    .collect()
}

/// All tasks about a person.
pub fn task_list_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Task>, DbError> {
    all_where(tx, "p.person_id = $1", &vals![person])
}

/// All tasks that follow from a review, by themselves or through its measures.
pub fn task_list_by_review(tx: &mut Tx<'_>, review: ReviewId) -> Result<Vec<Task>, DbError> {
    all_where(
        tx,
        "(t.review_id = $1 OR t.measure_id IN (SELECT m.id FROM measure m WHERE m.review_id = $1))",
        &vals![review],
    )
}

/// All tasks that serve a measure.
pub fn task_list_by_measure(tx: &mut Tx<'_>, measure: MeasureId) -> Result<Vec<Task>, DbError> {
    all_where(tx, "t.measure_id = $1", &vals![measure])
}

/// How many tasks of a measure still have to be done or closed.
pub fn task_open_count_by_measure(tx: &mut Tx<'_>, measure: MeasureId) -> Result<i64, DbError> {
    tx.value(
        "SELECT COUNT(*) FROM task t WHERE t.measure_id = $1
         AND t.state IN ('open', 'received', 'done')",
        &vals![measure],
    )
}

/// Whether a task with this key was given out.
pub fn task_key_known(tx: &mut Tx<'_>, key: &str) -> Result<bool, DbError> {
    let known: i64 = tx.value(
        "SELECT COUNT(*) FROM task WHERE unique_key = $1",
        &vals![key],
    )?;
    Ok(known > 0)
}

/// The rules for which a person has had tasks in a response.
pub fn task_rules_of(
    tx: &mut Tx<'_>,
    person: PersonId,
    response: ResponseId,
) -> Result<Vec<String>, DbError> {
    if tx.is_stranger_without(person, Written::Task) {
        return Ok(Vec::new());
    }
    tx.rows(
        "SELECT DISTINCT t.rule FROM record_person p CROSS JOIN task t
         WHERE t.record_id = p.record_id AND p.person_id = $1 AND t.response_id = $2 AND t.rule IS NOT NULL
         AND t.state <> 'cancelled' ORDER BY t.rule",
        &vals![person, response],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Open work and overdue work of an area and what lies below, or of one person.
pub fn task_load(
    tx: &mut Tx<'_>,
    holder: &AreaRange,
    worker: Option<UserId>,
    now: Instant,
) -> Result<(i64, i64), DbError> {
    let mut values = vec![Val::from(now)];
    let mut sql = within(
        std::slice::from_ref(holder),
        "t.holder_area_id",
        &mut values,
    );
    if let Some(worker) = worker {
        values.push(worker.into());
        let _ = write!(sql, " AND t.assignee = ${}", values.len());
    }
    let row = tx.row(
        &format!(
            "SELECT COUNT(*),
                 CAST(COALESCE(SUM(CASE WHEN t.due_at < $1 THEN 1 ELSE 0 END), 0) AS BIGINT)
             FROM task t WHERE t.state IN ('open', 'received') AND {sql}"
        ),
        &values,
    )?;
    match row {
        Some(row) => Ok((row.get(0)?, row.get(1)?)),
        None => Ok((0, 0)),
    }
}

/// Waiting tasks whose next climb is due, the longest overdue first.
pub fn task_climb_due(tx: &mut Tx<'_>, now: Instant, limit: i64) -> Result<Vec<Task>, DbError> {
    tx.rows(
        &format!(
            "SELECT {TASK_COLUMNS} FROM {TASK_FROM} JOIN response r ON r.id = t.response_id
             WHERE t.climb_at <= $1 AND t.state IN ('open', 'received') AND r.closed_at IS NULL
             ORDER BY t.climb_at, t.id LIMIT $2"
        ),
        &vals![now, limit],
    )?
    .iter()
    .map(task_from)
    .collect()
}

/// The one account that holds a role for exactly this area in a response; `None` when there is none, or more.
pub fn task_worker_of(
    tx: &mut Tx<'_>,
    response: ResponseId,
    area: AreaId,
    role: &str,
) -> Result<Option<UserId>, DbError> {
    let now = tx.now();
    let rows = tx.rows(
        "SELECT DISTINCT g.user_id FROM account_grant g JOIN account a ON a.id = g.user_id
         WHERE g.area_id = $1 AND g.role = $2 AND a.disabled_at IS NULL
         AND (g.until_at IS NULL OR g.until_at > $3)
         AND (g.response_id IS NULL OR g.response_id = $4) ORDER BY g.user_id LIMIT 2",
        &vals![area, role, now, response],
    )?;
    match rows.as_slice() {
        [row] => row.get(0).map(Some),
        _ => Ok(None),
    }
}
