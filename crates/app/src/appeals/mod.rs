//! Appeals against measures and requests to correct facts: filed at the public door or by staff with
//! the code on the notice, answered by somebody who had no part in the measure, within the time that
//! the city gives. Filing is in `file`, answering in `answer`, the passing of time in `sweep`.

mod answer;
mod file;
mod letter;
mod sweep;

use std::collections::BTreeSet;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{AppealId, Date, Instant, MeasureId, PersonId, Text, UserId};
use fangxian_domain::appeals::AppealState;
use fangxian_domain::intake::ReceiptCode;
use fangxian_domain::measures::MeasureState;
use fangxian_packs::RouteOpen;
use fangxian_store::accounts::account_fetch;
use fangxian_store::appeals::{
    Appeal, AppealFilter, appeal_by_record, appeal_count, appeal_fetch, appeal_list,
    appeal_list_of_measure, appeal_words,
};
use fangxian_store::measures::{Measure, measure_fetch};
use fangxian_store::places::unit_fetch;
use fangxian_store::records::{Record, record_fetch, record_original};
use fangxian_store::reviews::review_fetch;
use fangxian_store::{AreaRange, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::Rules;
use crate::measures::MeasureRow;
use crate::reviews::name_of;
use crate::sight::{PAGE, area_of_code, area_text, minutes_left, shown, user_name};
use crate::{App, Result, Who, about, found, scopes};

pub use answer::{AnswerInput, AssignInput, MatchInput, ReliefInput};
pub use file::{AppealInput, Filed, WithdrawInput};
pub use letter::Letter;
pub use sweep::AppealsSwept;

/// Which appeals to show.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AppealsFilter {
    /// States: `filed`, `assigned`, `upheld`, `refused`, `withdrawn`; empty: those without an answer.
    pub states: Vec<String>,
    /// Only those whose time has passed.
    pub late: bool,
    /// Division code; empty: everywhere the reader may look.
    pub area_code: String,
    /// How many to skip.
    pub offset: i64,
}

/// An appeal in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AppealRow {
    /// Its id.
    pub id: AppealId,
    /// What is wanted: `measure` or `fact`.
    pub kind: String,
    /// The state's code.
    pub state: String,
    /// Whose; empty while nobody has found the notice that is meant.
    pub name: String,
    /// The person that the record belongs to.
    pub person: PersonId,
    /// The measure.
    pub measure: Option<MeasureId>,
    /// What the law calls it.
    pub measure_title: Option<Text>,
    /// The unit that decided it.
    pub organ: Option<Text>,
    /// Where the person is.
    pub area: Option<Text>,
    /// When it was filed.
    pub filed_at: Instant,
    /// Until when it is answered.
    pub due_at: Option<Instant>,
    /// Minutes left while there is no answer; negative once the time has passed.
    pub minutes_left: Option<i64>,
    /// Whether it is, or was answered, late.
    pub late: bool,
    /// How often the next level was asked.
    pub raised: i64,
    /// The level that answers.
    pub level: Option<Text>,
    /// Who will answer.
    pub assignee: Option<String>,
    /// Since when the measure rests.
    pub relief_at: Option<Instant>,
    /// When it was answered or taken back.
    pub answered_at: Option<Instant>,
    /// The version, for edits.
    pub version: i64,
}

/// A page of appeals.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AppealsPage {
    /// The rows: those without an answer first, by what is due soonest.
    pub rows: Vec<AppealRow>,
    /// How many there are in all.
    pub total: i64,
    /// How many without an answer are late.
    pub late: i64,
    /// How many were skipped.
    pub offset: i64,
}

