//! What has to be known of everybody to judge them anew: last test, last exposures, time in cells at risk.
//!
//! Facts only. What follows from them is a pack's to say.

use super::Ask;
use crate::ids::{Moment, Person, Place};
use crate::index::layers::{By, Found, Look, rows};

/// What is known of many people, in columns. Facts from `now` on do not count.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Whose test, when, and whether it was positive.
    pub tests: Vec<(Person, Moment, bool)>,
    /// Whose exposure, when, and whether it was close.
    pub exposures: Vec<(Person, Moment, bool)>,
    /// Cells at risk, each since when.
    pub risk_cells: Vec<(Place, Moment)>,
}

/// What is known of one person. Moments are zero when there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// The last test.
    tested: Moment,
    /// The last exposure.
    pub exposed: Moment,
    /// The last close exposure.
    pub closely_exposed: Moment,
    /// Seconds in cells at risk; the top bit says that the last test was positive.
    risk: u32,
}

const POSITIVE: u32 = 1 << 31;

impl Standing {
    /// The last test and its result; of several at one moment, a positive one.
    pub fn last_test(&self) -> Option<(Moment, bool)> {
        let positive = self.risk & POSITIVE != 0;
        (self.tested.0 > 0 || positive).then_some((self.tested, positive))
    }

    /// Seconds in cells at risk, since each was at risk; no more than 2^31 - 1.
    pub const fn risk_seconds(&self) -> u32 {
        self.risk & !POSITIVE
    }

    fn add_risk(&mut self, seconds: u32) {
        let sum = self.risk_seconds().saturating_add(seconds);
        self.risk = self.risk & POSITIVE | sum.min(!POSITIVE);
    }
}

/// Facts with people as numbers, for those who ask again and again.
#[derive(Debug, Clone, Default)]
pub struct NumberedFacts {
    tests: Vec<Fact>,
    exposures: Vec<Fact>,
    risk_cells: Vec<(u32, u32)>,
}

/// A fact in one word: from the top 31 bits of the number of a person, 32 of a moment, and a bit of its own.
#[derive(Debug, Clone, Copy)]
struct Fact(u64);

const PERSON_SHIFT: u32 = 33;
/// Tests of so many seconds before the moment that is asked for do not count: more than 68 years.
const TEST_AGE_MAX: u32 = (1 << 31) - 1;

/// A moment with a bit of its own, so that both are compared at once.
const fn with_bit(moment: Moment, bit: bool) -> u64 {
    (moment.0 as u64) << 1 | bit as u64
}

impl Fact {
    const fn new(person: u32, at: Moment, bit: bool) -> Self {
        Self((person as u64) << PERSON_SHIFT | with_bit(at, bit))
    }

    #[inline]
    fn person(self) -> usize {
        usize::try_from(self.0 >> PERSON_SHIFT).unwrap_or_default()
    }

    /// As [`with_bit`] gave it.
    #[inline]
    const fn moment_with_bit(self) -> u64 {
        self.0 & ((1 << PERSON_SHIFT) - 1)
    }

    #[inline]
    fn at(self) -> Moment {
        Moment(u32::try_from(self.moment_with_bit() >> 1).unwrap_or_default())
    }

    #[inline]
    const fn bit(self) -> bool {
        self.0 & 1 == 1
    }
}

impl Ask<'_> {
    /// Looks up whom the facts are about. Facts about people and cells that have no stay here are left out.
    pub fn number(&self, facts: &Facts) -> NumberedFacts {
        let column = |facts: &[(Person, Moment, bool)]| {
            let of = |(person, at, bit): &(Person, Moment, bool)| {
                Some(Fact::new(self.known(*person)?, *at, *bit))
            };
            facts.iter().filter_map(of).collect()
        };
        let cells = facts.risk_cells.iter();
        NumberedFacts {
            tests: column(&facts.tests),
            exposures: column(&facts.exposures),
            risk_cells: cells
                .filter_map(|(cell, since)| Some((self.places.find(cell.0)?, since.0)))
                .collect(),
        }
    }

    /// What is known of everybody before `now`, by number; [`everybody`](Self::everybody) says who that is. Tests of
    /// 2^31 seconds before `now` or more do not count.
    pub fn standings(&self, facts: &NumberedFacts, now: Moment) -> Vec<Standing> {
        // Most facts are tests: they go to a column of their own, which stays nearer than whole standings. Counted from
        // `since` on, a moment and a bit go into half a word.
        let since = now.minus(TEST_AGE_MAX);
        let (first, limit) = (with_bit(since, false), with_bit(now, false));
        let mut last_tests = vec![0_u32; self.people.len()];
        for test in &facts.tests {
            let test_from_since = test.moment_with_bit().wrapping_sub(first);
            let counts = test_from_since < limit - first;
            let last = &mut last_tests[test.person()];
            let test = u32::try_from(test_from_since & u64::from(u32::MAX)).unwrap_or_default();
            *last = (*last).max(if counts { test } else { 0 });
        }
        let standing = |last_test: u32| Standing {
            tested: if last_test == 0 {
                Moment(0)
            } else {
                since.plus(last_test >> 1)
            },
            risk: if last_test & 1 == 1 { POSITIVE } else { 0 },
            ..Standing::default()
        };
        let mut standings: Vec<Standing> = last_tests.into_iter().map(standing).collect();
        for exposure in &facts.exposures {
            if exposure.at() < now {
                let standing = &mut standings[exposure.person()];
                standing.exposed = standing.exposed.max(exposure.at());
                if exposure.bit() {
                    standing.closely_exposed = standing.closely_exposed.max(exposure.at());
                }
            }
        }
        let found = self.in_risk_cells(facts, now);
        for (at, (_, since)) in facts.risk_cells.iter().enumerate() {
            for span in found.of(at) {
                span.each(|row| {
                    let standing = &mut standings[self.aliases.canonical(row.other) as usize];
                    let stayed = row.end.min(now.0).saturating_sub(row.start.max(*since));
                    standing.add_risk(stayed);
                });
            }
        }
        standings
    }

    /// The rows in each cell since it is at risk.
    fn in_risk_cells(&self, facts: &NumberedFacts, now: Moment) -> Found<'_> {
        let look = |(cell, since): &(u32, u32)| Look {
            number: *cell,
            from: *since,
            to: now.0,
        };
        let looks: Vec<Look> = facts.risk_cells.iter().map(look).collect();
        let mut found = Found::default();
        self.layers.find(By::Place, &looks, &mut found);
        found
    }

    /// How many rows and facts [`standings`](Self::standings) reads.
    pub(crate) fn standings_read(&self, facts: &NumberedFacts, now: Moment) -> usize {
        let found = self.in_risk_cells(facts, now);
        let in_cells: usize = (0..facts.risk_cells.len())
            .map(|at| rows(found.of(at)))
            .sum();
        in_cells + facts.tests.len() + facts.exposures.len()
    }

    /// Everybody who has a number and stands for themselves, with that number.
    pub fn everybody(&self) -> impl Iterator<Item = (usize, Person)> + '_ {
        let numbers = (0_u32..).zip(self.people.keys());
        numbers
            .filter(|(number, _)| {
                self.people.gone().is_empty() || !self.people.gone().contains(number)
            })
            .filter(|(number, _)| self.aliases.canonical(*number) == *number)
            .map(|(number, key)| (number as usize, Person(key)))
    }
}
