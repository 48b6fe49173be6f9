//! Receiving, handing down, giving back, closing. Each move changes the row at the version seen and
//! leaves one step. Asking for help stands in `help`.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Instant, TaskId, UserId};
use fangxian_domain::tasks::{ReturnReason, TaskMove, TaskState, may_close};
use fangxian_store::facts::{NewFact, When, fact_insert};
use fangxian_store::places::area_fetch;
use fangxian_store::records::record_fetch;
use fangxian_store::tasks::{NewStep, Task, task_fetch, task_move};
use fangxian_store::{Author, Tx, accounts};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{at_last_level, give, parent_of, resource};
use crate::sight::{all_right, area_of_code, not_too_long, required, staff};
use crate::{App, AppError, FieldError, Result, Role, Who, found};

/// Handing down, as typed: to an area or to a person.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HandDownInput {
    /// The version seen.
    pub version: i64,
    /// Division code of an area directly below the holder.
    pub area_code: String,
    /// Log-in name of a colleague who works in the holder's area.
    pub login: String,
    /// Words for whoever gets it.
    pub note: String,
}

/// Giving back, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReturnInput {
    /// The version seen.
    pub version: i64,
    /// `wrong_address`, `not_ours`, `duplicate`, `no_capacity`, `other`.
    pub reason: String,
    /// Words; needed with `other`.
    pub note: String,
}

/// Closing or reopening, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CloseInput {
    /// The version seen.
    pub version: i64,
    /// Whether the work has to go on instead.
    pub reopen: bool,
    /// Words; needed to reopen.
    pub note: String,
}

pub(super) fn wrong_state() -> AppError {
    AppError::conflict(
        "TASK-STATE",
        "任务已不在这一步，请刷新后查看。",
        "The task is not at this step any more; reload to see where it is.",
    )
}

/// Loads a task inside a write, checks the version seen, and makes the move on the value.
pub(super) fn begin(tx: &mut Tx<'_>, id: TaskId, version: i64, step: TaskMove) -> Result<Task> {
    let mut task = found(task_fetch(tx, id))?;
    if task.version != version {
        return Err(AppError::stale());
    }
    task.state = task.state.after(step).ok_or_else(wrong_state)?;
    Ok(task)
}

/// Writes the moved task and its step.
pub(super) fn finish(tx: &mut Tx<'_>, task: &Task, step: &NewStep<'_>) -> Result<()> {
    if task_move(tx, task, step)? {
        Ok(())
    } else {
        Err(AppError::stale())
    }
}

pub(super) fn words(typed: &str) -> Option<String> {
    Some(typed.trim().to_owned()).filter(|text| !text.is_empty())
}

impl App {
    /// Asks permission for a move on the task as it is held now; answers its response.
    pub(super) fn task_permit(&self, who: &Who, id: TaskId, action: Action) -> Result<Task> {
        staff(who)?;
        self.read(|tx| {
            let task = found(task_fetch(tx, id))?;
            let thing = resource(tx, &task)?;
            self.permit(who, action, &thing, Purpose::TaskWork)?;
            Ok(task)
        })
    }

    pub(super) fn task_write<F>(
        &self,
        who: &Who,
        command: CommandId,
        action: Action,
        task: &Task,
        f: F,
    ) -> Result<()>
    where
        F: FnMut(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        self.write(
            who,
            command,
            action,
            Purpose::TaskWork,
            Some(task.response),
            f,
        )
    }

    /// Says that the last level has it.
    ///
    /// # Errors
    /// When it is not at the last level, where alone a receipt is asked for, or moved meanwhile.
    pub fn task_receive(
        &self,
        who: &Who,
        command: CommandId,
        id: TaskId,
        version: i64,
    ) -> Result<()> {
        let task = self.task_permit(who, id, Action::TasksReceive)?;
        let author = who.author();
        self.task_write(who, command, Action::TasksReceive, &task, move |tx| {
            let mut task = begin(tx, id, version, TaskMove::Receive)?;
            if !at_last_level(tx, &task)? {
                return Err(AppError::conflict(
                    "RECEIPT-NOT-ASKED",
                    "本级无需签收，查看即视为收到；请直接下派或办理。",
                    "No receipt is asked for at this level: reading is enough. Hand it down or do it.",
                ));
            }
            task.received_at = Some(tx.now());
            if task.assignee.is_none() {
                task.assignee = author.user();
            }
            let step = NewStep { to: Some(task.holder), ..NewStep::new(author, "received") };
            finish(tx, &task, &step)
        })
    }

