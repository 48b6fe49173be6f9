//! Two by two: exposed or not, ill or not.

use std::collections::BTreeMap;

use crate::answer::{Estimated, require};
use crate::call::{Call, Input, Method, Mode, Params, Refused};
use crate::numbers::{density, normal, roots};
use crate::table::{Cell, Sheet, SheetSpec};

/// Counts of a table.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counts {
    /// Exposed and ill.
    pub a: f64,
    /// Exposed and well.
    pub b: f64,
    /// Not exposed and ill.
    pub c: f64,
    /// Not exposed and well.
    pub d: f64,
}

/// A ratio with its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The ratio.
    pub value: f64,
    /// Lower and upper limit.
    pub limits: (f64, f64),
}

/// 97.5 % quantile of the normal distribution, behind all limits here.
fn z() -> f64 {
    normal::quantile(0.975)
}

fn on_log_scale(value: f64, variance: f64) -> Ratio {
    let half = z() * variance.sqrt();
    Ratio {
        value,
        limits: ((value.ln() - half).exp(), (value.ln() + half).exp()),
    }
}

impl Counts {
    fn total(self) -> f64 {
        self.a + self.b + self.c + self.d
    }

    /// The share of the exposed who fell ill, and of the others.
    pub fn attack_rates(self) -> (f64, f64) {
        (self.a / (self.a + self.b), self.c / (self.c + self.d))
    }

    /// The risk ratio.
    ///
    /// - Quantity: risk of the exposed over risk of the others.
    /// - Method: plain ratio; normal limits of its logarithm.
    /// - Units: none.
    /// - Interval: 95 %, Wald.
    /// - Assumes: everybody counts once; the groups differ in exposure only.
    /// - Do not use: in case-control studies; with empty cells the limits say nothing.
    /// - Source: Rothman 2012, Epidemiology: An Introduction.
    /// - Differs from source: not. Nothing is added to empty cells.
    /// - Checked by: the reference folder `two_by_two`.
    pub fn risk_ratio(self) -> Ratio {
        let (exposed, others) = self.attack_rates();
        let variance =
            1.0 / self.a - 1.0 / (self.a + self.b) + 1.0 / self.c - 1.0 / (self.c + self.d);
        on_log_scale(exposed / others, variance)
    }

    /// The odds ratio.
    ///
    /// - Quantity: odds of illness of the exposed over those of the others.
    /// - Method: cross product; normal limits of its logarithm.
    /// - Units: none.
    /// - Interval: 95 %, Wald.
    /// - Assumes: as [`Counts::risk_ratio`].
    /// - Do not use: with empty or very small cells; see [`Counts::exact`].
    /// - Source: Rothman 2012, Epidemiology: An Introduction.
    /// - Differs from source: not. Nothing is added to empty cells.
    /// - Checked by: the reference folder `two_by_two`.
    pub fn odds_ratio(self) -> Ratio {
        let variance = 1.0 / self.a + 1.0 / self.b + 1.0 / self.c + 1.0 / self.d;
        on_log_scale(self.a * self.d / (self.b * self.c), variance)
    }

    /// Pearson's chi-squared, with Yates' correction when asked.
    pub fn chi_squared(self, corrected: bool) -> f64 {
        let n = self.total();
        let (ill, well) = (self.a + self.c, self.b + self.d);
        let (exposed, others) = (self.a + self.b, self.c + self.d);
        let cross = (self.a * self.d - self.b * self.c).abs();
        let away = if corrected {
            (cross - (n / 2.0).min(cross)).max(0.0)
        } else {
            cross
        };
        n * away * away / (ill * well * exposed * others)
    }

