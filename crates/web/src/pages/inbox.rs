//! The inbox: what came in, one record as received, the staff form.

use fangxian_app::intake::{
    ANIMALS, CLASSES, Candidate, Envelope, InboxFilter, InboxPage, RecordView, SETTINGS, SYMPTOMS,
    Signal, Submitted, TESTS,
};
use fangxian_app::{Action, App, Result};
use fangxian_base::{RecordId, Text};
use fangxian_domain::intake::Channel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::{AreaChoice, area_choices};
use super::responses::{DiseaseName, disease_names};
use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};
use crate::forms::Choice;
use crate::shell::Shell;

/// A page of the inbox.
#[derive(Debug, Serialize, JsonSchema)]
struct Inbox {
    /// The records.
    list: InboxPage,
    /// The state asked for.
    state: String,
    /// The channel asked for.
    channel: String,
}

page!(Inbox, "inbox.html");

fn list(app: &App, ask: &Ask, input: InboxFilter) -> Result<Inbox> {
    let (state, channel) = (input.state.clone(), input.channel.clone());
    Ok(Inbox {
        list: app.inbox(&ask.who, &input)?,
        state,
        channel,
    })
}

/// Channels as choices.
pub fn channels(s: &Shell) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("all"))];
    choices.extend(
        Channel::ALL
            .iter()
            .map(|one| Choice::new(one.code(), s.code("channel", one.code()))),
    );
    choices
}

/// States of a record as choices.
pub fn states(s: &Shell) -> Vec<Choice> {
    [
        "",
        "new",
        "in_review",
        "handled",
        "rejected",
        "withdrawn",
        "all",
    ]
    .into_iter()
    .map(|code| match code {
        "" => Choice::new("", s.t("record-state-open")),
        "all" => Choice::new("all", s.t("all")),
        code => Choice::new(code, s.code("record-state", code)),
    })
    .collect()
}

/// The colour that goes with a state; the word stands beside it.
pub fn chip(state: &str) -> &'static str {
    match state {
        "new" => "info",
        "in_review" => "soon",
        "handled" => "good",
        _ => "",
    }
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The record.
    id: RecordId,
}

/// One record.
#[derive(Debug, Serialize, JsonSchema)]
struct RecordPage {
    /// The record.
    record: RecordView,
    /// Records that may be the same person.
    candidates: Vec<Candidate>,
    /// Divisions to choose from.
    areas: Vec<AreaChoice>,
    /// Whether the asker may deal with it.
    may_handle: bool,
}

page!(RecordPage, "record.html");

fn one(app: &App, ask: &Ask, input: Which) -> Result<RecordPage> {
    let record = app.record(&ask.who, input.id)?;
    let candidates = if app.may(&ask.who, Action::PairsList) {
        app.candidates(&ask.who, input.id)?
    } else {
        Vec::new()
    };
    let may_handle = app.may(&ask.who, Action::IntakeHandle);
    Ok(RecordPage {
        record,
        candidates,
        areas: area_choices(app)?,
        may_handle,
    })
}

/// The original in lines that can be read: JSON is set out, anything else stays as it is.
pub fn readable(original: &str) -> String {
    serde_json::from_str::<serde_json::Value>(original)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| original.to_owned())
}

#[derive(Deserialize, JsonSchema)]
struct SetAside {
    /// The record.
    id: RecordId,
    /// The version seen.
    version: i64,
    /// Why nothing more is needed.
    reason: String,
}

fn set_aside(app: &App, ask: &Ask, input: SetAside) -> Result<Done<()>> {
    app.record_set_aside(
        &ask.who,
        ask.command,
        input.id,
        input.version,
        &input.reason,
    )?;
    Ok(Done::then(format!("/inbox/{}", input.id), ()))
}

#[derive(Deserialize, JsonSchema)]
struct Place {
    /// The record.
    id: RecordId,
    /// Division code.
    area_code: String,
}

fn place(app: &App, ask: &Ask, input: Place) -> Result<Done<()>> {
    app.record_place(&ask.who, ask.command, input.id, &input.area_code)?;
    Ok(Done::then(format!("/inbox/{}", input.id), ()))
}

