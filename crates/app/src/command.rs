//! The command screen: what came in by day and channel, how people are classed, what happened
//! last, beside the figures of what is open and late (`tasks::figures`). Counts without names.

use std::collections::BTreeMap;

use fangxian_authz::{Action, AreaPath, Purpose, Resource};
use fangxian_base::{Date, Instant, Text, plus_days};
use fangxian_packs::{CaseClass, ContactKind};
use fangxian_store::audit::{EntryFilter, entry_list};
use fangxian_store::places::{area_by_path, area_children, area_root};
use fangxian_store::{AreaRange, ROOT_PATH, Tx, command};
use schemars::JsonSchema;
use serde::Serialize;

use crate::alerts::AlertRow;
use crate::assess::{from_code, words};
use crate::measures::HeldRow;
use crate::sight::area_of_code;
use crate::tasks::FiguresView;
use crate::{App, AppError, Result, Who, found};

/// Days of the curve, today included.
const DAYS: i64 = 28;
/// LIMIT: entries looked through for what happened last.
const ENTRIES: i64 = 300;
/// LIMIT: of these, shown.
const LATEST: usize = 12;
/// What is worth a line on the screen.
const WORTH: [Action; 14] = [
    Action::IntakeSubmit,
    Action::ImportCreate,
    Action::ReviewsFirstLook,
    Action::ReviewsSecondLook,
    Action::MeasuresDecide,
    Action::MeasuresConfirm,
    Action::MeasuresLift,
    Action::TasksFeedback,
    Action::TasksClose,
    Action::ReportsMarkSent,
    Action::AlertsRaise,
    Action::AlertsAcknowledge,
    Action::ResponsesOpen,
    Action::ResponsesClose,
];

/// How many came in on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DayCount {
    /// The day.
    #[schemars(with = "String")]
    pub day: Date,
    /// How many.
    pub count: i64,
}

/// How many of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CodeCount {
    /// Its code.
    pub code: String,
    /// How many.
    pub count: i64,
}

/// How many people of a class, or contacts of a kind, in a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClassCount {
    /// The response.
    pub response: Text,
    /// The class or kind of contact.
    pub class: Text,
    /// How many people.
    pub count: i64,
}

/// Something that happened: what and when, never about whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Happened {
    /// When the last of them happened.
    pub at: Instant,
    /// What.
    pub what: Text,
    /// How many in a row.
    pub count: i64,
}

/// The command screen.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CommandView {
    /// What is open and late, here and one level below.
    pub figures: FiguresView,
    /// The most urgent alerts; empty for whoever may see none.
    pub alerts: Vec<AlertRow>,
    /// How many nobody has acknowledged.
    pub alerts_waiting: i64,
    /// Decisions that a limit holds until another organ looks; empty for whoever may see no measure.
    pub held: Vec<HeldRow>,
    /// Appeals whose time has passed without an answer; none for whoever may see none.
    pub appeals_late: Option<i64>,
    /// What came in, day by day; the last day is today and is not over.
    pub days: Vec<DayCount>,
    /// What came in during the last 24 hours.
    pub last_day: i64,
    /// The same by channel.
    pub channels: Vec<CodeCount>,
    /// People by class, for open responses.
    pub classes: Vec<ClassCount>,
    /// What happened last; empty below the whole jurisdiction.
    pub latest: Vec<Happened>,
}

impl App {
    /// Where somebody's desk begins: the widest area they hold, and below it down to the first
    /// that is divided.
    fn home_area(&self, who: &Who) -> Result<String> {
        let grants = who
            .actor()
            .map(|actor| actor.grants.as_slice())
            .unwrap_or_default();
        let now = self.now();
        let widest = grants
            .iter()
            .filter(|grant| grant.holds_at(now))
            .map(|grant| grant.area.as_str())
            .min_by_key(|path| path.len());
        let path = widest.unwrap_or(ROOT_PATH).to_owned();
        self.read(|tx| {
            let mut area = found(area_by_path(tx, &path))?;
            while let [only] = area_children(tx, area.id)?.as_slice() {
                area = only.clone();
            }
            Ok(area.code)
        })
    }

