//! Which past weeks make up the baseline of a judged week, and to which seasonal group each belongs.

use fangxian_base::{Date, days_between, plus_days};

use crate::answer::{Estimated, NotEstimated, Why};
use crate::detect::baseline::{Rows, Run};
use crate::detect::series::Series;

/// How the baseline is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Years back.
    pub years: usize,
    /// Weeks around the same week of those years.
    pub half_width: usize,
    /// Seasonal groups; with one group only the weeks around the same week count.
    pub groups: usize,
    /// Most recent weeks that are left out.
    pub past_left_out: usize,
}

/// What is looked up for every count, made once for a series.
#[derive(Debug, Clone, Default)]
pub struct Logs(Vec<(f64, f64)>);

impl Logs {
    /// The logarithms that fits to this series need.
    pub fn of(series: &Series) -> Self {
        let pair = |y: &f64| (if *y > 0.0 { y.ln() } else { 0.0 }, (y + 0.1).ln());
        Self(series.counts.iter().map(pair).collect())
    }
}

/// A baseline with what is needed to report it.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// The rows of the fit.
    pub rows: Rows,
    /// Positions of the rows in the series, from 1.
    pub positions: Vec<usize>,
    /// The group of the judged week.
    pub group: usize,
    /// The value of the time variable at the judged week, as reported.
    pub week_reported: f64,
}

/// The weeks around which the baseline lies, oldest first, then the judged one.
fn centres(series: &Series, t: usize, years: usize) -> Estimated<Vec<usize>> {
    let mut centres = Vec::with_capacity(years + 1);
    for year in (1..=years).rev() {
        let found = match &series.dates {
            None => t.checked_sub(year * series.per_year).filter(|c| *c >= 1),
            Some(dates) => same_week(dates, t, year),
        };
        let Some(found) = found else {
            return Err(NotEstimated::because(
                Why::TooLittle,
                format!("week {t} has no same week {year} years before"),
            ));
        };
        centres.push(found);
    }
    centres.push(t);
    Ok(centres)
}

/// The week of the same date so many years before, moved to the nearest day with the same weekday.
fn same_week(dates: &[Date], t: usize, years: usize) -> Option<usize> {
    let today = *dates.get(t - 1)?;
    let earlier = today.year() - i16::try_from(years).ok()?;
    // 29 February becomes 1 March, as calendar arithmetic that overflows has it.
    let day = match Date::new(earlier, today.month(), today.day()) {
        Ok(day) => day,
        Err(_) => Date::new(earlier, 3, 1).ok()?,
    };
    let ahead = days_between(day, today).rem_euclid(7);
    let day = plus_days(day, if ahead <= 3 { ahead } else { ahead - 7 });
    dates.binary_search(&day).ok().map(|at| at + 1)
}

/// The baseline of week `t` (from 1).
pub fn baseline(
    series: &Series,
    logs: &Logs,
    t: usize,
    cut: Cut,
    population: bool,
) -> Estimated<Baseline> {
    let centres = centres(series, t, cut.years)?;
    let w = cut.half_width;
    if cut.years == 0 || centres[0] <= w {
        return Err(NotEstimated::because(
            Why::TooLittle,
            format!("week {t} has no full baseline before it"),
        ));
    }
    let limit = (t - 1).saturating_sub(cut.past_left_out);
    let mut made = Maker {
        series,
        logs,
        t,
        limit,
        population,
        positions: Vec::new(),
        rows: Rows::default(),
    };
    made.rows.groups = cut.groups.max(1);
    let window = made.rows.groups - 1;
    for pair in centres.windows(2) {
        let (here, next) = (pair[0], pair[1]);
        made.run(here - w, here + w, window);
        if cut.groups < 2 {
            continue;
        }
        let gap = (next - w).saturating_sub(here + w + 1);
        let (size, extra) = (gap / window, gap % window);
        let mut start = here + w + 1;
        for block in 0..window {
            let len = size + usize::from(block < extra);
            if len > 0 {
                made.run(start, start + len - 1, block);
            }
            start += len;
        }
    }
    if made.positions.is_empty() {
        return Err(NotEstimated::because(
            Why::NoData,
            "all weeks of the baseline are left out as too recent",
        ));
    }
    let week_reported = match (&series.dates, made.positions.first()) {
        (Some(_), Some(first)) => (t - first) as f64,
        _ => t as f64,
    };
    Ok(Baseline {
        rows: made.rows,
        positions: made.positions,
        group: window,
        week_reported,
    })
}

struct Maker<'a> {
    series: &'a Series,
    logs: &'a Logs,
    t: usize,
    limit: usize,
    population: bool,
    positions: Vec<usize>,
    rows: Rows,
}

impl Maker<'_> {
    /// Adds the weeks from `first` to `last` that may be used.
    fn run(&mut self, first: usize, last: usize, group: usize) {
        let last = last.min(self.limit);
        if first > last {
            return;
        }
        let start = self.positions.len();
        for position in first..=last {
            self.positions.push(position);
            self.rows.counts.push(self.series.counts[position - 1]);
            self.rows.weeks.push(position as f64 - self.t as f64);
            self.rows.logs.push(self.logs.0[position - 1]);
            if self.population {
                self.rows
                    .offsets
                    .push(self.series.population[position - 1].ln());
            }
        }
        self.rows.runs.push(Run {
            first: start,
            end: self.positions.len(),
            group,
        });
    }
}
