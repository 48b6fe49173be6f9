//! Who is one and the same: merge and unmerge by hand, and the queue for the doubtful. Everything
//! here writes links, never rows of people.

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{CommandId, Date, Instant, LinkId, PairId, PersonId, RecordId};
use fangxian_domain::intake::Channel;
use fangxian_store::Tx;
use fangxian_store::linkage::score_fetch;
use fangxian_store::people::{
    Pair, Says, held_apart, link_insert, link_list, pair_count, pair_decide, pair_fetch, pair_list,
    pair_list_of, pair_reopen,
};
use fangxian_store::records::{record_fetch, record_ids_of};
use schemars::JsonSchema;
use serde::Serialize;

use super::{IdentityView, identity_view};
use crate::assess::Rules;
use crate::intake::matching::identity_of;
use crate::intake::{Candidate, person_now};
use crate::linkage::Told;
use crate::part::and_one;
use crate::{App, AppError, Part, Result, Who, about, found, scopes};

/// LIMIT: pairs shown at once.
const PAIRS_MAX: usize = 50;

/// A pair in the queue for the doubtful, side by side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PairView {
    /// The pair.
    pub id: PairId,
    /// What the two share.
    pub basis: String,
    /// Since when it waits.
    pub created_at: Instant,
    /// The older record.
    pub a: IdentityView,
    /// The person it belongs to.
    pub a_person: PersonId,
    /// The newer record.
    pub b: IdentityView,
    /// The person it belongs to.
    pub b_person: PersonId,
    /// How likely it is one person, and why; none where nothing was scored.
    pub told: Option<Told>,
}

/// The pair that is next to be decided.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QueueView {
    /// It; none: nothing waits from here on.
    pub pair: Option<PairView>,
    /// How many wait, counted up to a thousand.
    pub waiting: i64,
}

/// LIMIT: pairs that are counted.
const WAITING_MAX: i64 = 1_000;

impl App {
    /// Says that two persons are one, by hand.
    ///
    /// # Errors
    /// When either is not there, or the asker may not merge.
    pub fn people_merge(
        &self,
        who: &Who,
        command: CommandId,
        (a, b): (PersonId, PersonId),
    ) -> Result<PersonId> {
        self.read(|tx| {
            for id in [a, b] {
                let person = person_now(tx, id)?;
                self.person_permit(who, tx, person, Action::PeopleMerge, Purpose::Intake)?;
            }
            Ok(())
        })?;
        let (author, rules) = (who.author(), self.rules());
        self.write(
            who,
            command,
            Action::PeopleMerge,
            Purpose::Intake,
            None,
            move |tx| {
                let (a, b) = (person_now(tx, a)?, person_now(tx, b)?);
                if a == b {
                    return Err(AppError::conflict(
                        "ONE-PERSON",
                        "这两条已经是同一个人的档案。",
                        "These two are one person's file already.",
                    ));
                }
                let pair = (a.first_record(), b.first_record());
                link_insert(tx, pair, Says::Same, "by_hand", author, None)?;
                let person = person_now(tx, a)?;
                let signal = latest_signal(tx, person)?;
                crate::assess::assess_person(&rules, tx, person, signal)?;
                Ok(person)
            },
        )
    }

    /// Takes a link back: the records it joined stand apart again, with what each brought.
    ///
    /// # Errors
    /// When the link is not there, was taken back already, or the asker may not.
    pub fn people_unmerge(
        &self,
        who: &Who,
        command: CommandId,
        person: PersonId,
        link: LinkId,
    ) -> Result<()> {
        self.read(|tx| {
            let person = person_now(tx, person)?;
            self.person_permit(who, tx, person, Action::PeopleUnmerge, Purpose::Intake)
                .map(drop)
        })?;
        let (author, rules) = (who.author(), self.rules());
        self.write(
            who,
            command,
            Action::PeopleUnmerge,
            Purpose::Intake,
            None,
            move |tx| {
                let person = person_now(tx, person)?;
                let records = record_ids_of(tx, person)?;
                let links = link_list(tx, &records)?;
                let stands = |id| !links.iter().any(|link| link.withdraws == Some(id));
                let old = links
                    .iter()
                    .find(|old| old.id == link && old.says == Says::Same && stands(old.id))
                    .ok_or_else(AppError::stale)?;
                link_insert(
                    tx,
                    (old.a, old.b),
                    Says::Different,
                    "by_hand",
                    author,
                    Some(old.id),
                )?;
                for record in [old.a, old.b] {
                    let person = person_now(tx, PersonId::of_record(record))?;
                    let signal = latest_signal(tx, person)?;
                    crate::assess::assess_person(&rules, tx, person, signal)?;
                }
                Ok(())
            },
        )
    }

