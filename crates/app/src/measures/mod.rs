//! Measures on persons: before an organ, decided, served, lifted, ended. A measure row comes from a
//! confirmed review only; deciding is in `decide`, the passing of days in `daily`.

mod daily;
mod decide;
mod hold;
mod lawful;
mod limits;
mod notice;
pub(crate) mod rest;
pub(crate) mod support;

use std::collections::BTreeSet;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{Date, Instant, MeasureId, PersonId, ResponseId, ReviewId, Text, UserId, Zone};
use fangxian_domain::intake::ReceiptCode;
use fangxian_domain::measures::{MeasureMove, MeasureState, ServedHow, takes_liberty};
use fangxian_domain::units::UnitKind;
use fangxian_packs::{Assessment, MeasureDue, Migration, Organ, Release};
use fangxian_store::assessments::assessment_outcome;
use fangxian_store::measures::{
    Measure, MeasureChange, MeasureFilter, measure_content, measure_count, measure_fetch,
    measure_list, measure_list_by_review, measure_list_of, measure_move,
};
use fangxian_store::places::unit_fetch;
use fangxian_store::reviews::review_fetch;
use fangxian_store::{AreaRange, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::{facts_of_person, from_code, words};
use crate::intake::Identity;
use crate::people::{IdentityView, identity_view};
use crate::reviews::name_of;
use crate::sight::{PAGE, area_of_code, area_text, shown, user_name};
use crate::{App, AppError, Result, Who, about, found, scopes};

pub(crate) use daily::DayPlace;
pub use daily::DaySwept;
pub use decide::{DecideInput, HeldBy, LiftInput};
pub use hold::{ConfirmInput, HeldRow, HoldView};
pub use notice::Notice;

/// For what measures are read.
const PURPOSES: [Purpose; 4] = [
    Purpose::MeasureWork,
    Purpose::Assessment,
    Purpose::Command,
    Purpose::Appeal,
];

/// Which measures to show.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MeasuresFilter {
    /// States: `proposed`, `held`, `decided`, `served`, `lifted`, `ended`, `refused`, `lapsed`; empty: the
    /// open ones.
    pub states: Vec<String>,
    /// Division code; empty: everywhere the reader may look.
    pub area_code: String,
    /// How many to skip.
    pub offset: i64,
}

/// A measure in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeasureRow {
    /// Its id.
    pub id: MeasureId,
    /// The response.
    pub response: ResponseId,
    /// On whom.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The review that proposed it.
    pub review: Option<ReviewId>,
    /// Where the person is.
    pub area: Option<Text>,
    /// Number in the catalogue.
    pub kind: String,
    /// What the law calls it; `None` when it was destroyed.
    pub title: Option<Text>,
    /// Law and article.
    pub basis: Option<Text>,
    /// The organs that may decide it.
    pub organs: Vec<Text>,
    /// The state's code.
    pub state: String,
    /// Whether it binds the person today.
    pub in_force: bool,
    /// First day.
    #[schemars(with = "String")]
    pub starts_on: Date,
    /// Last day.
    #[schemars(with = "String")]
    pub ends_on: Date,
    /// When it was proposed.
    pub proposed_at: Instant,
    /// The unit that decided it.
    pub organ: Option<Text>,
    /// Who decided or refused it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Instant>,
    /// Number of the document.
    pub document_no: Option<String>,
    /// When the notice reached the person.
    pub served_at: Option<Instant>,
    /// How it was served: `signed`, `household`, `refused`.
    pub served_how: Option<String>,
    /// Who served it.
    pub served_by: Option<String>,
    /// Since when a limit held the decision.
    pub held_at: Option<Instant>,
    /// When another organ confirmed or refused it.
    pub ruled_at: Option<Instant>,
    /// When it was lifted.
    pub lifted_at: Option<Instant>,
    /// While it runs, why its organ is asked to lift it: `unlawful`, `appeal` (an appeal was
    /// upheld), `released` (the criteria are met), `unsupported` (today's assessment does not ask for it).
    pub lift_why: Option<String>,
    /// Since when.
    pub lift_asked_at: Option<Instant>,
    /// Since when it rests until an appeal is answered.
    pub suspended_at: Option<Instant>,
    /// The code on its notice, in groups of four.
    pub appeal_code: Option<String>,
    /// The version, for decisions.
    pub version: i64,
}

