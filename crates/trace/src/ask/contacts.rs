//! Who was at the same place at the same time as a case, ranked.

use std::cmp::Reverse;

use super::tally::{Entry, Tally};
use super::{Answer, Ask, Case, Contact, Overlap};

/// Room that many questions in a row can share.
#[derive(Debug)]
pub struct Scratch {
    pub(super) tally: Tally,
    pub(super) keys: Vec<u64>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            tally: Tally::new(),
            keys: Vec::new(),
        }
    }
}

impl Ask<'_> {
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
        let Some(person) = self.known(case.person) else {
            answer.unknown.push(case.person);
            return answer;
        };
        let tally = &mut scratch.tally;
        tally.clear();
        let shortest = overlap.seconds_min.get();
        let mut spans = Vec::new();
        for at in self.presences(person, case.window) {
            if at.end - at.start < shortest {
                continue;
            }
            if let Err(crowd) = self.others_at(&at, overlap, &mut spans) {
                answer.crowds.push(crowd);
                continue;
            }
            for span in &spans {
                span.each(|row| {
                    let (start, end) = (row.start.max(at.start), row.end.min(at.end));
                    if start.saturating_add(shortest) <= end {
                        let other = self.aliases.canonical(row.other);
                        if other != person {
                            tally
                                .entry(other)
                                .add(start, end, at.imputed || row.imputed);
                        }
                    }
                });
            }
        }
        answer.rows = self.ranked(tally.entries(), &mut scratch.keys);
        answer
    }

    /// The longest together first; equal ones in order of pseudonym, whatever their numbers are.
    pub(crate) fn ranked(&self, entries: &[Entry], keys: &mut Vec<u64>) -> Vec<Contact> {
        keys.clear();
        keys.extend((0_u64..).zip(entries).map(|(at, entry)| {
            let seconds = u32::try_from(entry.seconds).unwrap_or(u32::MAX);
            u64::from(u32::MAX - seconds) << 32 | at
        }));
        keys.sort_unstable();
        let mut rows: Vec<Contact> = keys
            .iter()
            .filter_map(|key| entries.get(usize::try_from(*key & u64::from(u32::MAX)).ok()?))
            .map(|entry| self.contact(entry))
            .collect();
        let equal = |a: &Contact, b: &Contact| {
            a.seconds == b.seconds || a.seconds.min(b.seconds) >= u64::from(u32::MAX)
        };
        for run in rows.chunk_by_mut(equal).filter(|run| run.len() > 1) {
            run.sort_unstable_by_key(|row| (Reverse(row.seconds), row.person));
        }
        rows
    }

    fn contact(&self, entry: &Entry) -> Contact {
        Contact {
            person: self.person(entry.person),
            overlaps: entry.overlaps,
            seconds: entry.seconds,
            first: crate::ids::Moment(entry.first),
            last: crate::ids::Moment(entry.last),
            imputed: entry.imputed,
        }
    }
}
