//! The audit trail: reading it and verifying it.

use fangxian_app::audit_trail::{AuditPage, AuditQuery};
use fangxian_app::{Action, App, Result};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::answer::page;
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};
use crate::forms::Choice;
use crate::shell::Shell;

/// A page of the trail.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Trail {
    #[serde(flatten)]
    page: AuditPage,
    /// The action's code asked for.
    action: String,
    /// Whether the asker may verify it.
    may_verify: bool,
}

page!(Trail, "audit.html");

fn list(app: &App, ask: &Ask, input: AuditQuery) -> Result<Trail> {
    Ok(Trail {
        page: app.audit_list(&ask.who, &input)?,
        action: input.action,
        may_verify: app.may(&ask.who, Action::AuditVerify),
    })
}

/// Actions as choices.
pub fn actions(s: &Shell) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("all"))];
    choices.extend(
        Action::ALL
            .iter()
            .map(|one| Choice::new(one.code(), s.either(one.zh(), one.en()))),
    );
    choices
}

/// Codes and counts of an entry in one line.
pub fn detail(value: &Value) -> String {
    let plain = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    value.as_object().map_or_else(String::new, |fields| {
        fields
            .iter()
            .map(|(key, value)| format!("{key}={}", plain(value)))
            .collect::<Vec<_>>()
            .join(" · ")
    })
}

/// What verification found.
#[derive(Debug, Serialize, JsonSchema)]
struct Verified {
    /// The report.
    report: Value,
    /// Whether everything holds.
    holds: bool,
}

page!(Verified, "audit-verified.html");

fn verify(app: &App, ask: &Ask, _: Nothing) -> Result<Verified> {
    let report = app.audit_verify(&ask.who)?;
    Ok(Verified {
        holds: report.findings_total == 0,
        report: serde_json::to_value(&report).map_err(fangxian_app::AppError::internal)?,
    })
}

/// The fields of the report, in order.
pub fn lines(report: &Value) -> Vec<(String, String)> {
    report.as_object().map_or_else(Vec::new, |fields| {
        fields
            .iter()
            .filter(|(_, value)| !value.is_array() && !value.is_object())
            .map(|(key, value)| {
                (
                    key.clone(),
                    value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned),
                )
            })
            .collect()
    })
}

/// The findings of the report as text.
pub fn findings(report: &Value) -> Vec<String> {
    let list = report.get("findings").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect()
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page(
            "audit.list",
            "/audit",
            Access::Staff(Action::AuditRead),
            list,
        )
        .traced(),
        Endpoint::once(
            "audit.verify",
            "/audit/verify",
            Access::Staff(Action::AuditVerify),
            "audit.list",
            verify,
        ),
    ]
}
