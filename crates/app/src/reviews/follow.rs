//! What follows from a confirmed review: tasks go out, measures stand before their organ. The law
//! of the day is asked once more; a measure comes from nowhere else.

use fangxian_base::{MeasureId, ReviewId, TaskId, Text, UserId};
use fangxian_domain::reviews::{LookRefused, ReviewMove};
use fangxian_domain::tasks::kinds;
use fangxian_packs::{MeasureDue, PermitRequest, TaskDue};
use fangxian_store::measures::{NewMeasure, measure_insert, measure_list_of};
use fangxian_store::records::RecordState;
use fangxian_store::responses::{Response, response_fetch};
use fangxian_store::reviews::{
    Look, Review, ReviewChange, review_content, review_fetch, review_list_of, review_move,
};
use fangxian_store::tasks::task_list_of;
use fangxian_store::{Author, Tx};
use serde::{Deserialize, Serialize};

use super::looks::refused as looks_refused;
use crate::assess::proposal::{Proposal, new_measures, new_tasks, term_of};
use crate::assess::{Rules, approvals_of, code_of, words};
use crate::measures::support::carried_until;
use crate::tasks::give::{Work, give};
use crate::{AppError, Result, found};

/// What came of a second look; empty when it went back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Confirmed {
    /// The tasks that went out.
    pub tasks: Vec<TaskId>,
    /// The measures that stand before their organ.
    pub measures: Vec<MeasureId>,
}

