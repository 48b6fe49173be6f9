//! Giving work out: to the lowest area that is known, to the one worker there if there is only
//! one, with the city's deadline. The same work under the same key is given out once.

use fangxian_base::{
    AreaId, Date, Instant, MeasureId, PersonId, RecordId, ResponseId, ReviewId, TaskId, Text,
    plus_days,
};
use fangxian_store::measures::Measure;
use fangxian_store::places::{area_ancestors, area_children, area_root};
use fangxian_store::reviews::Review;
use fangxian_store::tasks::{
    NewStep, NewTask, step_insert, task_fetch, task_insert, task_worker_of,
};
use fangxian_store::{Author, Tx};

use super::Content;
use crate::assess::Rules;
use crate::{AppError, Result, Role, found};

/// A piece of work about to be given out.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub response: ResponseId,
    pub person: PersonId,
    /// The record under whose key it is sealed.
    pub record: RecordId,
    pub review: Option<ReviewId>,
    pub measure: Option<MeasureId>,
    pub kind: String,
    pub rule: Option<String>,
    pub text: Text,
    pub confined: bool,
    /// Where the person is; the jurisdiction while that is not known.
    pub area: Option<AreaId>,
    /// The level that does it; otherwise the lowest known.
    pub level: Option<i64>,
    /// The day it is for; otherwise today.
    pub day: Option<Date>,
    /// Hours from now; otherwise the city's, otherwise until the end of the day.
    pub hours: Option<i64>,
    pub unique_key: Option<String>,
    pub author: Author,
}

impl Work {
    /// Work that follows from a review.
    pub fn of_review(review: &Review, kind: &str, text: Text, author: Author) -> Self {
        Self {
            response: review.response,
            person: review.person,
            record: review.record,
            review: Some(review.id),
            measure: None,
            kind: kind.to_owned(),
            rule: None,
            text,
            confined: review.confined,
            area: review.area,
            level: None,
            day: None,
            hours: None,
            unique_key: None,
            author,
        }
    }

    /// Work that serves a measure.
    pub fn of_measure(measure: &Measure, kind: &str, text: Text, author: Author) -> Self {
        Self {
            response: measure.response,
            person: measure.person,
            record: measure.record,
            review: measure.review,
            measure: Some(measure.id),
            kind: kind.to_owned(),
            rule: None,
            text,
            confined: measure.confined,
            area: measure.area,
            level: None,
            day: None,
            hours: None,
            unique_key: None,
            author,
        }
    }
}

/// Gives work out; `None` when it was given out before under the same key.
pub(crate) fn give(rules: &Rules, tx: &mut Tx<'_>, work: &Work) -> Result<Option<TaskId>> {
    let (area, level) = place(tx, work)?;
    let assignee = only_worker(tx, work.response, area)?;
    let today = rules.today(tx);
    let hours = match work.hours {
        Some(hours) => Some(hours),
        None => rules.deadline_hours(tx, &work.kind, level, today)?,
    };
    let due_at = due(rules, tx.now(), today, work.day, hours);
    let id = TaskId::new();
    let content = serde_json::to_vec(&Content {
        text: work.text.clone(),
    })
    .map_err(AppError::internal)?;
    let new = task_insert(
        tx,
        &NewTask {
            id,
            response: work.response,
            person: work.person,
            record: work.record,
            review: work.review,
            measure: work.measure,
            kind: &work.kind,
            rule: work.rule.as_deref(),
            confined: work.confined,
            area,
            assignee,
            unique_key: work.unique_key.as_deref(),
            due_at,
            content: &content,
        },
    )?;
    if !new {
        return Ok(None);
    }
    let task = found(task_fetch(tx, id))?;
    step_insert(
        tx,
        &task,
        &NewStep {
            to: Some(area),
            ..NewStep::new(work.author, "created")
        },
    )?;
    Ok(Some(id))
}

/// Where the work goes. Work about sealed diseases stays at the top, with the CDC.
fn place(tx: &mut Tx<'_>, work: &Work) -> Result<(AreaId, i64)> {
    let chain = match work.area {
        Some(area) => area_ancestors(tx, area)?,
        None => area_root(tx)?.into_iter().collect(),
    };
    let wanted = if work.confined { Some(0) } else { work.level };
    let at = wanted.and_then(|level| chain.iter().find(|area| area.level == level));
    let Some(area) = at.or(chain.last()) else {
        return Err(AppError::conflict(
            "NO-AREAS",
            "尚未导入区划，无法下派任务。请管理员先导入区划。",
            "No divisions are there yet, so work cannot be given out. Ask the administrator to import them.",
        ));
    };
    Ok((area.id, area.level))
}

/// The one grid worker of an area at the bottom of the tree.
pub(super) fn only_worker(
    tx: &mut Tx<'_>,
    response: ResponseId,
    area: AreaId,
) -> Result<Option<fangxian_base::UserId>> {
    if area_children(tx, area)?.is_empty() {
        Ok(task_worker_of(tx, response, area, Role::Grid.code())?)
    } else {
        Ok(None)
    }
}

/// Until when: so many hours, or the end of the day; a day to come is not begun before it comes.
fn due(rules: &Rules, now: Instant, today: Date, day: Option<Date>, hours: Option<i64>) -> Instant {
    let day = day.map_or(today, |day| day.max(today));
    match hours {
        Some(hours) if day == today => now.plus_hours(hours),
        Some(_) | None => rules.zone().day_start(plus_days(day, 1)),
    }
}
