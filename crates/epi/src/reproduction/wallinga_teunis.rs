//! The cohort reproduction number: how many people did the cases of a day infect, over all that followed?

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Mode, Refused};
use crate::numbers::mersenne::Mersenne;
use crate::numbers::{beta, summary};
use crate::table::{Cell, Sheet, SheetSpec};

use super::cori::interval_of;
use super::incidence::{Incidence, windows};

/// R of a window with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cohort {
    /// Mean number infected per case.
    pub mean: f64,
    /// Standard deviation over possible trees.
    pub sd: f64,
    /// 2.5 % and 97.5 % quantiles over possible trees.
    pub limits: (f64, f64),
}

/// Estimates R of the cases with onset in windows of days (from 1); with `drawn`, the seed, from drawn trees.
///
/// - Quantity: mean number of people infected by a case of the window.
/// - Method: every case shares itself out over possible infectors by the serial interval. Whether its infector falls in
///   the window is then an event of known chance, independent between cases, so that the distribution over all possible
///   trees is computed, not drawn.
/// - Units: days and cases in; R has none.
/// - Interval: 95 %, quantiles over possible trees; it is about who infected whom, not about unseen cases.
/// - Assumes: all cases are seen and are linked to one another; the interval is known; counts are whole.
/// - Do not use: for the last days of a series: those they infect are not there yet, and R falls for that reason alone.
/// - Source: Wallinga, Teunis 2004.
/// - Differs from source: the source draws `trees` trees. [`Mode::Published`]: mean and spread are their limit, the
///   quantiles are the mean of what that many trees would give (counts are few, and the limit would jump).
///   [`Mode::Peer`]: the trees are drawn, with the generator of the reference program from its seed. Windows without
///   cases are left out.
/// - Checked by: the reference folder `rt_wallinga_teunis`.
pub fn estimate(
    cases: &[f64],
    w: &[f64],
    windows: &[(usize, usize)],
    trees: usize,
    drawn: Option<u32>,
) -> Vec<Estimated<Cohort>> {
    // chances[j][i]: a case of day j was infected by somebody of day i or earlier.
    let chances: Vec<Vec<f64>> = (0..cases.len()).map(|j| infectors(cases, w, j)).collect();
    let exact = windows
        .iter()
        .map(|(start, end)| cohort(cases, &chances, *start, *end, trees));
    let Some(seed) = drawn else {
        return exact.collect();
    };
    let exact: Vec<Estimated<Cohort>> = exact.collect();
    if exact.iter().all(Result::is_err) {
        return exact;
    }
    let last = windows.iter().map(|(_, end)| *end).max().unwrap_or(0);
    let first = windows.first().map_or(1, |(start, _)| *start);
    let drawn = peer_trees(cases, w, (first, last), trees, seed);
    let with_spread = |(found, (start, end)): (Estimated<Cohort>, &(usize, usize))| {
        let total: f64 = cases[start - 1..*end].iter().sum();
        let mut values: Vec<f64> = drawn
            .iter()
            .map(|infected| infected[start - 1..*end].iter().sum::<f64>() / total)
            .collect();
        values.sort_by(f64::total_cmp);
        Ok(Cohort {
            mean: found?.mean,
            sd: summary::sd(&values),
            limits: (
                summary::quantile(&values, 0.025),
                summary::quantile(&values, 0.975),
            ),
        })
    };
    exact.into_iter().zip(windows).map(with_spread).collect()
}

/// Draws trees as the reference program does: for each case after the other, day by day, from the latest possible infector
/// to the earliest, whether it is that one. Returns how many people the cases of each day infect, for each tree.
fn peer_trees(
    cases: &[f64],
    w: &[f64],
    (first, last): (usize, usize),
    trees: usize,
    seed: u32,
) -> Vec<Vec<f64>> {
    let mut generator = Mersenne::new(seed);
    // For each day with cases: how many, and possible infectors with the chance of each among those not yet ruled out.
    let steps = |day: usize| -> Option<(usize, Vec<(usize, f64)>)> {
        let count = crate::numbers::whole(cases[day]).filter(|n| *n > 0)?;
        let possible = (0..day).rev().filter_map(|from| {
            let share = w.get(day - from).copied().filter(|share| *share != 0.0)?;
            Some((from, share * cases[from]))
        });
        let mut possible: Vec<(usize, f64)> = possible.collect();
        // Summed from the earliest, so that the last one left is certain, and not nearly so.
        let mut total = 0.0;
        for (_, chance) in possible.iter_mut().rev() {
            total += *chance;
            if *chance > 0.0 {
                *chance /= total;
            }
        }
        (total > 0.0).then_some((count, possible))
    };
    let days: Vec<(usize, Vec<(usize, f64)>)> = (first - 1..last).filter_map(steps).collect();
    (0..trees)
        .map(|_| {
            let mut infected = vec![0.0; cases.len()];
            for (count, possible) in &days {
                let Some(((oldest, _), later)) = possible.split_last() else {
                    continue;
                };
                for _ in 0..*count {
                    let found = later.iter().find(|(_, chance)| {
                        *chance > 0.0 && (*chance >= 1.0 || generator.happens(*chance))
                    });
                    infected[found.map_or(*oldest, |(from, _)| *from)] += 1.0;
                }
            }
            infected
        })
        .collect()
}

