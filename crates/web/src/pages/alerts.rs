//! Alerts: cases that occurred together. Counts and places, never a name.

use fangxian_app::alerts::{AcknowledgeInput, AlertRow, AlertView, AlertsFilter, AlertsPage};
use fangxian_app::{Action, App, AppError, Result};
use fangxian_base::AlertId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Done, Html, page};
use crate::ask::Ask;
use crate::draw;
use crate::endpoint::{Access, Endpoint};
use crate::forms::Choice;
use crate::shell::Shell;

/// Alerts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alerts {
    /// The alerts.
    list: AlertsPage,
    /// Also those that are over.
    all: bool,
}

page!(Alerts, "alerts.html");

/// The pages before and after, of the same view.
pub fn pager(s: &Shell, v: &Alerts) -> Html {
    let kept = [("all", if v.all { "on" } else { "" })];
    super::pager(s, &v.list.total, &v.list.offset, &kept)
}

fn list(app: &App, ask: &Ask, input: AlertsFilter) -> Result<Alerts> {
    let all = input.all;
    Ok(Alerts {
        list: app.alerts(&ask.who, &input)?,
        all,
    })
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The alert.
    id: AlertId,
}

/// One alert.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct One(AlertView);

page!(One, "alert.html");

fn one(app: &App, ask: &Ask, input: Which) -> Result<One> {
    app.alert_read(&ask.who, input.id).map(One)
}

/// The colour that goes with a state; the word stands beside it.
pub fn chip(state: &str) -> &'static str {
    match state {
        "raised" => "need",
        "acknowledged" => "info",
        _ => "",
    }
}

/// What the rule calls it, or the kind where that was destroyed.
pub fn title(s: &Shell, row: &AlertRow) -> String {
    row.title.as_ref().map_or_else(
        || s.code("alert-kind", &row.kind),
        |title| s.text(title).to_owned(),
    )
}

/// The counted days as bars.
pub fn bars(s: &Shell, v: &One) -> Html {
    let days: Vec<draw::Bar> =
        v.0.days
            .iter()
            .map(|day| draw::Bar {
                label: day.day.to_string(),
                count: u64::try_from(day.counted).unwrap_or(0),
                unfinished: false,
            })
            .collect();
    draw::bars(&days, &s.t("alert-days"), &s.t("alert-days-text"))
}

/// What can be said of an alert.
pub fn outcomes(s: &Shell) -> Vec<Choice> {
    ["reported", "no_event"]
        .map(|code| Choice::new(code, s.code("alert-outcome", code)))
        .to_vec()
}

fn acknowledge(app: &App, ask: &Ask, input: AcknowledgeInput) -> Result<Done<()>> {
    let id: AlertId = ask
        .field("id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)?;
    app.alert_acknowledge(&ask.who, ask.command, id, &input)?;
    Ok(Done::then(format!("/alerts/{id}"), ()))
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    vec![
        Endpoint::page("alerts.list", "/alerts", on(Action::AlertsList), list).traced(),
        Endpoint::page("alerts.view", "/alerts/{id}", on(Action::AlertsRead), one).traced(),
        Endpoint::command(
            "alerts.acknowledge",
            "/alerts/{id}/acknowledge",
            on(Action::AlertsAcknowledge),
            "alerts.view",
            acknowledge,
        ),
    ]
}