/// A page of measures.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeasuresPage {
    /// The rows: those before their organ first, then by their last day.
    pub rows: Vec<MeasureRow>,
    /// How many there are in all.
    pub total: i64,
    /// How many were skipped.
    pub offset: i64,
}

/// One measure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MeasureView {
    /// The row.
    pub row: MeasureRow,
    /// On whom.
    pub identity: IdentityView,
    /// What the rules proposed, with law, formalities, term and dated steps.
    pub due: Option<MeasureDue>,
    /// When it ends by what the rules say today: criteria that are met and that are missing.
    pub release: Option<Release>,
    /// What changes for it with another edition of the plan.
    pub migrations: Vec<Migration>,
    /// Why it was decided or refused so.
    pub reason: Option<String>,
    /// Why it was lifted.
    pub lift_reason: Option<String>,
    /// Who witnessed that the person would not sign.
    pub witness: Option<String>,
    /// The notice to the person, once decided.
    pub notice: Option<Notice>,
    /// The notice that it no longer binds, once it was lifted or its term is over.
    pub release_notice: Option<Notice>,
    /// The tasks that serve it.
    pub tasks: Vec<crate::tasks::TaskRow>,
    /// Whether the reader may decide or refuse it now.
    pub may_decide: bool,
    /// How and why the decision was held, and what became of it; none when it never was.
    pub hold: Option<HoldView>,
    /// Whether the reader may confirm or refuse, for another organ, the decision that is held.
    pub may_confirm: bool,
    /// Whether the reader may lift it now.
    pub may_lift: bool,
    /// The first day that a decision can name.
    #[schemars(with = "String")]
    pub starts_from: Date,
}

/// The kind of unit that stands for an organ of the law; none where no unit of an installation
/// does.
pub(crate) const fn unit_kind(organ: Organ) -> Option<UnitKind> {
    match organ {
        Organ::Hospital => Some(UnitKind::Hospital),
        Organ::CdcInstitution => Some(UnitKind::CdcInstitution),
        Organ::CdcAuthority => Some(UnitKind::DiseaseControlAuthority),
        Organ::CountyGovernment | Organ::CityGovernment => Some(UnitKind::Government),
        Organ::HealthAuthority
        | Organ::ProvincialGovernment
        | Organ::StateCouncil
        | Organ::Police
        | Organ::TransportAuthority
        | Organ::Customs => None,
    }
}

pub(super) fn organs_of(measure: &Measure) -> Vec<Organ> {
    measure
        .organs
        .split(' ')
        .filter_map(from_code::<Organ>)
        .collect()
}

/// A measure as permission looks at it: who may decide by law, who looked, who decided.
pub(crate) fn resource(tx: &mut Tx<'_>, measure: &Measure) -> Result<Resource> {
    let review = match measure.review {
        Some(review) => review_fetch(tx, review)?,
        None => None,
    };
    Ok(Resource::Measure {
        about: about(tx, measure.area, measure.confined, Some(measure.response))?,
        organ_kinds: organs_of(measure)
            .into_iter()
            .filter_map(unit_kind)
            .collect(),
        restricts_personal: takes_liberty(&measure.kind),
        first_looker: review.as_ref().and_then(|review| review.first_by),
        second_looker: review.as_ref().and_then(|review| review.second_by),
        decided_by: measure.organ_unit,
        decider: measure.decided_by,
    })
}

pub(super) fn due_of(content: Option<&[u8]>) -> Option<MeasureDue> {
    serde_json::from_slice(content?).ok()
}

/// What the law calls a measure; nothing when it is gone.
pub(crate) fn title_of(tx: &mut Tx<'_>, id: MeasureId) -> Result<Option<Text>> {
    let Some(measure) = measure_fetch(tx, id)? else {
        return Ok(None);
    };
    let content = measure_content(tx, &measure)?;
    Ok(due_of(content.proposal.as_deref()).map(|due| words(&due.name)))
}

