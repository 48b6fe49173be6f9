//! Scan statistics: is there a circle, or a circle and a span of time, with more cases than chance puts there?
//!
//! [`study`] says what is scanned, [`zones`] which circles there are, [`score`] how a window is rated, [`look`] finds the best
//! window of every centre, [`chance`] what chance alone gives. [`scan`] puts them together; [`method`] calls it by name.

mod chance;
mod look;
mod method;
mod read;
pub mod score;
pub mod study;
pub mod zones;

pub use method::METHOD;

use crate::answer::{Estimated, NotEstimated, Why};
use look::Found;
use score::Score;
use study::{Settings, Study};
use zones::Zones;

/// A window that stands out.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// Position of the place in the middle.
    pub centre: usize,
    /// Distance to its farthest place, in the unit of the coordinates, kilometres on the Earth.
    pub radius: f64,
    /// Positions of its places, nearest first.
    pub places: Vec<usize>,
    /// First and last step, from 0.
    pub steps: (usize, usize),
    /// Logarithm of the likelihood ratio.
    pub statistic: f64,
    /// Chance of as much or more anywhere, by simulation.
    pub p: f64,
    /// Cases in it.
    pub observed: f64,
    /// Cases expected in it.
    pub expected: f64,
}

/// What a scan finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// The strongest first; none shares a place at the same time with a stronger one.
    pub clusters: Vec<Cluster>,
    /// The largest statistic of every simulation, lowest first.
    pub chance: Vec<f64>,
}

/// Two statistics closer than this share of the unit are equal: they differ by rounding only.
const SAME: f64 = 1e-9;

/// Scans for clusters.
///
/// - Quantity: the windows whose cases exceed (or, when asked, fall short of) what is expected, each with its likelihood ratio
///   and the chance that the whole map shows one as strong anywhere.
/// - Method: circles around every place grow place by place up to a share of the population at risk; with time, every span up
///   to a length, or only those that end now. The largest ratio is compared with the largest of simulations with the same
///   total (Poisson), the same numbers of cases and people (Bernoulli), or the same cases of every place and every step
///   (permutation). Of every centre and last step the best window stands; one that shares a place at the same time with a
///   stronger one is not told, nor one that every simulation surpasses. In the mode *peer* such windows
///   follow with `p` 1: a check needs them, because another set of simulations may tell one.
/// - Units: cases; distance in the unit of the coordinates, kilometres on the Earth; steps of time.
/// - Interval: none; `p` is `(1 + simulations with as much or more) / (1 + simulations)`, corrected for all windows at once.
/// - Assumes: Poisson, Bernoulli: cases fall independently, with risk in proportion to the given expectation. Permutation: the
///   time pattern is the same everywhere.
/// - Do not use: to say where a border runs, for clusters that follow rivers or roads, or where reporting changed at one place.
/// - Source: Kulldorff 1997; Kulldorff 2001; Kulldorff and others 2005.
/// - Differs from source: not. Simulations are counted sixty-four at a time, with the number of cases that would beat the
///   best so far looked up and not computed; any number of threads gives the same numbers.
/// - Checked by: the reference folders `spatial_scan`, `spatial_scan_large`; a slow twin.
pub fn scan(study: &Study, settings: &Settings, seed: u64) -> Estimated<Scan> {
    study.check(settings)?;
    let score = Score::of(study);
    let zones = Zones::around(study, settings);
    if zones.is_empty() {
        let why = "every place alone holds more than the largest share of a window";
        return Err(NotEstimated::because(Why::OutsideDomain, why));
    }
    let windows = settings.windows(study.steps);
    let chance = chance::maxima(study, settings, &score, &zones, &windows, seed);
    let weakest = match settings.surpassed_too {
        true => 0.0,
        false => chance.first().copied().unwrap_or(0.0),
    };
    let kept = look::strongest(study, settings, &score, &zones, &windows, weakest + SAME);
    let cluster = |window: Found| {
        let places: Vec<usize> = (zones.places(window.centre, window.places).iter())
            .map(|place| *place as usize)
            .collect();
        let weaker = chance.partition_point(|max| *max < window.statistic - SAME);
        let radius = (places.last()).map_or(0.0, |last| study.distance(window.centre, *last));
        Cluster {
            centre: window.centre,
            radius,
            places,
            steps: window.steps,
            statistic: window.statistic,
            p: (1 + chance.len() - weaker) as f64 / (1 + chance.len()) as f64,
            observed: window.cases,
            expected: score.expected(window.measure),
        }
    };
    let clusters = kept.into_iter().map(cluster).collect();
    Ok(Scan { clusters, chance })
}

#[cfg(test)]
mod tests;
