//! Statutory reports: which run, how long is left, which were sent and which were late. One person
//! suffices to send; no look is waited for, and a late one is never hidden.

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{
    AlertId, CommandId, Instant, PersonId, RecordId, ReportClockId, ResponseId, Text,
};
use fangxian_packs::CaseClass;
use fangxian_store::alerts::alert_fetch;
use fangxian_store::clocks::{
    ClockFilter, ClockOf, ReportClock, clock_count, clock_fetch, clock_list, clock_list_of,
    clock_sent,
};
use fangxian_store::{AreaRange, Tx};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::assess::{from_code, words};
use crate::reviews::name_of;
use crate::sight::{
    PAGE, all_right, area_of_code, area_text, minutes_left, required, shown, user_name,
};
use crate::{App, AppError, Result, Who, about, found, scopes};

/// Which clocks to show.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ClocksFilter {
    /// Division code; empty: everywhere the reader may look.
    pub area_code: String,
    /// Also those that were sent.
    pub all: bool,
    /// Only those that are, or were sent, late.
    pub late: bool,
    /// How many to skip.
    pub offset: i64,
}

/// A statutory report and its clock.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClockRow {
    /// Its id.
    pub id: ReportClockId,
    /// The response.
    pub response: ResponseId,
    /// About whom; none for an outbreak or event.
    pub person: Option<PersonId>,
    /// Their name.
    pub name: String,
    /// The record that made it reportable.
    pub record: Option<RecordId>,
    /// The outbreak or event that it is about.
    pub alert: Option<AlertId>,
    /// What that is and where.
    pub alert_text: Option<Text>,
    /// Where it is.
    pub area: Option<Text>,
    /// The disease pack.
    pub disease: String,
    /// The case class, as a code.
    pub class: String,
    /// In words.
    pub class_text: Option<Text>,
    /// Law and article.
    pub basis: Text,
    /// Hours that the law gives, from its start.
    pub hours: i64,
    /// When the signal was received, or the event raised.
    pub started_at: Instant,
    /// Until when it must be sent.
    pub due_at: Instant,
    /// Minutes left; negative once it has passed; none when it was sent.
    pub minutes_left: Option<i64>,
    /// Whether it is late, or was sent late.
    pub late: bool,
    /// When somebody judged that there is no event to report, or the list that began it was undone.
    pub ended_at: Option<Instant>,
    /// Why that list was undone.
    pub ended_why: Option<String>,
    /// When it was sent.
    pub sent_at: Option<Instant>,
    /// Who sent it.
    pub sent_by: Option<String>,
    /// The number that the national system gave.
    pub reference: Option<String>,
    /// The version, for marking it as sent.
    pub version: i64,
}

/// A page of clocks.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClocksPage {
    /// The rows: those to be sent first, by what is due soonest.
    pub rows: Vec<ClockRow>,
    /// How many there are in all.
    pub total: i64,
    /// How many of all that the reader may see are, or were sent, late.
    pub late: i64,
    /// How many were skipped.
    pub offset: i64,
}

/// That a report was sent, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SentInput {
    /// The version seen.
    pub version: i64,
    /// The number that the national system gave.
    pub reference: String,
}

pub(crate) fn row(tx: &mut Tx<'_>, clock: &ReportClock) -> Result<ClockRow> {
    let now = tx.now();
    let over_at = clock.sent_at.or(clock.ended_at);
    let (person, record, alert) = match clock.of {
        ClockOf::Person(person, record) => (Some(person), Some(record), None),
        ClockOf::Alert(alert) => (None, None, Some(alert)),
    };
    let alert_text = match alert {
        Some(alert) => crate::alerts::called(tx, alert)?,
        None => None,
    };
    let name = match person {
        Some(person) => name_of(tx, person)?,
        None => String::new(),
    };
    let ended_why = match clock.ended_import {
        Some(import) => crate::imports::why_undone(tx, import)?,
        None => None,
    };
    let (zh, en) = clock
        .basis
        .split_once('\n')
        .unwrap_or((&clock.basis, &clock.basis));
    Ok(ClockRow {
        id: clock.id,
        response: clock.response,
        person,
        name,
        record,
        alert,
        alert_text,
        area: area_text(tx, clock.area)?,
        disease: clock.disease.clone(),
        class: clock.class.clone(),
        class_text: from_code::<CaseClass>(&clock.class).map(|class| words(&class.text())),
        basis: Text::new(zh, en),
        hours: clock.hours,
        started_at: clock.started_at,
        due_at: clock.due_at,
        minutes_left: over_at.is_none().then(|| minutes_left(clock.due_at, now)),
        late: clock.due_at < over_at.unwrap_or(now),
        ended_at: clock.ended_at,
        ended_why,
        sent_at: clock.sent_at,
        sent_by: user_name(tx, clock.sent_by)?,
        reference: clock.reference.clone(),
        version: clock.version,
    })
}

