//! Turns a reading into days on the calendar, or says which day does not exist.

use fangxian_base::{Date, Instant, Zone, plus_days};

use super::range::Reading;
use super::single::{Day, Stamp};
use super::style::{Order, SERIALS, Style};
use super::year::YearRule;
use super::{Precision, Span, When};

/// Why a reading is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::linelist) enum DateError {
    Unreadable,
    Impossible {
        year: Option<i32>,
        month: u32,
        day: u32,
    },
    Reversed,
}

/// What the column and the file settle.
#[derive(Debug, Clone, Copy)]
pub(in crate::linelist) struct Settings<'z> {
    pub style: Style,
    pub years: Option<YearRule>,
    pub today: Date,
    /// Two-digit years that would lie ahead belong to the century before.
    pub birth: bool,
    pub zone: &'z Zone,
}

/// Whether the day exists.
pub(super) fn valid(year: i32, month: u32, day: u32) -> bool {
    date(year, month, day).is_some()
}

fn date(year: i32, month: u32, day: u32) -> Option<Date> {
    Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}

/// Resolves a cell; `Ok(None)` when it says nothing.
pub(in crate::linelist) fn resolve(
    reading: &Reading,
    set: &Settings<'_>,
) -> Result<Option<When>, DateError> {
    let ends = |from: Option<Stamp>,
                to: Option<Stamp>|
     -> Result<(Option<Days>, Option<Days>), DateError> {
        Ok((
            from.map(|s| days(s, set)).transpose()?,
            to.map(|s| days(s, set)).transpose()?,
        ))
    };
    match *reading {
        Reading::Missing => Ok(None),
        Reading::Unreadable => Err(DateError::Unreadable),
        Reading::One { stamp, about } => {
            let (first, last, precision) = days(stamp, set)?;
            let span = if first == last {
                Span::Day(first)
            } else {
                Span::Range(first, last)
            };
            Ok(Some(When {
                span,
                precision,
                about,
            }))
        }
        Reading::Between { from, to, about } => {
            let span = match ends(from, to)? {
                (None, None) => return Ok(None),
                (None, Some((_, to, _))) => Span::Until(to),
                (Some((from, _, _)), None) => Span::Since(from),
                (Some((from, ..)), Some((_, to, _))) if from <= to => Span::Range(from, to),
                (Some(_), Some(_)) => return Err(DateError::Reversed),
            };
            Ok(Some(When {
                span,
                precision: Precision::Range,
                about,
            }))
        }
    }
}

type Days = (Date, Date, Precision);

fn days(stamp: Stamp, set: &Settings<'_>) -> Result<Days, DateError> {
    let (year, month, day) = match stamp.day {
        Day::Serial(n) if set.style.serials && SERIALS.contains(&n) => {
            let day = plus_days(Date::constant(1899, 12, 30), i64::from(n));
            return Ok((day, day, Precision::Day));
        }
        Day::Serial(_) => return Err(DateError::Unreadable),
        Day::Known {
            year,
            short,
            month,
            day,
        } => (century(year, short, month, day, set), month, day),
        Day::Open {
            first,
            second,
            year,
            short,
        } => {
            let (month, day) = month_and_day(first, second, year, set)?;
            (
                century(year, short, Some(month), Some(day), set),
                Some(month),
                Some(day),
            )
        }
        Day::Triple(a, b, c) => {
            let (year, month, day) = triple(a, b, c, set)?;
            (
                century(Some(year), true, Some(month), Some(day), set),
                Some(month),
                Some(day),
            )
        }
    };
    calendar(year, month, day, stamp, set)
}

