//! The questions: pure functions over a snapshot.
//!
//! Every parameter is an input; rules come from packs elsewhere. Answers hold pseudonyms, are ordered,
//! and say what was left out and why. Start with [`contacts`]; [`explain`] shows the stays behind a pair.

pub mod companions;
pub mod contacts;
pub mod explain;
pub mod meetings;
pub mod points;
mod rank;
pub mod recolour;
pub mod ring2;
pub(crate) mod roll;
pub(crate) mod sources;
pub(crate) mod tally;

use std::num::NonZeroU32;

use crate::ids::{Moment, Person, Place, Window};
use crate::index::layers::{By, Found, Layers, Look, Span, rows};
use crate::numbers::Numbers;

/// Somebody, and the time in which they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Case {
    /// Who.
    pub person: Person,
    /// When.
    pub window: Window,
}

/// Which overlaps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// Seconds that one overlap has to last.
    pub seconds_min: NonZeroU32,
    /// Places where more stays than this fall into one stay of a case are left out, and named in the answer.
    pub crowd_max: Option<u32>,
}

impl Overlap {
    /// Overlaps of at least so many seconds, at places of any size.
    pub const fn of_seconds(seconds_min: NonZeroU32) -> Self {
        Self {
            seconds_min,
            crowd_max: None,
        }
    }
}

/// Somebody who overlapped, with all overlaps together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub person: Person,
    /// How many overlaps.
    pub overlaps: u32,
    /// Seconds of all of them.
    pub seconds: u64,
    /// Start of the first.
    pub first: Moment,
    /// End of the last.
    pub last: Moment,
    /// How many of the overlaps rest on an imputed end.
    pub imputed: u32,
}

/// A place that was left out because too many were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowd {
    /// Where.
    pub place: Place,
    /// During which stay.
    pub window: Window,
    /// How many stays fell into it.
    pub stays: u64,
}

/// An answer that is a list, with what is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The rows, in the order that the question defines.
    pub rows: Vec<T>,
    /// Places left out by rule.
    pub crowds: Vec<Crowd>,
    /// People of the question that the store has never seen.
    pub unknown: Vec<Person>,
}

impl<T> Default for Answer<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            crowds: Vec::new(),
            unknown: Vec::new(),
        }
    }
}

/// Who is whom, for people who have several pseudonyms. Empty for nearly everybody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Aliases {
    /// The number that stands for each number that does not stand for itself.
    stands: std::collections::BTreeMap<u32, u32>,
    /// The other numbers of each person who has several.
    others: std::collections::BTreeMap<u32, Vec<u32>>,
}

impl Aliases {
    /// From pairs of a number and the number it is told to be, in any order, chains allowed.
    pub(crate) fn new(pairs: &std::collections::BTreeMap<u32, u32>) -> Self {
        let mut aliases = Self::default();
        for number in pairs.keys() {
            let mut end = *number;
            // The store never makes a ring; one in a damaged file must still end.
            for _ in 0..pairs.len() {
                let Some(next) = pairs.get(&end).filter(|next| **next != end) else {
                    break;
                };
                end = *next;
            }
            if end != *number {
                aliases.stands.insert(*number, end);
                aliases.others.entry(end).or_default().push(*number);
            }
        }
        aliases
    }

    #[inline]
    pub(crate) fn canonical(&self, number: u32) -> u32 {
        if self.stands.is_empty() {
            number
        } else {
            self.stands.get(&number).copied().unwrap_or(number)
        }
    }

    /// All numbers of a person.
    pub(crate) fn numbers_of(&self, canonical: u32) -> impl Iterator<Item = u32> + '_ {
        let others = self.others.get(&canonical).map_or(&[][..], Vec::as_slice);
        std::iter::once(canonical).chain(others.iter().copied())
    }
}

/// One stream of a snapshot, ready to be asked.
#[derive(Debug)]
pub struct Ask<'a> {
    pub(crate) layers: Layers<'a>,
    pub(crate) people: &'a Numbers,
    pub(crate) places: &'a Numbers,
    pub(crate) aliases: &'a Aliases,
}

/// So many cases are looked up side by side.
pub(crate) const CASES_TOGETHER: usize = 16;

/// Part of the time that a person of the question spent somewhere, cut to the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Presence {
    pub place: u32,
    pub start: u32,
    pub end: u32,
    pub imputed: bool,
}

impl<'a> Ask<'a> {
    /// The number that stands for a person of the question.
    pub(crate) fn known(&self, person: Person) -> Option<u32> {
        self.people
            .find(person.0)
            .map(|number| self.aliases.canonical(number))
    }

    pub(crate) fn person(&self, number: u32) -> Person {
        Person(self.people.key(number))
    }

    pub(crate) fn place(&self, number: u32) -> Place {
        Place(self.places.key(number))
    }

    /// The stays of a person within a window, cut to it, under all pseudonyms.
    pub(crate) fn presences(&self, person: u32, window: Window) -> Vec<Presence> {
        let mut presences = Vec::new();
        self.each_presence(&[(Some(person), window)], |_, presence| {
            presences.push(presence);
        });
        presences
    }

    /// Hands over the stays of several people, each with the place of the person in the list. Of somebody who
    /// is not known there are none.
    pub(crate) fn each_presence(
        &self,
        who: &[(Option<u32>, Window)],
        mut take: impl FnMut(usize, Presence),
    ) {
        let look = |(at, (person, window)): (usize, &(Option<u32>, Window))| {
            let (from, to) = (window.from.0, window.to.0);
            let numbers = person.map(|person| self.aliases.numbers_of(person));
            let looks = numbers.into_iter().flatten();
            looks.map(move |number| (at, Look { number, from, to }))
        };
        let (at, looks): (Vec<usize>, Vec<Look>) = who.iter().enumerate().flat_map(look).unzip();
        let mut found = Found::default();
        self.layers.find(By::Person, &looks, &mut found);
        for ((look, at), Look { from, to, .. }) in (0..).zip(at).zip(&looks) {
            each_presence(found.of(look), *from, *to, |presence| take(at, presence));
        }
    }

    /// The rows at the place of each presence that can overlap with it.
    pub(crate) fn others(&self, presences: &[Presence]) -> Found<'a> {
        let look = |p: &Presence| Look {
            number: p.place,
            from: p.start,
            to: p.end,
        };
        let looks: Vec<Look> = presences.iter().map(look).collect();
        let mut found = Found::default();
        self.layers.find(By::Place, &looks, &mut found);
        found
    }

    /// Whether more stays overlap with a presence than the rule allows.
    pub(crate) fn crowd(
        &self,
        at: &Presence,
        overlap: &Overlap,
        spans: &[Span<'a>],
    ) -> Option<Crowd> {
        let most = overlap.crowd_max? as usize;
        if rows(spans) <= most {
            return None;
        }
        // Spans may hold rows that end too early; what is told must not depend on how files are laid out.
        let mut stays = 0_u64;
        for span in spans {
            span.each(|row| stays += u64::from(row.end > at.start));
        }
        (stays > most as u64).then(|| Crowd {
            place: self.place(at.place),
            window: Window::new(Moment(at.start), Moment(at.end)),
            stays,
        })
    }
}

/// Hands over what of the rows in `spans` lies between, as presences.
pub(crate) fn each_presence(
    spans: &[Span<'_>],
    from: u32,
    to: u32,
    mut take: impl FnMut(Presence),
) {
    for span in spans {
        span.each(|row| {
            if row.end > from {
                take(Presence {
                    place: row.other,
                    start: row.start.max(from),
                    end: row.end.min(to),
                    imputed: row.imputed,
                });
            }
        });
    }
}
