//! Records of delays whose ends are known as windows, and the fits to them.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::Mode;
use crate::numbers::quadrature;
use crate::numbers::random::Stream;

use super::duration::Duration;
use super::likelihood::{Family, Fit, Likelihood, Of};

/// Two windows: the first event lies in one, the second in the other. A window of no length is a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doubly {
    /// From when to when the first event may have been.
    pub first: (f64, f64),
    /// From when to when the second may have been.
    pub second: (f64, f64),
}

/// One window: the delay lies above the first number and up to the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Within {
    /// Nothing: any shorter delay is possible.
    pub left: Option<f64>,
    /// Nothing: any longer delay is possible.
    pub right: Option<f64>,
}

/// A delay counted in whole steps and seen only because it was short enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truncated {
    /// Ends of the window of the second event, from the begin of the window of the first.
    pub window: (f64, f64),
    /// Length of the window of the first event.
    pub primary: f64,
    /// The end of observation, from the begin of the window of the first event; infinite for none.
    pub end: f64,
}

/// Records of one kind, ready for fits.
#[derive(Debug, Clone)]
pub struct Records(Likelihood);

fn bad(row: usize, what: &str) -> NotEstimated {
    NotEstimated::because(Why::OutsideDomain, format!("in record {row} {what}"))
}

/// Parts of the chance that a delay between an even first moment in `primary` and a second lies in a window.
fn even((left, right): (f64, f64), primary: f64) -> Vec<(Of, f64, f64)> {
    if primary > 0.0 {
        let share = 1.0 / primary;
        vec![
            (Of::Integral, right, share),
            (Of::Integral, right - primary, -share),
            (Of::Integral, left, -share),
            (Of::Integral, left - primary, share),
        ]
    } else {
        vec![(Of::Probability, right, 1.0), (Of::Probability, left, -1.0)]
    }
}

impl Records {
    /// Records with a window for each of both events.
    ///
    /// - Quantity: distribution of a delay, for instance the incubation period.
    /// - Method: maximum likelihood; the first event is even over its window, and both windows are integrated in closed
    ///   form: the integral of the distribution function at the four differences of their ends.
    /// - Units: any unit of time in; the same out.
    /// - Interval: 95 %, estimate and t quantile times standard error, or the quantiles of resampled fits.
    /// - Assumes: delays are independent of the windows' lengths; nothing was left out because its delay was long.
    /// - Do not use: while an outbreak grows and only finished delays are known: see [`Records::truncated`].
    /// - Source: Reich and others 2009; Lauer and others 2020.
    /// - Differs from source: not; the chances are those of the second window times the length of the first.
    /// - Checked by: the reference folder `delay_doubly_censored`.
    pub fn doubly(records: &[Doubly]) -> Estimated<Self> {
        let mut all = Likelihood::default();
        for (row, record) in records.iter().enumerate() {
            let ((el, er), (sl, sr)) = (record.first, record.second);
            if ![el, er, sl, sr].iter().all(|t| t.is_finite()) || el > er || sl > sr {
                return Err(bad(row + 1, "a window is not two moments in order"));
            }
            if sr <= el {
                return Err(bad(
                    row + 1,
                    "the second event is over before the first can begin",
                ));
            }
            let middle = 0.5 * (sl + sr - el - er);
            if er > el && sr > sl {
                // Not divided by the length of the first window, as in the source.
                let parts = [
                    (Of::Integral, sr - el, 1.0),
                    (Of::Integral, sr - er, -1.0),
                    (Of::Integral, sl - el, -1.0),
                    (Of::Integral, sl - er, 1.0),
                ];
                all.push(&parts, None, middle);
            } else if er > el || sr > sl {
                let parts = [
                    (Of::Probability, sr - el, 1.0),
                    (Of::Probability, sl - er, -1.0),
                ];
                all.push(&parts, None, middle);
            } else {
                all.push(&[(Of::Density, sr - el, 1.0)], None, middle);
            }
        }
        Ok(Self(all))
    }

    /// Records with a window for the delay itself.
    ///
    /// - Quantity: distribution of a delay known up to an interval.
    /// - Method: maximum likelihood.
    /// - Units: any unit of time.
    /// - Interval: standard errors from the observed information; 95 % with the t quantile, or resampled fits.
    /// - Assumes: the interval was not chosen by the delay.
    /// - Do not use: when both events are dated to the day and delays are short: see [`Records::truncated`], whose
    ///   windows tell which part of the interval is likelier.
    /// - Source: Turnbull 1976.
    /// - Differs from source: a parametric family in place of steps.
    /// - Checked by: the reference folder `delay_interval_censored_fit`.
    pub fn within(records: &[Within]) -> Estimated<Self> {
        let mut all = Likelihood::default();
        for (row, record) in records.iter().enumerate() {
            let left = record.left.unwrap_or(0.0).max(0.0);
            let right = record.right.unwrap_or(f64::INFINITY);
            if !left.is_finite() || right.is_nan() || left > right || right <= 0.0 {
                return Err(bad(
                    row + 1,
                    "the delay is negative, or the interval ends before it begins",
                ));
            }
            if left < right {
                let parts = [(Of::Probability, right, 1.0), (Of::Probability, left, -1.0)];
                let rough = match right.is_finite() {
                    true => 0.5 * (left + right),
                    false => 1.5 * left,
                };
                all.push(&parts, None, rough);
            } else {
                all.push(&[(Of::Density, left, 1.0)], None, left);
            }
        }
        Ok(Self(all))
    }

