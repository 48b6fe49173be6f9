//! Do neighbouring areas resemble each other? Moran, Geary, Getis and Ord, the same area by area, and rates smoothed by
//! what is usual everywhere or next door.

mod method;

pub use method::METHOD;

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::Mode;
use crate::numbers::normal;

/// Areas with values and neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct Areas {
    /// Cases of every area.
    pub cases: Vec<f64>,
    /// People of every area.
    pub people: Vec<f64>,
    /// The neighbours of every area by position, none twice, never itself.
    pub neighbours: Vec<Vec<usize>>,
}

/// A statistic with what chance gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tested {
    /// The statistic.
    pub value: f64,
    /// Its mean when values fall on areas at random.
    pub mean: f64,
    /// Its variance then.
    pub variance: f64,
}

impl Tested {
    /// Distance from the mean in standard deviations.
    pub fn z(&self) -> f64 {
        (self.value - self.mean) / self.variance.sqrt()
    }
}

/// The statistics of the whole map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Global {
    /// Moran's I; the variance when values fall on areas at random.
    pub moran: Tested,
    /// Its variance when values are normal.
    pub moran_variance_normal: f64,
    /// Geary's C. Below 1 neighbours are alike.
    pub geary: Tested,
    /// Getis and Ord's G.
    pub g: Tested,
    /// Mean rate and variance of rates between areas, by the method of moments.
    pub bayes: (f64, f64),
}

/// The statistics of one area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Local {
    /// Cases per person, drawn towards the mean of all.
    pub towards_all: f64,
    /// Cases per person, drawn towards the mean of the area and its neighbours.
    pub towards_neighbours: f64,
    /// Local Moran's I.
    pub moran: Tested,
    /// Whether the area, and its neighbours, lie above the mean.
    pub high: (bool, bool),
    /// Getis and Ord's G without the area itself, and with it, in standard deviations.
    pub g: (f64, f64),
}

fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.sum()
}

/// What row-standardised or equal weights add up to, as Cliff and Ord need it: all weights, S1, S2.
fn weight_sums(neighbours: &[Vec<usize>], weight: impl Fn(usize) -> f64) -> [f64; 3] {
    let (mut s0, mut s1) = (0.0, 0.0);
    let mut columns = vec![0.0; neighbours.len()];
    let mut rows = vec![0.0; neighbours.len()];
    for (i, list) in neighbours.iter().enumerate() {
        for j in list {
            s0 += weight(i);
            rows[i] += weight(i);
            columns[*j] += weight(i);
            let back = if neighbours[*j].contains(&i) {
                weight(*j)
            } else {
                0.0
            };
            // A pair with both directions is met twice, one with a single direction once.
            let pair = (weight(i) + back).powi(2);
            s1 += if back > 0.0 { pair / 2.0 } else { pair };
        }
    }
    [
        s0,
        s1,
        sum(rows.iter().zip(&columns).map(|(r, c)| (r + c) * (r + c))),
    ]
}

/// Tests the values of a map for resemblance of neighbours.
///
/// - Quantity: Moran's I, Geary's C (weights of an area's neighbours add up to 1), Getis and Ord's G (weights 1); for every area
///   local I, G, G with itself, and empirical Bayes rates.
/// - Method: moments of the statistics when the values are given to areas at random (Cliff, Ord 1981; Getis, Ord 1992); local I
///   under the condition that the area keeps its value (Sokal, Oden, Thomson 1998); Bayes rates by moments (Marshall 1991).
/// - Units: `values` in any unit; Bayes rates are cases per person.
/// - Interval: none; every statistic carries mean and variance.
/// - Assumes: values are comparable between areas; every area has a neighbour.
/// - Do not use: for raw rates of small areas, whose spread differs (smooth first); many local tests find something by chance.
/// - Source: Moran 1950; Geary 1954; Getis, Ord 1992; Anselin 1995; Marshall 1991.
/// - Differs from source: [`Mode::Published`] not. [`Mode::Peer`]: the local variance compares the rate of every neighbour with the
///   mean around that neighbour, not around the area.
/// - Checked by: the reference folder `spatial_autocorrelation`; permutation of values.
pub fn autocorrelation(
    areas: &Areas,
    values: &[f64],
    mode: Mode,
) -> Estimated<(Global, Vec<Local>)> {
    let n = values.len();
    let same = areas.cases.len() == n && areas.people.len() == n && areas.neighbours.len() == n;
    require(same, "areas, values and neighbours do not fit together")?;
    if n < 4 {
        return Err(NotEstimated::because(
            Why::TooLittle,
            "there are fewer than four areas",
        ));
    }
    let finite = |list: &[f64]| list.iter().all(|v| v.is_finite() && *v >= 0.0);
    require(
        finite(values)
            && finite(&areas.cases)
            && areas.people.iter().all(|p| p.is_finite() && *p > 0.0),
        "a value is negative or not a number, or an area has no people",
    )?;
    let inside = |(i, list): (usize, &Vec<usize>)| list.iter().all(|j| *j < n && *j != i);
    require(
        areas.neighbours.iter().enumerate().all(inside),
        "an area is its own neighbour or none",
    )?;
    require(
        areas
            .neighbours
            .iter()
            .all(|list| !list.is_empty() && list.len() < n - 1),
        "an area has no neighbour, or all others are neighbours",
    )?;
    let mean = sum(values.iter().copied()) / n as f64;
    let z: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let squares = sum(z.iter().map(|z| z * z));
    if !(squares > 1e-24 * mean * mean * n as f64) {
        return Err(NotEstimated::because(
            Why::NoVariation,
            "all areas have the same value",
        ));
    }
    let all: Vec<usize> = (0..n).collect();
    let bayes = moments(areas, &all, |_, mean| mean);
    let global = Global {
        bayes,
        ..of_map(areas, values, &z, squares)
    };
    let local = (0..n)
        .map(|i| of_area(areas, values, &z, i, bayes, mode))
        .collect();
    Ok((global, local))
}

