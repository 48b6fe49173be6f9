//! The delay methods by name.

use crate::answer::require;
use crate::call::{Call, Method, Params, Refused};
use crate::numbers::beta;
use crate::numbers::summary::quantile;
use crate::table::{Cell, Sheet, SheetSpec};

use super::duration::Duration;
use super::likelihood::{Family, Fit};
use super::records::{Doubly, Records, Truncated, Within, mass};

/// The fit to doubly censored records by name.
pub const DOUBLY: Method = Method {
    function: "fit_doubly_censored",
    title: "How long does it take between two events that are each known up to a window?",
    page: "delays",
    input: Some("records"),
    sheets: &[FIT, QUANTILES],
    run: |call| fitted(call, &doubly(call)?, Second::Scale),
};

/// The likelihood of doubly censored records by name.
pub const LIKELIHOOD: Method = Method {
    function: "loglik_doubly_censored",
    title: "How well does this distribution of delays explain such records?",
    page: "delays",
    input: Some("records"),
    sheets: &[LOG],
    run: run_likelihood,
};

/// The fit to censored delays by name.
pub const WITHIN: Method = Method {
    function: "fit_interval_censored",
    title: "How long does it take when delays are known up to an interval?",
    page: "delays",
    input: Some("intervals"),
    sheets: &[FIT, QUANTILES],
    run: |call| fitted(call, &within(call)?, Second::Rate),
};

/// The fit to truncated records by name.
pub const TRUNCATED: Method = Method {
    function: "fit_right_truncated",
    title: "How long does it take when the long delays are not over yet?",
    page: "delays",
    input: Some("records"),
    sheets: &[FIT, QUANTILES],
    run: |call| fitted(call, &truncated(call)?, Second::Rate),
};

/// Chances of delays in days by name.
pub const MASS: Method = Method {
    function: "primary_censored_pmf",
    title: "How likely is a delay of this many days when both days are windows?",
    page: "delays",
    input: None,
    sheets: &[DAYS],
    run: run_mass,
};

const FIT: SheetSpec = SheetSpec {
    name: "fit",
    columns: &[
        "n",
        "par1",
        "par2",
        "se1",
        "se2",
        "loglik",
        "aic",
        "mean",
        "p2.5",
        "p5",
        "p25",
        "p50",
        "p75",
        "p95",
        "p97.5",
        "dicfit_par1_lo",
        "dicfit_par1_hi",
        "dicfit_par2_lo",
        "dicfit_par2_hi",
    ],
    on_request: None,
};
const QUANTILES: SheetSpec = SheetSpec {
    name: "quantiles",
    columns: &["p", "delay", "lo", "hi"],
    on_request: None,
};
const LOG: SheetSpec = SheetSpec {
    name: "likelihood",
    columns: &["n", "loglik"],
    on_request: None,
};
const DAYS: SheetSpec = SheetSpec {
    name: "delays",
    columns: &["x", "pmf"],
    on_request: None,
};

/// The quantiles that the fits show in their first table.
const SHOWN: [f64; 7] = [0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975];

/// LIMIT: samples of a fit.
pub const SAMPLES_MAX: usize = 100_000;

/// What the second parameter of a gamma distribution is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Second {
    Scale,
    Rate,
}

fn family(p: &Params) -> Result<Family, Refused> {
    let known = [
        ("lognormal", (Family::Lognormal, "L")),
        ("gamma", (Family::Gamma, "G")),
        ("weibull", (Family::Weibull, "W")),
    ];
    let Some((found, code)) = p.one_of("dist", &known)? else {
        return Err(Refused::NoParameter("dist".to_owned()));
    };
    match p.optional_text("dist_code")? {
        Some(other) if other != code => p.refuse("dist_code", "is not the letter of dist"),
        _ => Ok(found),
    }
}

fn second(p: &Params, or: Second) -> Result<Second, Refused> {
    let known = [("scale", Second::Scale), ("rate", Second::Rate)];
    Ok(p.one_of("gamma_uses", &known)?.unwrap_or(or))
}

fn even_only(p: &Params) -> Result<(), Refused> {
    match p.text_or("primary", "uniform")?.as_str() {
        "uniform" => Ok(()),
        _ => p.refuse("primary", "is not uniform: other shapes are not known"),
    }
}

fn doubly(call: &Call<'_>) -> Result<Records, Refused> {
    let input = call.selected("records", "dataset")?;
    let columns = [
        input.numbers("EL")?,
        input.numbers("ER")?,
        input.numbers("SL")?,
        input.numbers("SR")?,
    ];
    let [el, er, sl, sr] = &columns;
    let record = |i: usize| Doubly {
        first: (el[i], er[i]),
        second: (sl[i], sr[i]),
    };
    Ok(Records::doubly(
        &(0..el.len()).map(record).collect::<Vec<_>>(),
    )?)
}

fn within(call: &Call<'_>) -> Result<Records, Refused> {
    let input = call.selected("intervals", "dataset")?;
    let ends = input
        .maybe_numbers("left")?
        .into_iter()
        .zip(input.maybe_numbers("right")?);
    let records: Vec<Within> = ends.map(|(left, right)| Within { left, right }).collect();
    Ok(Records::within(&records)?)
}