    /// Records dated to the day of which those with long delays are not known yet.
    ///
    /// - Quantity: distribution of a delay while it is still growing out of sight.
    /// - Method: maximum likelihood of the chance of the day, given that the delay ended before the end of observation;
    ///   the first event is even over its window, integrated in closed form.
    /// - Units: any unit of time.
    /// - Interval: as [`Records::within`].
    /// - Assumes: the first event is even over its window (with fast growth it is not); every delay that ended is known.
    /// - Do not use: when the longest delays cannot have been seen at all: the tail is then an assumption.
    /// - Source: Park and others 2024; Charniga and others 2024.
    /// - Differs from source: not.
    /// - Checked by: the reference folder `delay_right_truncated_fit`.
    pub fn truncated(records: &[Truncated]) -> Estimated<Self> {
        let mut all = Likelihood::default();
        for (row, record) in records.iter().enumerate() {
            let (left, right) = record.window;
            let ordered = left < right && left.is_finite() && right.is_finite();
            if !ordered || right <= 0.0 || !(record.primary >= 0.0 && record.primary.is_finite()) {
                return Err(bad(
                    row + 1,
                    "a window is not two moments in order, or the delay is negative",
                ));
            }
            if !(record.end >= right) {
                return Err(bad(
                    row + 1,
                    "the second event lies after the end of observation",
                ));
            }
            let seen = record
                .end
                .is_finite()
                .then(|| seen(record.end, record.primary));
            let rough = 0.5 * (left + right - record.primary);
            all.push(&even(record.window, record.primary), seen.as_deref(), rough);
        }
        Ok(Self(all))
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The log likelihood of a distribution; minus infinity when it makes a record impossible.
    pub fn log_likelihood(&self, distribution: Duration) -> f64 {
        self.0.log(distribution)
    }

    /// The likeliest member of a family.
    pub fn fit(&self, family: Family) -> Estimated<Fit> {
        self.0.fit(family)
    }

    /// Fits to `n` samples of as many records, drawn with replacement: each from stream `seed`, `delay`, its number.
    /// Samples without a fit are left out.
    pub fn resampled(&self, fit: &Fit, n: usize, seed: u64) -> Vec<Fit> {
        let one = |replicate: usize| {
            let mut stream = Stream::new(seed, "delay", replicate as u64);
            let mut times = vec![0.0; self.len()];
            for _ in 0..self.len() {
                times[stream.below(self.len())] += 1.0;
            }
            self.0.refit(fit, &times).ok()
        };
        (0..n).filter_map(one).collect()
    }
}

/// Parts of the chance of ending before `end`.
fn seen(end: f64, primary: f64) -> Vec<(Of, f64, f64)> {
    if primary > 0.0 {
        vec![
            (Of::Integral, end, 1.0 / primary),
            (Of::Integral, end - primary, -1.0 / primary),
        ]
    } else {
        vec![(Of::Probability, end, 1.0)]
    }
}

/// The window from which the reference program integrates a Weibull distribution by numbers.
const PEER_WINDOW_MAX: f64 = 3.0;

/// The chance of each delay counted in steps, when the first event is even over a window and none is seen after `end`.
///
/// - Quantity: probability that the second event falls in the window `secondary` long that begins `x` after the window
///   of the first.
/// - Method: closed form, as [`Records::truncated`]; over the chance of ending before `end`.
/// - Units: any unit of time; probability.
/// - Interval: none.
/// - Assumes: as [`Records::truncated`].
/// - Do not use: with windows so long that the first event is not even over them.
/// - Source: Park and others 2024.
/// - Differs from source: [`Mode::Published`] a closed form in place of numerical integration. [`Mode::Peer`]: the
///   integral of a Weibull distribution over a window above 3 is found by numbers, to six digits.
/// - Checked by: the reference folder `delay_primary_censored_pmf`.
pub fn mass(
    distribution: Duration,
    primary: f64,
    secondary: f64,
    end: f64,
    x: f64,
    mode: Mode,
) -> Estimated<f64> {
    require(distribution.is_sound(), "the delay is not a distribution")?;
    require(
        primary >= 0.0 && secondary > 0.0 && primary.is_finite() && secondary.is_finite(),
        "the window of the first event is negative, or that of the second is not above 0",
    )?;
    require(
        x.is_finite() && x + secondary <= end,
        "the delay ends after the observation",
    )?;
    let numeric = mode == Mode::Peer
        && primary > PEER_WINDOW_MAX
        && matches!(distribution, Duration::Weibull(..));
    let upto = |t: f64| {
        let tolerance = f64::EPSILON.sqrt().sqrt();
        quadrature::adaptive(0.0, primary, tolerance, |u| {
            distribution.probability(t - u).0 / primary
        })
    };
    let sum = |parts: &[(Of, f64, f64)], tail: bool| -> f64 {
        let value = |(of, at, factor): &(Of, f64, f64)| {
            let (below, above) = match of {
                Of::Probability => distribution.probability(*at),
                _ => distribution.integrals(*at),
            };
            let above = if *of == Of::Probability {
                -above
            } else {
                above
            };
            factor * if tail { above } else { below }
        };
        parts.iter().map(value).sum()
    };
    let far = x > distribution.mean();
    if numeric {
        let seen = if end.is_finite() { upto(end) } else { 1.0 };
        return Ok((upto(x + secondary) - upto(x)) / seen);
    }
    let seen = match end.is_finite() {
        true => sum(&seen(end, primary), false),
        false => 1.0,
    };
    Ok(sum(&even((x, x + secondary), primary), far).max(0.0) / seen)
}
