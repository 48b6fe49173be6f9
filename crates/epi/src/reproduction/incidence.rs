//! Daily counts of local and imported cases, and the windows of days that estimates are about.

use crate::call::{Call, Params, Refused};

/// Daily counts without gaps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Incidence {
    /// Cases infected here.
    pub local: Vec<f64>,
    /// Cases infected elsewhere: they infect and are not counted as infected here.
    pub imported: Vec<f64>,
}

impl Incidence {
    /// All cases of a day.
    pub fn total(&self) -> Vec<f64> {
        self.local
            .iter()
            .zip(&self.imported)
            .map(|(l, i)| l + i)
            .collect()
    }

    /// Input `incidence`: columns `t` (1, 2, 3, …), `local`, and `imported` where present.
    pub fn read(call: &Call<'_>) -> Result<Self, Refused> {
        let input = call.selected("incidence", "dataset")?;
        let local = input.numbers("local")?;
        for (row, t) in input.numbers("t")?.into_iter().enumerate() {
            if t != (row + 1) as f64 {
                return Err(Refused::BadCell {
                    input: "incidence".to_owned(),
                    column: "t".to_owned(),
                    row: row + 1,
                    text: t.to_string(),
                    expected: "the next day: 1, 2, 3, … without gaps",
                });
            }
        }
        let imported = match input.has("imported") {
            true => input.numbers("imported")?,
            false => vec![0.0; local.len()],
        };
        Ok(Self { local, imported })
    }
}

/// Serial interval probabilities from input `si_distr`: columns `k` (0, 1, 2, …) and `w`.
pub fn interval_table(call: &Call<'_>, role: &str) -> Result<Vec<f64>, Refused> {
    let input = call.selected(role, "dataset")?;
    let mut w = Vec::new();
    for (k, share) in input.numbers("k")?.into_iter().zip(input.numbers("w")?) {
        let at = crate::numbers::whole(k).unwrap_or(0).min(10_000);
        if w.len() <= at {
            w.resize(at + 1, 0.0);
        }
        w[at] = share;
    }
    Ok(w)
}

/// First and last days of windows, from 1: parameters `t_start` and `t_end`, or sliding weeks from day 2.
pub fn windows(params: &Params, days: usize) -> Result<Vec<(usize, usize)>, Refused> {
    let (starts, ends) = match (
        params.value("t_start").is_some(),
        params.value("t_end").is_some(),
    ) {
        (false, false) => return Ok((2..=days.saturating_sub(6)).map(|s| (s, s + 6)).collect()),
        _ => (params.wholes("t_start")?, params.wholes("t_end")?),
    };
    let sound = |(s, e): &(usize, usize)| *s >= 1 && s <= e && *e <= days;
    let windows: Vec<(usize, usize)> = starts.iter().copied().zip(ends.iter().copied()).collect();
    if starts.len() != ends.len() || !windows.iter().all(sound) {
        return params.refuse("t_end", "does not go with t_start, or leaves the series");
    }
    Ok(windows)
}
