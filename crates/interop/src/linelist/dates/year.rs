//! Years for dates written without one: the latest in which nothing in the file lies ahead.

use std::collections::BTreeMap;

use fangxian_base::{Date, plus_days};

use super::single::{Day, Stamp};

/// The year of the last dates of a file; dates from `turns_on` (month, day) on belong to the year
/// before, because the list runs over the turn of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearRule {
    /// The year of the last dates.
    pub year: i16,
    /// Month and day from which a date belongs to the year before.
    pub turns_on: Option<(u8, u8)>,
}

impl YearRule {
    /// The year of a date without one.
    pub fn year_of(&self, month: u32, day: u32) -> i32 {
        let before = self
            .turns_on
            .is_some_and(|(m, d)| (month, day) >= (u32::from(m), u32::from(d)));
        i32::from(self.year) - i32::from(before)
    }

    /// For a single date: the latest year in which it does not lie after `today`.
    pub(super) fn latest(month: u32, day: u32, today: Date) -> Self {
        let ahead = (month, day) > (month_of(today), day_of(today));
        Self {
            year: today.year() - i16::from(ahead),
            turns_on: None,
        }
    }
}

fn month_of(date: Date) -> u32 {
    u32::from(date.month().unsigned_abs())
}

fn day_of(date: Date) -> u32 {
    u32::from(date.day().unsigned_abs())
}

/// Dates with a year bound those without: a list does not run on much longer than this.
const SLACK_DAYS: i64 = 120;
/// How far back a year is looked for.
const YEARS_BACK: i16 = 100;
/// So many cells with 29 February are no slip: the year was a leap year.
const LEAP_EVIDENCE: usize = 2;

/// The months and days that occur without a year, and the last date that has one.
#[derive(Debug, Clone, Default)]
pub(in crate::linelist) struct Season {
    days: BTreeMap<(u8, u8), usize>,
    latest: Option<Date>,
}

impl Season {
    /// Counts a date.
    pub fn add(&mut self, stamp: &Stamp, today: Date) {
        let Day::Known {
            year,
            short: false,
            month: Some(month),
            day,
        } = stamp.day
        else {
            return;
        };
        let day = day.unwrap_or(1);
        if !super::resolve::valid(2000, month, day) {
            return;
        }
        let narrow = |n: u32| u8::try_from(n).unwrap_or(1);
        match year {
            None => *self.days.entry((narrow(month), narrow(day))).or_default() += 1,
            Some(year) => {
                let date = i16::try_from(year)
                    .ok()
                    .and_then(|y| civil(y, narrow(month), narrow(day)));
                self.latest = self.latest.max(date.filter(|d| *d <= today));
            }
        }
    }

    /// Counts a month and a day whose order the column has settled.
    pub fn add_settled(&mut self, month: u32, day: u32) {
        if super::resolve::valid(2000, month, day) {
            let narrow = |n: u32| u8::try_from(n).unwrap_or(1);
            *self.days.entry((narrow(month), narrow(day))).or_default() += 1;
        }
    }

    /// The rule for this file, with the first and last day that it then covers. `given` is the year
    /// of a mapping.
    pub fn settle(&self, given: Option<i16>, today: Date) -> Option<(YearRule, Date, Date)> {
        let turns_on = self.turn();
        let ordered: Vec<(u8, u8)> = self.ordered(turns_on);
        let (first, last) = (*ordered.first()?, *ordered.last()?);
        let horizon = self
            .latest
            .map_or(today, |d| plus_days(d, SLACK_DAYS).min(today));
        let rule = |year: i16| YearRule { year, turns_on };
        let year = given.or_else(|| {
            (0..YEARS_BACK)
                .map(|back| horizon.year() - back)
                .find(|year| self.fits(rule(*year), last, horizon))
        })?;
        let rule = rule(year);
        let full = |(m, d): (u8, u8)| {
            let year = i16::try_from(rule.year_of(u32::from(m), u32::from(d))).unwrap_or(year);
            civil(year, m, d).or_else(|| civil(year, m, d.saturating_sub(1)))
        };
        Some((rule, full(first)?, full(last)?))
    }

    fn fits(&self, rule: YearRule, last: (u8, u8), horizon: Date) -> bool {
        let leap = self.days.get(&(2, 29)).copied().unwrap_or(0);
        if leap >= LEAP_EVIDENCE
            && i16::try_from(rule.year_of(2, 29))
                .ok()
                .and_then(|y| civil(y, 2, 29))
                .is_none()
        {
            return false;
        }
        let at = (u32::from(last.0), u32::from(last.1));
        let end = i16::try_from(rule.year_of(at.0, at.1))
            .ok()
            .and_then(|y| civil(y, last.0, last.1).or_else(|| civil(y, last.0, last.1 - 1)));
        end.is_some_and(|end| end <= horizon)
    }

    /// Where the list turns the year: behind the widest gap, if counting from there halves the span.
    fn turn(&self) -> Option<(u8, u8)> {
        let days: Vec<(i64, (u8, u8))> = self
            .days
            .keys()
            .map(|&(m, d)| (ordinal(m, d), (m, d)))
            .collect();
        let (first, last) = (days.first()?.0, days.last()?.0);
        let (gap, begin) = days
            .windows(2)
            .map(|pair| (pair[1].0 - pair[0].0, pair[1].1))
            .max_by_key(|(gap, _)| *gap)?;
        let (straight, turned) = (last - first, 366 - gap);
        (turned * 2 <= straight).then_some(begin)
    }

    /// The days in the order of the list.
    fn ordered(&self, turn: Option<(u8, u8)>) -> Vec<(u8, u8)> {
        let turn = turn.unwrap_or((1, 1));
        let (after, before): (Vec<_>, Vec<_>) =
            self.days.keys().copied().partition(|day| *day >= turn);
        after.into_iter().chain(before).collect()
    }
}

fn civil(year: i16, month: u8, day: u8) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The day of a leap year.
fn ordinal(month: u8, day: u8) -> i64 {
    civil(2000, month, day).map_or(0, |d| i64::from(d.day_of_year()))
}
