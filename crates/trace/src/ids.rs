//! Who, where and when, as the visit store knows them: pseudonyms and whole seconds.

use std::fmt;

use fangxian_base::Instant;

/// A person's pseudonym. Only `store` knows whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person(pub u64);

/// A place that can be visited, or a grid cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub u64);

/// The area whose files a place's stays are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Area(pub u32);

/// A moment: whole seconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(pub u32);

impl Moment {
    /// The second in which `instant` lies; the ends of the range for moments outside it.
    pub fn of(instant: Instant) -> Self {
        let seconds = instant.millis().div_euclid(1_000);
        Self(u32::try_from(seconds.max(0)).unwrap_or(u32::MAX))
    }

    /// The first millisecond of the second.
    pub fn instant(self) -> Instant {
        Instant::from_millis(i64::from(self.0) * 1_000)
    }

    /// This moment and so many seconds, stopping at the end of the range.
    #[must_use]
    pub const fn plus(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// This moment less so many seconds, stopping at the start of the range.
    #[must_use]
    pub const fn minus(self, seconds: u32) -> Self {
        Self(self.0.saturating_sub(seconds))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.instant().fmt(f)
    }
}

/// A civil day of the installation, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

/// Where civil days are cut: seconds that local time is ahead of UTC.
///
/// LIMIT: one offset for all days; a zone with summer time cuts half of them an hour off. Days are
/// only how files are cut and forgotten, no answer depends on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// Seconds ahead of UTC, negative to the west.
    pub ahead_seconds: i32,
}

impl Calendar {
    /// China Standard Time.
    pub const CHINA: Self = Self {
        ahead_seconds: 28_800,
    };
    /// Coordinated Universal Time.
    pub const UTC: Self = Self { ahead_seconds: 0 };

    /// The civil day that holds `moment`.
    pub fn day(self, moment: Moment) -> Day {
        let local = i64::from(moment.0) + i64::from(self.ahead_seconds);
        Day(u32::try_from(local.max(0) / 86_400).unwrap_or(u32::MAX))
    }
}

/// A stretch of time: from the first moment up to, and without, the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// The first moment inside.
    pub from: Moment,
    /// The first moment no longer inside.
    pub to: Moment,
}

impl Window {
    /// The window between two moments; empty when they are the wrong way round.
    pub const fn new(from: Moment, to: Moment) -> Self {
        Self { from, to }
    }

    /// The window of so many seconds that ends at `to`.
    pub const fn before(to: Moment, seconds: u32) -> Self {
        Self {
            from: to.minus(seconds),
            to,
        }
    }
}

/// Which of the two kinds of stays: they have the same shape and never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Stays at places that have an entrance: venues, homes, vehicles.
    Visits,
    /// Stays in grid cells.
    Presence,
}

impl Stream {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Visits, Self::Presence];

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Visits => 0,
            Self::Presence => 1,
        }
    }

    /// The name in files and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Visits => "visits",
            Self::Presence => "presence",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_civil_midnight() {
        let late = Moment::of("2026-01-31T16:30:00Z".parse().unwrap());
        assert_eq!(Calendar::CHINA.day(late).0, Calendar::UTC.day(late).0 + 1);
        assert_eq!(late.to_string(), "2026-01-31T16:30:00Z");
    }

    #[test]
    fn moments_outside_the_range_stop_at_its_ends() {
        assert_eq!(Moment::of(Instant::from_millis(-5)), Moment(0));
        assert_eq!(Moment::of(Instant::from_millis(i64::MAX)), Moment(u32::MAX));
    }
}
