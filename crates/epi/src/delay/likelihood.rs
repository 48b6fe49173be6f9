//! The likelihood that the delay fits share: every record is a sum of few values of one distribution.
//!
//! The chance of a record whose two events lie in windows is a combination of the distribution function, or of its
//! integral, at the differences between the ends of the windows. Records share most of those differences (dates are
//! whole days), so the functions are computed once at each, however many records there are, and resampled records are
//! nothing but other weights.

use std::collections::BTreeMap;

use crate::answer::{Estimated, NotEstimated, Why, require};

use super::duration::Duration;

/// A family of distributions with two parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Mean and standard deviation of the logarithm.
    Lognormal,
    /// Shape and scale.
    Gamma,
    /// Shape and scale.
    Weibull,
}

impl Family {
    /// The member with these parameters.
    pub const fn of(self, first: f64, second: f64) -> Duration {
        match self {
            Self::Lognormal => Duration::Lognormal(first, second),
            Self::Gamma => Duration::Gamma(first, second),
            Self::Weibull => Duration::Weibull(first, second),
        }
    }

    /// The member at a point of the search: a location, and the logarithm of a spread or a shape, which are nearly
    /// independent of each other.
    fn at(self, [place, spread]: [f64; 2]) -> Duration {
        let spread = spread.exp();
        match self {
            Self::Lognormal => Duration::Lognormal(place, spread),
            Self::Gamma => Duration::Gamma(spread, place.exp() / spread),
            Self::Weibull => Duration::Weibull(spread, place.exp()),
        }
    }

    /// Derivatives of the parameters by the coordinates of the search, row by row.
    fn slopes(self, point: [f64; 2]) -> [[f64; 2]; 2] {
        match (self, self.at(point)) {
            (_, Duration::Lognormal(_, s)) => [[1.0, 0.0], [0.0, s]],
            (_, Duration::Gamma(shape, scale)) => [[0.0, shape], [scale, -scale]],
            (_, Duration::Weibull(shape, scale)) => [[0.0, shape], [scale, 0.0]],
        }
    }

    /// A point to start from, from the mean and standard deviation of logarithms of delays.
    fn start(self, mean: f64, sd: f64) -> [f64; 2] {
        let sd = sd.clamp(0.1, 2.0);
        match self {
            Self::Lognormal => [mean, sd.ln()],
            Self::Gamma => [mean + 0.5 * sd * sd, -2.0 * sd.ln()],
            Self::Weibull => [mean + 0.45 * sd, (1.28 / sd).ln()],
        }
    }

    /// Ends of the second coordinate: beyond them all delays are the same, or spread over more than is known.
    const fn ends(self) -> (f64, f64) {
        match self {
            Self::Lognormal => (-7.0, 4.0),
            Self::Gamma => (-6.0, 14.0),
            Self::Weibull => (-4.0, 7.0),
        }
    }
}

/// A function of the distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    /// The density.
    Density,
    /// The distribution function.
    Probability,
    /// Its integral from 0.
    Integral,
}

/// A sum of values with factors.
#[derive(Debug, Clone)]
struct Term {
    parts: Vec<(usize, f64)>,
    /// Whether the same sum of the upper tails gives the same value.
    balanced: bool,
}

/// Records as sums of values of a distribution.
#[derive(Debug, Clone, Default)]
pub(super) struct Likelihood {
    places: Vec<(Of, f64)>,
    known: BTreeMap<(Of, u64), usize>,
    terms: Vec<Term>,
    shared: BTreeMap<Vec<(usize, u64)>, usize>,
    /// For each record the term of its chance, and of the chance of being seen at all.
    records: Vec<(usize, Option<usize>)>,
    /// Sum and sum of squares of logarithms of rough delays, to start from.
    rough: (f64, f64),
}

/// Parts of a sum: which function, where, with what factor.
pub(super) type Parts<'a> = &'a [(Of, f64, f64)];

impl Likelihood {
    /// Adds a record: its chance, whose factors balance, the chance of being seen, and about how long it took.
    pub(super) fn push(&mut self, chance: Parts<'_>, seen: Option<Parts<'_>>, rough: f64) {
        let chance = self.term(chance, true);
        let seen = seen.map(|parts| self.term(parts, false));
        self.records.push((chance, seen));
        let ln = rough.max(0.25).ln();
        self.rough.0 += ln;
        self.rough.1 += ln * ln;
    }

