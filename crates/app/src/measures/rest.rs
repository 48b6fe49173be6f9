//! A measure that rests until an appeal is answered: it binds nobody meanwhile. Its organ decides
//! that; when the appeal is refused or taken back, what is left of the term binds again.

use fangxian_store::measures::{Measure, measure_content, measure_suspend};
use fangxian_store::tasks::task_list_by_measure;
use fangxian_store::{Author, Tx};

use super::decide::{fact_in_force, out_of_force};
use super::due_of;
use crate::assess::{Rules, assess_person};
use crate::tasks::moves::cancel;
use crate::{AppError, Result};

/// The measure binds nobody from now on, and its steps are called off; the notice is still brought.
pub(crate) fn begin(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    author: Author,
) -> Result<()> {
    if !measure_suspend(tx, measure, measure.version, true)? {
        return Err(AppError::stale());
    }
    out_of_force(rules, tx, measure, author, "rests")?;
    for task in task_list_by_measure(tx, measure.id)? {
        let notice = task.kind == fangxian_domain::tasks::kinds::SERVE_NOTICE;
        if task.state.is_waiting() && !notice {
            cancel(tx, &task, author, "rests")?;
        }
    }
    assess_person(rules, tx, measure.person, None)?;
    Ok(())
}

/// What is left of the term binds again; nothing happens to a measure that does not rest or run.
pub(crate) fn end(rules: &Rules, tx: &mut Tx<'_>, measure: &Measure, author: Author) -> Result<()> {
    if measure.suspended_at.is_none() || !measure.state.is_decided() {
        return Ok(());
    }
    if !measure_suspend(tx, measure, measure.version, false)? {
        return Err(AppError::stale());
    }
    let today = rules.today(tx);
    if measure.ends_on < today {
        return Ok(());
    }
    let content = measure_content(tx, measure)?;
    if let Some(due) = due_of(content.proposal.as_deref()) {
        let from = measure.starts_on.max(today);
        fact_in_force(tx, measure, from, &due, author)?;
        super::daily::steps_of(rules, tx, measure, &due, author)?;
    }
    assess_person(rules, tx, measure.person, None)?;
    Ok(())
}
