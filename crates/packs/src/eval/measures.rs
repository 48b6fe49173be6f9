//! Dated schedules: explicit day counting, stages, test days, ends and reviews.

use fangxian_base::{Date, plus_days};

use super::Deciding;
use crate::assessment::{Answer, Release, Stage, Step, StepKind};
use crate::compile::disease::Pathway;
use crate::compile::rules::ValueId;

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
    let anchor = deciding.scope.anchor(&pathway.anchor, None)?;
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
    all
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
    let calendar = match schedule.end {
        Some(end) => deciding.scope.on > end,
        None => !pathway.release.is_empty(),
    };
    Release {
        rule: pathway.head.id.clone(),
        on: schedule.end,
        ready: calendar && unmet.is_empty(),
        met,
        unmet,
    }
}
