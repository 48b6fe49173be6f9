//! Asking for help or more time, and granting time: being late is a question, not a reproach.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Instant, TaskId};
use fangxian_domain::tasks::{HelpAsked, TaskMove};
use fangxian_store::tasks::{NewStep, task_fetch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::moves::{begin, finish, words, wrong_state};
use super::{parent_of, resource_at};
use crate::sight::{all_right, not_too_long, required, staff};
use crate::{App, AppError, Result, Who, found};

/// Asking for help or more time, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HelpInput {
    /// The version seen.
    pub version: i64,
    /// `help` or `more_time`.
    pub asks: String,
    /// Words.
    pub note: String,
}

/// Granting time, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TimeInput {
    /// The version seen.
    pub version: i64,
    /// Hours from now.
    pub hours: i64,
    /// Words.
    pub note: String,
}

/// LIMIT: hours of one extension.
const HOURS_MAX: i64 = 14 * 24;

impl App {
    /// Asks for help or more time. Help asks the next level at once.
    ///
    /// # Errors
    /// When nothing is chosen, or the task moved meanwhile.
    pub fn task_ask_help(
        &self,
        who: &Who,
        command: CommandId,
        id: TaskId,
        input: &HelpInput,
    ) -> Result<()> {
        let task = self.task_permit(who, id, Action::TasksFeedback)?;
        let mut wrong = Vec::new();
        not_too_long(&mut wrong, "note", &input.note);
        let asks = HelpAsked::from_code(input.asks.trim());
        if asks.is_none() {
            let (zh, en) = ("请选择需要协助还是延时。", "Choose help or more time.");
            required(&mut wrong, "asks", "", zh, en);
        }
        all_right(wrong)?;
        let Some(asks) = asks else {
            return Err(wrong_state());
        };
        let (author, input) = (who.author(), input.clone());
        self.task_write(who, command, Action::TasksFeedback, &task, move |tx| {
            let mut task = begin(tx, id, input.version, TaskMove::AskHelp)?;
            task.asked = Some(asks.code().to_owned());
            let above = parent_of(tx, task.holder)?.unwrap_or(task.holder);
            task.raised = task.raised.or(Some(above));
            let note = words(&input.note);
            let step = NewStep {
                from: Some(task.holder),
                to: task.raised,
                result: Some(asks.code()),
                note: note.as_deref(),
                ..NewStep::new(author, "help_asked")
            };
            finish(tx, &task, &step)
        })
    }

    /// Grants time: for whoever leads the area that is asked to help, or the one above the holder.
    ///
    /// # Errors
    /// When the asker is not there to grant it, or the hours do not hold.
    pub fn task_grant_time(
        &self,
        who: &Who,
        command: CommandId,
        id: TaskId,
        input: &TimeInput,
    ) -> Result<()> {
        staff(who)?;
        let task = self.read(|tx| {
            let task = found(task_fetch(tx, id))?;
            let above = match task.raised {
                Some(raised) => raised,
                None => parent_of(tx, task.holder)?.unwrap_or(task.holder),
            };
            let thing = resource_at(tx, &task, above)?;
            self.permit(who, Action::TasksAssign, &thing, Purpose::TaskWork)?;
            Ok(task)
        })?;
        if !(1..=HOURS_MAX).contains(&input.hours) {
            return Err(AppError::field(
                "hours",
                &format!("请填 1 到 {HOURS_MAX} 小时。"),
                &format!("Between 1 and {HOURS_MAX} hours."),
            ));
        }
        let (author, input) = (who.author(), input.clone());
        self.task_write(who, command, Action::TasksAssign, &task, move |tx| {
            let mut task = begin(tx, id, input.version, TaskMove::AskHelp)?;
            let until: Instant = tx.now().plus_hours(input.hours);
            (task.due_at, task.climb_at) = (until, Some(until));
            (task.asked, task.raised) = (None, None);
            let note = words(&input.note);
            let step = NewStep {
                to: Some(task.holder),
                note: note.as_deref(),
                ..NewStep::new(author, "time_granted")
            };
            finish(tx, &task, &step)
        })
    }
}
