//! Appeals against measures and requests for correction: the public form, the list for those who
//! answer, one appeal.

use fangxian_app::appeals::{
    AnswerInput, AppealInput, AppealView, AppealsFilter, AppealsPage, AssignInput, Filed,
    MatchInput, ReliefInput, WithdrawInput,
};
use fangxian_app::{Action, App, AppError, Result};
use fangxian_base::AppealId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Done, Html, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::forms::Choice;
use crate::shell::Shell;

#[derive(Deserialize, JsonSchema)]
struct Given {
    /// The code on the notice, when a link carries it.
    code: Option<String>,
}

/// The form, at the public door or for staff who file for somebody.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AppealForm {
    /// The code on the notice, when a link carried it.
    code: String,
    /// Whether a member of staff files for somebody.
    staff: bool,
}

page!(AppealForm, "appeal-form.html");

fn form(_: &App, _: &Ask, input: Given) -> Result<AppealForm> {
    Ok(AppealForm {
        code: input.code.unwrap_or_default(),
        staff: false,
    })
}

fn staff_form(_: &App, _: &Ask, input: Given) -> Result<AppealForm> {
    Ok(AppealForm {
        code: input.code.unwrap_or_default(),
        staff: true,
    })
}

/// What somebody may want.
pub fn kinds(s: &Shell) -> Vec<Choice> {
    ["measure", "fact"]
        .map(|code| Choice::new(code, s.code("appeal-kind", code)))
        .to_vec()
}

/// The command that takes the form.
pub const fn command_of(v: &AppealForm) -> &'static str {
    if v.staff {
        "appeals.take"
    } else {
        "appeals.file"
    }
}

fn state_page(filed: &Filed) -> String {
    format!("/receipt?number={}", filed.receipt.replace('-', ""))
}

fn file(app: &App, ask: &Ask, input: AppealInput) -> Result<Done<Filed>> {
    let filed = app.appeal_file(&ask.who, ask.command, &input)?;
    Ok(Done::then(state_page(&filed), filed))
}

fn withdraw(app: &App, ask: &Ask, input: WithdrawInput) -> Result<Done<Filed>> {
    let filed = app.appeal_withdraw(&ask.who, ask.command, &input)?;
    Ok(Done::then(state_page(&filed), filed))
}

/// Appeals.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Appeals {
    /// The appeals.
    list: AppealsPage,
    /// The state asked for.
    state: String,
    /// Only those whose time has passed.
    only_late: bool,
}

page!(Appeals, "appeals.html");

/// The pages before and after, of the same view.
pub fn pager(s: &Shell, v: &Appeals) -> Html {
    let late = if v.only_late { "on" } else { "" };
    let kept = [("states", v.state.as_str()), ("late", late)];
    super::pager(s, &v.list.total, &v.list.offset, &kept)
}

fn list(app: &App, ask: &Ask, input: AppealsFilter) -> Result<Appeals> {
    let state = input.states.first().cloned().unwrap_or_default();
    Ok(Appeals {
        only_late: input.late,
        list: app.appeals(&ask.who, &input)?,
        state,
    })
}

/// States as tabs.
pub fn tabs(s: &Shell) -> Vec<(&'static str, String)> {
    let mut tabs = vec![("", s.t("appeal-state-open"))];
    for code in ["filed", "assigned", "upheld", "refused", "withdrawn"] {
        tabs.push((code, s.code("appeal-state", code)));
    }
    tabs
}

/// The colour that goes with a state; the word stands beside it.
pub fn chip(state: &str) -> &'static str {
    match state {
        "filed" => "need",
        "assigned" => "soon",
        "upheld" => "good",
        _ => "",
    }
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The appeal.
    id: AppealId,
}

/// One appeal.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct One(AppealView);

page!(One, "appeal.html");

fn one(app: &App, ask: &Ask, input: Which) -> Result<One> {
    app.appeal_read(&ask.who, input.id).map(One)
}

/// The answer on paper.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Paper(AppealView);

page!(Paper, "appeal-letter.html");

fn letter(app: &App, ask: &Ask, input: Which) -> Result<Paper> {
    let appeal = app.appeal_read(&ask.who, input.id)?;
    if appeal.letter.is_none() {
        Err(AppError::not_found())
    } else {
        Ok(Paper(appeal))
    }
}

/// What can be answered.
pub fn outcomes(s: &Shell) -> Vec<Choice> {
    ["uphold", "refuse"]
        .map(|code| Choice::new(code, s.code("appeal-outcome", code)))
        .to_vec()
}

fn which(ask: &Ask) -> Result<AppealId> {
    ask.field("id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)
}

fn done(id: AppealId) -> Done<()> {
    Done::then(format!("/appeals/{id}"), ())
}

fn match_measure(app: &App, ask: &Ask, input: MatchInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.appeal_match(&ask.who, ask.command, id, &input)?;
    Ok(done(id))
}

fn assign(app: &App, ask: &Ask, input: AssignInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.appeal_assign(&ask.who, ask.command, id, &input)?;
    Ok(done(id))
}

fn answer(app: &App, ask: &Ask, input: AnswerInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.appeal_answer(&ask.who, ask.command, id, &input)?;
    Ok(done(id))
}

fn relieve(app: &App, ask: &Ask, input: ReliefInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.appeal_relieve(&ask.who, ask.command, id, &input)?;
    Ok(done(id))
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    let (public, view) = (Access::Public, "appeals.view");
    vec![
        Endpoint::page("appeals.form", "/appeal", public, form),
        Endpoint::command("appeals.file", "/appeal", public, "appeals.form", file),
        Endpoint::command(
            "appeals.withdraw",
            "/appeal/withdraw",
            public,
            "receipt.view",
            withdraw,
        ),
        Endpoint::page("appeals.list", "/appeals", on(Action::AppealsList), list).traced(),
        Endpoint::page(
            "appeals.new",
            "/appeals/new",
            on(Action::AppealsFile),
            staff_form,
        ),
        Endpoint::command(
            "appeals.take",
            "/appeals/new",
            on(Action::AppealsFile),
            "appeals.new",
            file,
        ),
        Endpoint::page(view, "/appeals/{id}", on(Action::AppealsRead), one).traced(),
        Endpoint::page(
            "appeals.letter",
            "/appeals/{id}/letter",
            on(Action::AppealsRead),
            letter,
        )
        .traced(),
        Endpoint::command(
            "appeals.match",
            "/appeals/{id}/measure",
            on(Action::AppealsAssign),
            view,
            match_measure,
        ),
        Endpoint::command(
            "appeals.assign",
            "/appeals/{id}/assign",
            on(Action::AppealsAssign),
            view,
            assign,
        ),
        Endpoint::command(
            "appeals.answer",
            "/appeals/{id}/answer",
            on(Action::AppealsAnswer),
            view,
            answer,
        ),
        Endpoint::command(
            "appeals.relieve",
            "/appeals/{id}/relief",
            on(Action::AppealsRelieve),
            view,
            relieve,
        ),
    ]
}