    /// Exact results given the margins.
    ///
    /// - Quantity: odds ratio, its limits, and p-values that the true ratio is 1.
    /// - Method: Fisher's noncentral hypergeometric distribution: conditional maximum likelihood; limits with each tail
    ///   2.5 %; two-sided p-value over tables no likelier than the observed one; mid-p as twice the smaller tail.
    /// - Units: none.
    /// - Interval: 95 %, exact.
    /// - Assumes: as [`Counts::risk_ratio`].
    /// - Do not use: for tables with many thousands in each cell: slow, and no better than Wald.
    /// - Source: Fisher 1935; Cornfield 1956; Rothman 2012 for mid-p.
    /// - Differs from source: [`Mode::Published`] not. [`Mode::Peer`]: ratio and limits are sought with a tolerance of about
    ///   1e-4 between 0 and 1, so that high ones keep two or three digits only.
    /// - Checked by: the reference folder `two_by_two`.
    pub fn exact(self, mode: Mode) -> Estimated<Exact> {
        let (exposed, others, ill) = (self.a + self.b, self.c + self.d, self.a + self.c);
        require(
            [self.a, self.b, self.c, self.d]
                .iter()
                .all(|x| *x >= 0.0 && x.is_finite()),
            "a count is negative",
        )?;
        require(
            self.total() > 0.0 && self.total() < 1e6,
            "the table is empty or too large for exact results",
        )?;
        let low = (ill - others).max(0.0);
        let high = ill.min(exposed);
        let values: Vec<f64> = (0..1_000_000_u32)
            .map(|i| low + f64::from(i))
            .take_while(|x| *x <= high)
            .collect();
        let ln = |x: &f64| choose_ln(exposed, *x) + choose_ln(others, ill - x);
        let weights: Vec<f64> = values.iter().map(ln).collect();
        let law = Law { values, weights };
        let (at, a) = (law.chances(0.0), self.a);
        let of = |f: &dyn Fn(f64) -> bool, list: &[f64]| -> f64 {
            law.values
                .iter()
                .zip(list)
                .filter(|(x, _)| f(**x))
                .map(|(_, p)| p)
                .sum()
        };
        let here = of(&|x| x == a, &at);
        let p_value: f64 = at.iter().filter(|p| **p <= here * (1.0 + 1e-7)).sum();
        let (below, above) = (of(&|x| x < a, &at), of(&|x| x > a, &at));
        let mid = 2.0 * (below + 0.5 * here).min(above + 0.5 * here);
        let solve = |f: &dyn Fn(f64) -> f64| match mode {
            Mode::Published => roots::bracketed(-60.0, 60.0, 1e-13, f).map_or(f64::NAN, f64::exp),
            Mode::Peer => loose(f),
        };
        let mean = |t: f64| -> f64 {
            law.values
                .iter()
                .zip(law.chances(t))
                .map(|(x, p)| x * p)
                .sum()
        };
        let value = match a {
            a if a <= low => 0.0,
            a if a >= high => f64::INFINITY,
            a => solve(&|t| mean(t) - a),
        };
        let tail = |t: f64, f: &dyn Fn(f64) -> bool| of(f, &law.chances(t)) - 0.025;
        let lower = if a <= low {
            0.0
        } else {
            solve(&|t| tail(t, &|x| x >= a))
        };
        let upper = if a >= high {
            f64::INFINITY
        } else {
            solve(&|t| tail(t, &|x| x <= a))
        };
        Ok(Exact {
            odds: Ratio {
                value,
                limits: (lower, upper),
            },
            p_value: p_value.min(1.0),
            mid_p: mid.min(1.0),
        })
    }
}

/// The root in the odds ratio as the reference program seeks it: between 0 and 1, or in its inverse when it is above 1.
fn loose(f: &dyn Fn(f64) -> f64) -> f64 {
    let tolerance = f64::EPSILON.sqrt().sqrt();
    let low = roots::brent(0.0, 1.0, tolerance, |t| f(t.max(f64::MIN_POSITIVE).ln()));
    low.or_else(|| roots::brent(f64::EPSILON, 1.0, tolerance, |t| f(-t.ln())).map(|t| 1.0 / t))
        .unwrap_or(f64::NAN)
}

/// Exact results of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exact {
    /// Conditional odds ratio.
    pub odds: Ratio,
    /// Fisher's two-sided p-value.
    pub p_value: f64,
    /// Mid-p, two-sided.
    pub mid_p: f64,
}

/// The number of exposed and ill, given the margins.
struct Law {
    values: Vec<f64>,
    weights: Vec<f64>,
}

impl Law {
    /// Chances of the values when the logarithm of the odds ratio is `t`.
    fn chances(&self, t: f64) -> Vec<f64> {
        let logs: Vec<f64> = self
            .values
            .iter()
            .zip(&self.weights)
            .map(|(x, w)| w + t * x)
            .collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let raw: Vec<f64> = logs.iter().map(|l| (l - most).exp()).collect();
        let total: f64 = raw.iter().sum();
        raw.into_iter().map(|r| r / total).collect()
    }
}

fn choose_ln(n: f64, k: f64) -> f64 {
    density::ln_gamma(n + 1.0) - density::ln_gamma(k + 1.0) - density::ln_gamma(n - k + 1.0)
}

/// The common odds ratio over strata.
///
/// - Quantity: one odds ratio for all strata, its limits, and a test that it is 1.
/// - Method: Mantel and Haenszel; variance of the logarithm after Robins, Breslow and Greenland; chi-squared without
///   continuity correction.
/// - Units: none.
/// - Interval: 95 %.
/// - Assumes: the ratio is the same in all strata.
/// - Do not use: when ratios differ between strata: show them apart.
/// - Source: Mantel, Haenszel 1959; Robins, Breslow, Greenland 1986.
/// - Differs from source: not.
/// - Checked by: the reference folder `two_by_two`.
pub fn mantel_haenszel(strata: &[Counts], corrected: bool) -> Estimated<(Ratio, f64)> {
    let used: Vec<&Counts> = strata.iter().filter(|t| t.total() > 1.0).collect();
    require(!used.is_empty(), "no stratum holds two people")?;
    let (mut r, mut s, mut pr, mut cross, mut qs) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut off, mut variance) = (0.0, 0.0);
    for t in used {
        let n = t.total();
        let (ad, bc) = (t.a * t.d / n, t.b * t.c / n);
        let (p, q) = ((t.a + t.d) / n, (t.b + t.c) / n);
        r += ad;
        s += bc;
        pr += p * ad;
        cross += p * bc + q * ad;
        qs += q * bc;
        let (exposed, others, ill, well) = (t.a + t.b, t.c + t.d, t.a + t.c, t.b + t.d);
        off += t.a - exposed * ill / n;
        variance += exposed * others * ill * well / (n * n * (n - 1.0));
    }
    let spread = pr / (2.0 * r * r) + cross / (2.0 * r * s) + qs / (2.0 * s * s);
    let away = if corrected {
        (off.abs() - 0.5).max(0.0)
    } else {
        off.abs()
    };
    Ok((on_log_scale(r / s, spread), away * away / variance))
}