/// One appeal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AppealView {
    /// The row.
    pub row: AppealRow,
    /// What was said; none when it was destroyed.
    pub said: Option<AppealInput>,
    /// The measure.
    pub measure: Option<MeasureRow>,
    /// Why the measure rests.
    pub relief: Option<String>,
    /// The reason of the answer.
    pub answer: Option<String>,
    /// Who answered.
    pub answered_by: Option<String>,
    /// Where whoever filed it can turn next, once it was refused.
    pub routes: Vec<RouteOpen>,
    /// The answer as a letter, once there is one.
    pub letter: Option<Letter>,
    /// Whether the reader may name who answers now.
    pub may_assign: bool,
    /// Whether the reader may answer now.
    pub may_answer: bool,
    /// Whether the reader may let the measure rest now.
    pub may_relieve: bool,
}

/// What whoever filed an appeal reads under its number. Holds no name and nothing about health.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AppealProgress {
    /// What is wanted: `measure` or `fact`.
    pub kind: String,
    /// Where it stands.
    #[serde(serialize_with = "code")]
    #[schemars(with = "String")]
    pub state: AppealState,
    /// Until when it is answered.
    pub due_at: Option<Instant>,
    /// Whether that has passed without an answer, and the next level was asked.
    pub late: bool,
    /// Whether the measure rests until the answer.
    pub rests: bool,
    /// Whether the measure was lifted.
    pub lifted: bool,
    /// When it was answered or taken back.
    pub answered_at: Option<Instant>,
    /// Where to turn next after a refusal.
    pub routes: Vec<RouteOpen>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn code<S: serde::Serializer>(state: &AppealState, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(state.code())
}

/// Everybody who had a part in a measure: nobody judges an appeal against what they did.
fn took_part(tx: &mut Tx<'_>, measure: Option<&Measure>) -> Result<BTreeSet<UserId>> {
    let Some(measure) = measure else {
        return Ok(BTreeSet::new());
    };
    let review = match measure.review {
        Some(review) => review_fetch(tx, review)?,
        None => None,
    };
    let looked = review.map(|review| [review.first_by, review.second_by]);
    Ok(looked
        .into_iter()
        .flatten()
        .chain([measure.decided_by, measure.ruled_by, measure.lifted_by])
        .flatten()
        .collect())
}

fn measure_of(tx: &mut Tx<'_>, appeal: &Appeal) -> Result<Option<Measure>> {
    Ok(match appeal.measure {
        Some(measure) => measure_fetch(tx, measure)?,
        None => None,
    })
}

/// An appeal as permission looks at it.
fn resource(tx: &mut Tx<'_>, appeal: &Appeal, measure: Option<&Measure>) -> Result<Resource> {
    Ok(Resource::Appeal {
        about: about(tx, appeal.area, appeal.confined, Some(appeal.response))?,
        took_part: took_part(tx, measure)?,
        assignee: appeal.assignee,
        decided_by: measure.and_then(|measure| measure.organ_unit),
    })
}

fn row(rules: &Rules, tx: &mut Tx<'_>, appeal: &Appeal) -> Result<AppealRow> {
    let now = tx.now();
    let measure = measure_of(tx, appeal)?;
    let organ = match measure.as_ref().and_then(|measure| measure.organ_unit) {
        Some(unit) => unit_fetch(tx, unit)?.map(|unit| Text::new(unit.name_zh, unit.name_en)),
        None => None,
    };
    let title = match appeal.measure {
        Some(measure) => crate::measures::title_of(tx, measure)?,
        None => None,
    };
    let over_at = appeal.answered_at;
    Ok(AppealRow {
        id: appeal.id,
        kind: appeal.kind.code().to_owned(),
        state: appeal.state.code().to_owned(),
        name: name_of(tx, appeal.person)?,
        person: appeal.person,
        measure: appeal.measure,
        measure_title: title,
        organ,
        area: area_text(tx, appeal.area)?,
        filed_at: appeal.filed_at,
        due_at: appeal.due_at,
        minutes_left: appeal
            .due_at
            .filter(|_| over_at.is_none())
            .map(|due| minutes_left(due, now)),
        late: is_late(appeal, now),
        raised: appeal.raised,
        level: rules
            .level(tx, appeal.level)?
            .map(|level| crate::assess::words(&level.name)),
        assignee: user_name(tx, appeal.assignee)?,
        relief_at: appeal.relief_at,
        answered_at: appeal.answered_at,
        version: appeal.version,
    })
}