    /// Hands a task to an area directly below, or to a colleague there.
    ///
    /// # Errors
    /// When neither or both are named, the area does not lie directly below, or the colleague does
    /// not work in the area.
    pub fn task_hand_down(
        &self,
        who: &Who,
        command: CommandId,
        id: TaskId,
        input: &HandDownInput,
    ) -> Result<()> {
        let to_person = !input.login.trim().is_empty();
        let action = if to_person {
            Action::TasksAssign
        } else {
            Action::TasksHandDown
        };
        let task = self.task_permit(who, id, action)?;
        let mut wrong = Vec::new();
        not_too_long(&mut wrong, "note", &input.note);
        let to_area = !input.area_code.trim().is_empty();
        if to_person == to_area {
            wrong.push(FieldError {
                field: "area_code".to_owned(),
                text: fangxian_base::Text::new(
                    "请选择下一级区域或承办人（二选一）。",
                    "Choose an area below or a colleague, one of the two.",
                ),
            });
        }
        all_right(wrong)?;
        let (author, input) = (who.author(), input.clone());
        self.task_write(who, command, action, &task, move |tx| {
            let mut task = begin(tx, id, input.version, TaskMove::HandDown)?;
            let from = task.holder;
            if to_person {
                task.assignee = Some(colleague(tx, &task, &input.login)?);
            } else {
                let area = area_of_code(tx, "area_code", &input.area_code)?;
                let area = area
                    .filter(|area| area.parent == Some(task.holder))
                    .ok_or_else(|| {
                        AppError::field(
                            "area_code",
                            "只能下派到直接下级区域。",
                            "Work is handed to an area directly below.",
                        )
                    })?;
                task.holder = area.id;
                task.assignee = give::only_worker(tx, task.response, area.id)?;
            }
            task.received_at = None;
            let note = words(&input.note);
            let step = NewStep {
                from: Some(from),
                to: Some(task.holder),
                note: note.as_deref(),
                ..NewStep::new(author, if to_person { "assigned" } else { "handed_down" })
            };
            finish(tx, &task, &step)
        })
    }

    /// Gives a task back to the area above. A wrong address counts against the source of the
    /// record and is noted there.
    ///
    /// # Errors
    /// When no reason is chosen, or there is no area above.
    pub fn task_return(
        &self,
        who: &Who,
        command: CommandId,
        id: TaskId,
        input: &ReturnInput,
    ) -> Result<()> {
        let task = self.task_permit(who, id, Action::TasksReturn)?;
        let mut wrong = Vec::new();
        not_too_long(&mut wrong, "note", &input.note);
        let reason = ReturnReason::from_code(input.reason.trim());
        if reason.is_none() {
            let (zh, en) = ("请选择退回原因。", "Choose why it goes back.");
            required(&mut wrong, "reason", "", zh, en);
        }
        if reason == Some(ReturnReason::Other) {
            let (zh, en) = ("请写明原因。", "Please say why.");
            required(&mut wrong, "note", &input.note, zh, en);
        }
        all_right(wrong)?;
        let Some(reason) = reason else {
            return Err(wrong_state());
        };
        let (author, input) = (who.author(), input.clone());
        self.task_write(who, command, Action::TasksReturn, &task, move |tx| {
            let mut task = begin(tx, id, input.version, TaskMove::Return)?;
            let from = task.holder;
            let Some(above) = parent_of(tx, from)? else {
                return Err(AppError::conflict(
                    "NO-LEVEL-ABOVE",
                    "已是最高一级，无法再退回；请改派或办结。",
                    "There is no level above; hand it down elsewhere or close it.",
                ));
            };
            task.holder = above;
            (task.assignee, task.received_at) = (None, None);
            if reason == ReturnReason::WrongAddress {
                note_wrong_address(tx, &task, author)?;
            }
            let note = words(&input.note);
            let step = NewStep {
                from: Some(from),
                to: Some(above),
                result: Some(reason.code()),
                note: note.as_deref(),
                ..NewStep::new(author, "returned")
            };
            finish(tx, &task, &step)
        })
    }