fn of_map(areas: &Areas, values: &[f64], z: &[f64], squares: f64) -> Global {
    let n = values.len() as f64;
    let row = |i: usize| 1.0 / areas.neighbours[i].len() as f64;
    let [s0, s1, s2] = weight_sums(&areas.neighbours, row);
    let pairs = || {
        let lists = areas.neighbours.iter().enumerate();
        lists.flat_map(|(i, list)| list.iter().map(move |j| (i, *j)))
    };
    let fourth = sum(z.iter().map(|z| z.powi(4)));
    let kurtosis = n * fourth / (squares * squares);
    let mean = -1.0 / (n - 1.0);
    let moran = n / s0 * sum(pairs().map(|(i, j)| row(i) * z[i] * z[j])) / squares;
    let normal = (n * n * s1 - n * s2 + 3.0 * s0 * s0) / (s0 * s0 * (n * n - 1.0)) - mean * mean;
    let at_random = n * ((n * n - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s0 * s0)
        - kurtosis * (n * (n - 1.0) * s1 - 2.0 * n * s2 + 6.0 * s0 * s0);
    let at_random = at_random / ((n - 1.0) * (n - 2.0) * (n - 3.0) * s0 * s0) - mean * mean;
    let unlike = sum(pairs().map(|(i, j)| row(i) * (z[i] - z[j]).powi(2)));
    let geary = (n - 1.0) / (2.0 * s0) * unlike / squares;
    let of_geary = (n - 1.0) * s1 * (n * n - 3.0 * n + 3.0 - kurtosis * (n - 1.0))
        - 0.25 * (n - 1.0) * s2 * (n * n + 3.0 * n - 6.0 - kurtosis * (n * n - n + 2.0))
        + s0 * s0 * (n * n - 3.0 - kurtosis * (n - 1.0) * (n - 1.0));
    let of_geary = of_geary / (n * (n - 2.0) * (n - 3.0) * s0 * s0);
    Global {
        moran: Tested {
            value: moran,
            mean,
            variance: at_random,
        },
        moran_variance_normal: normal,
        geary: Tested {
            value: geary,
            mean: 1.0,
            variance: of_geary,
        },
        g: of_g(areas, values),
        bayes: (0.0, 0.0),
    }
}

fn of_g(areas: &Areas, values: &[f64]) -> Tested {
    let n = values.len() as f64;
    let [s0, s1, s2] = weight_sums(&areas.neighbours, |_| 1.0);
    let power = |p: i32| sum(values.iter().map(|v| v.powi(p)));
    let [m1, m2, m3, m4] = [1, 2, 3, 4].map(power);
    let lists = areas.neighbours.iter().enumerate();
    let close = sum(lists.map(|(i, list)| values[i] * sum(list.iter().map(|j| values[*j]))));
    let value = close / (m1 * m1 - m2);
    let mean = s0 / (n * (n - 1.0));
    let b0 = (n * n - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s0 * s0;
    let b1 = -((n * n - n) * s1 - 2.0 * n * s2 + 6.0 * s0 * s0);
    let b2 = -(2.0 * n * s1 - (n + 3.0) * s2 + 6.0 * s0 * s0);
    let b3 = 4.0 * (n - 1.0) * s1 - 2.0 * (n + 1.0) * s2 + 8.0 * s0 * s0;
    let b4 = s1 - s2 + s0 * s0;
    let above = b0 * m2 * m2 + b1 * m4 + b2 * m1 * m1 * m2 + b3 * m1 * m3 + b4 * m1.powi(4);
    let below = (m1 * m1 - m2).powi(2) * n * (n - 1.0) * (n - 2.0) * (n - 3.0);
    Tested {
        value,
        mean,
        variance: above / below - mean * mean,
    }
}

/// Mean and variance between areas of the rates of some areas (Marshall 1991). `centre` is what the rate of an area is
/// compared with, by position and common mean.
fn moments(areas: &Areas, which: &[usize], centre: impl Fn(usize, f64) -> f64) -> (f64, f64) {
    let people = sum(which.iter().map(|i| areas.people[*i]));
    let mean = sum(which.iter().map(|i| areas.cases[*i])) / people;
    let off = |i: usize| areas.cases[i] / areas.people[i] - centre(i, mean);
    let spread = sum(which.iter().map(|i| areas.people[*i] * off(*i) * off(*i)));
    let variance = spread / people - mean / (people / which.len() as f64);
    (mean, variance)
}

/// An area with its neighbours.
fn around(areas: &Areas, i: usize) -> Vec<usize> {
    areas.neighbours[i].iter().copied().chain([i]).collect()
}

/// Mean and variance of the rates around an area.
fn moments_around(areas: &Areas, i: usize, mode: Mode) -> (f64, f64) {
    let mean_around = |j: usize| {
        let which = around(areas, j);
        let cases = sum(which.iter().map(|k| areas.cases[*k]));
        cases / sum(which.iter().map(|k| areas.people[*k]))
    };
    moments(areas, &around(areas, i), |j, mean| match mode {
        Mode::Published => mean,
        Mode::Peer => mean_around(j),
    })
}

/// A rate drawn towards a mean by how little its own people say.
fn drawn(areas: &Areas, i: usize, (mean, variance): (f64, f64)) -> f64 {
    let variance = variance.max(0.0);
    let own = areas.cases[i] / areas.people[i];
    let weight = variance / (variance + mean / areas.people[i]);
    if weight.is_finite() {
        mean + (own - mean) * weight
    } else {
        mean
    }
}

fn of_area(
    areas: &Areas,
    values: &[f64],
    z: &[f64],
    i: usize,
    bayes: (f64, f64),
    mode: Mode,
) -> Local {
    let n = values.len() as f64;
    let list = &areas.neighbours[i];
    let k = list.len() as f64;
    let squares = sum(z.iter().map(|z| z * z));
    let m2 = squares / n;
    let lag = sum(list.iter().map(|j| z[*j])) / k;
    // The area keeps its value, the others are exchanged.
    let moran = Tested {
        value: z[i] / m2 * lag,
        mean: -z[i] * z[i] / ((n - 1.0) * m2),
        variance: (z[i] / m2).powi(2)
            * (n / (n - 2.0))
            * (1.0 / k - 1.0 / (n - 1.0))
            * (m2 - z[i] * z[i] / (n - 1.0)),
    };
    let standard = |sum_of: f64, w: f64, mean: f64, variance: f64, of: f64| {
        (sum_of - w * mean) / (variance * (of * w - w * w) / (of - 1.0)).sqrt()
    };
    let near = sum(list.iter().map(|j| values[*j]));
    let all = sum(values.iter().copied());
    let others = (all - values[i]) / (n - 1.0);
    let spread =
        (sum(values.iter().map(|v| v * v)) - values[i] * values[i]) / (n - 1.0) - others * others;
    let near_too = standard(near + values[i], k + 1.0, all / n, m2, n);
    Local {
        towards_all: drawn(areas, i, bayes),
        towards_neighbours: drawn(areas, i, moments_around(areas, i, mode)),
        moran,
        high: (z[i] > 0.0, lag > 0.0),
        g: (standard(near, k, others, spread, n - 1.0), near_too),
    }
}

/// The chance of a value as far from the mean on both sides.
pub fn two_sided(z: f64) -> f64 {
    2.0 * normal::cdf(-z.abs())
}

#[cfg(test)]
mod tests;
