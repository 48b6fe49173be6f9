//! The public door: the self-report on one page, its receipt, and where a report stands.

use fangxian_app::appeals::AppealProgress;
use fangxian_app::intake::{Envelope, ReceiptState, ReceiptView, SYMPTOMS, Signal, Submitted};
use fangxian_app::{App, Result, Who};
use fangxian_base::Text;
use fangxian_domain::appeals::AppealState;
use fangxian_domain::intake::Channel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};
use crate::forms::Choice;
use crate::shell::Shell;

/// The self-report form.
#[derive(Debug, Serialize, JsonSchema)]
struct ReportForm {
    /// Symptom codes to choose from.
    symptoms: Vec<String>,
    /// Division codes and names to choose from, from the widest.
    areas: Vec<AreaChoice>,
}

/// A division to choose.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AreaChoice {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// The division of the first level that it lies in: the heading it is looked for under.
    pub group: Text,
}

page!(ReportForm, "report.html");

fn form(app: &App, _: &Ask, _: Nothing) -> Result<ReportForm> {
    Ok(ReportForm {
        symptoms: SYMPTOMS.iter().map(|code| (*code).to_owned()).collect(),
        areas: area_choices(app)?,
    })
}

/// The deepest level that somebody at the door can be asked for: the community.
const LEVEL_MAX: i64 = 3;

/// The divisions that somebody at the door chooses from. Their names are no secret, so the
/// program itself asks for them.
pub fn area_choices(app: &App) -> Result<Vec<AreaChoice>> {
    let areas = app.area_list(&Who::system(), None)?;
    // They come in the order of the tree: what lies below a division follows it.
    let mut group = Text::default();
    let mut choices = Vec::new();
    for area in areas {
        if area.level == 1 {
            group = area.name.clone();
        }
        if area.level < 1 || area.level > LEVEL_MAX {
            continue;
        }
        let depth = usize::try_from(area.level - 1).unwrap_or(0);
        let indent = "\u{3000}".repeat(depth);
        choices.push(AreaChoice {
            code: area.code,
            name: Text::new(
                format!("{indent}{}", area.name.zh),
                format!("{indent}{}", area.name.en),
            ),
            group: group.clone(),
        });
    }
    Ok(choices)
}

/// The divisions as choices of a form.
pub fn area_list(s: &Shell, areas: &[AreaChoice]) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("report-area-unknown"))];
    choices.extend(
        areas
            .iter()
            .map(|area| Choice::new(&area.code, s.text(&area.name)).under(s.text(&area.group))),
    );
    choices
}

/// Codes of a list as choices, with their words.
pub fn coded(s: &Shell, list: &str, codes: &[String]) -> Vec<Choice> {
    codes
        .iter()
        .map(|code| Choice::new(code, s.code(list, code)))
        .collect()
}

/// The sexes as choices.
pub fn sexes(s: &Shell) -> Vec<Choice> {
    ["male", "female"]
        .iter()
        .map(|code| Choice::new(*code, s.code("sex", code)))
        .collect()
}

fn submit(app: &App, ask: &Ask, signal: Signal) -> Result<Done<Submitted>> {
    let envelope = Envelope {
        command: ask.command,
        channel: Channel::SelfReport,
        response: String::new(),
        original: ask.original(),
    };
    let given = app.submit(&ask.who, envelope, &signal)?;
    Ok(Done::then(
        format!("/receipt?number={}", given.receipt.replace(' ', "")),
        given,
    ))
}

#[derive(Deserialize, JsonSchema)]
struct Number {
    /// The receipt number.
    number: Option<String>,
}

/// Where a report stands.
#[derive(Debug, Serialize, JsonSchema)]
struct ReceiptPage {
    /// The report, when a number was given.
    found: Option<ReceiptView>,
    /// What was typed.
    typed: String,
    /// What is wrong with it, when nothing was found.
    problem: Option<Text>,
    /// Whether it was given out just now.
    fresh: bool,
}

page!(ReceiptPage, "receipt.html");

fn receipt(app: &App, ask: &Ask, input: Number) -> Result<ReceiptPage> {
    let typed = input.number.unwrap_or_default();
    let fresh = matches!(
        ask.field("done"),
        Some("report.submit" | "appeals.file" | "appeals.take")
    );
    if typed.trim().is_empty() {
        return Ok(ReceiptPage {
            found: None,
            typed,
            problem: None,
            fresh: false,
        });
    }
    match app.receipt(&typed) {
        Ok(found) => Ok(ReceiptPage {
            found: Some(found),
            typed,
            problem: None,
            fresh,
        }),
        // A number that leads nowhere is an answer on the page, not an error of the page.
        Err(error) if error.kind == fangxian_app::Kind::NotFound => {
            let words = Text::new(
                "没有找到这个回执号，请对照回执逐位核对。",
                "Nothing was given out under this number; check it against your receipt.",
            );
            Ok(ReceiptPage {
                found: None,
                typed,
                problem: Some(words),
                fresh: false,
            })
        }
        Err(error) => match error.fields.first() {
            Some(field) => {
                let problem = Some(field.text.clone());
                Ok(ReceiptPage {
                    found: None,
                    typed,
                    problem,
                    fresh: false,
                })
            }
            None => Err(error),
        },
    }
}

/// The steps of a report in order, with whether each is reached: the page draws them.
pub fn steps(state: ReceiptState) -> Vec<(&'static str, bool)> {
    let reached = match state {
        ReceiptState::Received => 1,
        ReceiptState::Assessed => 2,
        ReceiptState::Arranged => 3,
        ReceiptState::Closed | ReceiptState::NoFollowUp => 4,
    };
    ["received", "assessed", "arranged", "closed"]
        .into_iter()
        .enumerate()
        .map(|(n, step)| (step, n < reached))
        .collect()
}

/// The code of a state.
pub fn state_code(state: ReceiptState) -> &'static str {
    match state {
        ReceiptState::Received => "received",
        ReceiptState::Assessed => "assessed",
        ReceiptState::Arranged => "arranged",
        ReceiptState::Closed => "closed",
        ReceiptState::NoFollowUp => "no_follow_up",
    }
}

/// The code of what is said about an appeal: its state, or that the measure was lifted after it.
pub fn appeal_state(appeal: &AppealProgress) -> &'static str {
    match appeal.state {
        AppealState::Upheld if appeal.lifted => "lifted",
        state => state.code(),
    }
}

/// Its endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("report.form", "/report", Access::Public, form),
        Endpoint::command(
            "report.submit",
            "/report",
            Access::Public,
            "report.form",
            submit,
        ),
        Endpoint::page("receipt.view", "/receipt", Access::Public, receipt),
    ]
}