    /// The number of records.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    fn term(&mut self, parts: Parts<'_>, balanced: bool) -> usize {
        let mut own: Vec<(usize, f64)> = Vec::with_capacity(parts.len());
        for (of, at, factor) in parts {
            let next = self.places.len();
            let place = *self.known.entry((*of, at.to_bits())).or_insert(next);
            if place == next {
                self.places.push((*of, *at));
            }
            own.push((place, *factor));
        }
        own.sort_by_key(|(place, _)| *place);
        let key = own.iter().map(|(p, f)| (*p, f.to_bits())).collect();
        let next = self.terms.len();
        let at = *self.shared.entry(key).or_insert(next);
        if at == next {
            let balanced = balanced && parts.iter().all(|(of, ..)| *of != Of::Density);
            self.terms.push(Term {
                parts: own,
                balanced,
            });
        }
        at
    }

    /// How often each term counts when each record counts this often.
    fn weights(&self, times: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut weights = vec![0.0; self.terms.len()];
        for ((chance, seen), times) in self.records.iter().zip(times) {
            weights[*chance] += times;
            if let Some(seen) = seen {
                weights[*seen] -= times;
            }
        }
        weights
    }

    /// The log likelihood of a distribution; minus infinity when a record is impossible.
    pub(super) fn log(&self, distribution: Duration) -> f64 {
        let all = self.weights(std::iter::repeat(1.0));
        self.value(distribution, &all, &mut Vec::new())
    }

    fn value(&self, d: Duration, weights: &[f64], values: &mut Vec<(f64, f64)>) -> f64 {
        values.clear();
        values.extend(self.places.iter().map(|(of, at)| match of {
            Of::Density => {
                let f = d.density(*at);
                (f, f)
            }
            Of::Probability => {
                let (below, above) = d.probability(*at);
                (below, -above)
            }
            Of::Integral => d.integrals(*at),
        }));
        let mut sum = 0.0;
        for (term, weight) in self.terms.iter().zip(weights) {
            if *weight == 0.0 {
                continue;
            }
            // The smaller of the two tails loses fewer digits in the differences.
            let (mut low, mut high) = (0.0_f64, 0.0_f64);
            let (mut low_sum, mut high_sum) = (0.0, 0.0);
            for (place, factor) in &term.parts {
                let (below, above) = values[*place];
                low = low.max(below.abs());
                high = high.max(above.abs());
                low_sum += factor * below;
                high_sum += factor * above;
            }
            let chance = if term.balanced && high < low {
                high_sum
            } else {
                low_sum
            };
            if !(chance > 0.0) {
                return f64::NEG_INFINITY;
            }
            sum += weight * chance.ln();
        }
        sum
    }

    /// The likeliest member of a family.
    pub(super) fn fit(&self, family: Family) -> Estimated<Fit> {
        let n = self.len() as f64;
        if self.records.is_empty() {
            return Err(NotEstimated::because(Why::NoData, "there is no record"));
        }
        if self.len() < 3 {
            return Err(NotEstimated::because(
                Why::TooLittle,
                "there are fewer than three records for two parameters",
            ));
        }
        let mean = self.rough.0 / n;
        let sd = (self.rough.1 / n - mean * mean).max(0.0).sqrt();
        let weights = self.weights(std::iter::repeat(1.0));
        self.climb(family, family.start(mean, sd), &weights)
    }

    /// The fit to records drawn again from these, each as often as `times` says.
    pub(super) fn refit(&self, from: &Fit, times: &[f64]) -> Estimated<Fit> {
        self.climb(
            from.family,
            from.point,
            &self.weights(times.iter().copied()),
        )
    }

    /// Newton's steps with numeric derivatives, halved until the likelihood rises.
    fn climb(&self, family: Family, start: [f64; 2], weights: &[f64]) -> Estimated<Fit> {
        let mut buffer = Vec::with_capacity(self.places.len());
        let mut value = |point: [f64; 2]| self.value(family.at(point), weights, &mut buffer);
        let mut point = start;
        // Heavy tails reach records that the first guess thinks impossible.
        for widen in 0..6 {
            point = match family {
                Family::Lognormal => [start[0], start[1] + 0.4 * f64::from(widen)],
                Family::Gamma => [start[0], start[1] - 0.8 * f64::from(widen)],
                Family::Weibull => [start[0], start[1] - 0.4 * f64::from(widen)],
            };
            if value(point).is_finite() {
                break;
            }
        }
        let mut best = value(point);
        require(
            best.is_finite(),
            "a record is impossible for every delay: its second event lies wholly before its first",
        )?;
        let ends = family.ends();
        for _ in 0..STEPS_MAX {
            let (slope, curve) = derivatives(&mut value, point, best);
            let mut step = uphill(slope, curve);
            let size = step[0].abs().max(step[1].abs());
            if size > 1.0 {
                step = [step[0] / size, step[1] / size];
            }
            let mut share = 1.0;
            let mut moved = false;
            while share > 1e-6 {
                let next = [point[0] + share * step[0], point[1] + share * step[1]];
                let reached = value(next);
                if reached >= best {
                    moved = reached > best;
                    (point, best) = (next, reached);
                    break;
                }
                share *= 0.5;
            }
            if point[1] <= ends.0 || point[1] >= ends.1 {
                return Err(NotEstimated::because(
                    Why::NoVariation,
                    "the records do not tell how much delays vary: one delay for all, or any spread, fits them best",
                ));
            }
            if !point[0].is_finite() || point[0].abs() > 25.0 {
                return Err(NotEstimated::because(
                    Why::NotSettled,
                    "the likelihood keeps rising towards delays without end",
                ));
            }
            if size < 1e-7 || !moved {
                return settled(family, point, best, &mut value);
            }
        }
        Err(NotEstimated::because(
            Why::NotSettled,
            "the search for the likeliest delays did not settle",
        ))
    }
}

