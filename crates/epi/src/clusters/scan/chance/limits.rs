//! How many cases a window needs to beat a best so far: a table by measure and by that best.

use super::super::score::Score;
use super::super::study::{Settings, Study};
use super::lanes::{LANES, Lane};
use crate::numbers::whole;

/// Bins of the measure, finer where it is small.
const BINS: usize = 1024;
/// Steps of the best so far.
const LEVELS: usize = 320;
const LEVEL: f64 = 0.125;

/// The table, level after level.
pub(super) struct Limits<T> {
    largest: f64,
    above: Vec<T>,
    below: Vec<T>,
}

impl<T: Lane> Limits<T> {
    /// Computes the table: of every bin the least that it needs, whatever the measure in it.
    pub fn of(settings: &Settings, score: &Score, study: &Study) -> Self {
        let largest = match study.at.len() {
            1 => score.total(),
            _ => settings.largest_share * score.total(),
        } * (1.0 + 1e-9);
        let edge = |bin: usize| (bin as f64 / BINS as f64).powi(4) * largest;
        let mut above = vec![T::default(); BINS * LEVELS];
        let mut below = vec![T::default(); if settings.low_too { BINS * LEVELS } else { 0 }];
        let most = whole(score.cases()).unwrap_or(usize::MAX);
        for bin in 0..BINS {
            let (low, high) = (edge(bin) * (1.0 - 1e-9), edge(bin + 1) * (1.0 + 1e-9));
            let start = whole(score.expected(low).floor()).unwrap_or(0);
            let mut cases = (settings.fewest as usize).max(start + 1);
            for level in 0..LEVELS {
                let best = level as f64 * LEVEL;
                while cases <= most && score.ratio(cases as f64, low) <= best {
                    cases += 1;
                }
                above[level * BINS + bin] = T::of(cases - 1);
            }
            if settings.low_too {
                let expected = score.expected(high);
                let mut fewer = 0;
                for level in (0..LEVELS).rev() {
                    let best = level as f64 * LEVEL;
                    while (fewer as f64) < expected
                        && score.ratio(fewer as f64, high.min(score.total())) > best
                    {
                        fewer += 1;
                    }
                    below[level * BINS + bin] = T::of(fewer);
                }
            }
        }
        Self {
            largest,
            above,
            below,
        }
    }

    pub const fn bins() -> usize {
        BINS
    }

    /// The bin of a measure.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative and at most the number of bins"
    )]
    pub fn bin(&self, measure: f64) -> u16 {
        let place = (measure / self.largest).sqrt().sqrt() * BINS as f64;
        (place as u16).min(BINS as u16 - 1)
    }

    /// The level of a best so far.
    pub fn level(best: f64) -> usize {
        whole((best / LEVEL).floor())
            .unwrap_or(LEVELS)
            .min(LEVELS - 1)
    }

    /// Copies the limits of a level to a lane.
    pub fn write(
        &self,
        level: usize,
        lane: usize,
        above: &mut [[T; LANES]],
        below: &mut [[T; LANES]],
    ) {
        let row = level * BINS..(level + 1) * BINS;
        for (to, from) in above.iter_mut().zip(&self.above[row.clone()]) {
            to[lane] = *from;
        }
        for (to, from) in below
            .iter_mut()
            .zip(self.below.get(row).unwrap_or_default())
        {
            to[lane] = *from;
        }
    }
}