/// What the staff form offers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StaffForm {
    /// Symptom codes.
    symptoms: Vec<String>,
    /// Settings of a meeting.
    settings: Vec<String>,
    /// Diseases that there is a pack for.
    diseases: Vec<DiseaseName>,
    /// Classes as notified.
    classes: Vec<String>,
    /// Animals.
    animals: Vec<String>,
    /// Tests.
    tests: Vec<String>,
    /// Divisions.
    areas: Vec<AreaChoice>,
    /// Open responses.
    responses: Vec<ResponseChoice>,
    /// Whether the asker's post may ask for a document number.
    may_ask_document: bool,
}

/// An open response to choose.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResponseChoice {
    /// Its code.
    pub code: String,
    /// Its title.
    pub title: Text,
}

page!(StaffForm, "staff-form.html");

/// Open responses, for whoever may see them.
pub fn open_responses(app: &App, ask: &Ask) -> Result<Vec<ResponseChoice>> {
    if !app.may(&ask.who, Action::ResponsesList) {
        return Ok(Vec::new());
    }
    let open = app
        .response_list(&ask.who)?
        .into_iter()
        .filter(|one| one.closed_at.is_none());
    Ok(open
        .map(|one| ResponseChoice {
            code: one.code,
            title: one.title,
        })
        .collect())
}

/// Responses as choices.
pub fn responses(s: &Shell, responses: &[ResponseChoice]) -> Vec<Choice> {
    responses
        .iter()
        .map(|one| Choice::new(&one.code, s.text(&one.title)))
        .collect()
}

/// Codes with an empty one before them.
pub fn coded_or_none(s: &Shell, list: &str, codes: &[String]) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("choose"))];
    choices.extend(super::report::coded(s, list, codes));
    choices
}

/// Diseases as choices.
pub fn diseases(s: &Shell, diseases: &[DiseaseName]) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("choose"))];
    let names = diseases.iter();
    choices.extend(names.map(|one| Choice::new(&one.id, s.text(&one.name))));
    choices
}

/// Yes and no as choices.
pub fn yes_no(s: &Shell) -> Vec<Choice> {
    vec![
        Choice::new("", s.t("unknown")),
        Choice::new("yes", s.t("yes")),
        Choice::new("no", s.t("no")),
    ]
}

/// Results of a test as choices.
pub fn results(s: &Shell) -> Vec<Choice> {
    let codes: Vec<String> = ["positive", "negative", "unclear"]
        .map(str::to_owned)
        .to_vec();
    coded_or_none(s, "value", &codes)
}

fn form(app: &App, ask: &Ask, _: Nothing) -> Result<StaffForm> {
    let list = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    Ok(StaffForm {
        symptoms: list(&SYMPTOMS),
        settings: list(&SETTINGS),
        diseases: disease_names(app),
        classes: list(&CLASSES),
        animals: list(&ANIMALS),
        tests: list(&TESTS),
        areas: area_choices(app)?,
        responses: open_responses(app, ask)?,
        may_ask_document: app.may_ask_document(&ask.who),
    })
}

fn submit(app: &App, ask: &Ask, input: Signal) -> Result<Done<Submitted>> {
    let channel = if ask.bearer {
        Channel::Interface
    } else {
        Channel::StaffForm
    };
    let envelope = Envelope {
        command: ask.command,
        channel,
        response: ask.field("response").unwrap_or_default().to_owned(),
        original: ask.original(),
    };
    let given = app.submit(&ask.who, envelope, &input)?;
    let to = if app.may(&ask.who, Action::IntakeRead) {
        format!("/inbox/{}", given.record)
    } else {
        "/inbox/new".to_owned()
    };
    Ok(Done::then(to, given))
}

/// Its endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    vec![
        Endpoint::page("intake.list", "/inbox", on(Action::IntakeList), list).traced(),
        Endpoint::page("intake.new", "/inbox/new", on(Action::IntakeSubmit), form),
        Endpoint::command(
            "intake.submit",
            "/inbox/new",
            on(Action::IntakeSubmit),
            "intake.new",
            submit,
        )
        .also(&["response"]),
        Endpoint::page("intake.view", "/inbox/{id}", on(Action::IntakeRead), one).traced(),
        Endpoint::command(
            "intake.set_aside",
            "/inbox/{id}/set-aside",
            on(Action::IntakeHandle),
            "intake.view",
            set_aside,
        ),
        Endpoint::command(
            "intake.place",
            "/inbox/{id}/area",
            on(Action::IntakeHandle),
            "intake.view",
            place,
        ),
    ]
}
