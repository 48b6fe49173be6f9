//! Alerts: cases that occurred together in one place, as the thresholds of the packs count them.
//! Raised by counting, acknowledged by a named person, over when the window has passed; nobody sets
//! one by hand. Counts and places, never a name.
//!
//! Counting is in `sweep`, where people occurred together in `places`, the proposed grade of an
//! event in `grade`. Start with [`App::alerts_sweep`] and [`App::alert_acknowledge`].

mod grade;
mod places;
mod sweep;

use std::sync::Arc;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{AlertId, CommandId, Date, Instant, ResponseId, Text, UserId};
use fangxian_domain::alerts::{AlertState, Outcome};
use fangxian_packs::{Reason, ValueUsed};
use fangxian_store::alerts::{
    Alert, AlertFilter, acknowledgements, alert_acknowledge, alert_count, alert_fetch, alert_list,
};
use fangxian_store::clocks::{alert_clocks_end, clock_list_of_alert};
use fangxian_store::responses::response_fetch;
use fangxian_store::{AreaRange, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::{Rules, words};
use crate::clocks::ClockRow;
use crate::sight::{
    PAGE, all_right, area_of_code, area_text, minutes_left, not_too_long, required, user_name,
};
use crate::{App, AppError, Result, Who, about, found, scopes};

pub use grade::GradeView;
pub use sweep::AlertsSwept;
use sweep::Content;

/// For what alerts are read.
const PURPOSES: [Purpose; 2] = [Purpose::StatutoryReport, Purpose::Command];
/// LIMIT: alerts on the command screen.
const ON_DESK: i64 = 10;

/// Which alerts to show.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AlertsFilter {
    /// Division code; empty: everywhere the reader may look.
    pub area_code: String,
    /// Also those that are over.
    pub all: bool,
    /// How many to skip.
    pub offset: i64,
}

/// An alert in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AlertRow {
    /// Its id.
    pub id: AlertId,
    /// The response.
    pub response: ResponseId,
    /// The title of the response.
    pub response_title: Text,
    /// The disease pack.
    pub disease: String,
    /// The rule, `pack/rule`.
    pub rule: String,
    /// What it is, as a code: `cluster`, `outbreak`, `event`.
    pub kind: String,
    /// What the rule calls it; none when it was destroyed.
    pub title: Option<Text>,
    /// What kind of place it is, as a code: `institution`, `town`, `county`, `city`.
    pub unit: String,
    /// What the place is called.
    pub place: Option<Text>,
    /// The area it lies in.
    pub area: Option<Text>,
    /// Which people are counted, as a code.
    pub counts: String,
    /// How many in the window, now.
    pub cases: i64,
    /// The most that were counted at any time.
    pub most: i64,
    /// Whether they still reach the threshold.
    pub met: bool,
    /// First day of the window.
    #[schemars(with = "String")]
    pub from: Date,
    /// Its last day.
    #[schemars(with = "String")]
    pub to: Date,
    /// The last day on which it is told without a further case.
    #[schemars(with = "String")]
    pub until: Date,
    /// Where it stands, as a code: `raised`, `acknowledged`, `over`.
    pub state: String,
    /// More cases came after it was judged to be no event.
    pub grown: bool,
    /// When it was raised.
    pub raised_at: Instant,
    /// When its counts changed last.
    pub counted_at: Instant,
    /// Until when the first open statutory report must be sent.
    pub due_at: Option<Instant>,
    /// Minutes left until then; negative once it has passed.
    pub minutes_left: Option<i64>,
    /// The version, for acknowledging.
    pub version: i64,
}

/// A page of alerts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AlertsPage {
    /// The rows: those that nobody has acknowledged first, by what is due soonest.
    pub rows: Vec<AlertRow>,
    /// How many there are in all.
    pub total: i64,
    /// How many of all that the reader may see nobody has acknowledged.
    pub waiting: i64,
    /// How many were skipped.
    pub offset: i64,
}

/// The people counted on one day.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AlertDay {
    /// The day of onset, or what stands for it.
    #[schemars(with = "String")]
    pub day: Date,
    /// Those whom the rule counts.
    pub counted: i64,
    /// Cases.
    pub cases: i64,
    /// Confirmed ones among them.
    pub confirmed: i64,
    /// People who are ill and no case yet.
    pub ill: i64,
}