pub(crate) fn row(tx: &mut Tx<'_>, measure: &Measure, today: Date) -> Result<MeasureRow> {
    let content = measure_content(tx, measure)?;
    let due = due_of(content.proposal.as_deref());
    let organ = match measure.organ_unit {
        Some(unit) => unit_fetch(tx, unit)?.map(|unit| Text::new(unit.name_zh, unit.name_en)),
        None => None,
    };
    Ok(MeasureRow {
        id: measure.id,
        response: measure.response,
        person: measure.person,
        name: name_of(tx, measure.person)?,
        review: measure.review,
        area: area_text(tx, measure.area)?,
        kind: measure.kind.clone(),
        title: due.as_ref().map(|due| words(&due.name)),
        basis: due.as_ref().map(notice::basis),
        organs: organs_of(measure)
            .iter()
            .map(|organ| words(&organ.text()))
            .collect(),
        state: measure.state.code().to_owned(),
        in_force: measure.suspended_at.is_none()
            && measure
                .state
                .in_force(measure.starts_on, measure.ends_on, today),
        starts_on: measure.starts_on,
        ends_on: measure.ends_on,
        proposed_at: measure.proposed_at,
        organ,
        decided_by: user_name(tx, measure.decided_by)?,
        decided_at: measure.decided_at,
        document_no: measure.document_no.clone(),
        served_at: measure.served_at,
        served_how: measure.served_how.map(|how| how.code().to_owned()),
        served_by: user_name(tx, measure.served_by)?,
        held_at: measure.held_at,
        ruled_at: measure.ruled_at,
        lifted_at: measure.lifted_at,
        lift_why: measure
            .lift_why
            .clone()
            .filter(|_| measure.state.is_decided()),
        lift_asked_at: measure.lift_asked_at.filter(|_| measure.state.is_decided()),
        suspended_at: measure.suspended_at.filter(|_| measure.state.is_decided()),
        appeal_code: measure
            .appeal_code
            .as_deref()
            .and_then(ReceiptCode::parse)
            .map(|code| code.to_string()),
        version: measure.version,
    })
}

fn rows(tx: &mut Tx<'_>, measures: &[Measure], today: Date) -> Result<Vec<MeasureRow>> {
    measures
        .iter()
        .map(|measure| row(tx, measure, today))
        .collect()
}

/// All measures on a person, for the file.
pub(crate) fn rows_of_person(
    tx: &mut Tx<'_>,
    person: PersonId,
    today: Date,
) -> Result<Vec<MeasureRow>> {
    let measures = measure_list_of(tx, person)?;
    rows(tx, &measures, today)
}

/// A decided measure with its papers, for the person it binds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Paper {
    /// The state's code.
    pub state: String,
    /// Whether it binds the person today.
    pub in_force: bool,
    /// Whether it rests until an appeal is answered.
    pub rests: bool,
    /// First day.
    #[schemars(with = "String")]
    pub starts_on: Date,
    /// Last day.
    #[schemars(with = "String")]
    pub ends_on: Date,
    /// The notice: what, why, by which article, by whom, how to object.
    pub notice: Option<Notice>,
    /// The notice that it no longer binds.
    pub release: Option<Notice>,
}

/// The decided measures on a person with their papers.
pub(crate) fn papers_of(
    tx: &mut Tx<'_>,
    person: PersonId,
    today: Date,
    zone: &Zone,
) -> Result<Vec<Paper>> {
    let mut papers = Vec::new();
    for measure in measure_list_of(tx, person)? {
        if measure.decided_at.is_none() || measure.document_no.is_none() {
            continue;
        }
        let row = row(tx, &measure, today)?;
        let content = measure_content(tx, &measure)?;
        let due = due_of(content.proposal.as_deref());
        let due = due.as_ref();
        let (why, end) = (content.reason.as_deref(), content.lift_reason.as_deref());
        papers.push(Paper {
            notice: due.and_then(|due| notice::render(&row, due, why, zone)),
            release: due.and_then(|due| notice::release(&row, due, end, zone)),
            in_force: row.in_force,
            rests: row.suspended_at.is_some(),
            state: row.state,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
        });
    }
    Ok(papers)
}

/// All measures that came of a review.
pub(crate) fn rows_of_review(
    tx: &mut Tx<'_>,
    review: ReviewId,
    today: Date,
) -> Result<Vec<MeasureRow>> {
    let measures = measure_list_by_review(tx, review)?;
    rows(tx, &measures, today)
}

/// The notice reached the person: the feedback of the task that served it says so, and how.
pub(crate) fn serve(
    tx: &mut Tx<'_>,
    id: MeasureId,
    by: UserId,
    (how, witness): (ServedHow, Option<&str>),
) -> Result<()> {
    let measure = found(measure_fetch(tx, id))?;
    // Lifted or ended in the meantime: the paper came late and changes nothing.
    let Some(to) = measure.state.after(MeasureMove::Serve) else {
        return Ok(());
    };
    let change = MeasureChange::Serve(by, how, witness);
    if measure_move(tx, &measure, measure.version, to, change)? {
        Ok(())
    } else {
        Err(AppError::stale())
    }
}

