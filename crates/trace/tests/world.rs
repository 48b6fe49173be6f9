//! Made-up stays, and what follows from them, in the plainest way: lists and loops.

use std::collections::{BTreeMap, BTreeSet};

use fangxian_trace::ask::companions::LongStay;
use fangxian_trace::{
    Area, Case, Contact, Event, How, Moment, Person, Place, Sighting, Stream, Window,
};
use proptest::prelude::*;

use crate::folder::RULES;

/// The first second of the made-up days: a civil midnight.
pub const FIRST: u32 = 1_767_196_800;
pub const NOW: Moment = Moment(FIRST + 30 * 86_400);
pub const PEOPLE: u64 = 9;
pub const PLACES: u64 = 4;

/// One step in the life of a store.
#[derive(Debug, Clone)]
pub enum Step {
    Tell(Vec<Event>),
    Seal,
    Reopen,
    Erase(Person),
}

/// A stay as everybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plain {
    pub person: u64,
    pub place: u64,
    pub start: u32,
    pub end: u32,
    pub imputed: bool,
}

/// What is known, kept as it was told.
#[derive(Debug, Default, Clone)]
pub struct World {
    told: BTreeMap<(u64, u32, u64), Option<u32>>,
    same: BTreeMap<u64, u64>,
    /// The longest assumed stay of a place that has one of its own.
    assumed: BTreeMap<u64, u32>,
}

impl World {
    pub fn tell(&mut self, event: &Event) {
        match *event {
            Event::Seen(Stream::Visits, s) => {
                let end = s.to.filter(|to| *to >= s.from).map(|to| to.0);
                let known = self
                    .told
                    .entry((s.person.0, s.from.0, s.place.0))
                    .or_insert(end);
                *known = end.or(*known);
            }
            Event::Withdrawn {
                stream: Stream::Visits,
                person,
                place,
                from,
            } => {
                self.told.remove(&(person.0, from.0, place.0));
            }
            Event::Assumed {
                stream: Stream::Visits,
                place,
                seconds_max,
            } => {
                self.assumed.remove(&place.0);
                self.assumed.extend(seconds_max.map(|s| (place.0, s)));
            }
            Event::Same { person, as_person } if person == as_person => {
                self.same.remove(&person.0);
            }
            Event::Same { person, as_person } => {
                let end = self.who(as_person.0);
                if end != person.0 {
                    self.same.insert(person.0, end);
                }
            }
            Event::Seen(Stream::Presence, _)
            | Event::Withdrawn {
                stream: Stream::Presence,
                ..
            }
            | Event::Assumed {
                stream: Stream::Presence,
                ..
            }
            | Event::Located { .. } => {}
        }
    }

    pub fn erase(&mut self, person: Person) {
        let who = self.who(person.0);
        let all: BTreeSet<u64> = (0..PEOPLE).filter(|p| self.who(*p) == who).collect();
        self.told.retain(|(p, _, _), _| !all.contains(p));
        self.same
            .retain(|a, b| !all.contains(a) && !all.contains(b));
    }

    /// Who a pseudonym stands for.
    pub fn who(&self, person: u64) -> u64 {
        let mut end = person;
        while let Some(next) = self.same.get(&end) {
            end = *next;
        }
        end
    }

    /// Every stay, with imputed ends, under the person's own pseudonym.
    pub fn stays(&self) -> Vec<Plain> {
        let stay = |(&(person, start, place), end): (&(u64, u32, u64), &Option<u32>)| {
            let next = self
                .told
                .keys()
                .filter(|k| k.0 == person && k.1 > start)
                .map(|k| k.1)
                .min();
            let own = self.assumed.get(&place).copied();
            let longest = own.unwrap_or(RULES.imputed_seconds_max);
            let imputed_end = (start + longest).min(next.unwrap_or(u32::MAX));
            let end_or = end.unwrap_or(imputed_end);
            Plain {
                person: self.who(person),
                place,
                start,
                end: end_or,
                imputed: end.is_none(),
            }
        };
        self.told.iter().map(stay).collect()
    }

    fn of(&self, person: Person, window: Window) -> Vec<Plain> {
        let who = self.who(person.0);
        let (from, to) = (window.from.0, window.to.0);
        let inside = |s: &Plain| s.person == who && s.start < to && s.end > from;
        let cut = |s: Plain| Plain {
            start: s.start.max(from),
            end: s.end.min(to),
            ..s
        };
        self.stays().into_iter().filter(inside).map(cut).collect()
    }

