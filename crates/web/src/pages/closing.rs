//! What becomes of a closed response: what is destroyed, what is kept and why, the certificate.

use fangxian_app::responses::{
    CertificateView, ClassView, ClosingView, ConfirmInput, CopiesView, Figure, KeepInput, KeptView,
};
use fangxian_app::{Action, App, AppError, Result};
use fangxian_base::{RecordId, ResponseId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::forms::Choice;
use crate::shell::Shell;

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The response.
    id: ResponseId,
}

/// What becomes of a response, and what the asker may do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Closing {
    /// The response.
    #[serde(flatten)]
    closing: ClosingView,
    /// What the asker may do.
    may: May,
}

#[derive(Debug, Serialize, JsonSchema)]
struct May {
    close: bool,
    destroy: bool,
    keep: bool,
    confirm: bool,
    read: bool,
}

page!(Closing, "closing.html");

fn view(app: &App, ask: &Ask, input: Which) -> Result<Closing> {
    let may = |action| app.may(&ask.who, action);
    Ok(Closing {
        closing: app.response_closing(&ask.who, input.id)?,
        may: May {
            close: may(Action::ResponsesClose),
            destroy: may(Action::ResponsesDestroy),
            keep: may(Action::ResponsesKeep),
            confirm: may(Action::ResponsesConfirmKeep),
            read: may(Action::ResponsesReadKept),
        },
    })
}

/// Classes of data as choices.
pub fn classes(s: &Shell, v: &Closing) -> Vec<Choice> {
    let all = v.closing.classes.iter();
    let all = all.map(|class| Choice::new(&class.id, s.text(&class.text)));
    std::iter::once(Choice::new("", s.t("choose")))
        .chain(all)
        .collect()
}

/// Why something may be kept, as choices.
pub fn reasons(s: &Shell) -> Vec<Choice> {
    let all = ["evidence", "evaluation"].map(|code| Choice::new(code, s.code("keep-why", code)));
    std::iter::once(Choice::new("", s.t("choose")))
        .chain(all)
        .collect()
}

/// What is kept: a class of data by its name, or the file of one person.
pub fn what<'a>(s: &'a Shell, classes: &'a [ClassView], kept: &'a KeptView) -> String {
    let Some(id) = &kept.class else {
        let Some(file) = kept.person.map(|id| id.to_string()) else {
            return s.t("kept-somebody");
        };
        return s.t1("kept-person", "file", super::short(&file));
    };
    let class = classes.iter().find(|class| class.id == *id);
    class.map_or_else(|| id.clone(), |class| s.text(&class.text).to_owned())
}

/// What a number is counted by, in words where its figure has codes with words.
pub fn counted_by(s: &Shell, v: &Paper, figure: &Figure, name: &str) -> String {
    let two = |first: &str, second: &str| {
        let (one, other) = name.split_once('/').unwrap_or((name, ""));
        let one = if first.is_empty() {
            one.to_owned()
        } else {
            s.code(first, one)
        };
        format!("{one} · {}", s.code(second, other))
    };
    match figure.id.as_str() {
        "records" | "persons_by_class" => {
            let class =
                v.0.certificate
                    .classes
                    .iter()
                    .find(|class| class.id == name);
            class.map_or_else(|| name.to_owned(), |class| s.text(&class.text).to_owned())
        }
        "persons" | "deaths" => s.t("count-all"),
        "channels" => s.code("channel", name),
        "facts" => s.code("fact", name),
        "cases" => s.code("value", name),
        "reviews" => s.code("review-state", name),
        "measures" => two("", "measure-state"),
        "tasks" => two("task-kind", "task-state"),
        "appeals" => two("appeal-kind", "appeal-state"),
        "reports" => s.code("count-report", name),
        "cases_by_area" if name == "others" => s.t("count-others"),
        _ => name.to_owned(),
    }
}

fn keep(app: &App, ask: &Ask, input: KeepInput) -> Result<Done<Uuid>> {
    let response = response_of(ask)?;
    let id = app.response_keep(&ask.who, ask.command, response, &input)?;
    Ok(Done::then(closing_page(response), id))
}

fn closing_page(response: ResponseId) -> String {
    format!("/responses/{response}/closing")
}

fn response_of(ask: &Ask) -> Result<ResponseId> {
    ask.field("id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)
}

fn kept_of(ask: &Ask) -> Result<Uuid> {
    ask.field("kept")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)
}

fn confirm(app: &App, ask: &Ask, input: ConfirmInput) -> Result<Done<()>> {
    app.response_confirm_keep(&ask.who, ask.command, kept_of(ask)?, &input)?;
    Ok(Done::then(closing_page(response_of(ask)?), ()))
}

#[derive(Deserialize, JsonSchema)]
struct CopiesWanted {
    /// The decision to keep.
    kept: Uuid,
    /// Copies after that of this record; none: from the first.
    after: Option<RecordId>,
}

/// What was kept.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Copies(CopiesView);

page!(Copies, "kept.html");

fn copies(app: &App, ask: &Ask, input: CopiesWanted) -> Result<Copies> {
    app.response_kept(&ask.who, input.kept, input.after)
        .map(Copies)
}

/// A copy as it is read: indented JSON.
pub fn copy_text(says: &serde_json::Value) -> String {
    serde_json::to_string_pretty(says).unwrap_or_default()
}

/// A certificate.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Paper(CertificateView);

page!(Paper, "certificate.html");

fn certificate(app: &App, ask: &Ask, input: Which) -> Result<Paper> {
    app.response_certificate(&ask.who, input.id).map(Paper)
}

/// Its endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    let page = "responses.closing";
    vec![
        Endpoint::page(
            page,
            "/responses/{id}/closing",
            on(Action::ResponsesList),
            view,
        ),
        Endpoint::command(
            "responses.keep",
            "/responses/{id}/kept",
            on(Action::ResponsesKeep),
            page,
            keep,
        ),
        Endpoint::command(
            "responses.confirm_keep",
            "/responses/{id}/kept/{kept}/confirm",
            on(Action::ResponsesConfirmKeep),
            page,
            confirm,
        ),
        Endpoint::page(
            "responses.kept",
            "/responses/{id}/kept/{kept}",
            on(Action::ResponsesReadKept),
            copies,
        )
        .traced(),
        Endpoint::page(
            "responses.certificate",
            "/responses/{id}/certificate",
            on(Action::ResponsesList),
            certificate,
        ),
    ]
}