fn is_late(appeal: &Appeal, now: Instant) -> bool {
    let until = appeal.answered_at.unwrap_or(now);
    appeal.due_at.is_some_and(|due| due < until)
}

/// Where somebody can turn whose appeal against a measure was refused.
fn routes(rules: &Rules, appeal: &Appeal, measure: Option<&Measure>) -> Vec<RouteOpen> {
    let refused = appeal.state == AppealState::Refused;
    let known: Option<Date> = appeal.answered_at.map(|at| rules.zone().date(at));
    match (measure, known) {
        (Some(measure), Some(known)) if refused => rules.packs().routes(&measure.regime, known),
        (Some(_) | None, _) => Vec::new(),
    }
}

/// Whether an appeal found that the measure is to be lifted.
pub(crate) fn upheld(tx: &mut Tx<'_>, measure: MeasureId) -> Result<bool> {
    let appeals = appeal_list_of_measure(tx, measure)?;
    Ok(appeals.iter().any(|appeal| {
        appeal.state == AppealState::Upheld
            && appeal.kind == fangxian_domain::appeals::AppealKind::Measure
    }))
}

/// What is said at the door of the appeal that came as a record; none for any other record.
pub(crate) fn progress(
    rules: &Rules,
    tx: &mut Tx<'_>,
    record: &Record,
) -> Result<Option<AppealProgress>> {
    let Some(appeal) = appeal_by_record(tx, record.id)? else {
        return Ok(None);
    };
    let measure = measure_of(tx, &appeal)?;
    let now = tx.now();
    Ok(Some(AppealProgress {
        kind: appeal.kind.code().to_owned(),
        state: appeal.state,
        due_at: appeal.due_at,
        late: appeal.answered_at.is_none() && is_late(&appeal, now),
        rests: measure
            .as_ref()
            .is_some_and(|measure| measure.suspended_at.is_some() && measure.state.is_decided()),
        lifted: measure
            .as_ref()
            .is_some_and(|measure| measure.state == MeasureState::Lifted),
        answered_at: appeal.answered_at,
        routes: routes(rules, &appeal, measure.as_ref()),
    }))
}

/// The answer as a letter, with the number and the unit of whoever answered.
fn letter_of(
    rules: &Rules,
    tx: &mut Tx<'_>,
    appeal: &Appeal,
    view: &AppealView,
) -> Result<Option<Letter>> {
    let Some(by) = appeal.answered_by else {
        return Ok(None);
    };
    let unit = match account_fetch(tx, by)? {
        Some(account) => unit_fetch(tx, account.unit)?,
        None => None,
    };
    let unit = unit.map_or_else(Text::default, |unit| Text::new(unit.name_zh, unit.name_en));
    let code = record_fetch(tx, appeal.record)?.and_then(|record| record.receipt_code);
    let number = code.as_deref().and_then(ReceiptCode::parse);
    let number = number.map(|code| code.to_string()).unwrap_or_default();
    Ok(letter::letter(view, (&number, unit), rules.zone()))
}