/// The clocks about a person, for the file and the review.
pub(crate) fn rows_of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<ClockRow>> {
    clock_list_of(tx, person)?
        .iter()
        .map(|clock| row(tx, clock))
        .collect()
}

impl App {
    /// Statutory reports that the reader may see.
    ///
    /// # Errors
    /// When the reader may see none, or a filter does not hold.
    pub fn clocks(&self, who: &Who, filter: &ClocksFilter) -> Result<ClocksPage> {
        let purpose = Purpose::StatutoryReport;
        let reach = self.reach(who, Action::ReportsList, purpose)?;
        let now = self.now();
        let page = self.read(|tx| {
            let below = area_of_code(tx, "area_code", &filter.area_code)?;
            let wanted = ClockFilter {
                scopes: scopes(&reach),
                below: below.map(|area| AreaRange::below(&area.path)),
                open: !filter.all && !filter.late,
                late_at: filter.late.then_some(now),
                limit: PAGE,
                offset: filter.offset.max(0),
            };
            let total = clock_count(tx, &wanted)?;
            let rows = clock_list(tx, &wanted)?;
            let rows = rows
                .iter()
                .map(|clock| row(tx, clock))
                .collect::<Result<_>>()?;
            let offset = wanted.offset;
            let late = ClockFilter {
                open: false,
                late_at: Some(now),
                ..wanted
            };
            let late = clock_count(tx, &late)?;
            Ok(ClocksPage {
                rows,
                total,
                late,
                offset,
            })
        })?;
        let mut shown = shown(
            "report_clock",
            page.rows
                .iter()
                .filter_map(|row| Some((row.id.to_string(), row.person.as_ref()?))),
        );
        let alerts = page.rows.iter().filter_map(|row| row.alert);
        shown.extend(alerts.map(|alert| ("alert", alert.to_string())));
        self.show(
            who,
            Action::ReportsList,
            purpose,
            shown,
            vec![("total", page.total.into())],
        )?;
        Ok(page)
    }

    /// Records that a statutory report was sent, with its number. One person suffices.
    ///
    /// # Errors
    /// When the asker may not, the number is missing, or it was marked as sent before.
    pub fn clock_mark_sent(
        &self,
        who: &Who,
        command: CommandId,
        id: ReportClockId,
        input: &SentInput,
    ) -> Result<()> {
        let purpose = Purpose::StatutoryReport;
        let response = self.read(|tx| {
            let clock = found(clock_fetch(tx, id))?;
            let thing = Resource::Report {
                about: about(tx, clock.area, clock.confined, Some(clock.response))?,
                submitted_by: clock.unit,
                statutory: true,
            };
            self.permit(who, Action::ReportsMarkSent, &thing, purpose)?;
            Ok(clock.response)
        })?;
        let mut wrong = Vec::new();
        let (zh, en) = (
            "请填写网络直报的编号。",
            "Give the number of the network report.",
        );
        let reference = required(&mut wrong, "reference", &input.reference, zh, en);
        all_right(wrong)?;
        let Some(reference) = reference else {
            return Err(AppError::stale());
        };
        let (author, version) = (who.author(), input.version);
        let action = Action::ReportsMarkSent;
        self.write(who, command, action, purpose, Some(response), move |tx| {
            let clock = found(clock_fetch(tx, id))?;
            if clock.sent_at.is_some() || clock.ended_at.is_some() {
                return Err(AppError::conflict(
                    "ALREADY-SENT",
                    "该报告已登记为已报，或已判定无需报告。",
                    "This report was marked as sent before, or somebody judged that there is nothing to report.",
                ));
            }
            let kept = match clock.of {
                ClockOf::Person(..) => clock_sent(tx, id, version, author.user(), &reference)?,
                // Whoever reports an outbreak or event has acknowledged its alert.
                ClockOf::Alert(alert) => {
                    let alert = found(alert_fetch(tx, alert))?;
                    let seen = alert.version;
                    clock.version == version
                        && crate::alerts::reported(tx, &alert, seen, author.user(), &reference)?
                }
            };
            if !kept {
                return Err(AppError::stale());
            }
            tx.detail("late", clock.due_at < tx.now());
            Ok(())
        })
    }
}
