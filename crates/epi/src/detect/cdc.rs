//! The CDC rule: four weeks together against the same four weeks, and those around them, of earlier years.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::detect::series::{Series, range};
use crate::numbers::{normal, summary};
use crate::table::{Cell, Sheet, SheetSpec};

/// Weeks that are taken together.
pub const BLOCK: usize = 4;

/// What a week is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Years back.
    pub years: usize,
    /// Blocks before and after the same one of those years.
    pub blocks_around: usize,
    /// Two-sided probability of an alarm without cause.
    pub alpha: f64,
}

/// Judges the four weeks that end with `t`.
///
/// - Quantity: cases of the last four weeks, and the number above which they are an alarm.
/// - Method: the same four weeks of each earlier year, and the blocks of four weeks before and after, have a mean and a
///   standard deviation; the bound is the upper normal limit of one more block like them.
/// - Units: weekly counts in, four-weekly counts out.
/// - Interval: the quantile `1 - alpha / 2`, with the uncertainty of the mean.
/// - Assumes: blocks of earlier years behave like this one: no trend, no outbreak among them; their sums are near normal.
/// - Do not use: for rare diseases, or to see an outbreak in its first week: three quiet weeks hide it.
/// - Source: Stroup, Williamson, Herndon, Karon 1989 (Stat Med 8:323); five years and one block around there.
/// - Differs from source: the bound is that of a prediction, as in the reference program; its alarms on labelled series
///   are met so and not otherwise.
/// - Checked by: the reference folder `detection_quality`.
pub fn judge(
    counts: &[f64],
    t: usize,
    per_year: usize,
    settings: &Settings,
) -> Estimated<(f64, f64)> {
    require(
        settings.alpha > 0.0 && settings.alpha < 1.0,
        "alpha is not between 0 and 1",
    )?;
    require(
        t >= 1 && t <= counts.len(),
        "the step lies outside the series",
    )?;
    let around = settings.blocks_around * BLOCK;
    require(
        around + BLOCK <= per_year,
        "the blocks around reach into the next year",
    )?;
    let early = settings.years * per_year + around + BLOCK;
    if t < early {
        let what = format!("step {t} has fewer than {} steps before it", early - 1);
        return Err(NotEstimated::because(Why::TooLittle, what));
    }
    let block = |end: usize| counts[end - BLOCK..end].iter().sum::<f64>();
    let blocks: Vec<f64> = (1..=settings.years)
        .flat_map(|year| {
            let first = t - year * per_year - around;
            (0..=2 * settings.blocks_around).map(move |at| first + at * BLOCK)
        })
        .map(block)
        .collect();
    if blocks.len() < 2 {
        let what = "fewer than two blocks of earlier years were asked for";
        return Err(NotEstimated::because(Why::TooLittle, what));
    }
    let spread = summary::sd(&blocks) * (1.0 + 1.0 / blocks.len() as f64).sqrt();
    let upper = summary::mean(&blocks) + normal::quantile(1.0 - settings.alpha / 2.0) * spread;
    Ok((block(t), upper))
}

/// The CDC rule by name.
pub const METHOD: Method = Method {
    function: "cdc",
    title: "CDC: do four weeks exceed the same weeks of earlier years?",
    page: "cdc",
    input: Some("series"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "alarms",
    columns: &["t", "observed", "upperbound", "alarm"],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let series = Series::read(call)?;
    let settings = Settings {
        years: call.params.whole_or("b", 5)?,
        blocks_around: call.params.whole_or("m", 1)?,
        alpha: call.params.number_or("alpha", 0.025)?,
    };
    let row = |t: usize| {
        let judged = judge(&series.counts, t, series.per_year, &settings).ok();
        vec![
            Cell::whole(t),
            Cell::maybe(judged.map(|(observed, _)| observed)),
            Cell::maybe(judged.map(|(_, upper)| upper)),
            judged.map_or(Cell::Missing, |(observed, upper)| {
                Cell::flag(observed > upper)
            }),
        ]
    };
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: range(call, &series)?.map(row).collect(),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_the_same_four_weeks_of_earlier_years_and_those_around() {
        // Weeks that name themselves: the block that ends with week 60 sums 57 to 60.
        let counts: Vec<f64> = (1..=160).map(f64::from).collect();
        let settings = Settings {
            years: 2,
            blocks_around: 1,
            alpha: 0.025,
        };
        let (observed, upper) = judge(&counts, 120, 52, &settings).expect("a bound");
        let sum = |end: f64| 4.0 * end - 6.0;
        let blocks = [64.0, 68.0, 72.0, 12.0, 16.0, 20.0].map(sum);
        let expected = summary::mean(&blocks)
            + 2.241_402_727_604_947 * summary::sd(&blocks) * (7.0_f64 / 6.0).sqrt();
        assert_eq!(observed, sum(120.0));
        assert!((upper - expected).abs() < 1e-9, "{upper} {expected}");
        assert!(judge(&counts, 111, 52, &settings).is_err());
        assert!(judge(&counts, 112, 52, &settings).is_ok());
    }
}