impl App {
    /// Appeals that the reader may see.
    ///
    /// # Errors
    /// When the reader may see none, or a filter does not hold.
    pub fn appeals(&self, who: &Who, filter: &AppealsFilter) -> Result<AppealsPage> {
        let purpose = Purpose::Appeal;
        let reach = self.reach(who, Action::AppealsList, purpose)?;
        let chosen: BTreeSet<AppealState> = filter
            .states
            .iter()
            .filter_map(|code| AppealState::from_code(code))
            .collect();
        let open = || AppealState::ALL.into_iter().filter(|state| state.is_open());
        let states = if chosen.is_empty() {
            open().collect()
        } else {
            chosen.into_iter().collect()
        };
        let (rules, now) = (self.rules(), self.now());
        let page = self.read(|tx| {
            let below = area_of_code(tx, "area_code", &filter.area_code)?;
            let wanted = AppealFilter {
                scopes: scopes(&reach),
                states,
                below: below.map(|area| AreaRange::below(&area.path)),
                late_at: filter.late.then_some(now),
                limit: PAGE,
                offset: filter.offset.max(0),
            };
            let total = appeal_count(tx, &wanted)?;
            let rows = appeal_list(tx, &wanted)?
                .iter()
                .map(|appeal| row(&rules, tx, appeal))
                .collect::<Result<_>>()?;
            let offset = wanted.offset;
            let late = AppealFilter {
                states: open().collect(),
                late_at: Some(now),
                ..wanted
            };
            Ok(AppealsPage {
                rows,
                total,
                late: appeal_count(tx, &late)?,
                offset,
            })
        })?;
        let shown = shown(
            "appeal",
            page.rows
                .iter()
                .map(|row| (row.id.to_string(), &row.person)),
        );
        let detail = vec![("total", page.total.into())];
        self.show(who, Action::AppealsList, purpose, shown, detail)?;
        Ok(page)
    }

    /// How many appeals below an area are late, for whoever may see them; counts, no names.
    pub(crate) fn appeals_late(&self, who: &Who, below: &AreaRange) -> Result<Option<i64>> {
        let Ok(reach) = self.reach(who, Action::AppealsList, Purpose::Appeal) else {
            return Ok(None);
        };
        let filter = AppealFilter {
            scopes: scopes(&reach),
            states: AppealState::ALL
                .into_iter()
                .filter(|state| state.is_open())
                .collect(),
            below: Some(below.clone()),
            late_at: Some(self.now()),
            ..AppealFilter::default()
        };
        self.read(|tx| Ok(Some(appeal_count(tx, &filter)?)))
    }

    /// One appeal, with what was said and the measure it is about.
    ///
    /// # Errors
    /// When it is not there, or not for the reader.
    pub fn appeal_read(&self, who: &Who, id: AppealId) -> Result<AppealView> {
        let (rules, today) = (self.rules(), self.today());
        let purpose = Purpose::Appeal;
        let view = self.read(|tx| {
            let appeal = found(appeal_fetch(tx, id))?;
            let measure = measure_of(tx, &appeal)?;
            let thing = resource(tx, &appeal, measure.as_ref())?;
            self.permit(who, Action::AppealsRead, &thing, purpose)?;
            let may =
                |action| who.actor().is_some() && self.permit(who, action, &thing, purpose).is_ok();
            let said = record_original(tx, appeal.record)?
                .and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let (answer, relief) = appeal_words(tx, &appeal)?;
            let open = appeal.state.is_open();
            let runs = measure
                .as_ref()
                .is_some_and(|measure| measure.state.is_decided());
            let mut view = AppealView {
                letter: None,
                said,
                relief,
                answer,
                answered_by: user_name(tx, appeal.answered_by)?,
                routes: routes(&rules, &appeal, measure.as_ref()),
                may_assign: open && may(Action::AppealsAssign),
                may_answer: appeal.state == AppealState::Assigned && may(Action::AppealsAnswer),
                may_relieve: open
                    && runs
                    && appeal.relief_at.is_none()
                    && may(Action::AppealsRelieve),
                measure: match &measure {
                    Some(measure) => Some(crate::measures::row(tx, measure, today)?),
                    None => None,
                },
                row: row(&rules, tx, &appeal)?,
            };
            view.letter = letter_of(&rules, tx, &appeal, &view)?;
            Ok(view)
        })?;
        let mut shown = vec![
            ("appeal", id.to_string()),
            ("person", view.row.person.to_string()),
        ];
        shown.extend(view.measure.iter().flat_map(|measure| {
            [
                ("measure", measure.id.to_string()),
                ("person", measure.person.to_string()),
            ]
        }));
        self.show(who, Action::AppealsRead, purpose, shown, vec![])?;
        Ok(view)
    }
}
