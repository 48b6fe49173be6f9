//! The passing of time: an appeal that nobody answered in time is put before the next level, once
//! for each level that the city gives a deadline. The promise to whoever filed it does not move.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{AppealId, CommandId, Instant};
use fangxian_store::Tx;
use fangxian_store::appeals::{AppealChange, appeal_climb_due, appeal_fetch, appeal_move};
use serde::{Deserialize, Serialize};

use super::file::hours_from;
use crate::assess::Rules;
use crate::{App, Result, Who, found};

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AppealsSwept {
    /// Appeals that were put before the next level.
    pub raised: usize,
}

impl App {
    /// Puts every appeal whose time has passed before the next level. Running it again at the same
    /// moment does nothing.
    ///
    /// # Errors
    /// What the store said.
    pub fn appeals_sweep(&self, limit: i64) -> Result<AppealsSwept> {
        let now = self.now();
        let due = self.read(|tx| Ok(appeal_climb_due(tx, now, limit)?))?;
        let mut swept = AppealsSwept::default();
        for appeal in due {
            let (rules, id, seen) = (self.rules(), appeal.id, appeal.climb_at);
            let raised = self.write(
                &Who::system(),
                CommandId::new(),
                Action::AppealsAssign,
                Purpose::Appeal,
                Some(appeal.response),
                move |tx| raise(&rules, tx, id, seen),
            );
            match raised {
                Ok(raised) => swept.raised += usize::from(raised),
                // One that fails must not keep the others waiting.
                Err(error) => error.log(),
            }
        }
        Ok(swept)
    }
}

fn raise(rules: &Rules, tx: &mut Tx<'_>, id: AppealId, seen: Option<Instant>) -> Result<bool> {
    let appeal = found(appeal_fetch(tx, id))?;
    if appeal.climb_at != seen || !appeal.state.is_open() {
        return Ok(false);
    }
    let above = hours_from(rules, tx, appeal.level - 1)?;
    let next = above.map(|(_, hours)| tx.now().plus_hours(hours));
    let level = above.map_or(appeal.level, |(level, _)| level);
    let change = AppealChange::Raise(level, next);
    tx.detail("appeal_level", level);
    Ok(appeal_move(
        tx,
        &appeal,
        appeal.version,
        appeal.state,
        change,
    )?)
}
