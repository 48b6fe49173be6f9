//! Time-space companions: who shared a cell with a case for a while, where one of the two stayed long.

use super::contacts::Scratch;
use super::rank::ranked;
use super::tally::Entry;
use super::{Answer, Ask, Case, Contact, Overlap};
use crate::ids::Place;
use crate::index::layers::{By, Found, Look, rows};

/// What makes somebody a companion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompanionRule {
    /// Which joint stays in a cell count.
    pub joint: Overlap,
    /// Seconds in the cell within the window that the case or the other has to reach.
    pub stay_seconds_min: u64,
}

/// Whose long stay in the cell makes the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LongStay {
    /// The case was there so many seconds.
    OfTheCase(u64),
    /// The case was not there long enough; the other was, so many seconds.
    OfTheOther(u64),
}

/// A companion in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Companion {
    /// The cell.
    pub cell: Place,
    /// Who, and the joint stays in that cell.
    pub contact: Contact,
    /// Whose long stay makes the pair.
    pub because: LongStay,
}

/// Room that many questions in a row can share.
#[derive(Debug, Default)]
pub struct CompanionScratch {
    contacts: Scratch,
    /// Who shared the cell with the case: a bit for each person.
    marked: Vec<u64>,
    /// Seconds in the cell, for those who are marked.
    stays: Vec<u32>,
}

impl CompanionScratch {
    #[inline]
    fn is_marked(&self, person: u32) -> bool {
        let word = self.marked.get((person >> 6) as usize).copied();
        word.unwrap_or_default() >> (person & 63) & 1 == 1
    }

    fn stay(&self, person: u32) -> u64 {
        u64::from(self.stays.get(person as usize).copied().unwrap_or_default())
    }
}

impl Ask<'_> {
    /// The companions of a case, by cell; within a cell the longest together first.
    pub fn companions(&self, case: &Case, rule: &CompanionRule) -> Answer<Companion> {
        self.companions_with(case, rule, &mut CompanionScratch::default())
    }

    /// As [`companions`](Self::companions), with room kept from question to question.
    pub fn companions_with(
        &self,
        case: &Case,
        rule: &CompanionRule,
        scratch: &mut CompanionScratch,
    ) -> Answer<Companion> {
        let mut answer = Answer::default();
        let Some(person) = self.known(case.person) else {
            answer.unknown.push(case.person);
            return answer;
        };
        let mut presences = self.presences(person, case.window);
        presences.sort_unstable();
        let shortest = rule.joint.seconds_min.get();
        let found = self.others(&presences);
        let mut at = 0;
        for group in presences.chunk_by(|a, b| a.place == b.place) {
            let first = at;
            at += group.len();
            let long_enough = || {
                (first..)
                    .zip(group)
                    .filter(|(_, p)| p.end - p.start >= shortest)
            };
            let stayed: u64 = group.iter().map(|p| u64::from(p.end - p.start)).sum();
            let case_is_long = stayed >= rule.stay_seconds_min;
            let Scratch { tally, keys, .. } = &mut scratch.contacts;
            tally.begin(long_enough().map(|(look, _)| rows(found.of(look))).sum());
            for (look, presence) in long_enough() {
                let spans = found.of(look);
                match self.crowd(presence, &rule.joint, spans) {
                    Some(crowd) => answer.crowds.push(crowd),
                    None => self.add_joint(person, presence, shortest, spans, tally),
                }
            }
            if tally.entries().is_empty() {
                continue;
            }
            let cell = self.place(group[0].place);
            if case_is_long {
                let because = LongStay::OfTheCase(stayed);
                answer
                    .rows
                    .extend(ranked(self.people, tally.entries(), keys).into_iter().map(
                        |contact| Companion {
                            cell,
                            contact,
                            because,
                        },
                    ));
                continue;
            }
            self.add_stays(group[0].place, case, scratch);
            let long: Vec<Entry> = scratch
                .contacts
                .tally
                .entries()
                .iter()
                .filter(|e| scratch.stay(e.person) >= rule.stay_seconds_min)
                .copied()
                .collect();
            let rows = ranked(self.people, &long, &mut scratch.contacts.keys);
            answer.rows.extend(rows.into_iter().map(|contact| {
                let stay = self.known(contact.person).map_or(0, |p| scratch.stay(p));
                Companion {
                    cell,
                    contact,
                    because: LongStay::OfTheOther(stay),
                }
            }));
        }
        answer.rows.sort_by_key(|row| row.cell);
        answer
    }

    /// Adds up how long everybody in the tally stayed in the cell within the window.
    fn add_stays(&self, cell: u32, case: &Case, scratch: &mut CompanionScratch) {
        let (from, to) = (case.window.from.0, case.window.to.0);
        scratch.marked.clear();
        scratch.marked.resize(self.people.len().div_ceil(64), 0);
        scratch.stays.resize(self.people.len(), 0);
        for entry in scratch.contacts.tally.entries() {
            scratch.marked[(entry.person >> 6) as usize] |= 1 << (entry.person & 63);
            scratch.stays[entry.person as usize] = 0;
        }
        let look = Look {
            number: cell,
            from,
            to,
        };
        let mut found = Found::default();
        self.layers.find(By::Place, &[look], &mut found);
        for span in found.of(0) {
            span.each(|row| {
                let other = self.aliases.canonical(row.other);
                if scratch.is_marked(other) {
                    let seconds = row.end.min(to).saturating_sub(row.start.max(from));
                    let stay = &mut scratch.stays[other as usize];
                    *stay = stay.saturating_add(seconds);
                }
            });
        }
    }
}
