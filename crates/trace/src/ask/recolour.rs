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

/// A fact about somebody.
#[derive(Debug, Clone, Copy)]
struct Fact {
    /// The number of a person, which is below 2^30, and last a bit of the fact's own.
    who_and_bit: u32,
    at: Moment,
}

/// Tests of so many seconds before the moment that is asked for do not count: more than 68 years.
const TEST_AGE_MAX: u32 = (1 << 31) - 1;

impl Fact {
    const fn new(person: u32, at: Moment, bit: bool) -> Self {
        Self {
            who_and_bit: person << 1 | bit as u32,
            at,
        }
    }

    #[inline]
    const fn person(self) -> usize {
        (self.who_and_bit >> 1) as usize
    }

    #[inline]
    const fn bit(self) -> u32 {
        self.who_and_bit & 1
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

    /// What is known of everybody before `now`, by number; [`everybody`](Self::everybody) says who that is. Tests of more
    /// than 68 years before `now` do not count.
    pub fn standings(&self, facts: &NumberedFacts, now: Moment) -> Vec<Standing> {
        // Most facts are tests: they go to a column of their own, which stays nearer than whole standings. Counted from
        // `since` on, a moment and a bit go into four bytes.
        let since = now.minus(TEST_AGE_MAX).0;
        let ages = now.0 - since;
        let mut last_tests = vec![0_u32; self.people.len()];
        for test in &facts.tests {
            // A moment before `since` comes out as one far behind.
            let after = test.at.0.wrapping_sub(since);
            let last = &mut last_tests[test.person()];
            *last = (*last).max(if after < ages {
                after << 1 | test.bit()
            } else {
                0
            });
        }
        let standing = |last_test: u32| Standing {
            tested: if last_test == 0 {
                Moment(0)
            } else {
                Moment(since.wrapping_add(last_test >> 1))
            },
            risk: if last_test & 1 == 1 { POSITIVE } else { 0 },
            ..Standing::default()
        };
        let mut standings: Vec<Standing> = last_tests.into_iter().map(standing).collect();
        for exposure in &facts.exposures {
            if exposure.at < now {
                let standing = &mut standings[exposure.person()];
                standing.exposed = standing.exposed.max(exposure.at);
                if exposure.bit() == 1 {
                    standing.closely_exposed = standing.closely_exposed.max(exposure.at);
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
