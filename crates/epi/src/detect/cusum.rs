//! Poisson CUSUM: small excesses that add up.

use crate::answer::{Estimated, require};
use crate::call::{Call, Method, Refused};
use crate::detect::season::{self, Season};
use crate::detect::series::{Series, range};
use crate::numbers::summary;
use crate::table::{Cell, Sheet, SheetSpec};

/// How a count is made comparable with a standard normal variable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standardisation {
    /// Over the root of the mean.
    Standard,
    /// The mixture of Rossi and others (1999), formula 4.
    Rossi,
    /// Anscombe's power two thirds.
    Anscombe,
    /// The same with a second term.
    AnscombeSecond,
    /// Over the root of a negative binomial variance with this overdispersion.
    PearsonNegBin(f64),
}

impl Standardisation {
    fn score(self, x: f64, m: f64) -> f64 {
        match self {
            Self::Standard => (x - m) / m.sqrt(),
            Self::Rossi => (x - 3.0 * m + 2.0 * (x * m).sqrt()) / (2.0 * m.sqrt()),
            Self::Anscombe => 1.5 * (x.powf(2.0 / 3.0) - m.powf(2.0 / 3.0)) / m.powf(1.0 / 6.0),
            Self::AnscombeSecond => {
                let centre = m.powf(2.0 / 3.0) - m.powf(-1.0 / 3.0) / 9.0;
                1.5 * (x.powf(2.0 / 3.0) - centre) / m.powf(1.0 / 6.0)
            }
            Self::PearsonNegBin(alpha) => (x - m) / (m + alpha * m * m).sqrt(),
        }
    }

    /// The count whose score is `c`.
    fn count(self, c: f64, m: f64) -> f64 {
        match self {
            Self::Standard => (m + m.sqrt() * c).ceil().max(0.0),
            Self::Rossi => {
                let inner = 4.0 * m + 2.0 * m.sqrt() * c;
                if inner < 0.0 {
                    0.0
                } else {
                    (inner.sqrt() - m.sqrt()).powi(2)
                }
            }
            Self::Anscombe => power(m.powf(2.0 / 3.0) + 2.0 / 3.0 * m.powf(1.0 / 6.0) * c),
            Self::AnscombeSecond => {
                let centre = m.powf(2.0 / 3.0) - m.cbrt() / 9.0;
                power(centre + 2.0 / 3.0 * m.powf(1.0 / 6.0) * c)
            }
            Self::PearsonNegBin(alpha) => (m + (m + alpha * m * m).sqrt() * c).max(0.0),
        }
    }
}

fn power(x: f64) -> f64 {
    x.max(0.0).powf(1.5)
}

/// One judged step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The path after this step.
    pub cusum: f64,
    /// The count from which this step would have been an alarm.
    pub upper: f64,
    /// Whether the path has reached `h`.
    pub alarm: bool,
}

/// Follows the one-sided CUSUM over counts with known in-control means.
///
/// - Quantity: the sum of standardised excesses over `k`, cut at 0, and the count that would lift it to `h`.
/// - Method: `C(t) = max(0, C(t-1) + score - k)`; alarm from `h` on. The path is not reset after an alarm.
/// - Units: counts and means per step in; the path and `h` in standard deviations; the bound is a count.
/// - Interval: none; `h` and `k` are chosen for a mean run length between false alarms.
/// - Assumes: independent counts, Poisson (or the named variance) around a known mean.
/// - Do not use: where the mean itself is uncertain, or after an outbreak has lifted the path: it stays up.
/// - Source: Page 1954; Rossi, Lampugnani, Marchi 1999.
/// - Differs from source: alarms follow the path, not the bound. Two bounds are as the reference program gives them: the
///   second-order Anscombe one uses `m^(1/3)` where the score has `m^(-1/3)`, and the one of Rossi squares a root that
///   may be negative, so that it is above 0 where no count is needed.
/// - Checked by: the reference folder `cusum`.
pub fn follow(
    counts: &[f64],
    means: &[f64],
    k: f64,
    h: f64,
    form: Standardisation,
) -> Estimated<Vec<Step>> {
    require(
        means.iter().all(|m| *m > 0.0 && m.is_finite()),
        "an in-control mean is not above 0",
    )?;
    require(h > 0.0, "the limit h is not above 0")?;
    let mut cusum = 0.0_f64;
    let step = |(x, m): (&f64, &f64)| {
        let upper = form.count(h + k - cusum, *m);
        cusum = (cusum + form.score(*x, *m) - k).max(0.0);
        Step {
            cusum,
            upper,
            alarm: cusum >= h,
        }
    };
    Ok(counts.iter().zip(means).map(step).collect())
}

/// CUSUM by name.
pub const METHOD: Method = Method {
    function: "cusum",
    title: "Poisson CUSUM: have small excesses added up?",
    page: "cusum",
    input: Some("series"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "path",
    columns: &["t", "observed", "upperbound", "alarm", "cusum", "m"],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let series = Series::read(call)?;
    let judged = range(call, &series)?;
    let (first, last) = (*judged.start(), *judged.end());
    let alpha = call.params.optional_number("alpha")?.unwrap_or(0.0);
    let name = call.params.text_or("trans", "standard")?;
    let form = match name.as_str() {
        "standard" => Standardisation::Standard,
        "rossi" => Standardisation::Rossi,
        "anscombe" => Standardisation::Anscombe,
        "anscombe2nd" => Standardisation::AnscombeSecond,
        "pearsonNegBin" => Standardisation::PearsonNegBin(alpha),
        _ => {
            return call
                .params
                .refuse("trans", "is not one of the five standardisations");
        }
    };
    let means = match call.params.value("m") {
        Some(value) if value.as_str() == Some("glm") => {
            let season = Season {
                harmonics: 1,
                trend: false,
                per_year: series.per_year,
            };
            season::means(&series.counts, first, last, season, Some(0.0))?.0
        }
        Some(_) => vec![call.params.number("m")?; last + 1 - first],
        None => vec![summary::mean(&series.counts[..first - 1]); last + 1 - first],
    };
    let (k, h) = (
        call.params.number_or("k", 1.04)?,
        call.params.number_or("h", 2.26)?,
    );
    let steps = follow(&series.counts[first - 1..last], &means, k, h, form)?;
    let rows = judged.zip(steps).zip(means).map(|((t, step), m)| {
        vec![
            Cell::whole(t),
            series.counts[t - 1].into(),
            step.upper.into(),
            Cell::flag(step.alarm),
            step.cusum.into(),
            m.into(),
        ]
    });
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: rows.collect(),
    }])
}
