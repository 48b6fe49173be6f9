//! What becomes of a measure when today's law or today's assessment says otherwise: a proposal
//! lapses, a running measure stands before its organ to be lifted. Nobody is released by a program.

use fangxian_base::{Date, PersonId, plus_days};
use fangxian_domain::measures::{MeasureMove, MeasureState};
use fangxian_packs::{Approval, Assessment, PermitRequest};
use fangxian_store::Tx;
use fangxian_store::measures::{
    Measure, MeasureChange, measure_ask_lift, measure_list_of, measure_move,
};
use fangxian_store::responses::Response;

use crate::assess::{Rules, approvals_of};
use crate::{AppError, Result};

/// Whether the law of a day allows a measure for a disease, whatever the organ.
pub(super) fn allowed(
    rules: &Rules,
    response: &Response,
    approvals: &[Approval],
    kind: &str,
    (on, as_of): (Date, Date),
) -> bool {
    let request = PermitRequest {
        disease: &response.disease,
        measure: kind,
        organ: None,
        on,
        as_of,
        approvals,
    };
    rules.packs().permit(&request).is_ok()
}

/// LIMIT: days that a term is followed; longer than any term in the packs.
const TERM_DAYS: i64 = 400;

/// The last day of a term that the law and the approvals on record carry without a gap: a measure
/// does not run longer than what it rests on. None when they do not carry its first day.
pub(crate) fn carried_until(
    rules: &Rules,
    tx: &mut Tx<'_>,
    response: &Response,
    kind: &str,
    (starts, ends): (Date, Date),
) -> Result<Option<Date>> {
    let approvals = approvals_of(tx, response)?;
    let today = rules.today(tx);
    let days = (0..=TERM_DAYS).map(|n| plus_days(starts, n));
    Ok(days
        .take_while(|day| *day <= ends)
        .take_while(|day| allowed(rules, response, &approvals, kind, (*day, today)))
        .last())
}

/// Holds the measures of a person in a response against today's assessment; without one, the
/// response does not concern the person any more.
pub(crate) fn compare(
    rules: &Rules,
    tx: &mut Tx<'_>,
    person: PersonId,
    response: &Response,
    outcome: Option<&Assessment>,
) -> Result<()> {
    let today = rules.today(tx);
    if outcome.is_some_and(|outcome| outcome.on != today) {
        // History, judged by the rules of its day, says nothing of today.
        return Ok(());
    }
    let mut approvals = None;
    for measure in measure_list_of(tx, person)? {
        let runs = measure.state.is_open() && measure.ends_on >= today;
        if measure.response != response.id || !runs {
            continue;
        }
        let asked_for = outcome.is_some_and(|outcome| {
            let due = outcome.measures_due.iter();
            due.clone().any(|due| due.rule == measure.rule)
        });
        if matches!(measure.state, MeasureState::Proposed | MeasureState::Held) {
            if !asked_for {
                lapse(tx, &measure)?;
            }
            continue;
        }
        if approvals.is_none() {
            approvals = Some(approvals_of(tx, response)?);
        }
        let approvals = approvals.as_deref().unwrap_or_default();
        let released = outcome.is_some_and(|outcome| {
            let mut ends = outcome.release.iter();
            ends.any(|end| end.rule == measure.rule && end.ready)
        });
        let why = if !allowed(rules, response, approvals, &measure.kind, (today, today)) {
            Some("unlawful")
        } else if crate::appeals::upheld(tx, measure.id)? {
            Some("appeal")
        } else if released {
            Some("released")
        } else if asked_for {
            None
        } else {
            Some("unsupported")
        };
        if measure.lift_why.as_deref() != why {
            measure_ask_lift(tx, &measure, why)?;
        }
    }
    Ok(())
}

/// A proposal that today's assessment does not make any more lapses before anybody decides it.
fn lapse(tx: &mut Tx<'_>, measure: &Measure) -> Result<()> {
    let Some(to) = measure.state.after(MeasureMove::RunOut) else {
        return Ok(());
    };
    if !measure_move(tx, measure, measure.version, to, MeasureChange::RunOut)? {
        return Err(AppError::stale());
    }
    tx.detail("lapsed", "not_proposed_any_more");
    if let Some(review) = measure.review {
        crate::reviews::settle(tx, review)?;
    }
    Ok(())
}
