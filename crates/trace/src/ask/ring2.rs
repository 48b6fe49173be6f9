//! The contacts of close contacts, without enumerating pairs.

use std::collections::BTreeMap;

use super::contacts::Scratch;
use super::sources::Sources;
use super::tally::Entry;
use super::{Answer, Ask, Case, Contact, Crowd, Overlap, Presence};
use crate::ids::{Moment, Window};

/// Part in the question: neither, a case, or in ring one.
const OUTSIDE: u8 = 0;
const CASE: u8 = 1;
const RING_ONE: u8 = 2;

impl Ask<'_> {
    /// Everybody who overlapped with a close contact of the cases from that contact's first exposure on.
    ///
    /// Close is who was together with one case for `close_seconds_min` in all. Cases and close contacts
    /// are not in the answer. A person's row adds up all overlaps with all close contacts; who met whom
    /// is a question for [`contacts`](Self::contacts) of the close contact. The cost follows from the
    /// stays read and not from the pairs: `docs/methods/second-ring.md`.
    ///
    /// A place is left out as crowded when more stays than allowed fall between the first start and the
    /// last end of the close contacts' stays there.
    pub fn ring2(
        &self,
        cases: &[Case],
        overlap: &Overlap,
        close_seconds_min: u64,
    ) -> Answer<Contact> {
        let mut answer = Answer::default();
        let mut part = vec![OUTSIDE; self.people.len()];
        let since = self.ring_one(cases, overlap, close_seconds_min, &mut part, &mut answer);
        let shortest = overlap.seconds_min.get();
        let mut presences: Vec<Presence> = Vec::new();
        for (person, first) in &since {
            let window = Window::new(Moment(*first), Moment(u32::MAX));
            presences.extend(
                self.presences(*person, window)
                    .into_iter()
                    .filter(|p| p.end - p.start >= shortest),
            );
        }
        presences.sort_unstable_by_key(|p| p.place);

        let mut sums: Vec<Entry> = Vec::new();
        let mut slots = vec![u32::MAX; self.people.len()];
        let (mut all, mut imputed) = (Sources::default(), Sources::default());
        let (mut at_place, mut at_place_imputed) = (Vec::new(), Vec::new());
        let mut spans = Vec::new();
        for group in presences.chunk_by(|a, b| a.place == b.place) {
            at_place.clear();
            at_place.extend(group.iter().map(|p| (p.start, p.end)));
            at_place_imputed.clear();
            at_place_imputed.extend(group.iter().filter(|p| p.imputed).map(|p| (p.start, p.end)));
            all.fill(&at_place);
            imputed.fill(&at_place_imputed);
            let (from, to) = all.bounds();
            let count = self.layers.at_place(group[0].place, from, to, &mut spans);
            if overlap.too_many(count) {
                answer.crowds.push(Crowd {
                    place: self.place(group[0].place),
                    window: Window::new(Moment(from), Moment(to)),
                    stays: count as u64,
                });
                continue;
            }
            for span in &spans {
                span.each(|row| {
                    if row.end - row.start < shortest {
                        return;
                    }
                    let person = self.aliases.canonical(row.other);
                    if part[person as usize] != OUTSIDE {
                        return;
                    }
                    let Some(sum) = all.overlaps(row.start, row.end, shortest) else {
                        return;
                    };
                    let marked = if row.imputed {
                        sum.overlaps
                    } else if at_place_imputed.is_empty() {
                        0
                    } else {
                        imputed
                            .overlaps(row.start, row.end, shortest)
                            .map_or(0, |s| s.overlaps)
                    };
                    let slot = &mut slots[person as usize];
                    if *slot == u32::MAX {
                        *slot = u32::try_from(sums.len()).unwrap_or(u32::MAX);
                        sums.push(Entry::none(person));
                    }
                    let entry = &mut sums[*slot as usize];
                    entry.overlaps += sum.overlaps;
                    entry.seconds += sum.seconds;
                    entry.first = entry.first.min(sum.first);
                    entry.last = entry.last.max(sum.last);
                    entry.imputed += marked;
                });
            }
        }
        answer.rows = self.ranked(&sums, &mut Vec::new());
        answer
    }

    /// The close contacts of the cases, each with the moment of first exposure.
    fn ring_one(
        &self,
        cases: &[Case],
        overlap: &Overlap,
        close_seconds_min: u64,
        part: &mut [u8],
        answer: &mut Answer<Contact>,
    ) -> BTreeMap<u32, u32> {
        for case in cases {
            if let Some(person) = self.known(case.person) {
                part[person as usize] = CASE;
            }
        }
        let mut since = BTreeMap::new();
        let mut scratch = Scratch::default();
        for case in cases {
            let ring = self.contacts_with(case, overlap, &mut scratch);
            answer.unknown.extend(ring.unknown);
            answer.crowds.extend(ring.crowds);
            for contact in ring.rows.iter().filter(|c| c.seconds >= close_seconds_min) {
                let Some(person) = self.known(contact.person) else {
                    continue;
                };
                if part[person as usize] != CASE {
                    part[person as usize] = RING_ONE;
                    let first = since.entry(person).or_insert(contact.first.0);
                    *first = contact.first.0.min(*first);
                }
            }
        }
        since
    }
}
