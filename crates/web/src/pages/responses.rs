//! Responses: what everything is collected for; opening, approvals, closing, destruction.

use fangxian_app::responses::{
    ApprovalInput, ConfirmInput, EndInput, OrganName, ResponseInput, ResponseView,
};
use fangxian_app::{Action, App, AppError, Result};
use fangxian_base::{ResponseId, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};
use crate::forms::Choice;
use crate::shell::Shell;

/// Responses.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResponseList {
    /// The responses, open ones first.
    responses: Vec<ResponseView>,
    /// Diseases that there is a pack for.
    diseases: Vec<DiseaseName>,
    /// The organs that give approvals.
    organs: Vec<OrganName>,
    /// What the asker may do.
    may: May,
}

/// A disease by code and name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiseaseName {
    /// Its code.
    pub id: String,
    /// Its name.
    pub name: Text,
}

/// What the asker may do somewhere.
#[derive(Debug, Serialize, JsonSchema)]
struct May {
    open: bool,
    approve: bool,
    confirm: bool,
    end_approval: bool,
    close: bool,
    destroy: bool,
}

page!(ResponseList, "responses.html");

fn list(app: &App, ask: &Ask, _: Nothing) -> Result<ResponseList> {
    Ok(ResponseList {
        responses: app.response_list(&ask.who)?,
        diseases: disease_names(app),
        organs: app.approving_organs(),
        may: May {
            open: app.may(&ask.who, Action::ResponsesOpen),
            approve: app.may(&ask.who, Action::ResponsesApprove),
            confirm: app.may(&ask.who, Action::ResponsesConfirm),
            end_approval: app.may(&ask.who, Action::ResponsesEndApproval),
            close: app.may(&ask.who, Action::ResponsesClose),
            destroy: app.may(&ask.who, Action::ResponsesDestroy),
        },
    })
}

/// The diseases that there is a pack for.
pub fn disease_names(app: &App) -> Vec<DiseaseName> {
    let names = app.packs().diseases();
    names
        .map(|(id, name)| DiseaseName {
            id: id.to_owned(),
            name: Text::new(&name.zh, &name.en),
        })
        .collect()
}

/// Diseases as choices.
pub fn diseases(s: &Shell, v: &ResponseList) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("choose"))];
    choices.extend(
        v.diseases
            .iter()
            .map(|one| Choice::new(&one.id, s.text(&one.name))),
    );
    choices
}

/// What can be approved in a response, as choices.
pub fn approvals(s: &Shell, response: &ResponseView) -> Vec<Choice> {
    let kinds = response.approval_kinds.iter();
    let choices = kinds.map(|code| Choice::new(code, s.code("approval", code)));
    std::iter::once(Choice::new("", s.t("choose")))
        .chain(choices)
        .collect()
}

/// The organs that give approvals, as choices.
pub fn organs(s: &Shell, v: &ResponseList) -> Vec<Choice> {
    let names = v.organs.iter();
    let choices = names.map(|one| Choice::new(&one.code, s.text(&one.name)));
    std::iter::once(Choice::new("", s.t("choose")))
        .chain(choices)
        .collect()
}

/// The name of a disease by its code.
pub fn disease_name<'a>(s: &Shell, v: &'a ResponseList, id: &'a str) -> &'a str {
    v.diseases
        .iter()
        .find(|one| one.id == id)
        .map_or(id, |one| s.text(&one.name))
}

fn open(app: &App, ask: &Ask, input: ResponseInput) -> Result<Done<ResponseId>> {
    let id = app.response_open(&ask.who, ask.command, &input)?;
    Ok(Done::then("/responses", id))
}

fn which(ask: &Ask) -> Result<ResponseId> {
    ask.field("id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)
}

fn approve(app: &App, ask: &Ask, input: ApprovalInput) -> Result<Done<Uuid>> {
    let id = app.response_approve(&ask.who, ask.command, which(ask)?, &input)?;
    Ok(Done::then("/responses", id))
}

fn which_approval(ask: &Ask) -> Result<Uuid> {
    ask.field("id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)
}

fn confirm(app: &App, ask: &Ask, input: ConfirmInput) -> Result<Done<()>> {
    app.response_confirm(&ask.who, ask.command, which_approval(ask)?, &input)?;
    Ok(Done::then("/responses", ()))
}

fn end_approval(app: &App, ask: &Ask, input: EndInput) -> Result<Done<()>> {
    app.response_end_approval(&ask.who, ask.command, which_approval(ask)?, &input)?;
    Ok(Done::then("/responses", ()))
}

#[derive(Deserialize, JsonSchema)]
struct Seen {
    /// The response.
    id: ResponseId,
    /// The version seen.
    version: i64,
}

fn close(app: &App, ask: &Ask, input: Seen) -> Result<Done<()>> {
    app.response_close(&ask.who, ask.command, input.id, input.version)?;
    Ok(Done::then("/responses", ()))
}

fn destroy(app: &App, ask: &Ask, input: Seen) -> Result<Done<()>> {
    app.response_destroy(&ask.who, ask.command, input.id, input.version)?;
    Ok(Done::then("/responses", ()))
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    let page = "responses.list";
    vec![
        Endpoint::page(page, "/responses", on(Action::ResponsesList), list),
        Endpoint::command(
            "responses.open",
            "/responses",
            on(Action::ResponsesOpen),
            page,
            open,
        ),
        Endpoint::command(
            "responses.approve",
            "/responses/{id}/approvals",
            on(Action::ResponsesApprove),
            page,
            approve,
        ),
        Endpoint::command(
            "responses.confirm",
            "/approvals/{id}/confirm",
            on(Action::ResponsesConfirm),
            page,
            confirm,
        ),
        Endpoint::command(
            "responses.end_approval",
            "/approvals/{id}/end",
            on(Action::ResponsesEndApproval),
            page,
            end_approval,
        ),
        Endpoint::command(
            "responses.close",
            "/responses/{id}/close",
            on(Action::ResponsesClose),
            page,
            close,
        ),
        Endpoint::command(
            "responses.destroy",
            "/responses/{id}/destroy",
            on(Action::ResponsesDestroy),
            page,
            destroy,
        ),
    ]
}