impl App {
    /// Measures that the reader may see.
    ///
    /// # Errors
    /// When the reader may see none, or a filter does not hold.
    pub fn measures(&self, who: &Who, filter: &MeasuresFilter) -> Result<MeasuresPage> {
        let (reach, purpose) = self.reach_for(who, Action::MeasuresList, &PURPOSES)?;
        let chosen: BTreeSet<MeasureState> = filter
            .states
            .iter()
            .filter_map(|code| MeasureState::from_code(code))
            .collect();
        let states = if chosen.is_empty() {
            MeasureState::ALL
                .into_iter()
                .filter(|state| state.is_open())
                .collect()
        } else {
            chosen.into_iter().collect()
        };
        let today = self.today();
        let page = self.read(|tx| {
            let below = area_of_code(tx, "area_code", &filter.area_code)?;
            let wanted = MeasureFilter {
                scopes: scopes(&reach),
                states,
                below: below.map(|area| AreaRange::below(&area.path)),
                limit: PAGE,
                offset: filter.offset.max(0),
            };
            let total = measure_count(tx, &wanted)?;
            let measures = measure_list(tx, &wanted)?;
            Ok(MeasuresPage {
                rows: rows(tx, &measures, today)?,
                total,
                offset: wanted.offset,
            })
        })?;
        let shown = shown(
            "measure",
            page.rows
                .iter()
                .map(|row| (row.id.to_string(), &row.person)),
        );
        self.show(
            who,
            Action::MeasuresList,
            purpose,
            shown,
            vec![("total", page.total.into())],
        )?;
        Ok(page)
    }

    /// One measure, with its notice once it is decided.
    ///
    /// # Errors
    /// When it is not there, or not for the reader.
    pub fn measure_read(&self, who: &Who, id: MeasureId) -> Result<MeasureView> {
        let (today, rules) = (self.today(), self.rules());
        let (view, purpose) = self.read(|tx| {
            let measure = found(measure_fetch(tx, id))?;
            let thing = resource(tx, &measure)?;
            let purpose = self.permit_for(who, Action::MeasuresRead, &thing, &PURPOSES)?;
            let may = |action| {
                who.actor().is_some()
                    && self
                        .permit(who, action, &thing, Purpose::MeasureWork)
                        .is_ok()
            };
            let content = measure_content(tx, &measure)?;
            let due = due_of(content.proposal.as_deref());
            let facts = facts_of_person(tx, measure.person)?;
            let row = row(tx, &measure, today)?;
            let notice = due.as_ref().and_then(|due| {
                notice::render(&row, due, content.reason.as_deref(), &self.settings().zone)
            });
            let release_notice = due.as_ref().and_then(|due| {
                notice::release(
                    &row,
                    due,
                    content.lift_reason.as_deref(),
                    &self.settings().zone,
                )
            });
            let tasks = fangxian_store::tasks::task_list_by_measure(tx, id)?;
            let outcome = assessment_outcome(tx, measure.person, measure.response)?
                .and_then(|bytes| serde_json::from_slice::<Assessment>(&bytes).ok());
            let (release, migrations) = match outcome {
                Some(outcome) => (
                    outcome
                        .release
                        .into_iter()
                        .find(|end| end.rule == measure.rule),
                    outcome
                        .migrations
                        .into_iter()
                        .filter(|change| change.rule == measure.rule)
                        .collect(),
                ),
                None => (None, Vec::new()),
            };
            let view = MeasureView {
                release,
                migrations,
                identity: identity_view(&Identity::of(&facts), today),
                reason: content.reason,
                lift_reason: content.lift_reason,
                witness: content.witness,
                notice,
                release_notice,
                tasks: crate::tasks::rows(tx, &tasks)?,
                may_decide: measure.state == MeasureState::Proposed && may(Action::MeasuresDecide),
                hold: hold::view(&rules, tx, &measure, content.ruling)?,
                may_confirm: measure.state == MeasureState::Held && may(Action::MeasuresConfirm),
                may_lift: measure.state.is_decided() && may(Action::MeasuresLift),
                starts_from: due.as_ref().map_or(today, |due| due.start.max(today)),
                due,
                row,
            };
            Ok((view, purpose))
        })?;
        let shown = vec![
            ("measure", id.to_string()),
            ("person", view.row.person.to_string()),
        ];
        self.show(who, Action::MeasuresRead, purpose, shown, vec![])?;
        Ok(view)
    }
}
