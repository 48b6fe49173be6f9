//! How many events of a day there will have been, given those reported so far.

use crate::answer::{Estimated, require};
use crate::call::Mode;
use crate::numbers::density::ln_gamma;
use crate::numbers::normal;
use crate::numbers::random::Stream;

use super::delays::{Delays, Learn};
use super::level::{Level, levels};
use super::triangle::Triangle;

/// The way of a nowcast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Delays as seen, drawn; a prior for the number.
    AsSeen,
    /// Delays as seen, in closed form; any number is as likely before reports come.
    AsSeenClosed,
    /// Delays corrected for those that had no time to end, drawn; a prior for the number.
    Truncated,
    /// As [`Way::Truncated`], with a prior around a level that the neighbouring days share.
    Smooth,
    /// Reports over their expected share, with a normal error.
    Lawless,
}

/// What the number of events of a day is thought to be before a report comes: a Poisson count with a gamma mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Mean of the count.
    pub mean: f64,
    /// Its variance, above the mean.
    pub variance: f64,
}

/// Settings of a nowcast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The way.
    pub way: Way,
    /// Days from which delays are learned, back from now; nothing for all.
    pub window: Option<usize>,
    /// The prior of [`Way::AsSeen`] and [`Way::Truncated`]; [`Way::Smooth`] forms its own.
    pub prior: Prior,
    /// Draws of the delays in these ways.
    pub draws: usize,
    /// The largest number that is thought of.
    pub most: usize,
    /// What lies outside the interval, both sides together.
    pub alpha: f64,
}

/// The nowcast of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// Days after the first.
    pub day: usize,
    /// Reports so far.
    pub reported: f64,
    /// The smallest number that is not exceeded with at least one half; nothing when it is above all thought of, or
    /// when the way says nothing about such a day.
    pub median: Option<f64>,
    /// Ends of the interval.
    pub limits: (Option<f64>, Option<f64>),
}

/// A nowcast: the expected distribution of delays, and the days asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Nowcast {
    /// The chance of a delay of at most 0, 1, 2, … days.
    pub delays: Vec<f64>,
    /// The days, from the oldest.
    pub days: Vec<Day>,
}

/// LIMIT: draws of a nowcast.
pub const DRAWS_MAX: usize = 100_000;

/// LIMIT: the largest number that may be thought of.
pub const MOST_MAX: usize = 100_000;

/// Nowcasts the last `back` days and the day itself.
///
/// - Quantity: events of a day, reported or not.
/// - Method: the chance `F` that a report has come by now is learned from the triangle. The number is then reports so far
///   plus a negative binomial number of those missing, over the uncertainty of `F`; or the closed form of that; or
///   reports over `F`. [`Way::Smooth`] takes the prior of a day from a level that the days around it give, whose logarithm
///   changes little from day to day; how little, and how counts spread around it, are what explains the reports so far best.
/// - Units: events per day.
/// - Interval: `1 - alpha`, equal tails, of whole numbers: about a single day.
/// - Assumes: delays did not change within the window; every event is reported after the longest delay at most.
/// - Do not use: across a change of reporting (a new laboratory, a holiday); for days with no report by [`Way::Lawless`].
/// - Source: Höhle, an der Heiden 2014; Lawless 1994.
/// - Differs from source: [`Way::Smooth`] is ours. [`Mode::Published`] else not. [`Mode::Peer`]: a limit that is not
///   reached is 0; in [`Way::Lawless`] the error of `F` is left out, the normal distribution cut off at the reports so far
///   is scaled up and not moved down, so that upper limits are too small, and a day without reports is nowcast as 0.
/// - Checked by: the reference folder `nowcast_hus`; recovery in `crates/epi/tests/recovery.rs`.
pub fn nowcast(
    triangle: &Triangle,
    settings: &Settings,
    back: usize,
    mode: Mode,
    seed: u64,
) -> Estimated<Nowcast> {
    let Prior { mean, variance } = settings.prior;
    require(
        mean > 0.0 && variance > mean && variance.is_finite(),
        "the prior has no mean above 0, or no variance above its mean",
    )?;
    require(
        settings.alpha > 0.0 && settings.alpha < 1.0,
        "alpha is not between 0 and 1",
    )?;
    require(
        (1..=DRAWS_MAX).contains(&settings.draws) && (1..=MOST_MAX).contains(&settings.most),
        "there are no draws or no numbers to think of, or more than 100 000",
    )?;
    let learn = match settings.way {
        Way::AsSeen | Way::AsSeenClosed => Learn::AsSeen,
        Way::Truncated | Way::Smooth => Learn::Truncated,
        Way::Lawless => Learn::ReverseTime,
    };
    let delays = Delays::learn(triangle, learn, settings.window)?;
    let expected = delays.distribution();
    // One set of draws serves all days.
    let draws: Vec<Vec<f64>> = match settings.way {
        Way::AsSeen | Way::Truncated | Way::Smooth => {
            let mut stream = Stream::new(seed, "nowcast", 0);
            (0..settings.draws)
                .map(|_| delays.draw(&mut stream))
                .collect()
        }
        Way::AsSeenClosed | Way::Lawless => Vec::new(),
    };
    let log_variance = delays.log_variance();
    let levels = match settings.way {
        Way::Smooth => {
            let days = 0..triangle.counts.len();
            let reported: Vec<f64> = days.clone().map(|day| triangle.reported(day)).collect();
            let share: Vec<f64> = days.map(|day| expected[triangle.reach(day)]).collect();
            levels(&reported, &share)?
        }
        _ => Vec::new(),
    };
    let first = triangle.last().saturating_sub(back);
    let one = |day: usize| {
        let (reported, reach) = (triangle.reported(day), triangle.reach(day));
        let upto = if reach == triangle.longest() {
            Some(certain(reported, settings.most))
        } else {
            match settings.way {
                Way::AsSeen | Way::Truncated => {
                    let size = mean * mean / (variance - mean);
                    Some(drawn(&draws, reach, reported, (mean, size), settings.most))
                }
                Way::Smooth => {
                    let Level { mean, size } = levels[day];
                    Some(drawn(&draws, reach, reported, (mean, size), settings.most))
                }
                Way::AsSeenClosed => Some(closed(delays.as_seen(reach), reported, settings.most)),
                Way::Lawless => {
                    let unsure = match mode {
                        Mode::Published => log_variance[reach],
                        Mode::Peer => 0.0,
                    };
                    lawless((expected[reach], unsure), reported, settings.most, mode)
                }
            }
        };
        let quantile = |p: f64| {
            let upto = upto.as_ref()?;
            let found = upto.iter().position(|c| *c >= p);
            match (found, mode) {
                (Some(n), _) => Some(n as f64),
                (None, Mode::Peer) => Some(0.0),
                (None, Mode::Published) => None,
            }
        };
        Day {
            day,
            reported,
            median: quantile(0.5),
            limits: (
                quantile(settings.alpha / 2.0),
                quantile(1.0 - settings.alpha / 2.0),
            ),
        }
    };
    Ok(Nowcast {
        days: (first..=triangle.last()).map(one).collect(),
        delays: expected,
    })
}

