//! RKI 1–3 and Bayes 1–3: the same weeks of some years, or the weeks just before.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::detect::series::{Series, range};
use crate::numbers::{discrete, summary, whole};
use crate::table::{Cell, Sheet, SheetSpec};

/// Which past steps a step is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Years back.
    pub years: usize,
    /// Steps around the same step of those years, and before the judged one.
    pub half_width: usize,
    /// Whether the steps just before the judged one count too.
    pub this_year: bool,
}

/// Above this mean the normal bound takes the place of the Poisson table.
pub const RKI_TABLE_MEAN_MAX: f64 = 20.0;

/// The printed Poisson table: upper 95 % limits of a mean of which 0, 1, 2, … 20 were seen, to three places
/// (Crow, Gardner 1959: intervals from the shortest acceptance regions, of these the highest).
pub const POISSON_UPPER: [f64; 21] = [
    3.285, 5.323, 6.686, 8.102, 9.598, 11.177, 12.817, 13.765, 14.921, 16.768, 17.633, 19.05,
    20.335, 21.364, 22.945, 23.762, 25.4, 26.306, 27.735, 28.966, 30.017,
];

fn reference(counts: &[f64], t: usize, per_year: usize, which: Reference) -> Estimated<Vec<f64>> {
    let w = which.half_width;
    let mut found = Vec::new();
    for year in 1..=which.years {
        let middle = t.checked_sub(year * per_year).filter(|m| *m > w);
        let Some(middle) = middle else {
            let what = format!("step {t} has no reference {year} years before");
            return Err(NotEstimated::because(Why::TooLittle, what));
        };
        found.extend(
            counts
                .get(middle - w - 1..(middle + w).min(t - 1))
                .unwrap_or_default(),
        );
    }
    if which.this_year {
        let Some(start) = (t - 1).checked_sub(w) else {
            return Err(NotEstimated::because(
                Why::TooLittle,
                format!("step {t} has fewer than {w} steps before it"),
            ));
        };
        found.extend(&counts[start..t - 1]);
    }
    if found.is_empty() {
        return Err(NotEstimated::because(
            Why::NoData,
            "no step to compare with was asked for",
        ));
    }
    Ok(found)
}

/// The RKI bound of a step.
///
/// - Quantity: the count above which step `t` is an alarm.
/// - Method: mean plus two standard deviations of the reference steps; for a mean of at most
///   [`RKI_TABLE_MEAN_MAX`] the upper limit of a printed Poisson table, by the whole part of the mean.
/// - Units: counts in, a count out.
/// - Interval: none; the table's limits are 95 % limits of a Poisson mean.
/// - Assumes: reference steps behave like the judged one; no trend, no outbreak among them.
/// - Do not use: with a trend.
/// - Source: Riebler 2004; Höhle 2007; the table Crow, Gardner 1959.
/// - Differs from source: not.
/// - Checked by: the reference folder `rki_bayes`.
pub fn rki(
    counts: &[f64],
    t: usize,
    per_year: usize,
    which: Reference,
    table: &[f64],
) -> Estimated<f64> {
    let reference = reference(counts, t, per_year, which)?;
    let mean = summary::mean(&reference);
    if mean > RKI_TABLE_MEAN_MAX {
        return Ok(mean + 2.0 * summary::sd(&reference));
    }
    let row = whole(mean.floor()).and_then(|row| table.get(row)).copied();
    row.ok_or_else(|| {
        NotEstimated::because(Why::NoData, "the Poisson table has no row for the mean")
    })
}

