//! What an assessment proposes, while it waits for two looks; and the report clocks, which wait
//! for nobody.

use std::collections::BTreeSet;

use fangxian_base::{AreaId, PersonId, RecordId, ReportClockId, ReviewId};
use fangxian_domain::measures::MeasureState;
use fangxian_domain::reviews::{ReviewMove, ReviewState};
use fangxian_packs::{Answer, Assessment, MeasureDue, TaskDue};
use fangxian_store::assessments::{home_record, sealing_record};
use fangxian_store::clocks::{NewClock, clock_insert};
use fangxian_store::measures::{Measure, measure_list_of};
use fangxian_store::people::person_fetch;
use fangxian_store::records::{Record, RecordState, record_fetch, record_set_state};
use fangxian_store::responses::Response;
use fangxian_store::reviews::{
    NewReview, Review, ReviewChange, ReviewContent, review_content, review_insert, review_latest,
    review_move, review_rehome,
};
use fangxian_store::tasks::task_rules_of;
use fangxian_store::{Author, Tx};
use serde::{Deserialize, Serialize};

use super::code_of;
use crate::{AppError, Result, found};

/// Hours for both looks.
/// `ours`: no source names a number; statutory reports run apart from it.
const REVIEW_HOURS: i64 = 4;

/// What brought an assessment about.
pub struct Signal<'a> {
    /// Whom it is about.
    pub person: PersonId,
    /// The record that brought something new.
    pub trigger: RecordId,
    /// The response asked about.
    pub response: &'a Response,
    /// Whether somebody says that the person met a case.
    pub met: bool,
}

/// Something a looker took out of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dropped {
    /// The rule of the measure or task.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// What a review carries: the answer of the rules, and what the lookers made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Proposal {
    /// The answer of the rules.
    pub assessment: Assessment,
    /// The class, kind of contact and categories that the last review was about.
    pub before: Option<String>,
    /// What a looker took out.
    pub dropped: Vec<Dropped>,
    /// Standard visits and calls that a looker added, by kind.
    pub added: Vec<String>,
    /// Why it is back at the first look.
    pub note: Option<String>,
    /// What somebody was sent to ask.
    pub asked: Option<String>,
    /// The state of the records when the first looker proposed to set all of it aside.
    #[serde(default)]
    pub aside: Option<String>,
}

impl Proposal {
    fn new(assessment: &Assessment, before: Option<String>, note: Option<String>) -> Self {
        Self {
            assessment: assessment.clone(),
            before,
            dropped: Vec::new(),
            added: Vec::new(),
            note,
            asked: None,
            aside: None,
        }
    }

    /// As it is sealed.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(AppError::internal)
    }

    /// Reads what was sealed; `None` when the key was destroyed.
    pub fn of(content: &ReviewContent) -> Option<Self> {
        serde_json::from_slice(content.proposal.as_deref()?).ok()
    }

    /// Whether it proposes a measure or a class, so that nobody ends it alone.
    pub fn binds(&self) -> bool {
        self.assessment.class.is_some() || !self.assessment.measures_due.is_empty()
    }

    /// Whether a looker took this rule out.
    pub fn is_dropped(&self, rule: &str) -> bool {
        self.dropped.iter().any(|dropped| dropped.rule == rule)
    }
}

/// The part of a digest that says what the person is: class, contact, categories.
fn standing_of(assessment: &Assessment) -> String {
    let class = assessment.class.as_ref().map(code_of).unwrap_or_default();
    let contact = assessment
        .contact_kind
        .as_ref()
        .map(code_of)
        .unwrap_or_default();
    let categories: Vec<String> = assessment
        .categories
        .iter()
        .map(|c| format!("{}:{}", c.scheme, c.category))
        .collect();
    format!(
        "class={class};contact={contact};categories={}",
        categories.join(",")
    )
}

/// First and last day of a proposed measure; with a day of review instead of an end, the days move
/// with the calendar and do not make it another proposal.
pub(crate) fn term_of(due: &MeasureDue) -> String {
    match due.end {
        Some(end) => format!("{}/{end}", due.start),
        None => "until_release".to_owned(),
    }
}