    pub fn contacts(&self, case: &Case, shortest: u32) -> Vec<Contact> {
        let mut sums = BTreeMap::new();
        for mine in self.of(case.person, case.window) {
            for other in self.stays() {
                add(&mut sums, &mine, &other, shortest);
            }
        }
        ranked(sums)
    }

    pub fn ring2(&self, cases: &[Case], shortest: u32, close: u64) -> Vec<Contact> {
        let people: BTreeSet<u64> = cases.iter().map(|c| self.who(c.person.0)).collect();
        let mut since: BTreeMap<u64, u32> = BTreeMap::new();
        for contact in cases.iter().flat_map(|case| self.contacts(case, shortest)) {
            if contact.seconds >= close && !people.contains(&contact.person.0) {
                let first = since.entry(contact.person.0).or_insert(contact.first.0);
                *first = contact.first.0.min(*first);
            }
        }
        let mut sums = BTreeMap::new();
        for (person, first) in &since {
            for mine in self.of(
                Person(*person),
                Window::new(Moment(*first), Moment(u32::MAX)),
            ) {
                for other in self.stays() {
                    if !people.contains(&other.person) && !since.contains_key(&other.person) {
                        add(&mut sums, &mine, &other, shortest);
                    }
                }
            }
        }
        ranked(sums)
    }

    pub fn companions(
        &self,
        case: &Case,
        shortest: u32,
        long: u64,
    ) -> Vec<(Place, Contact, LongStay)> {
        let mine = self.of(case.person, case.window);
        let mut rows = Vec::new();
        for cell in 0..PLACES {
            let here: Vec<&Plain> = mine.iter().filter(|s| s.place == cell).collect();
            let stayed = |stays: &[&Plain]| {
                stays
                    .iter()
                    .map(|s| u64::from(s.end - s.start))
                    .sum::<u64>()
            };
            let mut sums = BTreeMap::new();
            for mine in &here {
                for other in self.stays() {
                    add(&mut sums, mine, &other, shortest);
                }
            }
            for contact in ranked(sums) {
                let theirs = self.of(contact.person, case.window);
                let theirs: Vec<&Plain> = theirs.iter().filter(|s| s.place == cell).collect();
                let because = if stayed(&here) >= long {
                    LongStay::OfTheCase(stayed(&here))
                } else if stayed(&theirs) >= long {
                    LongStay::OfTheOther(stayed(&theirs))
                } else {
                    continue;
                };
                rows.push((Place(cell), contact, because));
            }
        }
        rows
    }

    pub fn points(&self, case: &Case, shortest: u32) -> Vec<(Place, Vec<Contact>)> {
        let mine = self.of(case.person, case.window);
        let places: BTreeSet<u64> = mine
            .iter()
            .filter(|s| s.end - s.start >= shortest)
            .map(|s| s.place)
            .collect();
        let visitors = |place: u64| {
            let mut sums = BTreeMap::new();
            for person in 0..PEOPLE {
                for stay in self
                    .of(Person(person), case.window)
                    .iter()
                    .filter(|s| s.place == place)
                {
                    if self.who(person) == person {
                        put(&mut sums, stay.person, stay.start, stay.end, stay.imputed);
                    }
                }
            }
            ranked(sums)
        };
        places
            .into_iter()
            .map(|place| (Place(place), visitors(place)))
            .collect()
    }

    pub fn shared(&self, cases: &[Case], least: u32) -> Vec<(Place, u32)> {
        let mut found = Vec::new();
        for place in 0..PLACES {
            let there = cases
                .iter()
                .filter(|c| self.of(c.person, c.window).iter().any(|s| s.place == place));
            let people: BTreeSet<u64> = there.map(|c| self.who(c.person.0)).collect();
            let count = u32::try_from(people.len()).unwrap();
            if count >= least {
                found.push((Place(place), count));
            }
        }
        found.sort_by_key(|(place, count)| (std::cmp::Reverse(*count), *place));
        found
    }
}

fn add(sums: &mut BTreeMap<u64, Contact>, mine: &Plain, other: &Plain, shortest: u32) {
    let (start, end) = (mine.start.max(other.start), mine.end.min(other.end));
    if mine.place == other.place && mine.person != other.person && start + shortest <= end {
        put(
            sums,
            other.person,
            start,
            end,
            mine.imputed || other.imputed,
        );
    }
}

