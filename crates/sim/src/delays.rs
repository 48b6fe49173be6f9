//! How long it takes from the first symptom to a doctor, a bed and a confirmed diagnosis.
//!
//! Resampled from real cases, whole cases at a time, so that the three delays keep belonging
//! together. Source: line list of 1,460 COVID-19 cases outside Hubei, early 2020 (bets.covid group,
//! CC BY 4.0; `testdata/linelist-bets`). Only days written plainly (`21-Jan`) count; ranges do not.

use fangxian_base::{Date, days_between};

use crate::streams::Stream;

const CASES: &str = include_str!("../../../testdata/linelist-bets/cases.csv");
/// LIMIT: a delay of more days is taken for a slip of the pen.
const DAYS_MAX: i64 = 45;

/// The delays of one case, in days after the first symptom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    /// To the first visit.
    pub visit: Option<i64>,
    /// To the bed.
    pub admission: Option<i64>,
    /// To the confirmed diagnosis.
    pub confirmation: i64,
}

/// All delays that the list gives.
#[derive(Debug, Clone)]
pub struct Delays {
    cases: Vec<Delay>,
}

impl Default for Delays {
    fn default() -> Self {
        Self::read()
    }
}

impl Delays {
    /// Reads the list.
    pub fn read() -> Self {
        let mut reader = csv::Reader::from_reader(CASES.as_bytes());
        let at = |name: &str, header: &csv::StringRecord| header.iter().position(|h| h == name);
        let columns = reader.headers().map_or([None; 4], |header| {
            [
                "symptom_onset",
                "initial_visit",
                "hospitalised",
                "confirmed",
            ]
            .map(|n| at(n, header))
        });
        let rows = reader.records().filter_map(Result::ok);
        let cases = rows.filter_map(|row| {
            let [onset, visit, admission, confirmation] =
                columns.map(|column| day(row.get(column?)?));
            let onset = onset?;
            let after = |day: Option<Date>| {
                day.map(|day| days_between(onset, day))
                    .filter(|days| (0..=DAYS_MAX).contains(days))
            };
            Some(Delay {
                visit: after(visit),
                admission: after(admission),
                confirmation: after(confirmation)?,
            })
        });
        Self {
            cases: cases.collect(),
        }
    }

    /// How many cases give a delay.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether the list gave none.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The delays of one case of the list.
    pub fn draw(&self, stream: &mut Stream) -> Delay {
        let none = Delay {
            visit: Some(1),
            admission: Some(2),
            confirmation: 3,
        };
        stream.pick(&self.cases).copied().unwrap_or(none)
    }

    /// The middle delay to the confirmed diagnosis.
    pub fn median_confirmation(&self) -> Option<i64> {
        let mut all: Vec<i64> = self.cases.iter().map(|case| case.confirmation).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    }
}

/// `21-Jan` as a day of the winter of 2019/20.
fn day(cell: &str) -> Option<Date> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (day, month) = cell.trim().split_once('-')?;
    let month = MONTHS.iter().position(|m| *m == month)? + 1;
    let year = if month > 8 { 2019 } else { 2020 };
    Date::new(year, i8::try_from(month).ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::Streams;

    /// Counted apart from this code, by a script over the same file.
    #[test]
    fn the_list_gives_the_delays_counted_elsewhere() {
        let delays = Delays::read();
        let days: i64 = delays.cases.iter().map(|case| case.confirmation).sum();
        let visits = delays
            .cases
            .iter()
            .filter(|case| case.visit.is_some())
            .count();
        assert_eq!((delays.len(), days, visits), (1328, 9502, 1241));
        assert_eq!(delays.median_confirmation(), Some(7));
    }

    #[test]
    fn draws_follow_the_list() {
        let delays = Delays::read();
        let mut stream = Streams::of(1).named("delays");
        let mut drawn: Vec<i64> = (0..4_001)
            .map(|_| delays.draw(&mut stream).confirmation)
            .collect();
        drawn.sort_unstable();
        let median = drawn[2_000];
        assert!(
            delays
                .median_confirmation()
                .is_some_and(|m| (m - median).abs() <= 1),
            "{median}"
        );
    }
}
