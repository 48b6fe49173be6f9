//! Which of the cases met, where, and for how long.

use std::collections::{BTreeMap, BTreeSet};

use super::tally::Entry;
use super::{Answer, Ask, Case, Contact, Overlap};
use crate::ids::{Moment, Person, Place, Window};

/// Two cases that were at one place at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CasePair {
    /// The one with the smaller pseudonym.
    pub one: Person,
    /// Where.
    pub place: Place,
    /// The other, and the overlaps of the two there.
    pub other: Contact,
}

impl Ask<'_> {
    /// Every pair of cases that overlapped within both their windows, by pair and place.
    pub fn case_pairs(&self, cases: &[Case], overlap: &Overlap) -> Answer<CasePair> {
        let mut answer = Answer::default();
        let mut stays = Vec::new();
        // A person given twice, or under two pseudonyms, counts once for each window.
        let mut given = BTreeSet::new();
        for case in cases {
            match self.known(case.person) {
                Some(person) => {
                    given.insert((person, case.window.from, case.window.to));
                }
                None => answer.unknown.push(case.person),
            }
        }
        for (person, from, to) in given {
            let presences = self.presences(person, Window::new(from, to));
            stays.extend(presences.into_iter().map(|p| (p, person)));
        }
        stays.sort_unstable();
        let shortest = overlap.seconds_min.get();
        let mut pairs: BTreeMap<(Person, Person, Place), Entry> = BTreeMap::new();
        for group in stays.chunk_by(|a, b| a.0.place == b.0.place) {
            let place = self.place(group[0].0.place);
            for (at, (one, person)) in group.iter().enumerate() {
                let later = group[at + 1..]
                    .iter()
                    .take_while(|(other, _)| other.start < one.end);
                for (other, other_person) in later.filter(|(_, other)| other != person) {
                    let (start, end) = (one.start.max(other.start), one.end.min(other.end));
                    if start.saturating_add(shortest) <= end {
                        let (a, b) = (self.person(*person), self.person(*other_person));
                        let entry = pairs
                            .entry((a.min(b), a.max(b), place))
                            .or_insert(Entry::none(0));
                        entry.add(start, end, one.imputed || other.imputed);
                    }
                }
            }
        }
        answer.rows = pairs
            .into_iter()
            .map(|((one, other, place), entry)| pair(one, other, place, &entry))
            .collect();
        answer
    }
}

fn pair(one: Person, other: Person, place: Place, entry: &Entry) -> CasePair {
    let other = Contact {
        person: other,
        overlaps: entry.overlaps,
        seconds: entry.seconds,
        first: Moment(entry.first),
        last: Moment(entry.last),
        imputed: entry.imputed,
    };
    CasePair { one, place, other }
}
