//! Time-space companions: who shared a cell with a case for a while, where one of the two stayed long.

use super::contacts::Scratch;
use super::{Answer, Ask, Case, Contact, Overlap};
use crate::ids::Place;
use crate::index::layers::Span;

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
    /// Per person, in which round the stay was added up, and to how much.
    stays: Vec<(u32, u32)>,
    round: u32,
}

impl<'a> Ask<'a> {
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
        scratch.stays.resize(self.people.len(), (0, 0));
        let shortest = rule.joint.seconds_min.get();
        let (mut spans, mut window_spans) = (Vec::new(), Vec::new());
        for group in presences.chunk_by(|a, b| a.place == b.place) {
            let stayed: u64 = group.iter().map(|p| u64::from(p.end - p.start)).sum();
            let case_is_long = stayed >= rule.stay_seconds_min;
            if !case_is_long {
                self.layers.at_place(
                    group[0].place,
                    case.window.from.0,
                    case.window.to.0,
                    &mut window_spans,
                );
                self.add_stays(&window_spans, case, scratch);
            }
            let Scratch { tally, keys } = &mut scratch.contacts;
            tally.clear();
            let round = scratch.round;
            let other_stay = |other: u32| {
                let (seen, seconds) = scratch.stays[other as usize];
                if seen == round { u64::from(seconds) } else { 0 }
            };
            for at in group.iter().filter(|p| p.end - p.start >= shortest) {
                if let Err(crowd) = self.others_at(at, &rule.joint, &mut spans) {
                    answer.crowds.push(crowd);
                    continue;
                }
                for span in &spans {
                    span.each(|row| {
                        let (start, end) = (row.start.max(at.start), row.end.min(at.end));
                        if start.saturating_add(shortest) <= end {
                            let other = self.aliases.canonical(row.other);
                            let long = case_is_long || other_stay(other) >= rule.stay_seconds_min;
                            if long && other != person {
                                tally
                                    .entry(other)
                                    .add(start, end, at.imputed || row.imputed);
                            }
                        }
                    });
                }
            }
            let cell = self.place(group[0].place);
            for contact in self.ranked(tally.entries(), keys) {
                let because = if case_is_long {
                    LongStay::OfTheCase(stayed)
                } else {
                    LongStay::OfTheOther(self.known(contact.person).map_or(0, other_stay))
                };
                answer.rows.push(Companion {
                    cell,
                    contact,
                    because,
                });
            }
        }
        answer.rows.sort_by_key(|row| row.cell);
        answer
    }

    /// Adds up how long each person stayed within the window.
    fn add_stays(&self, spans: &[Span<'a>], case: &Case, scratch: &mut CompanionScratch) {
        let (from, to) = (case.window.from.0, case.window.to.0);
        scratch.round = scratch.round.wrapping_add(1);
        let round = scratch.round;
        for span in spans {
            span.each(|row| {
                let (start, end) = (row.start.max(from), row.end.min(to));
                let other = self.aliases.canonical(row.other);
                let stay = &mut scratch.stays[other as usize];
                let before = if stay.0 == round { stay.1 } else { 0 };
                *stay = (round, before.saturating_add(end.saturating_sub(start)));
            });
        }
    }
}
