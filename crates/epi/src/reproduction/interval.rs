//! The serial interval as probabilities of whole days.

use crate::answer::{Estimated, require};
use crate::call::{Call, Method, Refused};
use crate::numbers::{density, gamma};
use crate::table::{Cell, Sheet, SheetSpec};

/// Probabilities of 0, 1, … `days` days for a gamma interval of this mean and standard deviation.
///
/// - Quantity: probability that a serial interval is `k` days, when days of onset are whole.
/// - Method: gamma distribution shifted by one day, against the triangle of two whole days.
/// - Units: days in, probabilities out.
/// - Interval: none.
/// - Assumes: an interval of at least a day.
/// - Do not use: for a mean of a day or less, or intervals that may be negative.
/// - Source: Cori, Ferguson, Fraser, Cauchemez 2013, web appendix 11.
/// - Differs from source: not. Values below 0 by rounding are 0; the sum is not made 1.
/// - Checked by: the reference folder `discr_si`.
pub fn discretised(mean: f64, sd: f64, days: usize) -> Estimated<Vec<f64>> {
    require(
        mean > 1.0 && mean.is_finite(),
        "the mean interval is not above one day",
    )?;
    require(
        sd > 0.0 && sd.is_finite(),
        "the standard deviation is not above 0",
    )?;
    let shape = ((mean - 1.0) / sd).powi(2);
    let scale = sd * sd / (mean - 1.0);
    // F(k) for the shape, and for the shape plus one: they differ by one density.
    let both = |k: f64| {
        if k <= 0.0 {
            return (0.0, 0.0);
        }
        let (below, _) = gamma::incomplete(shape, k / scale);
        (below, below - density::poisson(shape, k / scale))
    };
    let (mut two, mut one) = ((0.0, 0.0), (0.0, 0.0));
    let mut out = Vec::with_capacity(days + 1);
    let mut settled = false;
    for k in 0..=days {
        let k = k as f64;
        let here = if settled { (1.0, 1.0) } else { both(k) };
        // Behind this point every later probability rounds to 0.
        settled = settled || (here.1 >= 1.0 && one.1 >= 1.0 && two.1 >= 1.0);
        let w = k * here.0 + (k - 2.0) * two.0 - 2.0 * (k - 1.0) * one.0
            + shape * scale * (2.0 * one.1 - two.1 - here.1);
        out.push(w.max(0.0));
        (two, one) = (one, here);
    }
    Ok(out)
}

/// The discretised interval by name.
pub const METHOD: Method = Method {
    function: "discr_si",
    title: "Discretised serial interval: what share of infections takes k days?",
    page: "serial_interval",
    input: None,
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "interval",
    columns: &["k", "w"],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let k = call.params.wholes("k")?;
    let last = k.iter().copied().max().unwrap_or(0);
    let w = discretised(
        call.params.number("mu")?,
        call.params.number("sigma")?,
        last,
    )?;
    let row = |k: usize| vec![Cell::whole(k), w[k].into()];
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: k.into_iter().map(row).collect(),
    }])
}
