//! The reporting triangle: reports by day of the event and delay, as far as they are known on a day.

use fangxian_base::{Date, days_between, plus_days};

use crate::answer::{Estimated, NotEstimated, Why, require};

/// LIMIT: days between the first event and now: a typing error in a year must not fill the memory.
pub const DAYS_MAX: usize = 20_000;

/// LIMIT: the longest delay that is told apart.
pub const DELAY_MAX: usize = 400;

/// An event and when it was reported; nothing when it was not.
pub type Report = (Date, Option<Date>);

/// Reports by day of the event and delay.
#[derive(Debug, Clone, PartialEq)]
pub struct Triangle {
    /// The day of the first event.
    pub first: Date,
    /// The day on which one looks.
    pub now: Date,
    /// For each day from the first to now, reports by delay; longer delays count as the longest.
    pub counts: Vec<Vec<f64>>,
}

impl Triangle {
    /// Counts what was known on the day `now`, telling delays up to `longest` apart.
    pub fn build(reports: &[Report], now: Date, longest: usize) -> Estimated<Self> {
        require(
            (1..=DELAY_MAX).contains(&longest),
            "the longest delay is 0 or above 400 days",
        )?;
        let mut known: Vec<(Date, Date)> = Vec::with_capacity(reports.len());
        for (row, (event, report)) in reports.iter().enumerate() {
            let Some(report) = report else { continue };
            require(
                event <= report,
                &format!("record {} was reported before its event", row + 1),
            )?;
            if *report <= now {
                known.push((*event, *report));
            }
        }
        let Some(first) = known.iter().map(|(event, _)| *event).min() else {
            return Err(NotEstimated::because(
                Why::NoData,
                format!("no report had come by {now}"),
            ));
        };
        let apart = |a: Date, b: Date| usize::try_from(days_between(a, b)).unwrap_or(0);
        let days = apart(first, now);
        require(
            days < DAYS_MAX,
            "there are more days between the first event and now than are counted",
        )?;
        let mut counts = vec![vec![0.0; longest + 1]; days + 1];
        for (event, report) in known {
            counts[apart(first, event)][apart(event, report).min(longest)] += 1.0;
        }
        Ok(Self { first, now, counts })
    }

    /// The longest delay that is told apart.
    pub fn longest(&self) -> usize {
        self.counts.first().map_or(0, |row| row.len() - 1)
    }

    /// The number of the day on which one looks, from 0.
    pub fn last(&self) -> usize {
        self.counts.len() - 1
    }

    /// The date of a day.
    pub fn date(&self, day: usize) -> Date {
        plus_days(self.first, i64::try_from(day).unwrap_or(0))
    }

    /// Reports of the events of a day so far.
    pub fn reported(&self, day: usize) -> f64 {
        self.counts[day].iter().sum()
    }

    /// The longest delay that a report of the events of a day can have had by now.
    pub fn reach(&self, day: usize) -> usize {
        (self.last() - day).min(self.longest())
    }
}