    /// The queue for the doubtful, the likeliest first, from a pair on.
    ///
    /// # Errors
    /// When the asker may not see it.
    pub fn pairs(&self, who: &Who, after: Option<PairId>) -> Result<Part<PairView, PairId>> {
        self.pairs_up_to(who, after, PAIRS_MAX)
            .map(|(part, _)| part)
    }

    /// The pair that is next to be decided: the likeliest, or the one that comes after another.
    ///
    /// # Errors
    /// When the asker may not see the queue.
    pub fn pair_next(&self, who: &Who, after: Option<PairId>) -> Result<QueueView> {
        let (part, waiting) = self.pairs_up_to(who, after, 1)?;
        Ok(QueueView {
            pair: part.rows.into_iter().next(),
            waiting,
        })
    }

    fn pairs_up_to(
        &self,
        who: &Who,
        after: Option<PairId>,
        most: usize,
    ) -> Result<(Part<PairView, PairId>, i64)> {
        let reach = self.reach(who, Action::PairsList, Purpose::Intake)?;
        let seen = scopes(&reach);
        let today = self.today();
        let (part, waiting) = self.read(|tx| {
            let pairs = pair_list(tx, &seen, after, and_one(most))?;
            let waiting = pair_count(tx, &seen, WAITING_MAX)?;
            let part = Part::cut(pairs, most, |pair| pair.id);
            Ok((part.map(|pair| pair_view(tx, &pair, today))?, waiting))
        })?;
        let shown = part
            .rows
            .iter()
            .flat_map(|view| [("person", view.a_person), ("person", view.b_person)])
            .map(|(kind, id)| (kind, id.to_string()))
            .collect();
        self.show(who, Action::PairsList, Purpose::Intake, shown, vec![])?;
        Ok((part, waiting))
    }

    fn pair_permit(&self, who: &Who, tx: &mut Tx<'_>, id: PairId) -> Result<()> {
        let pair = found(pair_fetch(tx, id))?;
        for record in [pair.a, pair.b] {
            let record = found(record_fetch(tx, record))?;
            let about = about(tx, record.area, record.confined, Some(record.response))?;
            let resource = Resource::Pair { about };
            self.permit(who, Action::PairsDecide, &resource, Purpose::Intake)?;
        }
        Ok(())
    }

    /// Takes the decision on a pair back: it waits again, and its link does not count.
    ///
    /// # Errors
    /// When nobody has decided it, or the asker may not.
    pub fn pair_undo(&self, who: &Who, command: CommandId, id: PairId) -> Result<()> {
        self.read(|tx| self.pair_permit(who, tx, id))?;
        let (author, rules) = (who.author(), self.rules());
        self.write(
            who,
            command,
            Action::PairsDecide,
            Purpose::Intake,
            None,
            move |tx| {
                let pair = found(pair_fetch(tx, id))?;
                if !pair_reopen(tx, id)? {
                    return Err(AppError::stale());
                }
                let links = link_list(tx, &[pair.a])?;
                let stands = |id| !links.iter().any(|link| link.withdraws == Some(id));
                let decided = links.iter().rev().find(|link| {
                    (link.a, link.b) == (pair.a, pair.b)
                        && link.withdraws.is_none()
                        && stands(link.id)
                });
                // One that takes back says nothing of its own; "same" keeps nobody apart.
                if let Some(link) = decided {
                    let basis = "taken_back";
                    let records = (pair.a, pair.b);
                    link_insert(tx, records, Says::Same, basis, author, Some(link.id))?;
                }
                tx.detail("taken_back", true);
                assess_both(&rules, tx, &pair)
            },
        )
    }