/// The table by name.
pub const TABLE: Method = Method {
    function: "two_by_two",
    title: "Did the exposed fall ill more often?",
    page: "two_by_two",
    input: Some("linelist"),
    sheets: &[RESULT],
    run: run_table,
};

/// The stratified table by name.
pub const STRATIFIED: Method = Method {
    function: "mantel_haenszel",
    title: "Did the exposed fall ill more often, within strata?",
    page: "two_by_two",
    input: Some("linelist"),
    sheets: &[COMMON],
    run: run_stratified,
};

const RESULT: SheetSpec = SheetSpec {
    name: "table",
    columns: &[
        "a",
        "b",
        "c",
        "d",
        "attack_exposed",
        "attack_unexposed",
        "rr",
        "rr_lo",
        "rr_hi",
        "or_wald",
        "or_lo",
        "or_hi",
        "or_fisher_cond",
        "or_fisher_lo",
        "or_fisher_hi",
        "p_fisher",
        "p_chisq",
        "chisq",
        "p_chisq_yates",
        "p_midp",
    ],
    on_request: None,
};
const COMMON: SheetSpec = SheetSpec {
    name: "common",
    columns: &["or_mh", "lo", "hi", "chisq", "p"],
    on_request: None,
};

/// Counts of a line list by stratum; rows with another answer than yes or no are left out.
fn count(
    input: &Input<'_>,
    p: &Params,
    stratum: Option<&str>,
) -> Result<BTreeMap<String, Counts>, Refused> {
    let (yes, no) = (p.text_or("yes", "Y")?, p.text_or("no", "N")?);
    let exposures = input.texts(&p.text("exposure_column")?)?;
    let outcomes = input.texts(&p.text("outcome_column")?)?;
    let strata = match stratum {
        Some(column) => input.texts(column)?,
        None => vec![""; exposures.len()],
    };
    let mut tables: BTreeMap<String, Counts> = BTreeMap::new();
    for ((exposed, ill), stratum) in exposures.into_iter().zip(outcomes).zip(strata) {
        let table = tables.entry(stratum.to_owned()).or_default();
        match (exposed == yes, exposed == no, ill == yes, ill == no) {
            (true, _, true, _) => table.a += 1.0,
            (true, _, _, true) => table.b += 1.0,
            (_, true, true, _) => table.c += 1.0,
            (_, true, _, true) => table.d += 1.0,
            _ => {}
        }
    }
    Ok(tables)
}

/// A cell that shows what plain arithmetic gives, also when that is no number.
fn plain(x: f64) -> Cell {
    Cell::Number(x)
}

fn run_table(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    if p.text_or("missing", "drop")? != "drop" {
        return p.refuse("missing", "is not drop");
    }
    let t = count(&call.input("linelist")?, p, None)?
        .into_values()
        .next()
        .unwrap_or_default();
    let (exposed, others) = t.attack_rates();
    let (rr, or, exact) = (t.risk_ratio(), t.odds_ratio(), t.exact(call.mode)?);
    let (chi, yates) = (t.chi_squared(false), t.chi_squared(true));
    let row = [
        t.a,
        t.b,
        t.c,
        t.d,
        exposed,
        others,
        rr.value,
        rr.limits.0,
        rr.limits.1,
        or.value,
        or.limits.0,
        or.limits.1,
        exact.odds.value,
        exact.odds.limits.0,
        exact.odds.limits.1,
        exact.p_value,
        normal::chi_squared_tail(chi),
        chi,
        normal::chi_squared_tail(yates),
        exact.mid_p,
    ];
    Ok(vec![Sheet {
        spec: &RESULT,
        rows: vec![row.into_iter().map(plain).collect()],
    }])
}

fn run_stratified(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let column = p.text("stratum_column")?;
    let strata: Vec<Counts> = count(&call.input("linelist")?, p, Some(&column))?
        .into_values()
        .collect();
    let (or, chi) = mantel_haenszel(&strata, p.flag_or("continuity_correction", false)?)?;
    let row = [
        or.value,
        or.limits.0,
        or.limits.1,
        chi,
        normal::chi_squared_tail(chi),
    ];
    Ok(vec![Sheet {
        spec: &COMMON,
        rows: vec![row.into_iter().map(plain).collect()],
    }])
}