/// What a named person made of an alert.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AcknowledgementView {
    /// As a code: `reported`, `no_event`.
    pub outcome: String,
    /// The number of the report.
    pub reference: Option<String>,
    /// Why it is no event.
    pub reason: Option<String>,
    /// The cases counted at that time.
    pub cases: i64,
    /// Who.
    pub by: Option<String>,
    /// When.
    pub at: Instant,
}

/// One alert with its counted days and reasons.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AlertView {
    /// The row.
    pub row: AlertRow,
    /// The counted days of the window.
    pub days: Vec<AlertDay>,
    /// The values that the rule read, with where they come from.
    pub values: Vec<Arc<ValueUsed>>,
    /// Keys into the pack's sources.
    pub cites: Vec<String>,
    /// Why the law wants its reports.
    pub reasons: Vec<Reason>,
    /// Its statutory reports with their clocks.
    pub clocks: Vec<ClockRow>,
    /// What was made of it, the latest first.
    pub acknowledgements: Vec<AcknowledgementView>,
    /// The grade that the national plan would give an event; none for a cluster.
    pub grade: Option<GradeView>,
    /// Whether the reader may say what was done.
    pub may_acknowledge: bool,
}

/// What was done about an alert, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AcknowledgeInput {
    /// The version seen.
    pub version: i64,
    /// `reported` or `no_event`.
    pub outcome: String,
    /// The number of the report, where it was reported.
    pub reference: String,
    /// Why it is no event.
    pub reason: String,
}

fn state_of(rules: &Rules, tx: &Tx<'_>, alert: &Alert) -> AlertState {
    let today = rules.today(tx);
    AlertState::of(alert.acknowledged, alert.cases, alert.until, today)
}

fn row(rules: &Rules, tx: &mut Tx<'_>, alert: &Alert) -> Result<AlertRow> {
    let content = Content::of(alert);
    let response = found(response_fetch(tx, alert.response))?;
    let state = state_of(rules, tx, alert);
    Ok(AlertRow {
        id: alert.id,
        response: alert.response,
        response_title: Text::new(response.title_zh, response.title_en),
        disease: alert.disease.clone(),
        rule: alert.rule.clone(),
        kind: alert.kind.clone(),
        title: content.as_ref().map(|content| words(&content.raised.text)),
        unit: alert.unit.clone(),
        place: content.as_ref().and_then(|content| content.place.clone()),
        area: area_text(tx, alert.area)?,
        counts: content
            .as_ref()
            .map(|content| crate::assess::code_of(&content.raised.counts))
            .unwrap_or_default(),
        cases: alert.cases,
        most: alert.most,
        met: alert.met,
        from: alert.from,
        to: alert.to,
        until: alert.until,
        grown: state == AlertState::Raised && alert.acknowledged.is_some(),
        state: state.code().to_owned(),
        raised_at: alert.raised_at,
        counted_at: alert.counted_at,
        due_at: alert.due_at,
        minutes_left: alert.due_at.map(|due| minutes_left(due, tx.now())),
        version: alert.version,
    })
}

/// What an alert is and where, for the list of statutory reports.
pub(crate) fn called(tx: &mut Tx<'_>, id: AlertId) -> Result<Option<Text>> {
    let Some(alert) = alert_fetch(tx, id)? else {
        return Ok(None);
    };
    Ok(Content::of(&alert).map(|content| {
        let title = words(&content.raised.text);
        match content.place {
            Some(place) => Text::new(
                format!("{}：{}", title.zh, place.zh),
                format!("{}: {}", title.en, place.en),
            ),
            None => title,
        }
    }))
}

/// Keeps that an alert was reported, and its clocks with it; answers whether it was at `version`.
pub(crate) fn reported(
    tx: &mut Tx<'_>,
    alert: &Alert,
    version: i64,
    by: Option<UserId>,
    reference: &str,
) -> Result<bool> {
    let said = (Outcome::Reported, reference);
    if !alert_acknowledge(tx, alert, version, by, said)? {
        return Ok(false);
    }
    alert_clocks_end(tx, alert.id, by, Some(reference))?;
    Ok(true)
}