/// The Bayes bound of a step.
///
/// - Quantity: the count above which step `t` is an alarm.
/// - Method: the quantile `1 - alpha` of the predictive distribution under a Jeffreys prior: negative binomial with
///   size `sum + 1/2` and probability `n / (n + 1)`.
/// - Units: counts in, a count out; `alpha` is a probability.
/// - Interval: the bound is the upper end of a one-sided predictive interval of level `1 - alpha`.
/// - Assumes: Poisson counts with one mean over the reference steps and the judged one.
/// - Do not use: where counts vary more than Poisson; false alarms follow.
/// - Source: Riebler 2004; Höhle 2007.
/// - Differs from source: not.
/// - Checked by: the reference folder `rki_bayes`.
pub fn bayes(
    counts: &[f64],
    t: usize,
    per_year: usize,
    which: Reference,
    alpha: f64,
) -> Estimated<f64> {
    require(alpha > 0.0 && alpha < 1.0, "alpha is not between 0 and 1")?;
    let reference = reference(counts, t, per_year, which)?;
    let n = reference.len() as f64;
    let size = reference.iter().sum::<f64>() + 0.5;
    Ok(discrete::negative_binomial_quantile(
        1.0 - alpha,
        size,
        size / n,
    ))
}

/// RKI by name.
pub const RKI: Method = Method {
    function: "rki",
    title: "RKI 1-3: does a week exceed the same weeks of earlier years?",
    page: "rki_bayes",
    input: Some("series"),
    sheets: &[SHEET],
    run: run_rki,
};

/// Bayes by name.
pub const BAYES: Method = Method {
    function: "bayes",
    title: "Bayes 1-3: does a week exceed what earlier weeks predict?",
    page: "rki_bayes",
    input: Some("series"),
    sheets: &[SHEET],
    run: run_bayes,
};

const SHEET: SheetSpec = SheetSpec {
    name: "alarms",
    columns: &["t", "observed", "upperbound", "alarm"],
    on_request: None,
};

fn run_rki(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    // A table that is given takes the place of the printed one.
    let table = match call.inputs.contains_key("poisson_table") {
        true => call.input("poisson_table")?.numbers("upper")?,
        false => POISSON_UPPER.to_vec(),
    };
    judge(call, |series, t, which| {
        rki(&series.counts, t, series.per_year, which, &table)
    })
}

fn run_bayes(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let alpha = call.params.number_or("alpha", 0.05)?;
    judge(call, |series, t, which| {
        bayes(&series.counts, t, series.per_year, which, alpha)
    })
}

fn judge(
    call: &Call<'_>,
    bound: impl Fn(&Series, usize, Reference) -> Estimated<f64>,
) -> Result<Vec<Sheet>, Refused> {
    let series = Series::read(call)?;
    let which = Reference {
        years: call.params.whole_or("b", 0)?,
        half_width: call.params.whole_or("w", 6)?,
        this_year: call.params.flag_or("act_y", true)?,
    };
    let row = |t: usize| {
        let observed = series.counts[t - 1];
        let upper = bound(&series, t, which).ok();
        let alarm = upper.map_or(Cell::Missing, |upper| Cell::flag(observed > upper));
        vec![Cell::whole(t), observed.into(), Cell::maybe(upper), alarm]
    };
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: range(call, &series)?.map(row).collect(),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::density;

    /// The lowest count of the acceptance region of a mean: the fewest counts in a row that hold 95 %, of these the highest.
    fn lowest_accepted(mean: f64) -> usize {
        let mut upto = vec![0.0];
        for x in 0..120 {
            upto.push(upto[x] + density::poisson(x as f64, mean));
        }
        let holds = |first: &usize, n: usize| upto[first + n] - upto[*first] >= 0.95;
        (1..60)
            .find_map(|n| (0..60).rev().find(|first| holds(first, n)))
            .expect("a region")
    }

    #[test]
    fn the_printed_table_is_what_shortest_acceptance_regions_give() {
        for (x, limit) in POISSON_UPPER.iter().enumerate() {
            // Up to the limit the count is accepted, above it never again.
            assert!(lowest_accepted(limit - 6e-4) <= x, "{x}");
            let above = (0..400).map(|step| limit + 6e-4 + f64::from(step) / 100.0);
            assert!(above.map(lowest_accepted).all(|first| first > x), "{x}");
        }
    }
}