/// LIMIT: steps of a search; about ten are needed.
const STEPS_MAX: usize = 200;

/// Distance of the points from which derivatives are formed.
const APART: f64 = 5e-4;

/// Slope and curvature of the log likelihood by differences.
fn derivatives(
    value: &mut impl FnMut([f64; 2]) -> f64,
    [a, b]: [f64; 2],
    here: f64,
) -> ([f64; 2], [f64; 3]) {
    let h = APART;
    let (right, left) = (value([a + h, b]), value([a - h, b]));
    let (up, down) = (value([a, b + h]), value([a, b - h]));
    let cross = value([a + h, b + h]) - value([a + h, b - h]) - value([a - h, b + h])
        + value([a - h, b - h]);
    (
        [(right - left) / (2.0 * h), (up - down) / (2.0 * h)],
        [
            (right - 2.0 * here + left) / (h * h),
            cross / (4.0 * h * h),
            (up - 2.0 * here + down) / (h * h),
        ],
    )
}

/// Newton's step where the surface bends down in all directions; along the slope elsewhere.
fn uphill(slope: [f64; 2], [aa, ab, bb]: [f64; 3]) -> [f64; 2] {
    let determinant = aa * bb - ab * ab;
    if aa < 0.0 && bb < 0.0 && determinant > 1e-9 * aa * bb {
        return [
            -(bb * slope[0] - ab * slope[1]) / determinant,
            -(aa * slope[1] - ab * slope[0]) / determinant,
        ];
    }
    [slope[0] / aa.abs().max(1.0), slope[1] / bb.abs().max(1.0)]
}

/// A fitted distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Its family.
    pub family: Family,
    /// The likeliest member.
    pub distribution: Duration,
    /// The log likelihood.
    pub log_likelihood: f64,
    /// Variances of the two parameters and their covariance between: the inverse of the observed information.
    pub covariance: [f64; 3],
    point: [f64; 2],
    spread: [f64; 3],
}

impl Fit {
    /// The standard error of the logarithm of a quantile, by the delta method.
    pub fn quantile_error(&self, p: f64) -> f64 {
        let at = |point: [f64; 2]| self.family.at(point).quantile(p).ln();
        let ([a, b], h) = (self.point, APART);
        let slope = [
            (at([a + h, b]) - at([a - h, b])) / (2.0 * h),
            (at([a, b + h]) - at([a, b - h])) / (2.0 * h),
        ];
        quadratic(self.spread, slope, slope).sqrt()
    }
}

fn quadratic([aa, ab, bb]: [f64; 3], x: [f64; 2], y: [f64; 2]) -> f64 {
    aa * x[0] * y[0] + ab * (x[0] * y[1] + x[1] * y[0]) + bb * x[1] * y[1]
}

fn settled(
    family: Family,
    point: [f64; 2],
    best: f64,
    value: &mut impl FnMut([f64; 2]) -> f64,
) -> Estimated<Fit> {
    let (_, [aa, ab, bb]) = derivatives(value, point, best);
    let determinant = aa * bb - ab * ab;
    if !(aa < 0.0 && bb < 0.0 && determinant > 1e-9 * aa * bb) {
        return Err(NotEstimated::because(
            Why::NoVariation,
            "the records fit a whole range of distributions equally well",
        ));
    }
    let spread = [-bb / determinant, ab / determinant, -aa / determinant];
    let [first, second] = family.slopes(point);
    Ok(Fit {
        family,
        distribution: family.at(point),
        log_likelihood: best,
        covariance: [
            quadratic(spread, first, first),
            quadratic(spread, first, second),
            quadratic(spread, second, second),
        ],
        point,
        spread,
    })
}