    /// Closes a task that was fed back, or sends it back to work with a reason. Never by whoever
    /// fed it back.
    ///
    /// # Errors
    /// When the asker fed it back, or the task moved meanwhile.
    pub fn task_close(
        &self,
        who: &Who,
        command: CommandId,
        id: TaskId,
        input: &CloseInput,
    ) -> Result<()> {
        let user = staff(who)?;
        let task = self.task_permit(who, id, Action::TasksClose)?;
        let mut wrong = Vec::new();
        not_too_long(&mut wrong, "note", &input.note);
        if input.reopen {
            let (zh, en) = ("请写明为何继续办理。", "Say why the work has to go on.");
            required(&mut wrong, "note", &input.note, zh, en);
        }
        all_right(wrong)?;
        let (author, input) = (who.author(), input.clone());
        self.task_write(who, command, Action::TasksClose, &task, move |tx| {
            let step = if input.reopen {
                TaskMove::Reopen
            } else {
                TaskMove::Close
            };
            let mut task = begin(tx, id, input.version, step)?;
            if !may_close(task.done_by, user) {
                return Err(AppError::conflict(
                    "OWN-FEEDBACK",
                    "反馈人不能办结自己的任务，请由负责人或专班办结。",
                    "Whoever fed a task back cannot close it; the lead or the desk does.",
                ));
            }
            let note = words(&input.note);
            let kind = if input.reopen { "reopened" } else { "closed" };
            let written = NewStep {
                to: Some(task.holder),
                note: note.as_deref(),
                ..NewStep::new(author, kind)
            };
            if input.reopen {
                reopen(&mut task, tx.now());
                return finish(tx, &task, &written);
            }
            close(tx, &mut task, &written)
        })
    }
}

fn reopen(task: &mut Task, now: Instant) {
    let had = task.due_at.minutes_since(task.created_at).max(60);
    (task.result, task.done_by, task.done_at) = (None, None, None);
    task.due_at = task.due_at.max(now.plus_minutes(had));
    task.climb_at = Some(task.due_at);
    task.received_at = None;
}

/// Closes a task on the value and in the row, and settles what it came from.
pub(super) fn close(tx: &mut Tx<'_>, task: &mut Task, step: &NewStep<'_>) -> Result<()> {
    task.closed_at = Some(tx.now());
    finish(tx, task, step)?;
    if let Some(review) = task.review {
        crate::reviews::settle(tx, review)?;
    }
    Ok(())
}

/// A colleague by log-in name who has a role for task work at the holder, above or below.
fn colleague(tx: &mut Tx<'_>, task: &Task, login: &str) -> Result<UserId> {
    let unknown = || {
        AppError::field(
            "login",
            "没有这位承办人，或其不在本区域工作。",
            "No such colleague, or they do not work in this area.",
        )
    };
    let account = accounts::account_by_login(tx, &login.trim().to_lowercase())?
        .filter(|account| account.disabled_at.is_none())
        .ok_or_else(unknown)?;
    let holder = found(area_fetch(tx, task.holder))?;
    let now = tx.now();
    let works = accounts::grant_list(tx, account.id)?
        .into_iter()
        .any(|grant| {
            let role = Role::from_code(&grant.role);
            let fit = matches!(
                role,
                Some(Role::Grid | Role::Lead | Role::Desk | Role::Assessor | Role::Reporter)
            );
            // The grant must cover the holder: a task is read where it is held.
            fit && holder.path.starts_with(&grant.path)
                && grant
                    .response
                    .is_none_or(|response| response == task.response)
                && grant.until.is_none_or(|until| until > now)
        });
    if works {
        Ok(account.id)
    } else {
        Err(unknown())
    }
}

/// Notes on the record that its address was wrong, so that it counts against its source.
fn note_wrong_address(tx: &mut Tx<'_>, task: &Task, author: Author) -> Result<()> {
    let record = found(record_fetch(tx, task.record))?;
    tx.detail("wrong_address_channel", record.channel.as_str());
    if let Some(unit) = record.unit {
        tx.note("unit", unit);
    }
    let fact =
        NewFact::new("wrong_address", When::Unknown, "observed").with("task", task.id.to_string());
    fact_insert(tx, task.record, task.response, author, &fact)?;
    Ok(())
}

/// Calls off a task that is not needed any more.
pub(crate) fn cancel(tx: &mut Tx<'_>, task: &Task, author: Author, why: &str) -> Result<()> {
    let Some(state) = task.state.after(TaskMove::Cancel) else {
        return Ok(());
    };
    let mut task = task.clone();
    task.state = state;
    debug_assert_eq!(state, TaskState::Cancelled);
    task.closed_at = Some(tx.now());
    task.climb_at = None;
    let step = NewStep {
        result: Some(why),
        ..NewStep::new(author, "cancelled")
    };
    finish(tx, &task, &step)
}
