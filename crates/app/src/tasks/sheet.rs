//! One task with its whole way through the levels: who held it, for how long, what was done.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{AreaId, CommandId, Instant, TaskId, Text};
use fangxian_domain::tasks::{HelpAsked, ReturnReason, TaskResult, TaskState, results_of};
use fangxian_store::places::{area_children, area_fetch};
use fangxian_store::tasks::{
    NewStep, Task, TaskStep, step_insert, step_list, task_fetch, task_load,
};
use fangxian_store::{AreaRange, Tx};
use schemars::JsonSchema;
use serde::Serialize;

use super::{TaskRow, at_last_level, resource, row};
use crate::assess::{Rules, facts_of_person, words};
use crate::intake::Identity;
use crate::people::{IdentityView, author_name, identity_view};
use crate::sight::area_text;
use crate::{App, Result, Who, found};

/// One step.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StepView {
    /// When.
    pub at: Instant,
    /// Who.
    pub by: String,
    /// What: `created`, `read`, `received`, `handed_down`, `returned`, `help_asked`, `climbed`,
    /// `time_granted`, `fed_back`, `reopened`, `closed`, `cancelled`.
    pub kind: String,
    /// The area it left.
    pub from: Option<Text>,
    /// The area it went to.
    pub to: Option<Text>,
    /// The result's, or the reason's, code.
    pub result: Option<String>,
    /// Words.
    pub note: Option<String>,
}

/// A stretch of time during which one area held the task.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HeldView {
    /// The area.
    pub area: Text,
    /// The level, from 0 at the top.
    pub level: i64,
    /// What the city calls the level.
    pub level_name: Option<Text>,
    /// From when.
    pub from: Instant,
    /// Until when; `None` while it holds it.
    pub until: Option<Instant>,
    /// How many minutes.
    pub minutes: i64,
    /// When somebody there first read it: above the last level, that is the receipt.
    pub read_at: Option<Instant>,
    /// When the last level said that it has it.
    pub received_at: Option<Instant>,
}

/// How much somebody has to do, shown before anybody asks why it is late.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LoadView {
    /// Whose: a person's name or an area's.
    pub of: Text,
    /// Tasks waiting.
    pub open: i64,
    /// Of these, past their time.
    pub overdue: i64,
}

/// A choice in a form.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChoiceView {
    /// The code.
    pub code: String,
    /// In words.
    pub text: Text,
}

/// One task.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaskView {
    /// The row.
    pub row: TaskRow,
    /// Who it is about: name, phone, address.
    pub identity: IdentityView,
    /// The way through the levels.
    pub held: Vec<HeldView>,
    /// Every step.
    pub steps: Vec<StepView>,
    /// Whether a receipt is asked for and was not given.
    pub receipt_asked: bool,
    /// Whether to ask "help, or more time?": it is late, or nobody has asked yet and it will be.
    pub ask_help: bool,
    /// The load of whoever has it.
    pub load: LoadView,
    /// The areas that it can be handed down to.
    pub below: Vec<ChoiceView>,
    /// What feedback can say.
    pub results: Vec<ChoiceView>,
    /// Why it can be given back.
    pub return_reasons: Vec<ChoiceView>,
    /// What can be asked for.
    pub help: Vec<ChoiceView>,
    /// Whether the reader may feed back.
    pub may_feed_back: bool,
    /// Whether the reader may hand it down.
    pub may_hand_down: bool,
    /// Whether the reader may close it: fed back, and by somebody else.
    pub may_close: bool,
}

fn choices<T: Copy>(
    all: &[T],
    code: impl Fn(T) -> &'static str,
    zh: impl Fn(T) -> &'static str,
    en: impl Fn(T) -> &'static str,
) -> Vec<ChoiceView> {
    all.iter()
        .map(|one| ChoiceView {
            code: code(*one).to_owned(),
            text: Text::new(zh(*one), en(*one)),
        })
        .collect()
}

impl App {
    /// One task, with everything that happened to it. Read above the last level, it is thereby
    /// received there.
    ///
    /// # Errors
    /// When it is not there, or not for the reader.
    pub fn task_read(&self, who: &Who, id: TaskId) -> Result<TaskView> {
        let rules = self.rules();
        let (view, purpose, response) = self.read(|tx| {
            let task = found(task_fetch(tx, id))?;
            let thing = resource(tx, &task)?;
            let purposes = [Purpose::TaskWork, Purpose::Command];
            let purpose = self.permit_for(who, Action::TasksRead, &thing, &purposes)?;
            let may = |action| {
                who.actor().is_some() && self.permit(who, action, &thing, Purpose::TaskWork).is_ok()
            };
            let mut view = view(&rules, tx, &task)?;
            view.may_feed_back = task.state.is_waiting() && may(Action::TasksFeedback);
            view.may_hand_down = task.state.is_waiting() && may(Action::TasksHandDown);
            view.may_close = task.state == TaskState::Done
                && may(Action::TasksClose)
                && who.user() != task.done_by;
            Ok((view, purpose, task.response))
        })?;
        let author = who.author();
        let person = view.row.person;
        // Only task work receives: looking on from the command post does not.
        let receives = purpose == Purpose::TaskWork && who.user().is_some();
        self.write(
            who,
            CommandId::new(),
            Action::TasksRead,
            purpose,
            Some(response),
            move |tx| {
                tx.note("task", id);
                tx.note("person", person);
                let task = found(task_fetch(tx, id))?;
                if receives && task.state == TaskState::Open && !at_last_level(tx, &task)? {
                    let steps = step_list(tx, &task)?;
                    let known = stretches(&steps, &task, tx.now()).pop();
                    if known.is_some_and(|held| held.read_at.is_none()) {
                        let step = NewStep {
                            to: Some(task.holder),
                            ..NewStep::new(author, "read")
                        };
                        step_insert(tx, &task, &step)?;
                    }
                }
                Ok(())
            },
        )?;
        Ok(view)
    }
}

