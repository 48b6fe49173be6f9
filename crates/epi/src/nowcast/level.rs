//! The level of every day, from the days around it.

use crate::answer::{Estimated, NotEstimated, Why};
use crate::numbers::density::ln_gamma;

/// What the days around a day say of its number before its own reports are looked at: a negative binomial count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    pub mean: f64,
    pub size: f64,
}

/// How firmly the logarithm of the level may hold to that of the day before: one over the squared step. From steps of 1 to
/// steps of 0.03.
const HOLDS: [f64; 7] = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0];

/// Sizes of the negative binomial counts around the level, from much to hardly any spread beyond Poisson.
const SIZES: [f64; 5] = [1.0, 3.0, 10.0, 30.0, 100.0];

/// LIMIT: steps of the search for the level; about ten are needed.
const STEPS_MAX: usize = 100;

/// The levels, with the hold and the size that explain the reports best. `share` is the part of a day's events that is
/// expected to be reported by now.
pub(super) fn levels(reported: &[f64], share: &[f64]) -> Estimated<Vec<Level>> {
    let each = HOLDS
        .into_iter()
        .flat_map(|hold| SIZES.map(|size| (hold, size)));
    let settled = each.filter_map(|(hold, size)| Settled::at(reported, share, hold, size));
    let best = settled.reduce(|a, b| if b.evidence > a.evidence { b } else { a });
    match best {
        Some(best) => Ok(best.levels()),
        None => Err(NotEstimated::because(
            Why::NotSettled,
            "the search for the level of the days did not settle",
        )),
    }
}

/// The likeliest levels under one hold and size.
struct Settled {
    ln: Vec<f64>,
    /// Variance of each logarithm.
    variance: Vec<f64>,
    /// How the logarithm of the likelihood of the day's own reports changes with it, and how firmly they say so.
    slope: Vec<f64>,
    firm: Vec<f64>,
    size: f64,
    /// Logarithm of the likelihood of all reports, the levels integrated out (Laplace's approximation).
    evidence: f64,
}

impl Settled {
    fn at(reported: &[f64], share: &[f64], hold: f64, size: f64) -> Option<Self> {
        let days = reported.len();
        let start = reported.iter().sum::<f64>() / share.iter().sum::<f64>();
        let mut ln = vec![start.ln(); days];
        let (mut slope, mut firm) = (vec![0.0; days], vec![0.0; days]);
        for _ in 0..STEPS_MAX {
            let mut right = vec![0.0; days];
            let mut own = vec![0.0; days];
            for day in 0..days {
                let mean = ln[day].exp() * share[day];
                let spread = 1.0 + mean / size;
                firm[day] = mean / spread;
                slope[day] = (reported[day] - mean) / spread;
                own[day] = firm[day] + 1e-9;
                right[day] = slope[day];
                let neighbours = [day.checked_sub(1), (day + 1 < days).then_some(day + 1)];
                for other in neighbours.into_iter().flatten() {
                    own[day] += hold;
                    right[day] -= hold * (ln[day] - ln[other]);
                }
            }
            // A tridiagonal system: Newton's step for counts, with the hold between neighbours.
            let down = pivots(own.iter().copied(), hold);
            for day in 1..days {
                right[day] += hold / down[day - 1] * right[day - 1];
            }
            let (mut far, mut after) = (0.0_f64, 0.0);
            for day in (0..days).rev() {
                after = (right[day] + hold * after) / down[day];
                let step = f64::clamp(after, -1.0, 1.0);
                ln[day] += step;
                far = far.max(step.abs());
            }
            if far < 1e-8 {
                let mut up = pivots(own.iter().rev().copied(), hold);
                up.reverse();
                let variance = (0..days)
                    .map(|day| 1.0 / (down[day] + up[day] - own[day]))
                    .collect();
                let steps: f64 = ln.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
                let counts: f64 = (0..days)
                    .map(|day| ln_chance(reported[day], ln[day].exp() * share[day], size))
                    .sum();
                let curved: f64 = down.iter().map(|pivot| pivot.ln()).sum();
                let evidence =
                    counts + 0.5 * ((days as f64 - 1.0) * hold.ln() - hold * steps - curved);
                return evidence.is_finite().then_some(Self {
                    ln,
                    variance,
                    slope,
                    firm,
                    size,
                    evidence,
                });
            }
        }
        None
    }

