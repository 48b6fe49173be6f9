//! OutbreakP: has a constant level begun to rise, whatever its shape?

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::detect::series::{Series, range};
use crate::table::{Cell, Sheet, SheetSpec};

/// Steps of equal fitted mean.
#[derive(Debug, Clone, Copy)]
struct Block {
    sum: f64,
    steps: f64,
    /// `sum * ln(mean)` of this block and all before it.
    running: f64,
}

fn term(sum: f64, steps: f64) -> f64 {
    if sum > 0.0 {
        sum * (sum / steps).ln()
    } else {
        0.0
    }
}

/// The logarithm of the OutbreakP statistic at every step of a series.
///
/// - Quantity: log likelihood ratio of a rising mean against a constant one, over all steps so far.
/// - Method: the rising mean is the isotonic fit by pooling adjacent violators. Pooling only ever touches the end, so
///   one pass gives the statistic of every step.
/// - Units: counts in, natural logarithms out.
/// - Interval: none; the alarm limit `k` is a ratio of likelihoods.
/// - Assumes: Poisson counts, no season, no trend before the onset, no weekday effect.
/// - Do not use: over more than one season: the end of the last one hides the next onset.
/// - Source: Frisén, Andersson, Schiöler 2009.
/// - Differs from source: the logarithm is kept, because the ratio overflows.
/// - Checked by: the reference folder `outbreakp`; a slow twin that fits every step anew.
pub fn log_statistics(counts: &[f64]) -> Estimated<Vec<f64>> {
    if counts.is_empty() {
        return Err(NotEstimated::because(Why::NoData, "the series is empty"));
    }
    require(
        counts.iter().all(|x| *x >= 0.0 && x.is_finite()),
        "a count is negative or not a number",
    )?;
    let mut blocks: Vec<Block> = Vec::new();
    let mut total = 0.0;
    let mut out = Vec::with_capacity(counts.len());
    for (i, x) in counts.iter().enumerate() {
        let (mut sum, mut steps) = (*x, 1.0);
        while let Some(last) = blocks.last()
            && last.sum * steps >= sum * last.steps
        {
            sum += last.sum;
            steps += last.steps;
            blocks.pop();
        }
        let before = blocks.last().map_or(0.0, |block| block.running);
        let running = before + term(sum, steps);
        blocks.push(Block {
            sum,
            steps,
            running,
        });
        total += x;
        out.push(running - term(total, (i + 1) as f64));
    }
    Ok(out)
}

/// The same statistic as a plain product of ratios, as its best-known program forms it.
///
/// Passes through numbers too small to carry all digits and overflows where the logarithm does not; kept because tables
/// of the statistic are published in this form.
fn ratios(counts: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, f64)> = Vec::new();
    let mut total = 0.0;
    let mut out = Vec::with_capacity(counts.len());
    for (i, x) in counts.iter().enumerate() {
        let (mut sum, mut steps) = (*x, 1.0);
        while let Some((s, n)) = blocks.last().copied()
            && s * steps >= sum * n
        {
            sum += s;
            steps += n;
            blocks.pop();
        }
        blocks.push((sum, steps));
        total += x;
        let constant = total / (i + 1) as f64;
        let means = blocks.iter().flat_map(|(sum, steps)| {
            std::iter::repeat_n(sum / steps, crate::numbers::whole(*steps).unwrap_or(0))
        });
        let factors = counts.iter().zip(means).filter(|(x, _)| **x > 0.0);
        out.push(
            factors
                .map(|(x, mean)| (mean / constant).powf(*x))
                .product(),
        );
    }
    out
}

/// OutbreakP by name.
pub const METHOD: Method = Method {
    function: "outbreakp",
    title: "OutbreakP: has a constant level begun to rise?",
    page: "outbreakp",
    input: Some("series"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "statistic",
    columns: &["t", "observed", "statistic", "log_statistic", "alarm"],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let series = Series::read(call)?;
    let k = call.params.number_or("k", 100.0)?;
    let statistics = log_statistics(&series.counts)?;
    let ratios = ratios(&series.counts);
    let row = |t: usize| {
        let log = statistics[t - 1];
        vec![
            Cell::whole(t),
            series.counts[t - 1].into(),
            Cell::Number(ratios[t - 1]),
            log.into(),
            Cell::flag(log > k.ln()),
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
    use proptest::prelude::*;

    /// Obvious code: the isotonic mean of step i is the largest of the smallest averages around it.
    fn slow(counts: &[f64]) -> f64 {
        let n = counts.len();
        let average = |a: usize, b: usize| counts[a..=b].iter().sum::<f64>() / (b - a + 1) as f64;
        let overall = average(0, n - 1);
        let mut log = 0.0;
        for (i, x) in counts.iter().enumerate() {
            let lowest = |a: usize| (i..n).map(|b| average(a, b)).fold(f64::INFINITY, f64::min);
            let mean = (0..=i).map(lowest).fold(0.0, f64::max);
            if *x > 0.0 {
                log += x * (mean / overall).ln();
            }
        }
        log
    }

    proptest! {
        #[test]
        fn one_pass_equals_fitting_every_step_anew(counts in prop::collection::vec(0_u8..30, 1..25)) {
            let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
            let fast = log_statistics(&counts).expect("counts");
            for t in 1..=counts.len() {
                let want = slow(&counts[..t]);
                prop_assert!((fast[t - 1] - want).abs() < 1e-9 * (1.0 + want.abs()));
            }
        }
    }
}