/// What is proposed, as codes and days: equal texts are the same proposal.
fn digest(assessment: &Assessment) -> String {
    let measures: BTreeSet<String> = assessment
        .measures_due
        .iter()
        .map(|due| format!("{}:{}", due.rule, term_of(due)))
        .collect();
    let tasks: BTreeSet<&str> = assessment
        .tasks_due
        .iter()
        .map(|due| due.rule.as_str())
        .collect();
    let measures: Vec<&str> = measures.iter().map(String::as_str).collect();
    let tasks: Vec<&str> = tasks.into_iter().collect();
    format!(
        "{};measures={};tasks={}",
        standing_of(assessment),
        measures.join(","),
        tasks.join(",")
    )
}

fn proposes_nothing(assessment: &Assessment) -> bool {
    assessment.class.is_none()
        && assessment.contact_kind.is_none()
        && assessment.categories.is_empty()
        && assessment.measures_due.is_empty()
        && assessment.tasks_due.is_empty()
}

/// Starts the clock of every statutory report that is due, counted from receipt. No look is asked.
pub fn start_clocks(
    tx: &mut Tx<'_>,
    signal: &Signal<'_>,
    outcome: &Assessment,
) -> Result<Vec<ReportClockId>> {
    let mut started = Vec::new();
    if outcome.reports_due.is_empty() {
        return Ok(started);
    }
    let record = found(record_fetch(tx, signal.trigger))?;
    let area = area_of(tx, signal.person, &record)?;
    let class = outcome.class.as_ref().map(code_of).unwrap_or_default();
    for due in &outcome.reports_due {
        let id = ReportClockId::new();
        let new = NewClock {
            id,
            response: signal.response.id,
            person: signal.person,
            record: signal.trigger,
            area,
            confined: record.confined,
            disease: &signal.response.disease,
            class: &class,
            rule: &due.rule,
            hours: due.within_hours,
            basis: &format!("{}\n{}", due.basis.zh, due.basis.en),
            started_at: record.received_at,
        };
        started.extend(clock_insert(tx, &new)?);
    }
    Ok(started)
}

fn area_of(tx: &mut Tx<'_>, person: PersonId, record: &Record) -> Result<Option<AreaId>> {
    let area = person_fetch(tx, person)?.and_then(|person| person.area);
    Ok(area.or(record.area))
}

/// Lets a changed proposal wait for its first look: opens a review, or changes the open one. The
/// same proposal again changes nothing, whatever became of it.
pub fn propose(
    tx: &mut Tx<'_>,
    signal: &Signal<'_>,
    outcome: &Assessment,
) -> Result<Option<ReviewId>> {
    let digest = digest(outcome);
    let last = review_latest(tx, signal.person, signal.response.id)?;
    let same = last.as_ref().is_some_and(|last| last.digest == digest);
    let open = last.as_ref().is_some_and(|last| last.state.is_open());
    let fresh = new_measures(tx, signal.person, signal.response, outcome)?;
    let public = found(record_fetch(tx, signal.trigger))?.author == Author::Public.code();
    if same {
        let Some(last) = &last else { return Ok(None) };
        if open {
            under_review(tx, signal.trigger)?;
            // Staff were sent to ask; what comes through the public door is no answer to them.
            return if public { Ok(None) } else { answered(tx, last) };
        }
        if !to_renew(tx, last, &fresh)? {
            return Ok(None);
        }
    }
    let settled = last
        .as_ref()
        .is_some_and(|last| !open && standing_is(last, outcome));
    let nothing_new =
        fresh.is_empty() && new_tasks(tx, signal.person, signal.response, outcome)?.is_empty();
    // A contact about whom something is missing is looked at: whoever looks sees what, and can ask.
    let undecided = signal.met && outcome.contact == Answer::Unknown && !outcome.missing.is_empty();
    let nothing = proposes_nothing(outcome) && !undecided;
    if (settled && nothing_new) || (nothing && last.is_none()) {
        return Ok(None);
    }
    under_review(tx, signal.trigger)?;
    match last {
        Some(last) if last.state.is_open() => {
            replace(tx, &last, outcome, &digest, public).map(Some)
        }
        last => {
            let before = last
                .filter(|last| last.digest != WITHDRAWN)
                .map(|last| standing_part(&last.digest));
            open_review(tx, signal, outcome, &digest, before).map(Some)
        }
    }
}

