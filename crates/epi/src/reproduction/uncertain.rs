//! R(t) when the serial interval itself is uncertain: a mixture over drawn intervals.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::numbers::random::Stream;
use crate::numbers::{gamma, roots};
use crate::table::{Cell, Sheet, SheetSpec};

use super::cori::{self, COLUMNS, LEVELS, Prior};
use super::incidence::{Incidence, windows};
use super::interval;

/// A normal distribution cut at both ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truncated {
    /// Mean before cutting.
    pub mean: f64,
    /// Standard deviation before cutting.
    pub sd: f64,
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
}

/// LIMIT: rejected draws in a row before a distribution counts as impossible.
const REJECTED_MAX: usize = 100_000;

impl Truncated {
    fn draw(self, stream: &mut Stream) -> Option<f64> {
        let mut draws = (0..REJECTED_MAX).map(|_| self.mean + self.sd * stream.normal());
        draws.find(|x| *x > self.low && *x < self.high)
    }
}

/// R of a window, over all drawn intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mixture {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Quantiles at [`LEVELS`].
    pub quantiles: [f64; LEVELS.len()],
}

/// Estimates R in windows with `draws` serial intervals from two truncated normal distributions.
///
/// - Quantity: as [`cori::estimate`], averaged over what is not known of the interval.
/// - Method: mean and standard deviation of the interval are drawn independently; each gives a gamma posterior. In a
///   window all posteriors have one shape and differ in scale only, so mean, spread and quantiles of their mixture are
///   computed, not sampled.
/// - Units: days and cases in; R has none.
/// - Interval: quantiles of the mixture at [`LEVELS`].
/// - Assumes: as [`cori::estimate`], but for the interval.
/// - Do not use: as [`cori::estimate`].
/// - Source: Cori and others 2013; Thompson and others 2019.
/// - Differs from source: the source draws from each posterior as well; this is the limit of many such draws.
/// - Checked by: the reference folder `rt_uncertain_si`.
pub fn estimate(
    incidence: &Incidence,
    (mean, sd): (Truncated, Truncated),
    prior: Prior,
    windows: &[(usize, usize)],
    draws: usize,
    seed: u64,
) -> Estimated<Vec<Estimated<Mixture>>> {
    require(draws > 0, "no interval was to be drawn")?;
    require(
        mean.low >= 1.0 && sd.low >= 0.0,
        "the mean interval may be below a day or its spread below 0",
    )?;
    let days = incidence.local.len();
    let total = incidence.total();
    let mut shapes = vec![f64::NAN; windows.len()];
    let mut scales: Vec<Vec<f64>> = vec![Vec::with_capacity(draws); windows.len()];
    for n in 0..draws {
        let mut stream = Stream::new(seed, "serial-interval", n as u64);
        let drawn = mean.draw(&mut stream).zip(sd.draw(&mut stream));
        let Some((mean, sd)) = drawn else {
            return Err(NotEstimated::because(
                Why::OutsideDomain,
                "the limits of the interval leave nothing to draw",
            ));
        };
        let w = interval::discretised(mean, sd, days.saturating_sub(1))?;
        let lambda = cori::infectiousness(&total, &w);
        let found = cori::posteriors(incidence, &lambda, mean, prior, windows);
        for (at, posterior) in found.into_iter().enumerate() {
            if let Ok(posterior) = posterior {
                shapes[at] = posterior.shape;
                scales[at].push(posterior.scale);
            }
        }
    }
    Ok(shapes
        .into_iter()
        .zip(scales)
        .map(|(shape, scales)| mixture(shape, scales))
        .collect())
}

fn mixture(shape: f64, mut scales: Vec<f64>) -> Estimated<Mixture> {
    if scales.is_empty() {
        return Err(NotEstimated::because(
            Why::TooLittle,
            "the window ends within every drawn interval",
        ));
    }
    let n = scales.len() as f64;
    let mean_scale = scales.iter().sum::<f64>() / n;
    let mean_square = scales.iter().map(|s| s * s).sum::<f64>() / n;
    let mean = shape * mean_scale;
    let variance = shape * mean_square + shape * shape * (mean_square - mean_scale * mean_scale);
    scales.sort_by(f64::total_cmp);
    let curve = Curve::of(shape);
    let inverse: Vec<f64> = scales.iter().map(|s| 1.0 / s).collect();
    let quantiles = LEVELS.map(|p| {
        let start = curve.quantile(p) * mean_scale;
        roots::monotone(start, 0.0, f64::INFINITY, |x| {
            let (mut below, mut slope) = (0.0, 0.0);
            for rate in &inverse {
                let (f, d) = curve.at(x * rate);
                below += f;
                slope += d * rate;
            }
            (below / n - p, slope / n)
        })
    });
    Ok(Mixture {
        mean,
        sd: variance.max(0.0).sqrt(),
        quantiles,
    })
}