impl App {
    /// Alerts that the reader may see.
    ///
    /// # Errors
    /// When the reader may see none, or a filter does not hold.
    pub fn alerts(&self, who: &Who, filter: &AlertsFilter) -> Result<AlertsPage> {
        let (reach, purpose) = self.reach_for(who, Action::AlertsList, &PURPOSES)?;
        let rules = self.rules();
        let page = self.read(|tx| {
            let below = area_of_code(tx, "area_code", &filter.area_code)?;
            let wanted = AlertFilter {
                scopes: scopes(&reach),
                below: below.map(|area| AreaRange::below(&area.path)),
                open_on: (!filter.all).then(|| rules.today(tx)),
                waiting: false,
                limit: PAGE,
                offset: filter.offset.max(0),
            };
            let total = alert_count(tx, &wanted)?;
            let alerts = alert_list(tx, &wanted)?;
            let rows = alerts
                .iter()
                .map(|alert| row(&rules, tx, alert))
                .collect::<Result<_>>()?;
            let offset = wanted.offset;
            let waiting = AlertFilter {
                open_on: None,
                waiting: true,
                ..wanted
            };
            let waiting = alert_count(tx, &waiting)?;
            Ok(AlertsPage {
                rows,
                total,
                waiting,
                offset,
            })
        })?;
        let shown = page.rows.iter().map(|row| ("alert", row.id.to_string()));
        let detail = vec![("total", page.total.into())];
        self.show(who, Action::AlertsList, purpose, shown.collect(), detail)?;
        Ok(page)
    }

    /// The most urgent alerts of an area for the command screen, and how many nobody has
    /// acknowledged; nothing for whoever may see none. The screen leaves no entry, so it shows the
    /// names of units and areas only, and nothing of a sealed disease.
    pub(crate) fn alerts_on_desk(
        &self,
        who: &Who,
        below: &AreaRange,
    ) -> Result<(Vec<AlertRow>, i64)> {
        let Ok((reach, _)) = self.reach_for(who, Action::AlertsList, &PURPOSES) else {
            return Ok((Vec::new(), 0));
        };
        let rules = self.rules();
        self.read(|tx| {
            let mut scopes = scopes(&reach);
            for scope in &mut scopes {
                scope.confined = false;
            }
            let wanted = AlertFilter {
                scopes,
                below: Some(below.clone()),
                open_on: Some(rules.today(tx)),
                waiting: false,
                limit: ON_DESK,
                offset: 0,
            };
            let mut rows = Vec::new();
            for alert in alert_list(tx, &wanted)? {
                let mut row = row(&rules, tx, &alert)?;
                if !Content::of(&alert).is_some_and(|content| content.known) {
                    row.place = None;
                }
                rows.push(row);
            }
            let waiting = AlertFilter {
                open_on: None,
                waiting: true,
                ..wanted
            };
            Ok((rows, alert_count(tx, &waiting)?))
        })
    }

