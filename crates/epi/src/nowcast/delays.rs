//! What a reporting triangle says about delays.

use crate::answer::{Estimated, NotEstimated, Why};
use crate::numbers::random::Stream;

use super::triangle::Triangle;

/// How delays are learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learn {
    /// As if every delay had had time to end: short ones weigh too much.
    AsSeen,
    /// Each delay among those events that had time for it.
    Truncated,
    /// As [`Learn::Truncated`] without a prior.
    ReverseTime,
}

/// The weight of every delay before anything is seen.
const PRIOR: f64 = 0.1;

/// Counts that the estimates of delays rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct Delays {
    learn: Learn,
    /// Reports with each delay.
    exact: Vec<f64>,
    /// Reports with at most this delay, of events that had time for it.
    upto: Vec<f64>,
}

impl Delays {
    /// Counts the events of the last `window` days (all when there is none).
    pub fn learn(triangle: &Triangle, learn: Learn, window: Option<usize>) -> Estimated<Self> {
        let longest = triangle.longest();
        let from = window.map_or(0, |m| triangle.last().saturating_sub(m));
        let (mut exact, mut upto) = (vec![0.0; longest + 1], vec![0.0; longest + 1]);
        for day in from..triangle.counts.len() {
            let mut sum = 0.0;
            for delay in 0..=triangle.reach(day) {
                let n = triangle.counts[day][delay];
                sum += n;
                exact[delay] += n;
                upto[delay] += sum;
            }
        }
        if exact.iter().sum::<f64>() > 0.0 {
            Ok(Self { learn, exact, upto })
        } else {
            Err(NotEstimated::because(
                Why::NoData,
                "no report of the days in the window has come, so that nothing is known of delays",
            ))
        }
    }

    /// Parameters of the beta distribution of the chance that a delay, among those not longer, is exactly this long.
    fn last_step(&self, delay: usize) -> (f64, f64) {
        (
            self.exact[delay] + PRIOR,
            self.upto[delay] - self.exact[delay] + PRIOR * delay as f64,
        )
    }

    /// The beta distribution of the chance of a delay of at most this, when learned as seen.
    pub fn as_seen(&self, delay: usize) -> (f64, f64) {
        let weight = |counts: &[f64]| counts.iter().map(|n| n + PRIOR).sum();
        (
            weight(&self.exact[..=delay]),
            weight(&self.exact[delay + 1..]),
        )
    }

    /// The expected chance of a delay of at most 0, 1, 2, … days.
    pub fn distribution(&self) -> Vec<f64> {
        let longest = self.exact.len() - 1;
        if self.learn == Learn::AsSeen {
            return (0..=longest)
                .map(|delay| {
                    let (a, b) = self.as_seen(delay);
                    a / (a + b)
                })
                .collect();
        }
        let stay = |delay: usize| match self.learn {
            Learn::ReverseTime if self.upto[delay] > 0.0 => {
                1.0 - self.exact[delay] / self.upto[delay]
            }
            Learn::ReverseTime => 1.0,
            _ => {
                let (a, b) = self.last_step(delay);
                b / (a + b)
            }
        };
        backwards(longest, stay)
    }

    /// The variance of the logarithm of each chance in that distribution, by the formula of Greenwood.
    pub fn log_variance(&self) -> Vec<f64> {
        let longest = self.exact.len() - 1;
        let mut variance = vec![0.0; longest + 1];
        for delay in (1..=longest).rev() {
            let (exact, upto) = (self.exact[delay], self.upto[delay]);
            let step = match upto * (upto - exact) {
                under if under > 0.0 => exact / under,
                _ => 0.0,
            };
            variance[delay - 1] = variance[delay] + step;
        }
        variance
    }

    /// One draw of that distribution.
    pub fn draw(&self, stream: &mut Stream) -> Vec<f64> {
        let longest = self.exact.len() - 1;
        if self.learn == Learn::AsSeen {
            let parts: Vec<f64> = self.exact.iter().map(|n| stream.gamma(n + PRIOR)).collect();
            let total: f64 = parts.iter().sum();
            let mut sum = 0.0;
            let mut upto: Vec<f64> = parts
                .iter()
                .map(|part| {
                    sum += part;
                    sum / total
                })
                .collect();
            upto[longest] = 1.0;
            return upto;
        }
        backwards(longest, |delay| {
            let (a, b) = self.last_step(delay);
            let (x, y) = (stream.gamma(a), stream.gamma(b));
            if x + y > 0.0 { y / (x + y) } else { 0.5 }
        })
    }
}

/// Chances of at most each delay from the chances of being shorter than it given at most it.
fn backwards(longest: usize, mut shorter: impl FnMut(usize) -> f64) -> Vec<f64> {
    let mut upto = vec![1.0; longest + 1];
    for delay in (1..=longest).rev() {
        upto[delay - 1] = upto[delay] * shorter(delay);
    }
    upto
}