    /// The command screen of an area (by division code; empty: the whole jurisdiction).
    ///
    /// # Errors
    /// When there is no such area, or the asker may not see its figures.
    pub fn command_view(&self, who: &Who, area_code: &str) -> Result<CommandView> {
        let home = match area_code.trim() {
            "" => self.home_area(who)?,
            code => code.to_owned(),
        };
        let area_code = home.as_str();
        let figures = self.figures(who, area_code)?;
        let (now, today) = (self.now(), self.today());
        let first = plus_days(today, 1 - DAYS);
        let from = self.settings().zone.day_start(first);
        let here = self.read(|tx| {
            let area = found(fangxian_store::places::area_by_code(tx, &figures.area.code))?;
            Ok(AreaRange::below(&area.path))
        })?;
        let (alerts, alerts_waiting) = self.alerts_on_desk(who, &here)?;
        let held = self.held_on_desk(who, &here)?;
        let appeals_late = self.appeals_late(who, &here)?;
        self.read(|tx| {
            let area = match area_of_code(tx, "area_code", area_code)? {
                Some(area) => area,
                None => area_root(tx)?.ok_or_else(AppError::not_found)?,
            };
            let range = AreaRange::below(&area.path);
            let counts: BTreeMap<i64, i64> = command::received_by_day(tx, &range, from)?
                .into_iter()
                .collect();
            let days = (0..DAYS)
                .map(|n| DayCount {
                    day: plus_days(first, n),
                    count: counts.get(&n).copied().unwrap_or(0),
                })
                .collect();
            let channels: Vec<CodeCount> =
                command::received_by_channel(tx, &range, now.plus_hours(-24))?
                    .into_iter()
                    .map(|(code, count)| CodeCount { code, count })
                    .collect();
            let everything = Resource::Figures {
                area: AreaPath::root(),
            };
            let purposes = [Purpose::Command, Purpose::Audit];
            let whole = range.is_everywhere()
                && self
                    .permit_for(who, Action::CommandView, &everything, &purposes)
                    .is_ok();
            Ok(CommandView {
                figures,
                alerts,
                alerts_waiting,
                held,
                appeals_late,
                days,
                last_day: channels.iter().map(|one| one.count).sum(),
                channels,
                classes: classes(tx, &range)?,
                latest: if whole { latest(tx)? } else { Vec::new() },
            })
        })
    }
}

fn classes(tx: &mut Tx<'_>, range: &AreaRange) -> Result<Vec<ClassCount>> {
    let rows = command::classed(tx, range)?;
    let mut counts: Vec<ClassCount> = Vec::new();
    for row in rows {
        let class = row
            .class
            .as_deref()
            .and_then(from_code::<CaseClass>)
            .map(|class| words(&class.text()))
            .or_else(|| {
                row.contact
                    .as_deref()
                    .and_then(from_code::<ContactKind>)
                    .map(|kind| words(&kind.text()))
            });
        let Some(class) = class else { continue };
        let ([zh, en], count) = (row.response, row.count);
        let response = Text::new(zh, en);
        match counts
            .iter_mut()
            .find(|one| one.response == response && one.class == class)
        {
            Some(one) => one.count += count,
            None => counts.push(ClassCount {
                response,
                class,
                count,
            }),
        }
    }
    Ok(counts)
}

/// What happened last, the same things in a row counted together.
fn latest(tx: &mut Tx<'_>) -> Result<Vec<Happened>> {
    let filter = EntryFilter {
        limit: ENTRIES,
        ..EntryFilter::default()
    };
    let mut list: Vec<Happened> = Vec::new();
    for entry in entry_list(tx, &filter)? {
        let Some(action) = Action::from_code(&entry.action).filter(|one| WORTH.contains(one))
        else {
            continue;
        };
        let what = Text::new(action.zh(), action.en());
        let full = list.len() == LATEST;
        match list.last_mut() {
            Some(last) if last.what == what => last.count += 1,
            _ if full => break,
            _ => list.push(Happened {
                at: entry.at,
                what,
                count: 1,
            }),
        }
    }
    Ok(list)
}
