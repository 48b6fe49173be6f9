//! What is late asks the next level for help: one level at a time, once for each moment, up to the
//! top. Each level gets its own time before the next is asked.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Instant, TaskId};
use fangxian_domain::tasks::TaskMove;
use fangxian_store::places::area_fetch;
use fangxian_store::tasks::{NewStep, Task, task_climb_due, task_fetch};
use fangxian_store::{Author, Tx};
use serde::{Deserialize, Serialize};

use super::moves::finish;
use super::parent_of;
use crate::assess::Rules;
use crate::{App, Result, Who, found};

/// Minutes that a level gets at least before the next is asked.
/// `ours`: no source names a number; it keeps a short deadline from reaching the top at once.
const LEVEL_MINUTES_MIN: i64 = 60;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Swept {
    /// Tasks for which the next level was asked.
    pub climbed: usize,
}

impl App {
    /// Asks the next level to help with every task whose time has passed. Running it again at the
    /// same moment does nothing.
    ///
    /// # Errors
    /// What the store said.
    pub fn overdue_sweep(&self, limit: i64) -> Result<Swept> {
        let now = self.now();
        let due = self.read(|tx| Ok(task_climb_due(tx, now, limit)?))?;
        let mut swept = Swept::default();
        for task in due {
            let (rules, id, seen) = (self.rules(), task.id, task.climb_at);
            let climbed = self.write(
                &Who::system(),
                CommandId::new(),
                Action::TasksAssign,
                Purpose::TaskWork,
                Some(task.response),
                move |tx| climb(&rules, tx, id, seen),
            );
            match climbed {
                Ok(climbed) => swept.climbed += usize::from(climbed),
                // One task that cannot be moved must not keep the others waiting.
                Err(e) => e.log(),
            }
        }
        Ok(swept)
    }
}

/// One level up, if the moment seen is still the one that is due.
fn climb(rules: &Rules, tx: &mut Tx<'_>, id: TaskId, seen: Option<Instant>) -> Result<bool> {
    let mut task = found(task_fetch(tx, id))?;
    let now = tx.now();
    let due = task.climb_at.is_some_and(|at| at <= now) && task.climb_at == seen;
    let Some(state) = task.state.after(TaskMove::Climb).filter(|_| due) else {
        return Ok(false);
    };
    task.state = state;
    let from = task.raised.unwrap_or(task.holder);
    let Some(above) = parent_of(tx, from)? else {
        // The top already knows, or holds it itself.
        let asked_before = task.raised.is_some();
        (task.raised, task.climb_at) = (Some(from), None);
        task.climbs += i64::from(!asked_before);
        let step = NewStep {
            from: Some(task.holder),
            to: Some(from),
            ..NewStep::new(Author::System, "climbed")
        };
        finish(tx, &task, &step)?;
        return Ok(!asked_before);
    };
    task.raised = Some(above);
    task.climbs += 1;
    let top = parent_of(tx, above)?.is_none();
    task.climb_at = if top {
        None
    } else {
        Some(next(rules, tx, &task, above)?)
    };
    let step = NewStep {
        from: Some(from),
        to: Some(above),
        ..NewStep::new(Author::System, "climbed")
    };
    finish(tx, &task, &step)?;
    Ok(true)
}

/// When the level after this one is asked: by the city's deadline for the level that was asked
/// now; where it names none, after as long as the task had in the first place.
fn next(
    rules: &Rules,
    tx: &mut Tx<'_>,
    task: &Task,
    asked: fangxian_base::AreaId,
) -> Result<Instant> {
    let level = found(area_fetch(tx, asked))?.level;
    let today = rules.today(tx);
    let minutes = match rules.deadline_hours(tx, &task.kind, level, today)? {
        Some(hours) => hours.saturating_mul(60),
        None => task.due_at.minutes_since(task.created_at),
    };
    Ok(tx.now().plus_minutes(minutes.max(LEVEL_MINUTES_MIN)))
}
