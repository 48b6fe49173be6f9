//! Tasks: mine on the phone, the area's as a list, one with its way through the levels.

use fangxian_app::intake::SYMPTOMS;
use fangxian_app::tasks::{
    ChoiceView, CloseInput, FedBack, FeedbackInput, HandDownInput, HelpInput, MyTasks, ReturnInput,
    TaskView, TasksFilter, TasksPage, TimeInput,
};
use fangxian_app::{Action, App, AppError, Result};
use fangxian_base::TaskId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};
use crate::forms::Choice;
use crate::shell::Shell;

/// What is on the asker's list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct Mine(MyTasks);

page!(Mine, "my-tasks.html");

fn mine(app: &App, ask: &Ask, _: Nothing) -> Result<Mine> {
    app.my_tasks(&ask.who).map(Mine)
}

/// Tasks of the reader's areas.
#[derive(Debug, Serialize, JsonSchema)]
struct Tasks {
    /// The tasks.
    list: TasksPage,
    /// The state asked for.
    state: String,
    /// Only those that need help.
    overdue: bool,
    /// Only those in which the reader's area is asked to help.
    raised_to_me: bool,
    /// The area asked for.
    area_code: String,
}

page!(Tasks, "tasks.html");

fn list(app: &App, ask: &Ask, input: TasksFilter) -> Result<Tasks> {
    Ok(Tasks {
        list: app.tasks(&ask.who, &input)?,
        state: input.states.first().cloned().unwrap_or_default(),
        overdue: input.overdue,
        raised_to_me: input.raised_to_me,
        area_code: input.area_code,
    })
}

/// Views of the list: query, words, whether it is the one shown.
pub fn tabs(s: &Shell, state: &str, overdue: bool, raised: bool) -> Vec<(String, String, bool)> {
    let plain = !overdue && !raised;
    let mut tabs = vec![
        (
            String::new(),
            s.t("task-state-waiting"),
            plain && state.is_empty(),
        ),
        ("overdue=on".to_owned(), s.t("task-need-help"), overdue),
        (
            "raised_to_me=on".to_owned(),
            s.t("task-raised-to-me"),
            raised,
        ),
    ];
    for code in ["done", "closed"] {
        tabs.push((
            format!("states={code}"),
            s.code("task-state", code),
            plain && state == code,
        ));
    }
    tabs
}

/// The colour that goes with a state; the word stands beside it.
pub fn chip(state: &str) -> &'static str {
    match state {
        "open" => "info",
        "received" => "soon",
        "done" | "closed" => "good",
        _ => "",
    }
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The task.
    id: TaskId,
}

/// One task.
#[derive(Debug, Serialize, JsonSchema)]
struct One {
    /// The task.
    task: TaskView,
    /// Symptom codes to tick.
    symptoms: Vec<String>,
    /// Whether the asker may give it back or ask for help.
    may_return: bool,
    /// Whether the asker may grant more time or name an owner.
    may_lead: bool,
}

page!(One, "task.html");

fn one(app: &App, ask: &Ask, input: Which) -> Result<One> {
    Ok(One {
        task: app.task_read(&ask.who, input.id)?,
        symptoms: SYMPTOMS.iter().map(|code| (*code).to_owned()).collect(),
        may_return: app.may(&ask.who, Action::TasksReturn),
        may_lead: app.may(&ask.who, Action::TasksAssign),
    })
}

/// Choices of the program in the language of the page.
pub fn choices(s: &Shell, list: &[ChoiceView]) -> Vec<Choice> {
    list.iter()
        .map(|one| Choice::new(&one.code, s.text(&one.text)))
        .collect()
}

/// The same with an empty one first.
pub fn choices_or_none(s: &Shell, list: &[ChoiceView]) -> Vec<Choice> {
    let mut all = vec![Choice::new("", s.t("choose"))];
    all.extend(choices(s, list));
    all
}

fn which(ask: &Ask) -> Result<TaskId> {
    ask.field("id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)
}

fn back(id: TaskId) -> Result<Done<()>> {
    Ok(Done::then(format!("/tasks/{id}"), ()))
}

#[derive(Deserialize, JsonSchema)]
struct Receive {
    /// The task.
    id: TaskId,
    /// The version seen.
    version: i64,
}

fn receive(app: &App, ask: &Ask, input: Receive) -> Result<Done<()>> {
    app.task_receive(&ask.who, ask.command, input.id, input.version)?;
    back(input.id)
}

fn hand_down(app: &App, ask: &Ask, input: HandDownInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.task_hand_down(&ask.who, ask.command, id, &input)?;
    Ok(Done::then("/tasks", ()))
}

fn give_back(app: &App, ask: &Ask, input: ReturnInput) -> Result<Done<()>> {
    app.task_return(&ask.who, ask.command, which(ask)?, &input)?;
    Ok(Done::then("/tasks/mine", ()))
}

fn help(app: &App, ask: &Ask, input: HelpInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.task_ask_help(&ask.who, ask.command, id, &input)?;
    back(id)
}

fn time(app: &App, ask: &Ask, input: TimeInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.task_grant_time(&ask.who, ask.command, id, &input)?;
    back(id)
}

fn feedback(app: &App, ask: &Ask, input: FeedbackInput) -> Result<Done<FedBack>> {
    let fed = app.task_feed_back(&ask.who, ask.command, which(ask)?, &input)?;
    Ok(Done::then("/tasks/mine", fed))
}

fn close(app: &App, ask: &Ask, input: CloseInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.task_close(&ask.who, ask.command, id, &input)?;
    back(id)
}

/// How a notice can be served.
pub fn served_how(s: &Shell) -> Vec<Choice> {
    ["signed", "household", "refused"]
        .map(|code| Choice::new(code, s.code("served-how", code)))
        .to_vec()
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    let page = "tasks.view";
    vec![
        Endpoint::page("tasks.mine", "/tasks/mine", on(Action::TasksList), mine).traced(),
        Endpoint::page("tasks.list", "/tasks", on(Action::TasksList), list).traced(),
        Endpoint::page(page, "/tasks/{id}", on(Action::TasksRead), one).traced(),
        Endpoint::command(
            "tasks.receive",
            "/tasks/{id}/receive",
            on(Action::TasksReceive),
            page,
            receive,
        ),
        Endpoint::command(
            "tasks.hand_down",
            "/tasks/{id}/hand-down",
            on(Action::TasksAssign),
            page,
            hand_down,
        ),
        Endpoint::command(
            "tasks.return",
            "/tasks/{id}/return",
            on(Action::TasksReturn),
            page,
            give_back,
        ),
        Endpoint::command(
            "tasks.ask_help",
            "/tasks/{id}/help",
            on(Action::TasksFeedback),
            page,
            help,
        ),
        Endpoint::command(
            "tasks.grant_time",
            "/tasks/{id}/time",
            on(Action::TasksAssign),
            page,
            time,
        ),
        Endpoint::command(
            "tasks.feed_back",
            "/tasks/{id}/feedback",
            on(Action::TasksFeedback),
            page,
            feedback,
        ),
        Endpoint::command(
            "tasks.close",
            "/tasks/{id}/close",
            on(Action::TasksClose),
            page,
            close,
        ),
    ]
}