fn calendar(
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    stamp: Stamp,
    set: &Settings<'_>,
) -> Result<Days, DateError> {
    let Some(m) = month else {
        let year = year.ok_or(DateError::Unreadable)?;
        let first = date(year, 1, 1).ok_or(DateError::Unreadable)?;
        return Ok((first, date(year, 12, 31).unwrap_or(first), Precision::Year));
    };
    let d = day.unwrap_or(1);
    let impossible = DateError::Impossible {
        year,
        month: m,
        day: d,
    };
    // A day that exists in no year is impossible whatever the year may be.
    if !valid(2000, m, d) {
        return Err(impossible);
    }
    let year = match (year, set.years) {
        (Some(year), _) => year,
        (None, Some(rule)) => rule.year_of(m, d),
        (None, None) => YearRule::latest(m, d, set.today).year_of(m, d),
    };
    let first = date(year, m, d).ok_or(DateError::Impossible {
        year: Some(year),
        month: m,
        day: d,
    })?;
    if day.is_none() {
        return Ok((first, first.last_of_month(), Precision::Month));
    }
    match (stamp.time, stamp.offset) {
        (None, _) => Ok((first, first, Precision::Day)),
        (Some((hour, minute)), None) => Ok((first, first, Precision::Minute { hour, minute })),
        (Some((hour, minute)), Some(east)) => Ok(local(first, hour, minute, east, set.zone)),
    }
}

/// The civil day and hour here of a moment given with its offset.
fn local(day: Date, hour: u8, minute: u8, east: i32, zone: &Zone) -> Days {
    let utc: Option<Instant> = format!("{day}T{hour:02}:{minute:02}:00Z").parse().ok();
    let Some(moment) = utc.map(|at| at.plus_minutes(-i64::from(east))) else {
        return (day, day, Precision::Minute { hour, minute });
    };
    let here = zone.date(moment);
    let since = moment
        .minutes_since(zone.day_start(here))
        .clamp(0, 24 * 60 - 1);
    let part = |n: i64| u8::try_from(n).unwrap_or(0);
    (
        here,
        here,
        Precision::Minute {
            hour: part(since / 60),
            minute: part(since % 60),
        },
    )
}

/// A year of two digits gets its century.
fn century(
    year: Option<i32>,
    short: bool,
    month: Option<u32>,
    day: Option<u32>,
    set: &Settings<'_>,
) -> Option<i32> {
    let year = year?;
    if !short {
        return Some(year);
    }
    let late =
        date(2000 + year, month.unwrap_or(1), day.unwrap_or(1)).is_some_and(|d| d > set.today);
    Some(if set.birth && late {
        1900 + year
    } else {
        2000 + year
    })
}

/// Month and day in the order of the column; in the other order if only that exists.
fn month_and_day(
    first: u32,
    second: u32,
    year: Option<i32>,
    set: &Settings<'_>,
) -> Result<(u32, u32), DateError> {
    let day_first = (second, first);
    let month_first = (first, second);
    let (wanted, other) = match set.style.order {
        Order::DayFirst => (day_first, month_first),
        Order::MonthFirst | Order::YearFirst => (month_first, day_first),
    };
    let exists = |(month, day): (u32, u32)| valid(year.unwrap_or(2000), month, day);
    if exists(wanted) {
        Ok(wanted)
    } else if exists(other) {
        Ok(other)
    } else {
        let (month, day) = if wanted.0 > 12 && other.0 <= 12 {
            other
        } else {
            wanted
        };
        Err(DateError::Impossible { year, month, day })
    }
}

fn triple(a: u32, b: u32, c: u32, set: &Settings<'_>) -> Result<(i32, u32, u32), DateError> {
    let short = |n: u32| i32::try_from(n).unwrap_or(0);
    let of = |order: Order| match order {
        Order::DayFirst => (short(c), b, a),
        Order::MonthFirst => (short(c), a, b),
        Order::YearFirst => (short(a), b, c),
    };
    let exists = |(y, m, d): (i32, u32, u32)| valid(2000 + y, m, d);
    let wanted = of(set.style.order);
    let others = [Order::DayFirst, Order::MonthFirst, Order::YearFirst].map(of);
    std::iter::once(wanted)
        .chain(others)
        .find(|ymd| exists(*ymd))
        .ok_or(DateError::Impossible {
            year: Some(2000 + wanted.0),
            month: wanted.1,
            day: wanted.2,
        })
}