    /// One alert with its counted days and reasons.
    ///
    /// # Errors
    /// When it is not there, or the reader may not see it.
    pub fn alert_read(&self, who: &Who, id: AlertId) -> Result<AlertView> {
        let rules = self.rules();
        let (view, purpose) = self.read(|tx| {
            let alert = found(alert_fetch(tx, id))?;
            let thing = Resource::Alert {
                about: about(tx, alert.area, alert.confined, Some(alert.response))?,
            };
            let purpose = self.permit_for(who, Action::AlertsRead, &thing, &PURPOSES)?;
            let may = self
                .permit(
                    who,
                    Action::AlertsAcknowledge,
                    &thing,
                    Purpose::StatutoryReport,
                )
                .is_ok();
            let content = Content::of(&alert);
            let row = row(&rules, tx, &alert)?;
            let counts = content.as_ref().map(|content| content.raised.counts);
            let days = content.iter().flat_map(|content| &content.days);
            let days = days.map(|(day, count)| AlertDay {
                day: *day,
                counted: counts.map_or(0, |counts| {
                    i64::try_from(count.of(counts)).unwrap_or(i64::MAX)
                }),
                cases: count.cases.into(),
                confirmed: count.confirmed.into(),
                ill: count.ill.into(),
            });
            let days = days.collect();
            let mut made = Vec::new();
            for one in acknowledgements(tx, &alert)? {
                made.push(AcknowledgementView {
                    outcome: one.outcome.code().to_owned(),
                    reference: one.reference,
                    reason: one.reason,
                    cases: one.cases,
                    by: user_name(tx, one.by)?,
                    at: one.at,
                });
            }
            let clocks = clock_list_of_alert(tx, alert.id)?
                .iter()
                .map(|clock| crate::clocks::row(tx, clock))
                .collect::<Result<_>>()?;
            let grade = grade::of(&rules, tx, &alert)?;
            let raised = content.map(|content| content.raised);
            let (values, cites, reasons) = raised
                .map(|raised| (raised.values, raised.cites, raised.reasons))
                .unwrap_or_default();
            let view = AlertView {
                may_acknowledge: may && row.state == AlertState::Raised.code(),
                row,
                days,
                values,
                cites,
                reasons,
                clocks,
                acknowledgements: made,
                grade,
            };
            Ok((view, purpose))
        })?;
        let shown = vec![("alert", id.to_string())];
        self.show(who, Action::AlertsRead, purpose, shown, Vec::new())?;
        Ok(view)
    }

    /// Says what was done about an alert: reported, with the number, or no event, with the reason.
    /// Its statutory clocks end with it.
    ///
    /// # Errors
    /// When the asker may not, something is missing, or it was acknowledged before.
    pub fn alert_acknowledge(
        &self,
        who: &Who,
        command: CommandId,
        id: AlertId,
        input: &AcknowledgeInput,
    ) -> Result<()> {
        let purpose = Purpose::StatutoryReport;
        let response = self.read(|tx| {
            let alert = found(alert_fetch(tx, id))?;
            let thing = Resource::Alert {
                about: about(tx, alert.area, alert.confined, Some(alert.response))?,
            };
            self.permit(who, Action::AlertsAcknowledge, &thing, purpose)?;
            Ok(alert.response)
        })?;
        let (outcome, said) = checked(input)?;
        let (author, version, rules) = (who.author(), input.version, self.rules());
        let action = Action::AlertsAcknowledge;
        self.write(who, command, action, purpose, Some(response), move |tx| {
            let alert = found(alert_fetch(tx, id))?;
            if state_of(&rules, tx, &alert) != AlertState::Raised {
                return Err(AppError::conflict(
                    "ALREADY-ACKNOWLEDGED",
                    "该信号已经核实。",
                    "This alert was acknowledged before.",
                ));
            }
            let by = author.user();
            let kept = match outcome {
                Outcome::Reported => reported(tx, &alert, version, by, &said)?,
                Outcome::NoEvent => {
                    let kept = alert_acknowledge(tx, &alert, version, by, (outcome, &said))?;
                    if kept {
                        alert_clocks_end(tx, alert.id, by, None)?;
                    }
                    kept
                }
            };
            if !kept {
                return Err(AppError::stale());
            }
            tx.detail("outcome", outcome.code());
            tx.detail("late", alert.due_at.is_some_and(|due| due < tx.now()));
            Ok(())
        })
    }
}

/// The outcome with its number or reason; every finding at once.
fn checked(input: &AcknowledgeInput) -> Result<(Outcome, String)> {
    let Some(outcome) = Outcome::from_code(input.outcome.trim()) else {
        return Err(AppError::field(
            "outcome",
            "请选择“已报告”或“判定不是事件”。",
            "Choose “reported” or “no event”.",
        ));
    };
    let mut wrong = Vec::new();
    let said = match outcome {
        Outcome::Reported => required(
            &mut wrong,
            "reference",
            &input.reference,
            "请填写网络直报的编号。",
            "Give the number of the network report.",
        ),
        Outcome::NoEvent => {
            not_too_long(&mut wrong, "reason", &input.reason);
            required(
                &mut wrong,
                "reason",
                &input.reason,
                "请说明为什么判定不是事件。",
                "Say why it is no event.",
            )
        }
    };
    all_right(wrong)?;
    Ok((outcome, said.ok_or_else(AppError::stale)?))
}
