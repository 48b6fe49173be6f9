//! The three kinds of time, never mixed: an [`Instant`] (a moment, UTC), a civil [`Date`] (what a
//! person says), an [`EpiWeek`] (what a curve is drawn by); and the [`Clock`] that says "now".

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A moment: whole milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

/// The text was not a moment in RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseInstantError;

impl fmt::Display for ParseInstantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a moment such as 2026-01-31T08:00:00Z")
    }
}

impl std::error::Error for ParseInstantError {}

impl Instant {
    /// From milliseconds since 1970-01-01 UTC.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment and so many minutes (negative: earlier).
    #[must_use]
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0.saturating_add(minutes.saturating_mul(60_000)))
    }

    /// This moment and so many hours (negative: earlier).
    #[must_use]
    pub const fn plus_hours(self, hours: i64) -> Self {
        self.plus_minutes(hours.saturating_mul(60))
    }

    /// Whole minutes from `earlier` to this moment; negative when this one is earlier.
    pub const fn minutes_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0) / 60_000
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

impl FromStr for Instant {
    type Err = ParseInstantError;

    fn from_str(text: &str) -> Result<Self, ParseInstantError> {
        match text.parse::<Timestamp>() {
            Ok(moment) => Ok(Self(moment.as_millisecond())),
            Err(_) => Err(ParseInstantError),
        }
    }
}

impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Instant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// The installation's civil time zone: where "today" begins and ends.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// A zone by its IANA name, such as `Asia/Shanghai`.
    ///
    /// # Errors
    /// When no such zone is known.
    pub fn named(name: &str) -> Result<Self, jiff::Error> {
        TimeZone::get(name).map(Self)
    }

    /// China Standard Time, the default: UTC+8 without summer time since 1992.
    pub fn china() -> Self {
        Self(
            TimeZone::get("Asia/Shanghai")
                .unwrap_or_else(|_: jiff::Error| TimeZone::fixed(jiff::tz::offset(8))),
        )
    }

    /// The civil date at `moment`.
    pub fn date(&self, moment: Instant) -> Date {
        moment.timestamp().to_zoned(self.0.clone()).date()
    }

    /// The first moment of `day`.
    pub fn day_start(&self, day: Date) -> Instant {
        day.to_zoned(self.0.clone())
            .map(|z| Instant(z.timestamp().as_millisecond()))
            .unwrap_or_default()
    }

    /// The hour of the day at `moment`, from 0 to 23.
    pub fn hour(&self, moment: Instant) -> i64 {
        i64::from(moment.timestamp().to_zoned(self.0.clone()).hour())
    }

    /// `2026-01-31 08:05`, for people.
    pub fn show(&self, moment: Instant) -> String {
        moment
            .timestamp()
            .to_zoned(self.0.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string()
    }

    /// The zone's name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC+08:00")
    }
}

/// A week of surveillance: ISO 8601, Monday to Sunday, week 1 holds the year's first Thursday.
///
/// The Chinese notifiable-disease weeks follow the same rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EpiWeek {
    year: i16,
    week: i8,
}

impl EpiWeek {
    /// The week that holds `day`.
    pub fn of(day: Date) -> Self {
        let iso = day.iso_week_date();
        Self {
            year: iso.year(),
            week: iso.week(),
        }
    }

    /// The year the week belongs to, which may differ from the calendar year of its days.
    pub const fn year(self) -> i16 {
        self.year
    }

    /// The number of the week, from 1.
    pub const fn week(self) -> i8 {
        self.week
    }

    /// Its Monday.
    pub fn first_day(self) -> Option<Date> {
        jiff::civil::ISOWeekDate::new(self.year, self.week, Weekday::Monday)
            .ok()
            .map(jiff::civil::ISOWeekDate::date)
    }
}

impl fmt::Display for EpiWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

/// Who says what time it is. Everything that asks "now" asks one of these.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock"
    )]
    fn now(&self) -> Instant {
        Instant(Timestamp::now().as_millisecond())
    }
}

/// A clock that moves when told: tests, drills and the demo's passing days.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `moment`.
    pub const fn at(moment: Instant) -> Self {
        Self(AtomicI64::new(moment.0))
    }

    /// Moves the clock forward; it never goes back.
    pub fn advance_to(&self, moment: Instant) {
        self.0.fetch_max(moment.0, Ordering::SeqCst);
    }

    /// Moves the clock forward by minutes.
    pub fn advance_minutes(&self, minutes: i64) {
        self.advance_to(self.now().plus_minutes(minutes));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

/// `day` and so many days (negative: earlier), stopping at the ends of the calendar.
pub fn plus_days(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// Whole days from `earlier` to `later`; negative when `later` comes first.
pub fn days_between(earlier: Date, later: Date) -> i64 {
    (later - earlier).get_days().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn today_follows_the_zone_and_not_utc() {
        let late: Instant = "2026-01-31T16:30:00Z".parse().unwrap();
        assert_eq!(Zone::china().date(late), date(2026, 2, 1));
        assert_eq!(Zone::china().show(late), "2026-02-01 00:30");
        assert_eq!(
            Zone::china().day_start(date(2026, 2, 1)).to_string(),
            "2026-01-31T16:00:00Z"
        );
    }

    #[test]
    fn the_last_days_of_a_year_may_belong_to_the_next() {
        let week = EpiWeek::of(date(2024, 12, 30));
        assert_eq!(week.to_string(), "2025-W01");
        assert_eq!(week.first_day(), Some(date(2024, 12, 30)));
    }

    #[test]
    fn a_manual_clock_never_goes_back() {
        let clock = ManualClock::at(Instant::from_millis(10_000));
        clock.advance_to(Instant::from_millis(5_000));
        assert_eq!(clock.now().millis(), 10_000);
        clock.advance_minutes(1);
        assert_eq!(clock.now().millis(), 70_000);
    }
}
