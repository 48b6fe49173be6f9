//! Two looks: the queue, and one proposal with facts and reasons on one page.

use fangxian_app::reviews::{
    Confirmed, FirstLookInput, ReviewView, ReviewsFilter, ReviewsPage, SecondLookInput,
};
use fangxian_app::{Action, App, AppError, Result};
use fangxian_base::ReviewId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::{AreaChoice, area_choices};
use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::forms::Choice;
use crate::shell::Shell;

/// A page of the queue.
#[derive(Debug, Serialize, JsonSchema)]
struct Queue {
    /// The reviews.
    list: ReviewsPage,
    /// The state asked for.
    state: String,
}

page!(Queue, "reviews.html");

fn list(app: &App, ask: &Ask, input: ReviewsFilter) -> Result<Queue> {
    let state = input.states.first().cloned().unwrap_or_default();
    Ok(Queue {
        list: app.reviews(&ask.who, &input)?,
        state,
    })
}

/// States as tabs: code, words.
pub fn tabs(s: &Shell) -> Vec<(&'static str, String)> {
    let mut tabs = vec![("", s.t("review-state-open"))];
    for code in [
        "first_look",
        "asked",
        "second_look",
        "confirmed",
        "set_aside",
    ] {
        tabs.push((code, s.code("review-state", code)));
    }
    tabs
}

/// The colour that goes with a state; the word stands beside it.
pub fn chip(state: &str) -> &'static str {
    match state {
        "first_look" => "info",
        "second_look" | "asked" => "soon",
        "confirmed" => "good",
        _ => "",
    }
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The review.
    id: ReviewId,
}

/// One review.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReviewPage {
    /// The review.
    review: ReviewView,
    /// Divisions to choose from.
    areas: Vec<AreaChoice>,
}

page!(ReviewPage, "review.html");

fn one(app: &App, ask: &Ask, input: Which) -> Result<ReviewPage> {
    Ok(ReviewPage {
        review: app.review_read(&ask.who, input.id)?,
        areas: area_choices(app)?,
    })
}

/// What a first look can say.
pub fn first_outcomes(s: &Shell) -> Vec<Choice> {
    ["confirm", "amend", "ask", "no_follow_up", "not_a_person"]
        .map(|code| Choice::new(code, s.code("look", code)))
        .to_vec()
}

/// What a second look can say.
pub fn second_outcomes(s: &Shell) -> Vec<Choice> {
    ["confirm", "amend", "return"]
        .map(|code| Choice::new(code, s.code("look", code)))
        .to_vec()
}

/// Standard tasks that a looker can add.
pub fn standard_tasks(s: &Shell) -> Vec<Choice> {
    ["door_visit", "phone_check"]
        .map(|code| Choice::new(code, s.code("task-kind", code)))
        .to_vec()
}

/// Rules of the proposal that can be taken out, with a row in the form for each.
pub fn drops(s: &Shell, v: &ReviewPage) -> Vec<(usize, String, String)> {
    let Some(proposal) = &v.review.proposal else {
        return Vec::new();
    };
    let measures = proposal.measures.iter().map(|one| {
        (
            one.due.rule.clone(),
            s.either(&one.due.name.zh, &one.due.name.en).to_owned(),
        )
    });
    let tasks = proposal.tasks.iter().map(|one| {
        (
            one.due.rule.clone(),
            s.either(&one.due.text.zh, &one.due.text.en).to_owned(),
        )
    });
    let mut rows: Vec<(usize, String, String)> = Vec::new();
    for (rule, words) in measures.chain(tasks) {
        if !rows.iter().any(|(_, known, _)| *known == rule) {
            rows.push((rows.len(), rule, words));
        }
    }
    rows
}

fn which(ask: &Ask) -> Result<ReviewId> {
    ask.field("id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)
}

fn first(app: &App, ask: &Ask, mut input: FirstLookInput) -> Result<Done<()>> {
    // A row without a reason was not ticked.
    input.drop.retain(|row| !row.reason.trim().is_empty());
    app.review_first_look(&ask.who, ask.command, which(ask)?, &input)?;
    Ok(Done::then("/reviews", ()))
}

fn second(app: &App, ask: &Ask, mut input: SecondLookInput) -> Result<Done<Confirmed>> {
    input.drop.retain(|row| !row.reason.trim().is_empty());
    let id = which(ask)?;
    let confirmed = app.review_second_look(&ask.who, ask.command, id, &input)?;
    Ok(Done::then(format!("/reviews/{id}"), confirmed))
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    vec![
        Endpoint::page("reviews.list", "/reviews", on(Action::ReviewsList), list).traced(),
        Endpoint::page(
            "reviews.view",
            "/reviews/{id}",
            on(Action::ReviewsList),
            one,
        )
        .traced(),
        Endpoint::command(
            "reviews.first_look",
            "/reviews/{id}/first",
            on(Action::ReviewsFirstLook),
            "reviews.view",
            first,
        ),
        Endpoint::command(
            "reviews.second_look",
            "/reviews/{id}/second",
            on(Action::ReviewsSecondLook),
            "reviews.view",
            second,
        ),
    ]
}
