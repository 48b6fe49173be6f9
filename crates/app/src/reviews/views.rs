//! What people see of reviews: plain values, already opened.

use fangxian_base::{AreaId, Instant, PersonId, RecordId, ResponseId, ReviewId, Text};
use fangxian_packs::{Advice, Category, MeasureDue, PackUsed, Reason, Refusal, TaskDue};
use fangxian_store::Tx;
use fangxian_store::responses::response_fetch;
use fangxian_store::reviews::Review;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::proposal::{Proposal, new_measures, new_tasks};
use crate::assess::{MissingView, code_of, missing_views, words};
use crate::clocks::ClockRow;
use crate::measures::MeasureRow;
use crate::people::{FactView, IdentityView, NamedView};
use crate::tasks::TaskRow;
use crate::{Result, found};

/// Which reviews to show.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReviewsFilter {
    /// States: `first_look`, `asked`, `second_look`, `confirmed`, `set_aside`; empty: the open ones.
    pub states: Vec<String>,
    /// Division code; empty: everywhere the reader may look.
    pub area_code: String,
    /// Only those past their time.
    pub late: bool,
    /// How many to skip.
    pub offset: i64,
}

/// A review in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReviewRow {
    /// Its id.
    pub id: ReviewId,
    /// The response.
    pub response: ResponseId,
    /// The response's title.
    pub response_title: Text,
    /// Whom it is about.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The record that brought it up.
    pub record: RecordId,
    /// Where the person is.
    pub area: Option<Text>,
    /// The state's code.
    pub state: String,
    /// Class, kind of contact or category, as a code.
    pub category: Option<String>,
    /// In words.
    pub category_text: Option<Text>,
    /// Since when it waits.
    pub opened_at: Instant,
    /// Until when both looks should be done.
    pub due_at: Instant,
    /// Minutes until then; negative when late.
    pub minutes_left: i64,
    /// Whether it is open and past its time.
    pub late: bool,
    /// Who took the first look.
    pub first_by: Option<String>,
    /// What came of it: `confirmed`, `amended`, `asked`, `set_aside`.
    pub first_outcome: Option<String>,
    /// Who took the second look.
    pub second_by: Option<String>,
    /// What came of it: `confirmed`, `amended`, `set_aside`, `returned`.
    pub second_outcome: Option<String>,
    /// The version, for looks.
    pub version: i64,
}

/// A page of reviews.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReviewsPage {
    /// The rows, the most urgent first.
    pub rows: Vec<ReviewRow>,
    /// How many there are in all.
    pub total: i64,
    /// How many were skipped.
    pub offset: i64,
}

/// A measure of a proposal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposedMeasure {
    /// What the rules propose, with law, organs, term and dated steps.
    pub due: MeasureDue,
    /// Whether it is new; otherwise it stands before its organ, or was decided, already.
    pub is_new: bool,
    /// Why a looker took it out.
    pub dropped: Option<String>,
}

/// A task of a proposal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposedTask {
    /// What the rules propose.
    pub due: TaskDue,
    /// Whether it is new; otherwise it was given out already.
    pub is_new: bool,
    /// Why a looker took it out.
    pub dropped: Option<String>,
}

/// What the rules say and propose. Class and category can be read here and typed nowhere.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposalView {
    /// The case class, as a code.
    pub class: Option<String>,
    /// In words.
    pub class_text: Option<Text>,
    /// The kind of contact, as a code.
    pub contact: Option<String>,
    /// In words.
    pub contact_text: Option<Text>,
    /// Categories in the schemes of the city.
    pub categories: Vec<Category>,
    /// How the disease is managed by law on the day.
    pub managed: Text,
    /// Measures.
    pub measures: Vec<ProposedMeasure>,
    /// Tasks.
    pub tasks: Vec<ProposedTask>,
    /// Standard visits and calls that a looker added, by kind.
    pub added: Vec<String>,
    /// Measures that the law does not allow, with the article; nobody can offer them.
    pub refused: Vec<Refusal>,
    /// Advice.
    pub advice: Vec<Advice>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What would help to decide.
    pub missing: Vec<MissingView>,
    /// What the reader must know about the packs.
    pub notices: Vec<Text>,
    /// Packs used.
    pub packs: Vec<PackUsed>,
    /// What the last review was about, as codes.
    pub before: Option<String>,
    /// Why it is where it is: `answered`, `new_facts_after_first_look`, `returned`, or
    /// `concerns_no_more` when the rules closed it.
    pub note: Option<String>,
    /// What somebody was sent to ask.
    pub asked: Option<String>,
    /// Whether the first looker proposes to set all of it aside.
    pub aside: bool,
}

