//! What the law of today lets be decided, by whom, and the request to whoever may.

use fangxian_app::rulebook::{LawAnswer, LawQuestion};
use fangxian_app::{Action, App, Result};
use fangxian_base::Text;
use schemars::JsonSchema;
use serde::Serialize;

use super::responses::{DiseaseName, disease_names};
use crate::answer::page;
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::forms::Choice;
use crate::shell::Shell;

/// What was asked and what the law says.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LawPage {
    /// What the law says.
    #[serde(flatten)]
    law: LawAnswer,
    /// Diseases that there is a pack for.
    diseases: Vec<DiseaseName>,
    /// Responses against a disease: code and title.
    responses: Vec<(String, Text)>,
    /// The measure asked about.
    measure: String,
    /// The disease asked about.
    disease: String,
    /// The response asked about.
    response: String,
}

page!(LawPage, "law.html");

fn ask(app: &App, ask: &Ask, input: LawQuestion) -> Result<LawPage> {
    let law = app.law_asked(&ask.who, &input)?;
    let open = if app.may(&ask.who, Action::ResponsesList) {
        app.response_list(&ask.who)?
    } else {
        Vec::new()
    };
    let open = open.into_iter();
    let responses = open.filter(|one| one.closed_at.is_none() && !one.disease.is_empty());
    Ok(LawPage {
        law,
        diseases: disease_names(app),
        responses: responses.map(|one| (one.code, one.title)).collect(),
        measure: input.measure,
        disease: input.disease,
        response: input.response,
    })
}

fn choices<'a>(s: &Shell, all: impl Iterator<Item = (&'a str, String)>) -> Vec<Choice> {
    let all = all.map(|(code, words)| Choice::new(code, words));
    std::iter::once(Choice::new("", s.t("choose")))
        .chain(all)
        .collect()
}

/// Measures as choices.
pub fn measures(s: &Shell, v: &LawPage) -> Vec<Choice> {
    let all = v.law.measures.iter();
    choices(
        s,
        all.map(|(id, name)| (id.as_str(), format!("{id} {}", s.text(name)))),
    )
}

/// Diseases as choices.
pub fn diseases(s: &Shell, v: &LawPage) -> Vec<Choice> {
    let all = v.diseases.iter();
    choices(
        s,
        all.map(|one| (one.id.as_str(), s.text(&one.name).to_owned())),
    )
}

/// Responses as choices.
pub fn responses(s: &Shell, v: &LawPage) -> Vec<Choice> {
    let all = v.responses.iter();
    choices(
        s,
        all.map(|(code, title)| (code.as_str(), s.text(title).to_owned())),
    )
}

/// Its endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::page(
        "law.ask",
        "/law",
        Access::Staff(Action::PacksView),
        ask,
    )]
}