/// Confirms a review and lets its proposals go.
pub(super) fn confirm(
    rules: &Rules,
    tx: &mut Tx<'_>,
    review: &Review,
    author: Author,
    user: UserId,
    (outcome, reason): (&'static str, Option<&str>),
) -> Result<Confirmed> {
    let to = review
        .state
        .after(ReviewMove::Confirm)
        .ok_or_else(|| looks_refused(LookRefused::State))?;
    let Some(proposal) = Proposal::of(&review_content(tx, review)?) else {
        return Err(
            fangxian_store::DbError::Crypt(fangxian_store::keys::CryptError::Destroyed).into(),
        );
    };
    let look = Look {
        by: user,
        outcome,
        reason,
    };
    if !review_move(tx, review, review.version, to, ReviewChange::Second(look))? {
        return Err(AppError::stale());
    }
    let response = found(response_fetch(tx, review.response))?;
    let mut done = Confirmed::default();
    for due in new_measures(tx, review.person, &response, &proposal.assessment)? {
        if proposal.is_dropped(&due.rule) {
            continue;
        }
        if let Some(id) = before_organ(rules, tx, review, &response, &due)? {
            done.measures.push(id);
        }
    }
    for group in new_tasks(tx, review.person, &response, &proposal.assessment)? {
        if group
            .first()
            .is_some_and(|due| proposal.is_dropped(&due.rule))
        {
            continue;
        }
        done.tasks.extend(send(rules, tx, review, author, &group)?);
    }
    for kind in &proposal.added {
        let work = Work::of_review(review, kind, standard_text(kind), author);
        done.tasks.extend(give(rules, tx, &work)?);
    }
    tx.detail("look", outcome);
    tx.detail("measures", done.measures.len());
    tx.detail("tasks", done.tasks.len());
    settle(tx, review.id)?;
    Ok(done)
}

fn standard_text(kind: &str) -> Text {
    if kind == kinds::DOOR_VISIT {
        Text::new(
            "上门了解健康状况并告知联系方式",
            "Visit at the door: ask after health, leave a number to call",
        )
    } else {
        Text::new(
            "电话了解健康状况并告知联系方式",
            "Call: ask after health, leave a number to call",
        )
    }
}

/// Puts a measure before its organ, if the law of today still allows it and it has a term.
fn before_organ(
    rules: &Rules,
    tx: &mut Tx<'_>,
    review: &Review,
    response: &Response,
    due: &MeasureDue,
) -> Result<Option<MeasureId>> {
    let today = rules.today(tx);
    let approvals = approvals_of(tx, response)?;
    let request = PermitRequest {
        disease: &response.disease,
        measure: &due.measure,
        organ: None,
        on: today,
        as_of: today,
        approvals: &approvals,
    };
    if rules.packs().permit(&request).is_err() {
        tx.detail("not_lawful_any_more", due.measure.as_str());
        return Ok(None);
    }
    let Some(ends_on) = due.end.or(due.review_on) else {
        tx.detail("no_term", due.measure.as_str());
        return Ok(None);
    };
    let first = due.start.max(today);
    let term = (first, ends_on.max(first));
    let carried = carried_until(rules, tx, response, &due.measure, term)?;
    let Some(ends_on) = carried.map(|last| last.min(ends_on)) else {
        tx.detail("not_lawful_any_more", due.measure.as_str());
        return Ok(None);
    };
    let organs: Vec<String> = due.organs.iter().map(code_of).collect();
    let id = MeasureId::new();
    let content = serde_json::to_vec(due).map_err(AppError::internal)?;
    measure_insert(
        tx,
        &NewMeasure {
            id,
            review: review.id,
            response: review.response,
            person: review.person,
            record: review.record,
            area: review.area,
            confined: review.confined,
            kind: &due.measure,
            rule: &due.rule,
            term: &term_of(due),
            regime: &due.regime,
            article: &due.article.zh,
            organs: &organs.join(" "),
            starts_on: due.start,
            ends_on,
            content: &content,
        },
    )?;
    Ok(Some(id))
}

/// Gives out the task of one rule. Where the city names levels, the lowest that the person's place
/// reaches does it, with that level's hours.
fn send(
    rules: &Rules,
    tx: &mut Tx<'_>,
    review: &Review,
    author: Author,
    group: &[TaskDue],
) -> Result<Option<TaskId>> {
    let Some(first) = group.first() else {
        return Ok(None);
    };
    let deepest = match review.area {
        Some(area) => fangxian_store::places::area_fetch(tx, area)?.map_or(0, |area| area.level),
        None => 0,
    };
    let mut choices: Vec<(Option<i64>, &TaskDue)> = Vec::new();
    for due in group {
        let level = match &due.level {
            Some(id) => rules.level_of(tx, id)?,
            None => None,
        };
        choices.push((level, due));
    }
    let reached = choices
        .iter()
        .filter(|(level, _)| level.is_some_and(|level| level <= deepest));
    let (level, due) = reached
        .max_by_key(|(level, _)| *level)
        .or_else(|| choices.iter().min_by_key(|(level, _)| *level))
        .copied()
        .unwrap_or((None, first));
    let work = Work::of_review(review, &due.kind, words(&due.text), author);
    give(
        rules,
        tx,
        &Work {
            rule: Some(due.rule.clone()),
            level: level.map(|level| level.max(0)),
            day: Some(due.on),
            hours: due.within_hours,
            ..work
        },
    )
}

/// When everything that came of a review is closed, the records that it stood on are handled, and
/// whoever reported can read so.
pub(crate) fn settle(tx: &mut Tx<'_>, review: ReviewId) -> Result<bool> {
    let review = found(review_fetch(tx, review))?;
    if review_list_of(tx, review.person)?
        .iter()
        .any(|other| other.state.is_open())
    {
        return Ok(false);
    }
    // What another review of the same person led to keeps the records open as well.
    let tasks = task_list_of(tx, review.person)?;
    let measures = measure_list_of(tx, review.person)?;
    if tasks.iter().any(|task| task.state.is_open())
        || measures.iter().any(|measure| measure.state.is_open())
    {
        return Ok(false);
    }
    fangxian_store::assessments::records_after_review(tx, review.person, RecordState::Handled)?;
    tx.note("record", review.record);
    Ok(true)
}