    /// What the other days say of each: its own reports are taken out again, because they are counted by themselves.
    fn levels(&self) -> Vec<Level> {
        let level = |day: usize| {
            let others = (1.0 / self.variance[day] - self.firm[day]).max(1e-9);
            let ln = self.ln[day] - self.slope[day] / others;
            let variance = (1.0 / others).min(1.0);
            let unsure = variance.exp_m1();
            Level {
                mean: (ln + variance / 2.0).exp(),
                size: 1.0 / ((1.0 + 1.0 / self.size) * (1.0 + unsure) - 1.0),
            }
        };
        (0..self.ln.len()).map(level).collect()
    }
}

/// The pivots of a tridiagonal matrix with this diagonal and `-hold` beside it.
fn pivots(diagonal: impl Iterator<Item = f64>, hold: f64) -> Vec<f64> {
    let mut pivots: Vec<f64> = Vec::new();
    for own in diagonal {
        let pivot = own - pivots.last().map_or(0.0, |before| hold * hold / before);
        pivots.push(pivot);
    }
    pivots
}

/// Logarithm of the chance of a negative binomial count.
fn ln_chance(count: f64, mean: f64, size: f64) -> f64 {
    let seen = if count > 0.0 {
        count * (mean / (size + mean)).ln()
    } else {
        0.0
    };
    ln_gamma(count + size) - ln_gamma(size) - ln_gamma(count + 1.0) + seen
        - size * libm::log1p(mean / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Determinant and the diagonal of the inverse of a small tridiagonal matrix, by elimination on the whole.
    fn slow(own: &[f64], hold: f64) -> (f64, Vec<f64>) {
        let n = own.len();
        let mut m: Vec<Vec<f64>> = (0..n)
            .map(|i| {
                let cell = |j: usize| match i.abs_diff(j) {
                    0 => own[i],
                    1 => -hold,
                    _ => 0.0,
                };
                let unit = (0..n).map(|j| f64::from(u8::from(i == j)));
                (0..n).map(cell).chain(unit).collect()
            })
            .collect();
        let mut determinant = 1.0;
        for at in 0..n {
            let pivot = m[at][at];
            determinant *= pivot;
            m[at].iter_mut().for_each(|cell| *cell /= pivot);
            let row = m[at].clone();
            for (other, line) in m.iter_mut().enumerate().filter(|(other, _)| *other != at) {
                let factor = line[at];
                debug_assert_ne!(other, at);
                line.iter_mut()
                    .zip(&row)
                    .for_each(|(cell, by)| *cell -= factor * by);
            }
        }
        (determinant, (0..n).map(|at| m[at][n + at]).collect())
    }

    #[test]
    fn pivots_give_determinant_and_variances_of_the_slow_twin() {
        let (own, hold) = ([5.0, 8.0, 7.5, 9.0, 4.0], 3.0);
        let (determinant, inverse) = slow(&own, hold);
        let down = pivots(own.iter().copied(), hold);
        let mut up = pivots(own.iter().rev().copied(), hold);
        up.reverse();
        assert!((down.iter().product::<f64>() / determinant - 1.0).abs() < 1e-12);
        for at in 0..own.len() {
            let variance = 1.0 / (down[at] + up[at] - own[at]);
            assert!((variance - inverse[at]).abs() < 1e-12, "{at}");
        }
    }

    #[test]
    fn a_day_is_told_by_the_days_around_it_and_not_by_itself() {
        let mut reported = vec![50.0; 30];
        let share = vec![1.0; 30];
        let even = levels(&reported, &share).expect("levels");
        assert!(even.iter().all(|level| (level.mean - 50.0).abs() < 2.0));
        reported[15] = 90.0;
        let jump = levels(&reported, &share).expect("levels");
        assert!((50.0..60.0).contains(&jump[15].mean), "{:?}", jump[15]);
        // Days that differ widely leave a level less sure.
        let rough: Vec<f64> = (0..30)
            .map(|day| if day % 2 == 0 { 20.0 } else { 80.0 })
            .collect();
        let rough = levels(&rough, &share).expect("levels");
        assert!(rough[15].size < even[15].size / 2.0, "{:?}", rough[15]);
    }

    #[test]
    fn days_without_any_share_lean_on_the_others() {
        let reported = [20.0, 22.0, 18.0, 0.0];
        let levels = levels(&reported, &[1.0, 1.0, 1.0, 0.0]).expect("levels");
        assert!((10.0..40.0).contains(&levels[3].mean), "{:?}", levels[3]);
    }
}
