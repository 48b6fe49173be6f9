//! The inbox: what came in, who looks at it until when, and what the reporter is told.

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{AreaId, CommandId, Instant, PersonId, RecordId};
use fangxian_domain::appeals::AppealState;
use fangxian_domain::intake::{Channel, ReceiptCode};
use fangxian_store::facts::{Fact, fact_list};
use fangxian_store::records::{
    Record, RecordFilter, RecordState, record_count, record_fetch, record_list, record_original,
    record_set_area, record_set_state,
};
use fangxian_store::reviews::review_list_of;
use fangxian_store::{Tx, people, places};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::matching::identity_of;
use crate::appeals::AppealProgress;
use crate::assess::Rules;
use crate::part::and_one;
use crate::people::{FactView, fact_views, with_numbers_masked};
use crate::{App, AppError, Part, Result, Who, about, found, scopes};

/// LIMIT: rows on a page of the inbox.
const PAGE: usize = 50;

/// LIMIT: the last page that can be asked for.
const PAGE_MAX: i64 = 100_000;

/// LIMIT: counting stops here; more than these are told as "at least".
const COUNT_MAX: i64 = 10_000;

/// Which part of the inbox.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct InboxFilter {
    /// `new`, `in_review`, `handled`, `rejected`; empty: what is open.
    pub state: String,
    /// A channel's code; empty: all.
    pub channel: String,
    /// The page of open work, from 1.
    pub page: i64,
    /// Only records older than this one: the next page of anything but open work.
    pub before: Option<RecordId>,
}

/// A line of the inbox.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InboxRow {
    /// The record.
    pub id: RecordId,
    /// The person it belongs to.
    pub person: PersonId,
    /// The name, or empty when none was given or the key was destroyed.
    pub name: String,
    /// The channel's code.
    pub channel: String,
    /// The state's code.
    pub state: String,
    /// When it was received.
    pub received_at: Instant,
    /// Until when somebody must have looked.
    pub due_at: Option<Instant>,
    /// Whether that moment has passed while nobody has looked.
    pub overdue: bool,
    /// The area's names, when known.
    pub area: Option<fangxian_base::Text>,
}

/// A page of the inbox.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InboxPage {
    /// The rows.
    pub rows: Vec<InboxRow>,
    /// How many there are in all; counting stops at 10,000.
    pub total: i64,
    /// Whether there are more than were counted.
    pub uncounted: bool,
    /// This page, from 1.
    pub page: i64,
    /// How many pages of open work there are; 1 for anything else.
    pub pages: i64,
    /// What to give as `before` for the next page of anything but open work.
    pub next: Option<RecordId>,
}

/// A record that may be the same person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Candidate {
    /// The record.
    pub record: RecordId,
    /// The person it belongs to.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// What the two share.
    pub basis: String,
    /// The pair in the queue, when it waits there.
    pub pair: Option<fangxian_base::PairId>,
}

/// One record, as received and as understood.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RecordView {
    /// Its line in the inbox.
    pub row: InboxRow,
    /// The version, for edits.
    pub version: i64,
    /// Code of the response it was collected for.
    pub response: String,
    /// Who brought it: a staff member's name, or a word.
    pub brought_by: String,
    /// The original as received, as text, with the middle of document numbers hidden; empty when
    /// destroyed.
    pub original: String,
    /// The facts it became.
    pub facts: Vec<FactView>,
    /// The receipt number given out.
    pub receipt: Option<String>,
}

/// Where a report stands, for whoever reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// Received; somebody will look.
    Received,
    /// Being assessed by two people.
    Assessed,
    /// Help or a visit was arranged.
    Arranged,
    /// Done.
    Closed,
    /// Looked at; nothing more needed, or nobody could be found.
    NoFollowUp,
}

/// What the receipt page shows. Holds no name and nothing about health.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReceiptView {
    /// The number, in groups of four.
    pub receipt: String,
    /// Where it stands.
    pub state: ReceiptState,
    /// When it was received.
    pub received_at: Instant,
    /// Until when somebody looks, while nobody has.
    pub due_at: Option<Instant>,
    /// The place that looks after it, when known.
    pub area: Option<fangxian_base::Text>,
    /// What became of it, when it is an appeal or a request for correction.
    pub appeal: Option<AppealProgress>,
}

/// The area's names.
pub(crate) fn area_name(
    tx: &mut Tx<'_>,
    area: Option<AreaId>,
) -> Result<Option<fangxian_base::Text>> {
    let Some(area) = area else { return Ok(None) };
    Ok(places::area_fetch(tx, area)?
        .map(|area| fangxian_base::Text::new(area.name_zh, area.name_en)))
}

fn by_something_else(record: &Record) -> bool {
    let channel = Channel::from_code(&record.channel);
    matches!(channel, Some(Channel::TaskFeedback | Channel::Appeal))
}

