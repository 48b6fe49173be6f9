//! Lists of tasks: the phone's own, the lead's, the desk's.

use std::collections::BTreeSet;

use fangxian_authz::{Action, Purpose, Role};
use fangxian_base::Instant;
use fangxian_domain::tasks::TaskState;
use fangxian_store::tasks::{Task, TaskFilter, task_count, task_list};
use fangxian_store::{AreaRange, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TaskRow, at_last_level, row, rows};
use crate::assess::facts_of_person;
use crate::intake::Identity;
use crate::sight::{PAGE, area_of_code, shown, staff};
use crate::{App, Result, Who, scopes};

/// Which tasks to show.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TasksFilter {
    /// States; empty: what is not closed.
    pub states: Vec<String>,
    /// Division code; empty: everywhere the reader may look.
    pub area_code: String,
    /// Only those past their time.
    pub overdue: bool,
    /// Only those in which the reader's own area is asked to help.
    pub raised_to_me: bool,
    /// How many to skip.
    pub offset: i64,
}

/// A page of tasks.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TasksPage {
    /// The rows: work still to be done first, by what is due soonest.
    pub rows: Vec<TaskRow>,
    /// How many there are in all.
    pub total: i64,
    /// How many were skipped.
    pub offset: i64,
}

/// A task on the phone of whoever does it: what, where, until when.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MyTask {
    /// The row.
    pub row: TaskRow,
    /// The address.
    pub address: String,
    /// The phone number.
    pub phone: String,
    /// Whether it is due by the end of today.
    pub today: bool,
    /// Whether a receipt is asked for and was not given.
    pub receipt_asked: bool,
}

/// What is on somebody's list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MyTasks {
    /// Work to be done, today's first.
    pub tasks: Vec<MyTask>,
    /// How many are due by the end of today.
    pub today: usize,
    /// How many are past their time.
    pub overdue: usize,
    /// When the list was made.
    pub at: Instant,
}

fn states(codes: &[String]) -> Vec<TaskState> {
    let chosen: BTreeSet<TaskState> = codes
        .iter()
        .filter_map(|code| TaskState::from_code(code))
        .collect();
    if chosen.is_empty() {
        TaskState::ALL
            .into_iter()
            .filter(|state| state.is_open())
            .collect()
    } else {
        chosen.into_iter().collect()
    }
}

/// The paths of the areas that somebody works for, by role.
fn own_paths(who: &Who, now: Instant, roles: &[Role]) -> Vec<String> {
    let paths: BTreeSet<String> = who
        .actor()
        .iter()
        .flat_map(|actor| actor.grants.iter())
        .filter(|grant| grant.holds_at(now) && roles.contains(&grant.role))
        .map(|grant| grant.area.as_str().to_owned())
        .collect();
    paths.into_iter().collect()
}

impl App {
    /// The asker's own work, and what their own area holds without an owner; today's first.
    ///
    /// # Errors
    /// When the asker may see no tasks.
    pub fn my_tasks(&self, who: &Who) -> Result<MyTasks> {
        let user = staff(who)?;
        let reach = self.reach(who, Action::TasksList, Purpose::TaskWork)?;
        let now = self.now();
        let zone = &self.settings().zone;
        let tonight = zone.day_start(fangxian_base::plus_days(self.today(), 1));
        let own = own_paths(who, now, &[Role::Grid, Role::Lead]);
        let tasks = self.read(|tx| {
            let wanted = TaskFilter {
                scopes: scopes(&reach),
                states: vec![TaskState::Open, TaskState::Received],
                for_worker: Some((user, own.clone())),
                limit: PAGE,
                ..TaskFilter::default()
            };
            let tasks = task_list(tx, &wanted)?;
            tasks
                .iter()
                .map(|task| mine(tx, task, tonight))
                .collect::<Result<Vec<_>>>()
        })?;
        let rows = tasks
            .iter()
            .map(|task| (task.row.id.to_string(), &task.row.person));
        let shown = shown("task", rows);
        let detail = vec![("page", "my_tasks".into()), ("total", tasks.len().into())];
        self.show(who, Action::TasksList, Purpose::TaskWork, shown, detail)?;
        Ok(MyTasks {
            today: tasks.iter().filter(|task| task.today).count(),
            overdue: tasks.iter().filter(|task| task.row.overdue).count(),
            tasks,
            at: now,
        })
    }

    /// The tasks of the reader's areas.
    ///
    /// # Errors
    /// When the reader may see none, or a filter does not hold.
    pub fn tasks(&self, who: &Who, filter: &TasksFilter) -> Result<TasksPage> {
        let purposes = [Purpose::TaskWork, Purpose::Command];
        let (reach, purpose) = self.reach_for(who, Action::TasksList, &purposes)?;
        let now = self.now();
        let raised_to = if filter.raised_to_me {
            let paths = own_paths(who, now, Role::ALL);
            // Whoever works for no area is asked to help in none.
            if paths.is_empty() {
                vec![String::new()]
            } else {
                paths
            }
        } else {
            Vec::new()
        };
        let page = self.read(|tx| {
            let below = area_of_code(tx, "area_code", &filter.area_code)?;
            let wanted = TaskFilter {
                scopes: scopes(&reach),
                states: states(&filter.states),
                below: below.map(|area| AreaRange::below(&area.path)),
                late_at: filter.overdue.then_some(now),
                raised_to,
                for_worker: None,
                limit: PAGE,
                offset: filter.offset.max(0),
            };
            let total = task_count(tx, &wanted)?;
            let tasks = task_list(tx, &wanted)?;
            Ok(TasksPage {
                rows: rows(tx, &tasks)?,
                total,
                offset: wanted.offset,
            })
        })?;
        let shown = shown(
            "task",
            page.rows
                .iter()
                .map(|row| (row.id.to_string(), &row.person)),
        );
        self.show(
            who,
            Action::TasksList,
            purpose,
            shown,
            vec![("total", page.total.into())],
        )?;
        Ok(page)
    }

    /// How many tasks wait for the asker, for a badge; nothing is shown, so nothing is recorded.
    ///
    /// # Errors
    /// When the asker may see no tasks.
    pub fn my_task_count(&self, who: &Who) -> Result<i64> {
        let user = staff(who)?;
        let reach = self.reach(who, Action::TasksList, Purpose::TaskWork)?;
        let own = own_paths(who, self.now(), &[Role::Grid, Role::Lead]);
        self.read(|tx| {
            Ok(task_count(
                tx,
                &TaskFilter {
                    scopes: scopes(&reach),
                    states: vec![TaskState::Open, TaskState::Received],
                    for_worker: Some((user, own)),
                    ..TaskFilter::default()
                },
            )?)
        })
    }
}

fn mine(tx: &mut Tx<'_>, task: &Task, tonight: Instant) -> Result<MyTask> {
    let facts = facts_of_person(tx, task.person)?;
    let identity = Identity::of(&facts);
    Ok(MyTask {
        row: row(tx, task)?,
        address: identity.address.unwrap_or_default(),
        phone: identity.phone.unwrap_or_default(),
        today: task.due_at <= tonight,
        receipt_asked: task.state == TaskState::Open && at_last_level(tx, task)?,
    })
}
