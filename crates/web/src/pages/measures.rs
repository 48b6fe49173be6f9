//! Measures: the list before and after their organ, one measure, its printed notice.

use fangxian_app::measures::{
    ConfirmInput, DecideInput, HeldBy, LiftInput, MeasureView, MeasuresFilter, MeasuresPage,
};
use fangxian_app::{Action, App, AppError, Result};
use fangxian_base::MeasureId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::forms::Choice;
use crate::shell::Shell;

/// Measures.
#[derive(Debug, Serialize, JsonSchema)]
struct Measures {
    /// The measures.
    list: MeasuresPage,
    /// The state asked for.
    state: String,
}

page!(Measures, "measures.html");

fn list(app: &App, ask: &Ask, input: MeasuresFilter) -> Result<Measures> {
    let state = input.states.first().cloned().unwrap_or_default();
    Ok(Measures {
        list: app.measures(&ask.who, &input)?,
        state,
    })
}

/// States as tabs.
pub fn tabs(s: &Shell) -> Vec<(&'static str, String)> {
    let mut tabs = vec![("", s.t("measure-state-open"))];
    for code in [
        "proposed", "held", "decided", "served", "lifted", "ended", "refused", "lapsed",
    ] {
        tabs.push((code, s.code("measure-state", code)));
    }
    tabs
}

/// The colour that goes with a state; the word stands beside it.
pub fn chip(state: &str) -> &'static str {
    match state {
        "held" => "need",
        "proposed" => "soon",
        "decided" | "served" => "info",
        "lifted" | "ended" => "good",
        _ => "",
    }
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The measure.
    id: MeasureId,
}

/// One measure.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct One(MeasureView);

page!(One, "measure.html");

fn one(app: &App, ask: &Ask, input: Which) -> Result<One> {
    app.measure_read(&ask.who, input.id).map(One)
}

/// The notice on paper.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct Paper(MeasureView);

page!(Paper, "notice.html");

fn notice(app: &App, ask: &Ask, input: Which) -> Result<Paper> {
    let measure = app.measure_read(&ask.who, input.id)?;
    if measure.notice.is_none() {
        Err(AppError::not_found())
    } else {
        Ok(Paper(measure))
    }
}

/// The notice that it no longer binds, on paper.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct Released(MeasureView);

page!(Released, "release-notice.html");

fn released(app: &App, ask: &Ask, input: Which) -> Result<Released> {
    let measure = app.measure_read(&ask.who, input.id)?;
    if measure.release_notice.is_none() {
        Err(AppError::not_found())
    } else {
        Ok(Released(measure))
    }
}

/// What an organ can say.
pub fn outcomes(s: &Shell) -> Vec<Choice> {
    ["decide", "refuse"]
        .map(|code| Choice::new(code, s.code("decision", code)))
        .to_vec()
}

/// What another organ can say of a held decision.
pub fn rulings(s: &Shell) -> Vec<Choice> {
    ["confirm", "refuse"]
        .map(|code| Choice::new(code, s.code("ruling", code)))
        .to_vec()
}

fn which(ask: &Ask) -> Result<MeasureId> {
    ask.field("id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)
}

fn decide(app: &App, ask: &Ask, input: DecideInput) -> Result<Done<Option<HeldBy>>> {
    let id = which(ask)?;
    let held = app.measure_decide(&ask.who, ask.command, id, &input)?;
    let said = if held.is_some() {
        "?done=measures.hold"
    } else {
        ""
    };
    Ok(Done::then(format!("/measures/{id}{said}"), held))
}

fn confirm(app: &App, ask: &Ask, input: ConfirmInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.measure_confirm(&ask.who, ask.command, id, &input)?;
    Ok(Done::then(format!("/measures/{id}"), ()))
}

fn lift(app: &App, ask: &Ask, input: LiftInput) -> Result<Done<()>> {
    let id = which(ask)?;
    app.measure_lift(&ask.who, ask.command, id, &input)?;
    Ok(Done::then(format!("/measures/{id}"), ()))
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    vec![
        Endpoint::page("measures.list", "/measures", on(Action::MeasuresList), list).traced(),
        Endpoint::page(
            "measures.view",
            "/measures/{id}",
            on(Action::MeasuresRead),
            one,
        )
        .traced(),
        Endpoint::page(
            "measures.notice",
            "/measures/{id}/notice",
            on(Action::MeasuresRead),
            notice,
        )
        .traced(),
        Endpoint::page(
            "measures.release",
            "/measures/{id}/release",
            on(Action::MeasuresRead),
            released,
        )
        .traced(),
        Endpoint::command(
            "measures.decide",
            "/measures/{id}/decide",
            on(Action::MeasuresDecide),
            "measures.view",
            decide,
        ),
        Endpoint::command(
            "measures.confirm",
            "/measures/{id}/confirm",
            on(Action::MeasuresConfirm),
            "measures.view",
            confirm,
        ),
        Endpoint::command(
            "measures.lift",
            "/measures/{id}/lift",
            on(Action::MeasuresLift),
            "measures.view",
            lift,
        ),
    ]
}
