//! After an approval was confirmed or ended, the rules are asked again about everybody whom the
//! response judged: one person per transaction, with the place reached in the same transaction, so a
//! kill loses nothing and the next upkeep goes on.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, PersonId, ResponseId};
use fangxian_store::approvals::{round_list, round_next, round_step};

use crate::assess::assess_again;
use crate::{App, Result, Who};

/// LIMIT: persons asked about in the command itself; upkeep goes on with the others.
const AT_ONCE: i64 = 20;

impl App {
    /// The first persons of what just began. A failure here is told and tried again by upkeep: the
    /// command itself is done.
    pub(super) fn round_now(&self) {
        if let Err(e) = self.round_slice(AT_ONCE) {
            e.log();
        }
    }

    /// Asks about the next persons of all rounds, at most `limit`; answers how many that were.
    ///
    /// # Errors
    /// What the store said.
    pub fn round_slice(&self, limit: i64) -> Result<usize> {
        let mut asked = 0;
        for (response, after) in self.read(|tx| Ok(round_list(tx)?))? {
            let left = limit - i64::try_from(asked).unwrap_or(limit);
            if left <= 0 {
                break;
            }
            asked += self.round_of(response, after, left)?;
        }
        Ok(asked)
    }

    fn round_of(&self, response: ResponseId, after: PersonId, limit: i64) -> Result<usize> {
        let persons = self.read(|tx| Ok(round_next(tx, response, after, limit)?))?;
        let mut place = after;
        for (person, record) in &persons {
            let (rules, person, record) = (self.rules(), *person, *record);
            let step = (place, person);
            let looked = self.write(
                &Who::system(),
                CommandId::new(),
                Action::ReviewsList,
                Purpose::Assessment,
                Some(response),
                move |tx| {
                    tx.note("person", person);
                    assess_again(&rules, tx, person, record)?;
                    Ok(round_step(tx, response, step)?)
                },
            );
            // One file that cannot be assessed must not keep the others waiting.
            if let Err(e) = looked {
                e.log();
                self.store().round_skip(response, step)?;
            }
            place = person;
        }
        if i64::try_from(persons.len()).is_ok_and(|n| n < limit) {
            self.store().round_end(response, place)?;
        }
        Ok(persons.len())
    }
}
