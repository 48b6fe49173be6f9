//! Dated schedules: explicit day counting, stages, test days, ends and reviews.

use fangxian_base::{Date, plus_days};

use super::{Deciding, leaf};
use crate::assessment::{Answer, Release, Stage, Step, StepKind};
use crate::compile::disease::Pathway;
use crate::compile::rules::{CriterionId, Node, Test, ValueId};

/// A pathway laid onto the calendar.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The event that days are counted from.
    pub anchor: Date,
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Option<Date>,
    /// Stages.
    pub stages: Vec<Stage>,
    /// Next review while there is no end.
    pub review_on: Option<Date>,
}

/// Lays a pathway onto the calendar. None when the anchor or a value is not known.
pub fn schedule(deciding: &Deciding<'_>, pathway: &Pathway) -> Option<Schedule> {
    let on = deciding.scope.values_on;
    let value = |id: ValueId| deciding.rules.values.get(id.0);
    let anchor = deciding
        .scope
        .latest(deciding.rules, &pathway.anchor_latest, &pathway.anchor)?;
    // Day k falls on anchor + k − anchor_is_day: with the anchor as day 1, day 1 is the anchor.
    let first = value(pathway.anchor_is_day)?.whole(on)?;
    let mut start = plus_days(anchor, 1 - first);
    let begin = start;
    let mut stages = Vec::with_capacity(pathway.stages.len());
    let mut end = None;
    for stage in &pathway.stages {
        let days = match stage.days {
            Some(id) => Some(value(id)?.days(on)?),
            None => None,
        };
        end = days.map(|days| plus_days(start, days - 1));
        let tests = stage
            .tests
            .and_then(value)
            .map_or(&[][..], |series| series.list(on));
        let mut steps: Vec<Step> = tests
            .iter()
            .map(|day| Step {
                on: plus_days(start, day - 1),
                day: *day,
                kind: StepKind::Test,
            })
            .collect();
        if stage.health_check {
            // Bounded: no plan watches anybody longer than a year.
            steps.extend((1..=days.unwrap_or(0).min(366)).map(|day| Step {
                on: plus_days(start, day - 1),
                day,
                kind: StepKind::HealthCheck,
            }));
        }
        steps.sort();
        stages.push(Stage {
            text: stage.text.clone(),
            place: stage.place,
            start,
            end,
            steps,
        });
        match end {
            Some(end) => start = plus_days(end, 1),
            None => break,
        }
    }
    let review_on = match (
        end,
        pathway
            .review_every
            .and_then(value)
            .and_then(|series| series.days(on)),
    ) {
        (None, Some(every)) if every > 0 => {
            let passed = fangxian_base::days_between(begin, deciding.scope.on).max(0);
            Some(plus_days(begin, (passed / every + 1).saturating_mul(every)))
        }
        _ => None,
    };
    Some(Schedule {
        anchor,
        start: begin,
        end,
        stages,
        review_on,
    })
}

/// Every value that a pathway's schedule reads.
pub fn values_of(pathway: &Pathway) -> Vec<ValueId> {
    let mut all = vec![pathway.anchor_is_day];
    for stage in &pathway.stages {
        all.extend(stage.days.iter().chain(&stage.tests));
    }
    all.extend(pathway.review_every);
    all.extend(pathway.least_days);
    all.extend(pathway.last_test.map(|(_, samples)| samples));
    all
}

/// Whether the last sample of the calendar, or later ones, showed what they must.
fn last_test(
    deciding: &Deciding<'_>,
    schedule: &Schedule,
    criterion: CriterionId,
    samples: ValueId,
) -> bool {
    let steps = schedule.stages.iter().flat_map(|stage| &stage.steps);
    let day = steps
        .filter(|step| step.kind == StepKind::Test)
        .map(|step| step.on)
        .max();
    let test = deciding
        .rules
        .criteria
        .get(criterion.0)
        .map(|criterion| &criterion.test);
    let wanted = deciding
        .rules
        .values
        .get(samples.0)
        .and_then(|series| series.whole(deciding.scope.values_on))
        .and_then(|wanted| usize::try_from(wanted).ok());
    match (day, test, wanted) {
        (Some(day), Some(Test::Facts(test)), Some(wanted)) => {
            leaf::run_since(deciding.rules, deciding.scope, test, day) >= wanted
        }
        _ => false,
    }
}

/// How a pathway ends, and whether it has.
pub fn release(deciding: &Deciding<'_>, pathway: &Pathway, schedule: &Schedule) -> Release {
    let (mut met, mut unmet) = (Vec::new(), Vec::new());
    for node in &pathway.release {
        let list = if deciding.answer(node) == Answer::Yes {
            &mut met
        } else {
            &mut unmet
        };
        list.push(deciding.words(node));
    }
    if let Some((met_by, samples)) = pathway.last_test {
        let list = if last_test(deciding, schedule, met_by, samples) {
            &mut met
        } else {
            &mut unmet
        };
        list.push(deciding.words(&Node::Met(met_by)));
    }
    let least = pathway
        .least_days
        .and_then(|id| deciding.rules.values.get(id.0))
        .and_then(|series| series.days(deciding.scope.values_on))
        .map(|days| plus_days(schedule.start, days - 1));
    let last = schedule.end.or(least);
    let calendar = match last {
        Some(last) => deciding.scope.on > last,
        None => !pathway.release.is_empty(),
    };
    if schedule.end.is_none()
        && let Some(last) = last
    {
        deciding.scope.may_change(plus_days(last, 1));
    }
    Release {
        rule: pathway.head.id.clone(),
        on: last,
        ready: calendar && unmet.is_empty(),
        met,
        unmet,
    }
}