fn truncated(call: &Call<'_>) -> Result<Records, Refused> {
    even_only(&call.params)?;
    let input = call.selected("records", "dataset")?;
    let now = call.params.optional_text("now")?;
    let days: Vec<&str> = match now {
        Some(_) => input.texts("now")?,
        None => vec![""; input.table().rows().len()],
    };
    let (left, right) = (input.numbers("left")?, input.numbers("right")?);
    let (primary, end) = (input.numbers("pwindow")?, input.maybe_numbers("D")?);
    let records: Vec<Truncated> = (0..left.len())
        .filter(|i| now.as_ref().is_none_or(|now| now == days[*i]))
        .map(|i| Truncated {
            window: (left[i], right[i]),
            primary: primary[i],
            end: end[i].unwrap_or(f64::INFINITY),
        })
        .collect();
    Ok(Records::truncated(&records)?)
}

/// The two parameters as they are shown, with their variances.
fn shown(fit: &Fit, second: Second) -> ([f64; 2], [f64; 2]) {
    let [aa, _, bb] = fit.covariance;
    match fit.distribution {
        Duration::Gamma(shape, scale) if second == Second::Rate => {
            let rate = 1.0 / scale;
            ([shape, rate], [aa, bb * rate.powi(4)])
        }
        Duration::Gamma(a, b) | Duration::Weibull(a, b) | Duration::Lognormal(a, b) => {
            ([a, b], [aa, bb])
        }
    }
}

/// The middle 95 % of values; nothing when there are too few.
fn middle(mut values: Vec<f64>) -> Option<(f64, f64)> {
    values.sort_by(f64::total_cmp);
    (values.len() >= 20).then(|| (quantile(&values, 0.025), quantile(&values, 0.975)))
}

fn fitted(call: &Call<'_>, records: &Records, or: Second) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let family = family(p)?;
    let second = second(p, or)?;
    let levels = p.optional_numbers("quantiles")?.unwrap_or(SHOWN.to_vec());
    if !levels.iter().all(|p| *p > 0.0 && *p < 1.0) {
        return p.refuse("quantiles", "are not all between 0 and 1");
    }
    let samples = p.whole_or("bootstraps", 0)?;
    if samples > SAMPLES_MAX {
        return p.refuse("bootstraps", format!("are more than {SAMPLES_MAX}"));
    }
    let fit = records.fit(family)?;
    let resampled = records.resampled(&fit, samples, call.seed);
    let (estimates, variances) = shown(&fit, second);
    let t = beta::student_quantile(0.975, records.len() as f64 - 1.0);
    let limits = |i: usize| {
        if samples == 0 {
            let off = t * variances[i].sqrt();
            return Some((estimates[i] - off, estimates[i] + off));
        }
        middle(
            resampled
                .iter()
                .map(|fit| shown(fit, second).0[i])
                .collect(),
        )
    };
    let mut row = vec![
        Cell::whole(records.len()),
        estimates[0].into(),
        estimates[1].into(),
        variances[0].sqrt().into(),
        variances[1].sqrt().into(),
        fit.log_likelihood.into(),
        (4.0 - 2.0 * fit.log_likelihood).into(),
        fit.distribution.mean().into(),
    ];
    row.extend(SHOWN.iter().map(|p| fit.distribution.quantile(*p).into()));
    for i in 0..2 {
        let found = limits(i);
        row.push(Cell::maybe(found.map(|l| l.0)));
        row.push(Cell::maybe(found.map(|l| l.1)));
    }
    let line = |p: &f64| {
        let delay = fit.distribution.quantile(*p);
        let found = if samples == 0 {
            let off = (t * fit.quantile_error(*p)).exp();
            Some((delay / off, delay * off))
        } else {
            middle(
                resampled
                    .iter()
                    .map(|fit| fit.distribution.quantile(*p))
                    .collect(),
            )
        };
        vec![
            (*p).into(),
            delay.into(),
            Cell::maybe(found.map(|l| l.0)),
            Cell::maybe(found.map(|l| l.1)),
        ]
    };
    Ok(vec![
        Sheet {
            spec: &FIT,
            rows: vec![row],
        },
        Sheet {
            spec: &QUANTILES,
            rows: levels.iter().map(line).collect(),
        },
    ])
}

fn run_likelihood(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let records = doubly(call)?;
    let p = &call.params;
    let distribution = family(p)?.of(p.number("par1")?, p.number("par2")?);
    require(
        distribution.is_sound(),
        "the parameters make no distribution",
    )?;
    Ok(vec![Sheet {
        spec: &LOG,
        rows: vec![vec![
            Cell::whole(records.len()),
            records.log_likelihood(distribution).into(),
        ]],
    }])
}

fn run_mass(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    even_only(p)?;
    let distribution = Duration::read(p)?;
    let (primary, secondary) = (p.number_or("pwindow", 1.0)?, p.number_or("swindow", 1.0)?);
    let end = p.number_or("d", f64::INFINITY)?;
    let row = |x: f64| -> Result<Vec<Cell>, Refused> {
        let chance = mass(distribution, primary, secondary, end, x, call.mode)?;
        Ok(vec![x.into(), chance.into()])
    };
    let rows: Result<_, Refused> = p.numbers("x")?.into_iter().map(row).collect();
    Ok(vec![Sheet {
        spec: &DAYS,
        rows: rows?,
    }])
}