    /// Decides whether a doubtful pair is one person.
    ///
    /// # Errors
    /// When somebody decided it already, or the asker may not.
    pub fn pair_decide(&self, who: &Who, command: CommandId, id: PairId, same: bool) -> Result<()> {
        self.read(|tx| self.pair_permit(who, tx, id))?;
        let Some(user) = who.user() else {
            return Err(AppError::not_found());
        };
        let (author, rules) = (who.author(), self.rules());
        self.write(
            who,
            command,
            Action::PairsDecide,
            Purpose::Intake,
            None,
            move |tx| {
                let pair = found(pair_fetch(tx, id))?;
                let says = if same { Says::Same } else { Says::Different };
                if !pair_decide(tx, id, says, user)? {
                    return Err(AppError::stale());
                }
                let [a, b] = [pair.a, pair.b].map(PersonId::of_record);
                let (a, b) = (person_now(tx, a)?, person_now(tx, b)?);
                if same && a != b && held_apart(tx, a, b)? {
                    return Err(AppError::conflict(
                        "HELD-APART",
                        "此前已有人判定这两份档案不是同一个人。如当时判定有误，请在档案页用“与另一份档案合并”更正。",
                        "Somebody has decided before that these two files are two people. If that was wrong, merge them by hand on the page of the file.",
                    ));
                }
                link_insert(tx, (pair.a, pair.b), says, &pair.basis, author, None)?;
                tx.detail("same", same);
                assess_both(&rules, tx, &pair)
            },
        )
    }

    /// Records that may be the same person as a record in the inbox.
    ///
    /// # Errors
    /// When the asker may not see pairs.
    pub fn candidates(&self, who: &Who, record: RecordId) -> Result<Vec<Candidate>> {
        let reach = self.reach(who, Action::PairsList, Purpose::Intake)?;
        let seen = scopes(&reach);
        let candidates: Vec<Candidate> = self.read(|tx| {
            let mut candidates = Vec::new();
            for pair in pair_list_of(tx, record, &seen, and_one(PAIRS_MAX))? {
                let other = if pair.a == record { pair.b } else { pair.a };
                candidates.push(Candidate {
                    record: other,
                    person: person_now(tx, PersonId::of_record(other))?,
                    name: identity_of(tx, &[other])?.name.unwrap_or_default(),
                    basis: pair.basis,
                    pair: Some(pair.id),
                });
            }
            Ok(candidates)
        })?;
        let shown = candidates
            .iter()
            .map(|c| ("person", c.person.to_string()))
            .collect();
        self.show(who, Action::PairsList, Purpose::Intake, shown, vec![])?;
        Ok(candidates)
    }
}

/// Asks the rules again about both persons of a pair, which may be one by now.
fn assess_both(rules: &Rules, tx: &mut Tx<'_>, pair: &Pair) -> Result<()> {
    for record in [pair.a, pair.b] {
        let person = person_now(tx, PersonId::of_record(record))?;
        let signal = latest_signal(tx, person)?;
        crate::assess::assess_person(rules, tx, person, signal)?;
    }
    Ok(())
}

fn pair_view(tx: &mut Tx<'_>, pair: &Pair, today: Date) -> Result<PairView> {
    let person = |tx: &mut Tx<'_>, record| person_now(tx, PersonId::of_record(record));
    let score = score_fetch(tx, (pair.a, pair.b))?;
    let told = score.map(|score| serde_json::from_str(&score.reasons));
    Ok(PairView {
        id: pair.id,
        basis: pair.basis.clone(),
        created_at: pair.created_at,
        a: identity_view(&identity_of(tx, &[pair.a])?, today),
        a_person: person(tx, pair.a)?,
        b: identity_view(&identity_of(tx, &[pair.b])?, today),
        b_person: person(tx, pair.b)?,
        told: told.transpose().map_err(AppError::internal)?,
    })
}

/// The newest record of a person that somebody must look at: what joins or parts files may change
/// what the rules propose, and that waits for its looks like anything else that is new.
fn latest_signal(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<RecordId>> {
    for id in record_ids_of(tx, person)?.into_iter().rev() {
        let channel = record_fetch(tx, id)?.and_then(|record| Channel::from_code(&record.channel));
        if channel.is_some_and(Channel::needs_a_look) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