/// The gamma integral of one shape on a grid, with cubics between that meet value and slope.
struct Curve {
    low: f64,
    step: f64,
    points: Vec<(f64, f64)>,
    shape: f64,
}

/// Pieces of the curve: enough for an error far below that of drawing.
const PIECES: usize = 256;

impl Curve {
    fn of(shape: f64) -> Self {
        let low = gamma::quantile(1e-9, shape);
        let high = gamma::quantile(1.0 - 1e-9, shape);
        let step = (high - low) / PIECES as f64;
        let point = |i: usize| {
            let x = low + i as f64 * step;
            (gamma::incomplete(shape, x).0, gamma::pdf(x, shape, 1.0))
        };
        Self {
            low,
            step,
            points: (0..=PIECES).map(point).collect(),
            shape,
        }
    }

    fn quantile(&self, p: f64) -> f64 {
        let at = self.points.partition_point(|(f, _)| *f < p);
        self.low + at as f64 * self.step
    }

    fn at(&self, x: f64) -> (f64, f64) {
        let place = (x - self.low) / self.step;
        if place < 0.0 {
            return (
                gamma::incomplete(self.shape, x).0,
                gamma::pdf(x, self.shape, 1.0),
            );
        }
        let at = crate::numbers::whole(place.floor()).unwrap_or(PIECES);
        let (Some((f0, d0)), Some((f1, d1))) = (self.points.get(at), self.points.get(at + 1))
        else {
            return (1.0, 0.0);
        };
        let u = place - at as f64;
        let (a, b) = (d0 * self.step, d1 * self.step);
        let rise = f1 - f0;
        let (c2, c3) = (3.0 * rise - 2.0 * a - b, a + b - 2.0 * rise);
        let f = f0 + u * (a + u * (c2 + u * c3));
        let d = (a + u * (2.0 * c2 + 3.0 * u * c3)) / self.step;
        (f, d)
    }
}

/// The estimate with an uncertain interval by name.
pub const METHOD: Method = Method {
    function: "estimate_r_uncertain_si",
    title: "R(t) after Cori when mean and spread of the serial interval are uncertain",
    page: "rt_uncertain_si",
    input: Some("incidence"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "r",
    columns: &[
        "t_start", "t_end", "mean", "sd", "q0.025", "q0.05", "q0.25", "median", "q0.75", "q0.95",
        "q0.975", "stat",
    ],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let incidence = Incidence::read(call)?;
    let p = &call.params;
    let truncated = |mean: &str, sd: &str, low: &str, high: &str| -> Result<Truncated, Refused> {
        Ok(Truncated {
            mean: p.number(mean)?,
            sd: p.number(sd)?,
            low: p.number(low)?,
            high: p.number(high)?,
        })
    };
    let mean = truncated("mean_si", "std_mean_si", "min_mean_si", "max_mean_si")?;
    let sd = truncated("std_si", "std_std_si", "min_std_si", "max_std_si")?;
    let windows = windows(p, incidence.local.len())?;
    // Draws within a posterior: their limit is computed, so any number of them gives the same.
    if p.whole_or("n2", 1)? == 0 {
        return p.refuse("n2", "is 0");
    }
    let draws = p.whole_or("n1", 1000)?.min(1_000_000);
    let found = estimate(
        &incidence,
        (mean, sd),
        Prior::read(p)?,
        &windows,
        draws,
        call.seed,
    )?;
    let mut rows = Vec::with_capacity(windows.len());
    for ((start, end), mixture) in windows.iter().zip(found) {
        let mut row = vec![Cell::whole(*start), Cell::whole(*end)];
        match mixture {
            Ok(mixture) => {
                row.extend([mixture.mean.into(), mixture.sd.into()]);
                row.extend(mixture.quantiles.map(Cell::from));
            }
            Err(_) => row.resize(COLUMNS.len(), Cell::Missing),
        }
        row.push("mean_over_seeds".into());
        rows.push(row);
    }
    Ok(vec![Sheet { spec: &SHEET, rows }])
}