fn put(sums: &mut BTreeMap<u64, Contact>, person: u64, start: u32, end: u32, imputed: bool) {
    let none = Contact {
        person: Person(person),
        overlaps: 0,
        seconds: 0,
        first: Moment(u32::MAX),
        last: Moment(0),
        imputed: 0,
    };
    let sum = sums.entry(person).or_insert(none);
    sum.overlaps += 1;
    sum.seconds += u64::from(end - start);
    sum.first = sum.first.min(Moment(start));
    sum.last = sum.last.max(Moment(end));
    sum.imputed += u32::from(imputed);
}

fn ranked(sums: BTreeMap<u64, Contact>) -> Vec<Contact> {
    let mut rows: Vec<Contact> = sums.into_values().collect();
    rows.sort_by_key(|c| (std::cmp::Reverse(c.seconds), c.person));
    rows
}

/// A stay: often on a whole hour, so that ends meet starts; of no length, short, over midnight, or of days.
fn sighting() -> impl Strategy<Value = Sighting> {
    let start = prop_oneof![(0_u32..72).prop_map(|h| h * 3_600), 1_u32..259_200];
    let length = prop_oneof![
        1 => Just(Some(0)),
        6 => (1_u32..36).prop_map(|n| Some(n * 600)),
        2 => (60_000_u32..260_000).prop_map(Some),
        2 => Just(None),
    ];
    let skewed = prop::bool::weighted(0.1);
    (0..PEOPLE, 0..PLACES, start, length, skewed, 0_u8..8).prop_map(
        |(person, place, start, length, skewed, how)| {
            let from = FIRST + start;
            let to = if skewed {
                Some(from - 100)
            } else {
                length.map(|length| from + length)
            };
            Sighting {
                person: Person(person),
                place: Place(place),
                from: Moment(from),
                to: to.map(Moment),
                how: How::of_code(how),
                confidence: 80,
            }
        },
    )
}

/// Stays, some of them told twice, corrected or withdrawn; people found to be one; places in areas
/// and with a longest assumed stay.
pub fn events() -> impl Strategy<Value = Vec<Event>> {
    let seen = sighting()
        .prop_map(|s| Event::Seen(Stream::Visits, s))
        .boxed();
    let people = (0..PEOPLE, 0..PEOPLE);
    let same = people
        .prop_map(|(a, b)| Event::Same {
            person: Person(a),
            as_person: Person(b),
        })
        .boxed();
    let area = (0..PLACES, 0_u32..2).prop_map(|(place, area)| Event::Located {
        stream: Stream::Visits,
        place: Place(place),
        area: Area(area),
    });
    let longest = prop_oneof![
        Just(None),
        Just(Some(0)),
        Just(Some(900)),
        Just(Some(40_000))
    ];
    let assumed = (0..PLACES, longest).prop_map(|(place, seconds_max)| Event::Assumed {
        stream: Stream::Visits,
        place: Place(place),
        seconds_max,
    });
    let one = prop_oneof![24 => seen, 1 => same, 1 => area.boxed(), 1 => assumed.boxed()];
    let again = prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4), 0..12);
    (prop::collection::vec(one, 1..60), again).prop_map(|(mut events, again)| {
        for (index, what) in again {
            let Event::Seen(stream, s) = events[index.index(events.len())] else {
                continue;
            };
            let (person, place, from) = (s.person, s.place, s.from);
            events.push(match what {
                0 => Event::Seen(stream, s),
                1 => Event::Withdrawn {
                    stream,
                    person,
                    place,
                    from,
                },
                2 => Event::Seen(
                    stream,
                    Sighting {
                        to: Some(s.from.plus(5_000)),
                        ..s
                    },
                ),
                _ => Event::Seen(stream, Sighting { to: None, ..s }),
            });
        }
        events
    })
}

/// A life: tellings, with seals, restarts and erasures between them.
pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => events().prop_map(Step::Tell),
        3 => Just(Step::Seal),
        3 => Just(Step::Reopen),
        1 => (0..PEOPLE).prop_map(|p| Step::Erase(Person(p))),
    ];
    prop::collection::vec(step, 1..8)
}
