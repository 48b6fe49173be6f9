//! The contacts of close contacts, without enumerating pairs.

use std::collections::BTreeMap;

use super::rank::{Keys, ranked};
use super::sources::{Few, Sources, Sum};
use super::tally::{Entry, Tally};
use super::{Answer, Ask, Case, Contact, Overlap, Presence, each_presence};
use crate::index::Row;
use crate::index::layers::{By, Found, Look, Span, rows};

/// In the place of an entry: none yet.
const NOBODY: u32 = u32::MAX;
/// In the place of an entry: a case or a close contact, who is not in the answer.
const LEFT_OUT: u32 = u32::MAX - 1;

/// So many are looked up side by side.
const TOGETHER: usize = 1 << 10;

/// Sums of everybody, by number.
#[derive(Debug)]
struct Sums {
    at: Vec<u32>,
    entries: Vec<Entry>,
}

impl Sums {
    #[inline]
    fn add(&mut self, person: u32, sum: &Sum, imputed: u32) {
        let at = &mut self.at[person as usize];
        if *at == NOBODY {
            *at = u32::try_from(self.entries.len()).unwrap_or(LEFT_OUT);
            self.entries.push(Entry::none(person));
        }
        if let Some(entry) = self.entries.get_mut(*at as usize) {
            entry.overlaps = entry.overlaps.wrapping_add(sum.overlaps);
            entry.seconds = entry.seconds.wrapping_add(sum.seconds);
            entry.first = entry.first.min(sum.first);
            entry.last = entry.last.max(sum.last);
            entry.imputed = entry.imputed.wrapping_add(imputed);
        }
    }
}

impl<'a> Ask<'a> {
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
        self.ring2_counted(cases, overlap, close_seconds_min).0
    }

    /// As [`ring2`](Self::ring2), with the rows that were read for it beyond the first ring.
    pub(crate) fn ring2_counted(
        &self,
        cases: &[Case],
        overlap: &Overlap,
        close_seconds_min: u64,
    ) -> (Answer<Contact>, usize) {
        let mut answer = Answer::default();
        let mut sums = Sums {
            at: vec![NOBODY; self.people.len()],
            entries: Vec::new(),
        };
        let since = self.ring_one(cases, overlap, close_seconds_min, &mut sums.at, &mut answer);
        let shortest = overlap.seconds_min.get();
        let (presences, mut read) = self.presences_since(&since, shortest);
        let places: Vec<&[Presence]> = presences.chunk_by(|a, b| a.place == b.place).collect();
        let (mut few, mut all, mut imputed) =
            (Few::default(), Sources::default(), Sources::default());
        let mut found = Found::default();
        for places in places.chunks(TOGETHER) {
            let wholes: Vec<Presence> = places.iter().map(|group| whole(group)).collect();
            let look = |p: &Presence| Look {
                number: p.place,
                from: p.start,
                to: p.end,
            };
            let looks: Vec<Look> = wholes.iter().map(look).collect();
            self.layers.find(By::Place, &looks, &mut found);
            for ((at, group), whole) in places.iter().enumerate().zip(&wholes) {
                let spans = found.of(at);
                read += rows(spans);
                if let Some(crowd) = self.crowd(whole, overlap, spans) {
                    answer.crowds.push(crowd);
                    continue;
                }
                if few.fill(group) {
                    self.add_sums(spans, shortest, &mut sums, |row| {
                        few.overlaps(row.start, row.end, shortest)
                    });
                    continue;
                }
                all.fill(group.iter().map(|p| (p.start, p.end)));
                let marked = || group.iter().filter(|p| p.imputed);
                imputed.fill(marked().map(|p| (p.start, p.end)));
                let has_marked = marked().next().is_some();
                self.add_sums(spans, shortest, &mut sums, |row| {
                    let sum = all.overlaps(row.start, row.end, shortest)?;
                    let of_marked = has_marked
                        .then(|| imputed.overlaps(row.start, row.end, shortest))
                        .flatten();
                    Some((sum, of_marked.map_or(0, |s| s.overlaps)))
                });
            }
        }
        answer.rows = ranked(self.people, &sums.entries, &mut Keys::default());
        (answer, read)
    }

    /// Adds up what `compare` finds for each stay in `spans`: the sum of its overlaps, and how many of them
    /// are with a source whose end was imputed.
    #[inline]
    fn add_sums(
        &self,
        spans: &[Span<'a>],
        shortest: u32,
        sums: &mut Sums,
        compare: impl Fn(&Row) -> Option<(Sum, u32)>,
    ) {
        for span in spans {
            span.each(|row| {
                if row.end.wrapping_sub(row.start) < shortest {
                    return;
                }
                let person = self.aliases.canonical(row.other);
                if sums.at.get(person as usize) == Some(&LEFT_OUT) {
                    return;
                }
                if let Some((sum, imputed)) = compare(&row) {
                    let imputed = if row.imputed { sum.overlaps } else { imputed };
                    sums.add(person, &sum, imputed);
                }
            });
        }
    }

    /// The stays of the close contacts from their first exposures on that are long enough, by place; and how many
    /// rows were read for them.
    fn presences_since(&self, since: &BTreeMap<u32, u32>, shortest: u32) -> (Vec<Presence>, usize) {
        let look = |(person, from): (&u32, &u32)| {
            let numbers = self.aliases.numbers_of(*person);
            let from = *from;
            numbers.map(move |number| Look {
                number,
                from,
                to: u32::MAX,
            })
        };
        let looks: Vec<Look> = since.iter().flat_map(look).collect();
        let (mut presences, mut read) = (Vec::new(), 0);
        let mut found = Found::default();
        for looks in looks.chunks(TOGETHER) {
            self.layers.find(By::Person, looks, &mut found);
            for (at, look) in looks.iter().enumerate() {
                read += rows(found.of(at));
                each_presence(found.of(at), look.from, look.to, |p| presences.push(p));
            }
        }
        presences.retain(|p| p.end - p.start >= shortest);
        presences.sort_unstable_by_key(|p| p.place);
        (presences, read)
    }

    /// The close contacts of the cases, each with the moment of first exposure; they and the cases are
    /// marked in `at` as left out.
    fn ring_one(
        &self,
        cases: &[Case],
        overlap: &Overlap,
        close_seconds_min: u64,
        at: &mut [u32],
        answer: &mut Answer<Contact>,
    ) -> BTreeMap<u32, u32> {
        let mut since = BTreeMap::new();
        let mut tally = Tally::default();
        self.tally_contacts(cases, overlap, &mut tally, |_, tally, left_out| {
            answer.crowds.extend(left_out.crowds);
            answer.unknown.extend(left_out.unknown);
            let close = |entry: &&Entry| entry.seconds >= close_seconds_min;
            for entry in tally.entries().iter().filter(close) {
                let first = since.entry(entry.person).or_insert(entry.first);
                *first = entry.first.min(*first);
            }
        });
        for person in cases.iter().filter_map(|case| self.known(case.person)) {
            since.remove(&person);
            at[person as usize] = LEFT_OUT;
        }
        for person in since.keys() {
            at[*person as usize] = LEFT_OUT;
        }
        since
    }
}

/// From the first start to the last end of presences at one place.
fn whole(group: &[Presence]) -> Presence {
    let first = group.iter().map(|p| p.start).min();
    let last = group.iter().map(|p| p.end).max();
    Presence {
        place: group.first().map_or(0, |p| p.place),
        start: first.unwrap_or(u32::MAX),
        end: last.unwrap_or(0),
        imputed: false,
    }
}