fn view(rules: &Rules, tx: &mut Tx<'_>, task: &Task) -> Result<TaskView> {
    let now = tx.now();
    let facts = facts_of_person(tx, task.person)?;
    let steps = step_list(tx, task)?;
    let mut shown = Vec::new();
    for step in &steps {
        shown.push(StepView {
            at: step.at,
            by: author_name(tx, &step.author)?,
            kind: step.kind.clone(),
            from: area_text(tx, step.from)?,
            to: area_text(tx, step.to)?,
            result: step.result.clone(),
            note: step.note.clone(),
        });
    }
    let mut held = Vec::new();
    for stretch in stretches(&steps, task, now) {
        held.push(held_view(rules, tx, &stretch, now)?);
    }
    let waiting = task.state.is_waiting();
    Ok(TaskView {
        identity: identity_view(&Identity::of(&facts), rules.today(tx)),
        held,
        steps: shown,
        receipt_asked: task.state == TaskState::Open && at_last_level(tx, task)?,
        ask_help: waiting && task.due_at < now && task.asked.is_none(),
        load: load(tx, task)?,
        below: area_children(tx, task.holder)?
            .into_iter()
            .map(|area| ChoiceView {
                code: area.code,
                text: Text::new(area.name_zh, area.name_en),
            })
            .collect(),
        results: choices(
            results_of(&task.kind),
            TaskResult::code,
            TaskResult::zh,
            TaskResult::en,
        ),
        return_reasons: choices(
            ReturnReason::ALL,
            ReturnReason::code,
            ReturnReason::zh,
            ReturnReason::en,
        ),
        help: choices(
            HelpAsked::ALL,
            HelpAsked::code,
            HelpAsked::zh,
            HelpAsked::en,
        ),
        may_feed_back: false,
        may_hand_down: false,
        may_close: false,
        row: row(tx, task)?,
    })
}

/// The load of the person who has the task, or of the area that holds it.
pub(super) fn load(tx: &mut Tx<'_>, task: &Task) -> Result<LoadView> {
    let now = tx.now();
    let area = area_fetch(tx, task.holder)?;
    let range = area
        .as_ref()
        .map_or_else(AreaRange::everywhere, |area| AreaRange::below(&area.path));
    let of = match crate::sight::user_name(tx, task.assignee)? {
        Some(name) => Text::new(name.as_str(), name.as_str()),
        None => area
            .map(|area| Text::new(area.name_zh, area.name_en))
            .unwrap_or_default(),
    };
    let everywhere = AreaRange::everywhere();
    let range = if task.assignee.is_some() {
        &everywhere
    } else {
        &range
    };
    let (open, overdue) = task_load(tx, range, task.assignee, now)?;
    Ok(LoadView { of, open, overdue })
}

/// A stretch of time with one holder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stretch {
    area: AreaId,
    from: Instant,
    until: Option<Instant>,
    read_at: Option<Instant>,
    received_at: Option<Instant>,
}

/// Who held a task from when to when, by its steps; the work ends with the feedback.
fn stretches(steps: &[TaskStep], task: &Task, now: Instant) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for step in steps {
        let moved = matches!(
            step.kind.as_str(),
            "created" | "handed_down" | "returned" | "reopened"
        );
        if let (true, Some(area)) = (moved, step.to) {
            let same = all
                .last()
                .is_some_and(|last| last.area == area && last.until.is_none());
            if !same {
                if let Some(last) = all.last_mut() {
                    last.until = last.until.or(Some(step.at));
                }
                all.push(Stretch {
                    area,
                    from: step.at,
                    until: None,
                    read_at: None,
                    received_at: None,
                });
            }
        }
        let Some(last) = all.last_mut() else { continue };
        match step.kind.as_str() {
            "read" => last.read_at = last.read_at.or(Some(step.at)),
            "received" => last.received_at = last.received_at.or(Some(step.at)),
            "fed_back" | "cancelled" => last.until = Some(step.at),
            _ => {}
        }
    }
    if all.is_empty() {
        let from = task.created_at.min(now);
        let (until, read_at, received_at) = (task.done_at, None, task.received_at);
        all.push(Stretch {
            area: task.holder,
            from,
            until,
            read_at,
            received_at,
        });
    }
    all
}

fn held_view(rules: &Rules, tx: &mut Tx<'_>, held: &Stretch, now: Instant) -> Result<HeldView> {
    let area = area_fetch(tx, held.area)?;
    let level = area.as_ref().map_or(0, |area| area.level);
    Ok(HeldView {
        area: area
            .map(|area| Text::new(area.name_zh, area.name_en))
            .unwrap_or_default(),
        level,
        level_name: rules.level(tx, level)?.map(|level| words(&level.name)),
        from: held.from,
        until: held.until,
        minutes: held.until.unwrap_or(now).minutes_since(held.from),
        read_at: held.read_at,
        received_at: held.received_at,
    })
}
