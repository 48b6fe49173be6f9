//! Counts by step and place, populations, and how many borders lie between places.

use std::collections::BTreeMap;

use crate::answer::{Estimated, NotEstimated, Why, require};

/// LIMIT: counts of a panel.
pub const CELLS_MAX: usize = 5_000_000;

/// A complete panel of counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Names of the places.
    pub places: Vec<String>,
    /// Counts by step (from step 1), then place.
    pub counts: Vec<Vec<f64>>,
    /// The share of the population, or another offset above 0, of each place.
    pub offsets: Vec<f64>,
    /// Borders between places, from the first to the second; nothing where it is not said.
    pub orders: Vec<Vec<Option<u32>>>,
}

impl Panel {
    /// Builds a panel from rows of step, place and count; every place needs one row for every step from 1.
    pub fn build(rows: &[(f64, &str, f64)]) -> Estimated<Self> {
        let mut at: BTreeMap<&str, usize> = BTreeMap::new();
        let mut places: Vec<String> = Vec::new();
        let mut steps = 0;
        for (step, place, count) in rows {
            let whole = crate::numbers::whole(*step).filter(|s| *s as f64 == *step && *s >= 1);
            let Some(step) = whole else {
                return Err(outside(format!("step {step} is not a whole number from 1")));
            };
            require(
                *count >= 0.0 && *count < 1e9 && count.fract() == 0.0,
                &format!("the count of {place} in step {step} is not a whole number from 0"),
            )?;
            steps = steps.max(step);
            at.entry(place).or_insert_with(|| {
                places.push((*place).to_owned());
                places.len() - 1
            });
        }
        if rows.is_empty() {
            return Err(NotEstimated::because(Why::NoData, "there is no count"));
        }
        require(
            steps.saturating_mul(places.len()) <= CELLS_MAX,
            "there are more steps and places than are fitted",
        )?;
        let mut counts = vec![vec![f64::NAN; places.len()]; steps];
        for (step, place, count) in rows {
            let step = crate::numbers::whole(*step).unwrap_or(1) - 1;
            let cell = &mut counts[step][at[place]];
            require(
                cell.is_nan(),
                &format!("step {} of {place} stands there twice", step + 1),
            )?;
            *cell = *count;
        }
        for (step, row) in counts.iter().enumerate() {
            if let Some(place) = row.iter().position(|count| count.is_nan()) {
                return Err(outside(format!(
                    "step {} of {} is missing: give 0 when there was no case",
                    step + 1,
                    places[place]
                )));
            }
        }
        let n = places.len();
        Ok(Self {
            places,
            counts,
            offsets: vec![1.0; n],
            orders: vec![vec![None; n]; n],
        })
    }

    /// The position of a place.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.iter().position(|place| place == name)
    }

    /// The first steps of the panel.
    #[must_use]
    pub fn upto(&self, steps: usize) -> Self {
        let mut part = self.clone();
        part.counts.truncate(steps);
        part
    }
}

fn outside(what: String) -> NotEstimated {
    NotEstimated::because(Why::OutsideDomain, what)
}