/// Chances of at most 0, 1, 2, … when the number is known.
fn certain(reported: f64, most: usize) -> Vec<f64> {
    (0..=most)
        .map(|n| if n as f64 >= reported { 1.0 } else { 0.0 })
        .collect()
}

/// Running sums, from chances of 0, 1, 2, … missing events.
fn running(reported: f64, most: usize, missing: impl Iterator<Item = f64>) -> Vec<f64> {
    let seen = crate::numbers::whole(reported).unwrap_or(usize::MAX);
    let mut upto = vec![0.0; most + 1];
    let mut sum = 0.0;
    for (place, chance) in upto.iter_mut().skip(seen).zip(missing) {
        sum += chance;
        *place = sum;
    }
    upto
}

/// The logarithm below which a chance is not carried on by multiplication.
const LN_SMALL: f64 = -600.0;

/// The mean of negative binomial distributions of the missing over draws of the chance that a report has come.
/// The prior is negative binomial with this mean and size.
fn drawn(
    draws: &[Vec<f64>],
    reach: usize,
    reported: f64,
    (mean, size): (f64, f64),
    most: usize,
) -> Vec<f64> {
    let before = mean / (mean + size);
    let n = size + reported;
    let places = (most + 1).saturating_sub(crate::numbers::whole(reported).unwrap_or(0));
    let mut sum = vec![0.0; places];
    for draw in draws {
        let q = before * (1.0 - draw[reach]);
        let ln_first = n * libm::log1p(-q);
        if ln_first > LN_SMALL {
            let mut chance = ln_first.exp();
            for (y, place) in sum.iter_mut().enumerate() {
                *place += chance;
                let y = y as f64;
                chance *= (n + y) / (y + 1.0) * q;
            }
        } else {
            let mut ln = ln_first;
            for (y, place) in sum.iter_mut().enumerate() {
                *place += ln.exp();
                let y = y as f64;
                ln += ((n + y) / (y + 1.0) * q).ln();
            }
        }
    }
    let share = 1.0 / draws.len() as f64;
    running(reported, most, sum.into_iter().map(|chance| chance * share))
}

/// The beta negative binomial distribution of the missing, when any number is as likely before.
fn closed((a, b): (f64, f64), reported: f64, most: usize) -> Vec<f64> {
    let n = reported + 1.0;
    let mut ln = ln_gamma(a + n) - ln_gamma(a) + ln_gamma(a + b) - ln_gamma(a + b + n);
    let chance = |y: usize| {
        let here = ln.exp();
        let y = y as f64;
        ln += ((n + y) * (b + y) / ((y + 1.0) * (a + b + n + y))).ln();
        here
    };
    running(reported, most, (0..=most).map(chance))
}

/// The normal distribution around reports over their expected share, cut off at the reports so far.
fn lawless(
    (share, unsure): (f64, f64),
    reported: f64,
    most: usize,
    mode: Mode,
) -> Option<Vec<f64>> {
    if !(reported > 0.0 && share > 0.0) {
        return (mode == Mode::Peer).then(|| certain(0.0, most));
    }
    let centre = reported / share;
    let sd = (reported * (1.0 - share) / (share * share) + centre * centre * unsure).sqrt();
    if !(sd > 0.0) {
        return Some(certain(reported, most));
    }
    let below = |x: f64| normal::cdf((x - centre) / sd);
    let cut = below(reported);
    let upto = |n: usize| {
        let n = n as f64;
        if n < reported {
            return 0.0;
        }
        match mode {
            Mode::Published => (below(n) - cut) / (1.0 - cut),
            Mode::Peer => below(n) / (1.0 - cut),
        }
    };
    Some((0..=most).map(upto).collect())
}
