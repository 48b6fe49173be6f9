//! Tasks: work on its way through the levels, and what people see of it. Giving out is in [`give`],
//! moves in `moves`, feedback in `feedback`, what is late in `overdue`, lists in `lists`.
//!
//! A receipt is asked for at the last level only; above it, reading is the receipt. Being late is
//! a request for help, never a reproach.

mod feedback;
mod figures;
pub(crate) mod give;
mod help;
mod lists;
pub(crate) mod moves;
mod overdue;
mod sheet;

use fangxian_authz::Resource;
use fangxian_base::{AreaId, Instant, MeasureId, PersonId, ResponseId, ReviewId, TaskId, Text};
use fangxian_domain::tasks::kinds;
use fangxian_store::Tx;
use fangxian_store::places::{area_children, area_fetch};
use fangxian_store::tasks::{Task, task_content, task_list_by_review, task_list_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reviews::name_of;
use crate::sight::{area_text, minutes_left, user_name};
use crate::{Result, about};

pub use feedback::{FedBack, FeedbackInput};
pub use figures::{AreaFiguresView, FiguresView};
pub use help::{HelpInput, TimeInput};
pub use lists::{MyTask, MyTasks, TasksFilter, TasksPage};
pub use moves::{CloseInput, HandDownInput, ReturnInput};
pub use overdue::Swept;
pub use sheet::{ChoiceView, HeldView, LoadView, StepView, TaskView};

/// A task in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaskRow {
    /// Its id.
    pub id: TaskId,
    /// The response.
    pub response: ResponseId,
    /// The kind's code.
    pub kind: String,
    /// The kind in words.
    pub kind_text: Text,
    /// What to do; `None` when it was destroyed.
    pub text: Option<Text>,
    /// About whom.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The review that it follows from.
    pub review: Option<ReviewId>,
    /// The measure that it serves.
    pub measure: Option<MeasureId>,
    /// The state's code: `open`, `received`, `done`, `closed`, `cancelled`.
    pub state: String,
    /// The area that holds it.
    pub holder: Option<Text>,
    /// Its id.
    pub holder_id: AreaId,
    /// The area that is asked to help.
    pub raised: Option<Text>,
    /// How often the next level was asked.
    pub climbs: i64,
    /// Whose it is.
    pub assignee: Option<String>,
    /// What was asked for: `help`, `more_time`.
    pub asked: Option<String>,
    /// When it was given out.
    pub created_at: Instant,
    /// Until when.
    pub due_at: Instant,
    /// Minutes until then; negative once it has passed.
    pub minutes_left: i64,
    /// Whether it waits to be done and its time has passed: help may be needed.
    pub overdue: bool,
    /// What came of it, as a code.
    pub result: Option<String>,
    /// The version, for moves.
    pub version: i64,
}

/// What is sealed in a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Content {
    /// What to do.
    pub text: Text,
}

/// A kind of task in words; packs' own kinds read as their code where no words are known.
pub(crate) fn kind_text(kind: &str) -> Text {
    match kind {
        kinds::DOOR_VISIT => Text::new("上门核查", "door visit"),
        kinds::PHONE_CHECK => Text::new("电话核查", "phone check"),
        kinds::ASK_FACTS => Text::new("补充核实", "find out what is missing"),
        kinds::SERVE_NOTICE => Text::new("送达告知书", "serve the notice"),
        kinds::OBSERVE => Text::new("健康监测随访", "health follow-up"),
        kinds::SAMPLE => Text::new("采样", "take a sample"),
        "visit" => Text::new("入户走访", "visit"),
        "investigate" => Text::new("流行病学调查", "epidemiological investigation"),
        "transfer" => Text::new("转运", "transfer"),
        "disinfect" => Text::new("消毒", "disinfection"),
        other => Text::new(other, other.replace('_', " ")),
    }
}

/// A task as permission looks at it: it belongs where it is held.
pub(crate) fn resource(tx: &mut Tx<'_>, task: &Task) -> Result<Resource> {
    resource_at(tx, task, task.holder)
}

/// The same, as if it were held by another area.
fn resource_at(tx: &mut Tx<'_>, task: &Task, area: AreaId) -> Result<Resource> {
    Ok(Resource::Task {
        about: about(tx, Some(area), task.confined, Some(task.response))?,
        assignee: task.assignee,
    })
}

/// Whether the task has come to the last level: a person has it, or nothing lies below its holder.
fn at_last_level(tx: &mut Tx<'_>, task: &Task) -> Result<bool> {
    Ok(task.assignee.is_some() || area_children(tx, task.holder)?.is_empty())
}

/// The area above one, if there is one.
fn parent_of(tx: &mut Tx<'_>, area: AreaId) -> Result<Option<AreaId>> {
    Ok(area_fetch(tx, area)?.and_then(|area| area.parent))
}

fn text_of(tx: &mut Tx<'_>, task: &Task) -> Result<Option<Text>> {
    let content = task_content(tx, task)?;
    Ok(content
        .and_then(|bytes| serde_json::from_slice::<Content>(&bytes).ok())
        .map(|content| content.text))
}

fn row(tx: &mut Tx<'_>, task: &Task) -> Result<TaskRow> {
    let now = tx.now();
    Ok(TaskRow {
        id: task.id,
        response: task.response,
        kind: task.kind.clone(),
        kind_text: kind_text(&task.kind),
        text: text_of(tx, task)?,
        person: task.person,
        name: name_of(tx, task.person)?,
        review: task.review,
        measure: task.measure,
        state: task.state.code().to_owned(),
        holder: area_text(tx, Some(task.holder))?,
        holder_id: task.holder,
        raised: area_text(tx, task.raised)?,
        climbs: task.climbs,
        assignee: user_name(tx, task.assignee)?,
        asked: task.asked.clone(),
        created_at: task.created_at,
        due_at: task.due_at,
        minutes_left: minutes_left(task.due_at, now),
        overdue: task.state.is_waiting() && task.due_at < now,
        result: task.result.clone(),
        version: task.version,
    })
}

pub(crate) fn rows(tx: &mut Tx<'_>, tasks: &[Task]) -> Result<Vec<TaskRow>> {
    tasks.iter().map(|task| row(tx, task)).collect()
}

/// All tasks about a person, for the file.
pub(crate) fn rows_of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<TaskRow>> {
    let tasks = task_list_of(tx, person)?;
    rows(tx, &tasks)
}

/// All tasks that came of a review.
pub(crate) fn rows_of_review(tx: &mut Tx<'_>, review: ReviewId) -> Result<Vec<TaskRow>> {
    let tasks = task_list_by_review(tx, review)?;
    rows(tx, &tasks)
}
