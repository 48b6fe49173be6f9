//! Who was at the same place at the same time as a case, ranked.

use super::rank::{Keys, ranked};
use super::tally::Tally;
use super::{Answer, Ask, Case, Contact, Overlap, Presence};
use crate::index::layers::{Span, rows};

/// Room that many questions in a row can share.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) tally: Tally,
    pub(super) keys: Keys,
}

impl<'a> Ask<'a> {
    /// The contacts of a case: everybody else whose stay overlapped one of the case's stays within the
    /// window for long enough, the longest together first, equal ones by pseudonym.
    pub fn contacts(&self, case: &Case, overlap: &Overlap) -> Answer<Contact> {
        self.contacts_with(case, overlap, &mut Scratch::default())
    }

    /// As [`contacts`](Self::contacts), with room kept from question to question.
    pub fn contacts_with(
        &self,
        case: &Case,
        overlap: &Overlap,
        scratch: &mut Scratch,
    ) -> Answer<Contact> {
        let mut answer = Answer::default();
        self.tally_contacts(case, overlap, &mut scratch.tally, &mut answer);
        answer.rows = ranked(self.people, scratch.tally.entries(), &mut scratch.keys);
        answer
    }

    /// Adds up the contacts of a case without ranking them.
    pub(super) fn tally_contacts<T>(
        &self,
        case: &Case,
        overlap: &Overlap,
        tally: &mut Tally,
        answer: &mut Answer<T>,
    ) {
        let Some(person) = self.known(case.person) else {
            tally.begin(0);
            answer.unknown.push(case.person);
            return;
        };
        let shortest = overlap.seconds_min.get();
        let mut presences = self.presences(person, case.window);
        presences.retain(|p| p.end - p.start >= shortest);
        let found = self.others(&presences);
        let counts = (0..presences.len()).map(|at| rows(found.of(at)));
        tally.begin(counts.sum());
        for (at, presence) in presences.iter().enumerate() {
            let spans = found.of(at);
            match self.crowd(presence, overlap, spans) {
                Some(crowd) => answer.crowds.push(crowd),
                None => self.add_joint(person, presence, shortest, spans, tally),
            }
        }
    }

    /// Adds up the overlaps of everybody else in `spans` with one presence of `person`.
    #[inline]
    pub(super) fn add_joint(
        &self,
        person: u32,
        at: &Presence,
        shortest: u32,
        spans: &[Span<'a>],
        tally: &mut Tally,
    ) {
        for span in spans {
            span.overlaps(at.start, at.end, shortest, |row| {
                let other = self.aliases.canonical(row.other);
                if other != person {
                    let imputed = at.imputed || row.imputed;
                    tally.entry(other).add(row.start, row.end, imputed);
                }
            });
        }
    }
}
