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
    /// The moment of the last test with a bit for its result.
    last_test: u32,
    /// The last exposure.
    pub exposed: Moment,
    /// The last close exposure.
    pub closely_exposed: Moment,
    /// Seconds in cells at risk, since each was at risk.
    pub risk_seconds: u32,
}

impl Standing {
    /// The last test and its result; of several at one moment, a positive one.
    pub fn last_test(&self) -> Option<(Moment, bool)> {
        (self.last_test > 0).then_some((Moment(self.last_test >> 1), self.last_test & 1 == 1))
    }
}

/// Facts with people as numbers, for those who ask again and again.
#[derive(Debug, Clone, Default)]
pub struct NumberedFacts {
    tests: Vec<(u32, u32)>,
    exposures: Vec<(u32, u32)>,
    risk_cells: Vec<(u32, u32)>,
}

/// A moment with a bit of its own, so that both are compared at once.
const fn with_bit(moment: Moment, bit: bool) -> u32 {
    moment.0 << 1 | bit as u32
}

impl Ask<'_> {
    /// Looks up whom the facts are about. Facts about people and cells that have no stay here are left out.
    pub fn number(&self, facts: &Facts) -> NumberedFacts {
        let column = |facts: &[(Person, Moment, bool)]| {
            let of = |(person, at, bit): &(Person, Moment, bool)| {
                Some((self.known(*person)?, with_bit(*at, *bit)))
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

    /// What is known of everybody before `now`, by number; [`everybody`](Self::everybody) says who that is.
    pub fn standings(&self, facts: &NumberedFacts, now: Moment) -> Vec<Standing> {
        let limit = with_bit(now, false);
        // Most facts are tests: they go to a column of their own, which stays nearer than whole standings.
        let mut last_tests = vec![0_u32; self.people.len()];
        for (person, test) in &facts.tests {
            let last = &mut last_tests[*person as usize];
            *last = (*last).max(if *test < limit { *test } else { 0 });
        }
        let standing = |last_test: u32| Standing {
            last_test,
            ..Standing::default()
        };
        let mut standings: Vec<Standing> = last_tests.into_iter().map(standing).collect();
        for (person, exposure) in &facts.exposures {
            if *exposure < limit {
                let standing = &mut standings[*person as usize];
                let at = Moment(exposure >> 1);
                standing.exposed = standing.exposed.max(at);
                if exposure & 1 == 1 {
                    standing.closely_exposed = standing.closely_exposed.max(at);
                }
            }
        }
        let found = self.in_risk_cells(facts, now);
        for (at, (_, since)) in facts.risk_cells.iter().enumerate() {
            for span in found.of(at) {
                span.each(|row| {
                    let standing = &mut standings[self.aliases.canonical(row.other) as usize];
                    let stayed = row.end.min(now.0).saturating_sub(row.start.max(*since));
                    standing.risk_seconds = standing.risk_seconds.saturating_add(stayed);
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