/// Whether a confirmed measure without an end has run out, or does today, and is still due.
fn to_renew(tx: &mut Tx<'_>, last: &Review, fresh: &[MeasureDue]) -> Result<bool> {
    if last.state != ReviewState::Confirmed || fresh.iter().all(|due| due.end.is_some()) {
        return Ok(false);
    }
    let content = review_content(tx, last)?;
    let proposal = Proposal::of(&content);
    let dropped = |rule: &str| proposal.as_ref().is_none_or(|p| p.is_dropped(rule));
    Ok(fresh
        .iter()
        .any(|due| due.end.is_none() && !dropped(&due.rule)))
}

fn standing_part(digest: &str) -> String {
    digest
        .split(";measures=")
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn standing_is(review: &Review, outcome: &Assessment) -> bool {
    standing_part(&review.digest) == standing_of(outcome)
}

fn under_review(tx: &mut Tx<'_>, record: RecordId) -> Result<()> {
    let known = found(record_fetch(tx, record))?;
    match known.state {
        RecordState::New | RecordState::Handled => {
            record_set_state(tx, record, RecordState::InReview, None)?;
        }
        RecordState::InReview | RecordState::Rejected | RecordState::Withdrawn => {}
    }
    Ok(())
}

/// The answer to a question came, although the rules propose the same: back to the first look.
fn answered(tx: &mut Tx<'_>, review: &Review) -> Result<Option<ReviewId>> {
    if review.state != ReviewState::Asked {
        return Ok(None);
    }
    let content = review_content(tx, review)?;
    let Some(mut proposal) = Proposal::of(&content) else {
        return Ok(None);
    };
    proposal.note = Some("answered".to_owned());
    write_back(
        tx,
        review,
        &proposal,
        &review.digest.clone(),
        review.category.as_deref(),
    )?;
    Ok(Some(review.id))
}

/// Closes an open review of a response that does not concern the person any more, with a note.
pub fn withdraw(tx: &mut Tx<'_>, person: PersonId, response: &Response) -> Result<()> {
    let Some(review) = review_latest(tx, person, response.id)? else {
        return Ok(());
    };
    let Some(to) = review.state.after(ReviewMove::Withdraw) else {
        return Ok(());
    };
    let content = review_content(tx, &review)?;
    let Some(mut proposal) = Proposal::of(&content) else {
        return Ok(());
    };
    proposal.note = Some("concerns_no_more".to_owned());
    let bytes = proposal.bytes()?;
    let change = ReviewChange::Replace {
        proposal: &bytes,
        // Not the digest of any proposal: the same one is looked at again if it comes again.
        digest: WITHDRAWN,
        category: review.category.as_deref(),
    };
    if !review_move(tx, &review, review.version, to, change)? {
        return Err(AppError::stale());
    }
    crate::reviews::settle(tx, review.id)?;
    Ok(())
}

/// The digest of a review that the rules closed.
const WITHDRAWN: &str = "withdrawn";

fn replace(
    tx: &mut Tx<'_>,
    review: &Review,
    outcome: &Assessment,
    digest: &str,
    public: bool,
) -> Result<ReviewId> {
    let note = match review.state {
        ReviewState::SecondLook => Some("new_facts_after_first_look".to_owned()),
        ReviewState::Asked if public => Some("new_facts_after_first_look".to_owned()),
        ReviewState::Asked => Some("answered".to_owned()),
        ReviewState::FirstLook | ReviewState::Confirmed | ReviewState::SetAside => None,
    };
    let proposal = Proposal::new(outcome, Some(standing_part(&review.digest)), note);
    write_back(tx, review, &proposal, digest, category(outcome).as_deref())?;
    Ok(review.id)
}

fn write_back(
    tx: &mut Tx<'_>,
    review: &Review,
    proposal: &Proposal,
    digest: &str,
    category: Option<&str>,
) -> Result<()> {
    let Some(to) = review.state.after(ReviewMove::Supersede) else {
        return Ok(());
    };
    let bytes = proposal.bytes()?;
    let mut review = review.clone();
    // Its record may have been destroyed since; another one of the person takes its place.
    if sealing_record(tx, &[review.record])?.is_none()
        && let Some(home) = home_record(tx, review.person, review.response, review.record)?
    {
        review_rehome(tx, review.id, home)?;
        review.record = home;
    }
    let review = &review;
    let change = ReviewChange::Replace {
        proposal: &bytes,
        digest,
        category,
    };
    if review_move(tx, review, review.version, to, change)? {
        Ok(())
    } else {
        Err(AppError::stale())
    }
}

fn category(outcome: &Assessment) -> Option<String> {
    outcome
        .class
        .as_ref()
        .map(code_of)
        .or_else(|| outcome.contact_kind.as_ref().map(code_of))
        .or_else(|| outcome.categories.first().map(|held| held.category.clone()))
}

fn open_review(
    tx: &mut Tx<'_>,
    signal: &Signal<'_>,
    outcome: &Assessment,
    digest: &str,
    before: Option<String>,
) -> Result<ReviewId> {
    let record = found(record_fetch(tx, signal.trigger))?;
    let home = home_record(tx, signal.person, signal.response.id, signal.trigger)?;
    let id = ReviewId::new();
    let proposal = Proposal::new(outcome, before, None).bytes()?;
    let area = area_of(tx, signal.person, &record)?;
    // A new record has waited since it came. What was looked at before is asked anew from now on.
    let since = match review_latest(tx, signal.person, signal.response.id)? {
        Some(before) if record.received_at <= before.opened_at => tx.now(),
        Some(_) | None => record.received_at,
    };
    review_insert(
        tx,
        &NewReview {
            id,
            response: signal.response.id,
            person: signal.person,
            record: home.unwrap_or(signal.trigger),
            area,
            confined: record.confined,
            category: category(outcome).as_deref(),
            digest,
            proposal: &proposal,
            due_at: since.plus_hours(REVIEW_HOURS),
        },
    )?;
    Ok(id)
}

/// The measures of an outcome that do not stand before an organ, bind the person, or were decided
/// upon already. Without an end, a measure is new again when its day of review comes.
pub(crate) fn new_measures(
    tx: &mut Tx<'_>,
    person: PersonId,
    response: &Response,
    outcome: &Assessment,
) -> Result<Vec<MeasureDue>> {
    let known = measure_list_of(tx, person)?;
    let stands = |due: &MeasureDue, measure: &Measure| {
        if measure.response != response.id || measure.rule != due.rule {
            return false;
        }
        match (due.end, measure.state) {
            (Some(_), _) => measure.term == term_of(due),
            (
                None,
                MeasureState::Proposed
                | MeasureState::Held
                | MeasureState::Refused
                | MeasureState::Lifted,
            ) => true,
            (None, MeasureState::Decided | MeasureState::Served) => measure.ends_on > outcome.on,
            (None, MeasureState::Ended | MeasureState::Lapsed) => false,
        }
    };
    let due = outcome.measures_due.iter();
    Ok(due
        .filter(|due| !known.iter().any(|measure| stands(due, measure)))
        .cloned()
        .collect())
}

/// The tasks of an outcome, one for each rule, that were never given out for this person.
pub(crate) fn new_tasks(
    tx: &mut Tx<'_>,
    person: PersonId,
    response: &Response,
    outcome: &Assessment,
) -> Result<Vec<Vec<TaskDue>>> {
    let known = task_rules_of(tx, person, response.id)?;
    let mut groups: Vec<Vec<TaskDue>> = Vec::new();
    for due in outcome
        .tasks_due
        .iter()
        .filter(|due| !known.contains(&due.rule))
    {
        match groups
            .iter_mut()
            .find(|g| g.first().is_some_and(|first| first.rule == due.rule))
        {
            Some(group) => group.push(due.clone()),
            None => groups.push(vec![due.clone()]),
        }
    }
    Ok(groups)
}