fn row(tx: &mut Tx<'_>, record: &Record) -> Result<InboxRow> {
    let now = tx.now();
    // What came back from a task, or with a code, says nothing of who it is about; those did.
    let name = if by_something_else(record) {
        crate::reviews::name_of(tx, record.person)?
    } else {
        identity_of(tx, &[record.id])?.name.unwrap_or_default()
    };
    Ok(InboxRow {
        id: record.id,
        person: record.person,
        name,
        channel: record.channel.clone(),
        state: record.state.code().to_owned(),
        received_at: record.received_at,
        due_at: record.due_at,
        overdue: record.state == RecordState::New && record.due_at.is_some_and(|due| due < now),
        area: area_name(tx, record.area)?,
    })
}

/// The state that a reporter sees.
pub(super) fn receipt_view(
    rules: &Rules,
    tx: &mut Tx<'_>,
    record: &Record,
    code: &ReceiptCode,
) -> Result<ReceiptView> {
    let appeal = crate::appeals::progress(rules, tx, record)?;
    if let Some(appeal) = appeal {
        return Ok(ReceiptView {
            receipt: code.to_string(),
            state: match appeal.state {
                AppealState::Filed => ReceiptState::Received,
                AppealState::Assigned => ReceiptState::Assessed,
                AppealState::Upheld | AppealState::Refused => ReceiptState::Closed,
                AppealState::Withdrawn => ReceiptState::NoFollowUp,
            },
            received_at: record.received_at,
            due_at: appeal.due_at,
            // It would tell whether the code is that of a notice.
            area: None,
            appeal: Some(appeal),
        });
    }
    // Only what staff did to this very report: what else is going on about the person is nothing
    // that whoever knows a name and a telephone number may find out.
    let arranged = fangxian_store::tasks::task_list_of(tx, record.person)?
        .iter()
        .any(|task| task.record == record.id);
    let looked = match record.state {
        RecordState::InReview => review_list_of(tx, record.person)?.iter().any(|review| {
            let looks = [review.first_at, review.second_at];
            looks
                .into_iter()
                .flatten()
                .any(|at| at >= record.received_at)
        }),
        RecordState::New
        | RecordState::Handled
        | RecordState::Rejected
        | RecordState::Withdrawn => false,
    };
    let state = match record.state {
        RecordState::Handled if arranged => ReceiptState::Closed,
        RecordState::Handled | RecordState::Rejected | RecordState::Withdrawn => {
            ReceiptState::NoFollowUp
        }
        RecordState::New | RecordState::InReview if arranged => ReceiptState::Arranged,
        RecordState::InReview if looked => ReceiptState::Assessed,
        RecordState::New | RecordState::InReview => ReceiptState::Received,
    };
    Ok(ReceiptView {
        receipt: code.to_string(),
        state,
        received_at: record.received_at,
        due_at: record.due_at.filter(|_| state == ReceiptState::Received),
        area: area_name(tx, record.area)?,
        appeal: None,
    })
}

fn no_such(field: &str) -> AppError {
    AppError::field(
        field,
        "没有这个选项，请从列表中选择。",
        "There is no such choice; choose one from the list.",
    )
}

impl App {
    /// Lists the inbox. The names on the page are read under an audit entry.
    ///
    /// # Errors
    /// When the asker may see no inbox.
    pub fn inbox(&self, who: &Who, filter: &InboxFilter) -> Result<InboxPage> {
        let reach = self.reach(who, Action::IntakeList, Purpose::Intake)?;
        let states = match (RecordState::from_code(&filter.state), filter.state.as_str()) {
            (Some(state), _) => vec![state],
            (None, "all") => vec![],
            (None, "") => vec![RecordState::New, RecordState::InReview],
            (None, _) => return Err(no_such("state")),
        };
        if !filter.channel.is_empty() && Channel::from_code(&filter.channel).is_none() {
            return Err(no_such("channel"));
        }
        let mut list = RecordFilter {
            states,
            scopes: scopes(&reach),
            channel: (!filter.channel.is_empty()).then(|| filter.channel.clone()),
            before: None,
            limit: and_one(PAGE),
            offset: 0,
        };
        let queue = list.is_queue();
        let page = if queue {
            filter.page.clamp(1, PAGE_MAX)
        } else {
            1
        };
        list.offset = (page - 1) * (list.limit - 1);
        let (part, total) = self.read(|tx| {
            let total = record_count(tx, &list, COUNT_MAX + 1)?;
            list.before = filter.before.filter(|_| !queue);
            let records = record_list(tx, &list)?;
            let part = Part::cut(records, PAGE, |record| record.id);
            Ok((part.map(|record| row(tx, &record))?, total))
        })?;
        let rows = part.rows;
        self.show(
            who,
            Action::IntakeList,
            Purpose::Intake,
            rows.iter()
                .map(|row| ("person", row.person.to_string()))
                .collect(),
            vec![
                ("state", filter.state.as_str().into()),
                ("page", page.into()),
            ],
        )?;
        Ok(InboxPage {
            rows,
            total: total.min(COUNT_MAX),
            uncounted: total > COUNT_MAX,
            page,
            pages: if queue {
                total.min(COUNT_MAX).div_euclid(list.limit - 1)
                    + i64::from(total.min(COUNT_MAX).rem_euclid(list.limit - 1) > 0)
            } else {
                1
            },
            next: part.next.filter(|_| !queue),
        })
    }