/// A look, as it was taken.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LookView {
    /// Who.
    pub by: String,
    /// When.
    pub at: Option<Instant>,
    /// What came of it.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
}

/// One review, with everything a looker needs on one page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReviewView {
    /// The row.
    pub row: ReviewRow,
    /// The area's id, for choosing another.
    pub area_id: Option<AreaId>,
    /// Who it is.
    pub identity: IdentityView,
    /// What is known, newest first.
    pub facts: Vec<FactView>,
    /// Who was named as a contact, as far as the reader may see them.
    pub contacts: Vec<NamedView>,
    /// What the rules say and propose; `None` when it was destroyed.
    pub proposal: Option<ProposalView>,
    /// The first look.
    pub first: Option<LookView>,
    /// The second look.
    pub second: Option<LookView>,
    /// Measures that came of it.
    pub measures: Vec<MeasureRow>,
    /// Tasks that came of it.
    pub tasks: Vec<TaskRow>,
    /// Statutory report clocks about the person; they run apart from the looks.
    pub clocks: Vec<ClockRow>,
    /// Whether the reader may take the first look now.
    pub may_first: bool,
    /// Whether the reader may take the second look now.
    pub may_second: bool,
}

pub(super) fn look(
    by: Option<&str>,
    at: Option<Instant>,
    outcome: Option<&str>,
    reason: Option<String>,
) -> Option<LookView> {
    let outcome = outcome?.to_owned();
    Some(LookView {
        by: by.unwrap_or_default().to_owned(),
        at,
        outcome,
        reason,
    })
}

pub(super) fn proposal_view(
    tx: &mut Tx<'_>,
    review: &Review,
    proposal: &Proposal,
) -> Result<ProposalView> {
    let outcome = &proposal.assessment;
    let response = found(response_fetch(tx, review.response))?;
    let new_rules: Vec<String> = new_measures(tx, review.person, &response, outcome)?
        .into_iter()
        .map(|due| due.rule)
        .collect();
    let fresh: Vec<String> = new_tasks(tx, review.person, &response, outcome)?
        .into_iter()
        .filter_map(|group| group.into_iter().next().map(|due| due.rule))
        .collect();
    let dropped = |rule: &str| {
        proposal
            .dropped
            .iter()
            .find(|d| d.rule == rule)
            .map(|d| d.reason.clone())
    };
    Ok(ProposalView {
        class: outcome.class.as_ref().map(code_of),
        class_text: outcome.class.map(|class| words(&class.text())),
        contact: outcome.contact_kind.as_ref().map(code_of),
        contact_text: outcome.contact_kind.map(|kind| words(&kind.text())),
        categories: outcome.categories.clone(),
        managed: words(&outcome.managed.text()),
        measures: outcome
            .measures_due
            .iter()
            .map(|due| ProposedMeasure {
                is_new: new_rules.contains(&due.rule),
                dropped: dropped(&due.rule),
                due: due.clone(),
            })
            .collect(),
        tasks: outcome
            .tasks_due
            .iter()
            .map(|due| ProposedTask {
                is_new: fresh.contains(&due.rule),
                dropped: dropped(&due.rule),
                due: due.clone(),
            })
            .collect(),
        added: proposal.added.clone(),
        refused: outcome.refused.clone(),
        advice: outcome.advice.clone(),
        reasons: outcome.reasons.clone(),
        missing: missing_views(&outcome.missing),
        notices: outcome.notices.iter().map(words).collect(),
        packs: outcome.packs.clone(),
        before: proposal.before.clone(),
        note: proposal.note.clone(),
        asked: proposal.asked.clone(),
        aside: proposal.aside.is_some(),
    })
}