/// Running chances over the days of possible infectors of a case of day `j`; empty when there are none.
fn infectors(cases: &[f64], w: &[f64], j: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let weight = |i: usize| cases[i] * w.get(j - i).copied().unwrap_or(0.0);
    let mut running: Vec<f64> = (0..j)
        .map(|i| {
            sum += weight(i);
            sum
        })
        .collect();
    if sum > 0.0 {
        for r in &mut running {
            *r /= sum;
        }
    } else {
        running.clear();
    }
    running
}

/// LIMIT: cases of a series.
pub const CASES_MAX: f64 = 100_000.0;

/// LIMIT: cases of all trees that are drawn.
const PEER_DRAWS_MAX: f64 = 2e7;

/// Chances below this change no digit of a quantile.
const NEGLIGIBLE: f64 = 1e-13;

fn cohort(
    cases: &[f64],
    chances: &[Vec<f64>],
    start: usize,
    end: usize,
    trees: usize,
) -> Estimated<Cohort> {
    let total: f64 = cases.get(start - 1..end).unwrap_or_default().iter().sum();
    if total <= 0.0 {
        return Err(NotEstimated::because(
            Why::NoData,
            format!("no case has onset on days {start} to {end}"),
        ));
    }
    require(
        cases.iter().all(|c| *c >= 0.0) && cases.iter().sum::<f64>() <= CASES_MAX,
        "there are too many cases to follow one by one, or a count is negative",
    )?;
    let (mut mean, mut variance) = (0.0, 0.0);
    // Distribution of the number infected by the window: `offset` and more.
    let mut offset = 0;
    let mut chance_of = vec![1.0];
    for (count, running) in cases.iter().zip(chances) {
        let upto = |day: usize| match day.min(running.len()) {
            0 => 0.0,
            day => running[day - 1],
        };
        let p = upto(end) - upto(start - 1);
        if !(p > 0.0) {
            continue;
        }
        mean += count * p;
        variance += count * p * (1.0 - p);
        for _ in 0..crate::numbers::whole(*count).unwrap_or(0) {
            let last = chance_of[chance_of.len() - 1];
            for k in (1..chance_of.len()).rev() {
                chance_of[k] = chance_of[k] * (1.0 - p) + chance_of[k - 1] * p;
            }
            chance_of[0] *= 1.0 - p;
            chance_of.push(last * p);
            let low = chance_of.iter().take_while(|c| **c < NEGLIGIBLE).count();
            if low > 16 {
                chance_of.drain(..low);
                offset += low;
            }
            while chance_of.len() > 1 && chance_of[chance_of.len() - 1] < NEGLIGIBLE * NEGLIGIBLE {
                chance_of.pop();
            }
        }
    }
    let mut upto = 0.0;
    let below: Vec<f64> = chance_of
        .iter()
        .map(|c| {
            upto += c;
            upto
        })
        .collect();
    let quantile = |p: f64| (offset as f64 + mean_sample_quantile(&below, p, trees)) / total;
    Ok(Cohort {
        mean: mean / total,
        sd: variance.sqrt() / total,
        limits: (quantile(0.025), quantile(0.975)),
    })
}

/// The mean of the sample quantile (type 7) of `n` draws of a count whose distribution function is `below`.
fn mean_sample_quantile(below: &[f64], p: f64, n: usize) -> f64 {
    let n = n as f64;
    let place = p * (n - 1.0) + 1.0;
    let mean_of_rank = |r: f64| -> f64 {
        // The r-th smallest draw exceeds k unless at least r draws are at most k.
        let exceeds = |f: &f64| match (f - r / n) * n.sqrt() {
            z if z > 8.0 => 0.0,
            z if z < -8.0 => 1.0,
            _ => beta::incomplete(r, n - r + 1.0, f.min(1.0)).1,
        };
        below.iter().map(exceeds).sum()
    };
    let rank = place.floor();
    let share = place - rank;
    (1.0 - share) * mean_of_rank(rank)
        + if share > 0.0 {
            share * mean_of_rank((rank + 1.0).min(n))
        } else {
            0.0
        }
}

/// The cohort estimate by name.
pub const METHOD: Method = Method {
    function: "wallinga_teunis",
    title: "R after Wallinga and Teunis: how many people did the cases of this window infect?",
    page: "rt_wallinga_teunis",
    input: Some("incidence"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "r",
    columns: &["t_start", "t_end", "mean", "sd", "q0.025", "q0.975"],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let incidence = Incidence::read(call)?;
    let cases = incidence.total();
    let (w, _) = interval_of(call, cases.len())?;
    let windows = windows(&call.params, cases.len())?;
    let trees = call.params.whole_or("n_sim", 1000)?;
    if trees == 0 {
        return call.params.refuse("n_sim", "is 0");
    }
    let drawn = match call.mode {
        Mode::Peer if trees as f64 * cases.iter().sum::<f64>() > PEER_DRAWS_MAX => {
            return call
                .params
                .refuse("n_sim", "makes more draws than the mode peer does");
        }
        Mode::Peer => u32::try_from(call.seed).ok(),
        Mode::Published => None,
    };
    let found = estimate(&cases, &w, &windows, trees, drawn);
    let row = |((start, end), cohort): (&(usize, usize), Estimated<Cohort>)| {
        let cohort = cohort.ok()?;
        Some(vec![
            Cell::whole(*start),
            Cell::whole(*end),
            cohort.mean.into(),
            cohort.sd.into(),
            cohort.limits.0.into(),
            cohort.limits.1.into(),
        ])
    };
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: windows.iter().zip(found).filter_map(row).collect(),
    }])
}