    fn record_permit(
        &self,
        who: &Who,
        record: &Record,
        action: Action,
        tx: &mut Tx<'_>,
    ) -> Result<()> {
        let about = about(tx, record.area, record.confined, Some(record.response))?;
        let resource = Resource::Intake {
            about,
            submitted_by: record.unit,
        };
        self.permit(who, action, &resource, Purpose::Intake)
            .map(drop)
    }

    /// One record as received and as understood; the reading leaves a trace.
    ///
    /// # Errors
    /// When there is none, or the asker may not see it.
    pub fn record(&self, who: &Who, id: RecordId) -> Result<RecordView> {
        let view = self.read(|tx| {
            let record = found(record_fetch(tx, id))?;
            self.record_permit(who, &record, Action::IntakeRead, tx)?;
            let facts: Vec<Fact> = fact_list(tx, &[id])?;
            let response =
                fangxian_store::responses::response_fetch(tx, record.response)?.map(|r| r.code);
            let brought_by = crate::people::author_name(tx, &record.author)?;
            let numbers: Vec<String> = facts
                .iter()
                .filter_map(|fact| fact.attrs.as_ref()?.get("document_number")?.as_str())
                .map(str::to_owned)
                .collect();
            Ok(RecordView {
                row: row(tx, &record)?,
                version: record.version,
                response: response.unwrap_or_default(),
                brought_by,
                original: record_original(tx, id)?
                    .map(|bytes| with_numbers_masked(&String::from_utf8_lossy(&bytes), &numbers))
                    .unwrap_or_default(),
                facts: fact_views(tx, &facts)?,
                receipt: record
                    .receipt_code
                    .as_deref()
                    .and_then(ReceiptCode::parse)
                    .map(|code| code.to_string()),
            })
        })?;
        self.show(
            who,
            Action::IntakeRead,
            Purpose::Intake,
            vec![
                ("record", id.to_string()),
                ("person", view.row.person.to_string()),
            ],
            vec![],
        )?;
        Ok(view)
    }

    /// Sets a record aside, with the reason in words; nothing that a statute wants is stopped by it.
    ///
    /// # Errors
    /// When it is under assessment already, or somebody was faster.
    pub fn record_set_aside(
        &self,
        who: &Who,
        command: CommandId,
        id: RecordId,
        version: i64,
        reason: &str,
    ) -> Result<()> {
        let reason = reason.trim().to_owned();
        if reason.is_empty() {
            return Err(AppError::field(
                "reason",
                "请写明不再跟进的理由。",
                "Please say why nothing more is needed.",
            ));
        }
        self.read(|tx| {
            let record = found(record_fetch(tx, id))?;
            self.record_permit(who, &record, Action::IntakeHandle, tx)
        })?;
        let author = who.author();
        self.write(
            who,
            command,
            Action::IntakeHandle,
            Purpose::Intake,
            None,
            move |tx| {
                let record = found(record_fetch(tx, id))?;
                if record.state != RecordState::New {
                    return Err(AppError::conflict(
                        "UNDER-ASSESSMENT",
                        "这条信息已进入研判，请在研判中处理。",
                        "This is under assessment already; deal with it there.",
                    ));
                }
                if !record_set_state(tx, id, RecordState::Rejected, Some(version))? {
                    return Err(AppError::stale());
                }
                let fact = fangxian_store::facts::NewFact::new(
                    "set_aside",
                    fangxian_store::facts::When::Unknown,
                    "observed",
                )
                .with("reason", reason.clone());
                fangxian_store::facts::fact_insert(tx, id, record.response, author, &fact)?;
                Ok(())
            },
        )
    }

    /// Says where a record belongs, so that it reaches the right township.
    ///
    /// # Errors
    /// When there is no such division, or the asker may not handle the record.
    pub fn record_place(
        &self,
        who: &Who,
        command: CommandId,
        id: RecordId,
        area_code: &str,
    ) -> Result<()> {
        self.read(|tx| {
            let record = found(record_fetch(tx, id))?;
            self.record_permit(who, &record, Action::IntakeHandle, tx)
        })?;
        let area_code = area_code.trim().to_owned();
        self.write(
            who,
            command,
            Action::IntakeHandle,
            Purpose::Intake,
            None,
            move |tx| {
                let area = places::area_by_code(tx, &area_code)?.ok_or_else(|| {
                    AppError::field(
                        "area_code",
                        "没有这个区划代码，请从列表中选择。",
                        "There is no such division; choose one from the list.",
                    )
                })?;
                record_set_area(tx, id, area.id)?;
                let record = found(record_fetch(tx, id))?;
                people::person_refresh(tx, record.person)?;
                tx.note("person", record.person);
                tx.note("area", area.id);
                Ok(())
            },
        )
    }
}

impl App {
    /// How many records there are: a count without names, for measurements and health.
    ///
    /// # Errors
    /// What the store said.
    pub fn record_total(&self) -> Result<i64> {
        self.read(|tx| Ok(fangxian_store::records::record_total(tx)?))
    }
}
