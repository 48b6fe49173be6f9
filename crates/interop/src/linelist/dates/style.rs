//! What only the whole column can tell: whether day or month comes first, and whether bare numbers
//! are a spreadsheet's day counts.

use super::range::Reading;
use super::resolve::valid;
use super::single::Day;

/// Which number comes first where a date is written in numbers with the year last or missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// 23/1/2020.
    DayFirst,
    /// 1/23/2020.
    MonthFirst,
    /// 20/1/23, with a year of two digits in front.
    YearFirst,
}

impl Order {
    /// The name in a mapping.
    pub const fn code(self) -> &'static str {
        match self {
            Self::DayFirst => "dmy",
            Self::MonthFirst => "mdy",
            Self::YearFirst => "ymd",
        }
    }

    /// The order with this name.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::DayFirst, Self::MonthFirst, Self::YearFirst]
            .into_iter()
            .find(|o| o.code() == code)
    }
}

/// How the dates of one column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Style {
    /// Day, month or year first.
    pub order: Order,
    /// Numbers from 20,000 to 60,000 are days counted from 1900.
    pub serials: bool,
}

/// Day counts taken for dates: October 1954 to April 2064.
pub(super) const SERIALS: std::ops::RangeInclusive<u32> = 20_000..=60_000;

/// What the cells of one column show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::linelist) struct Tally {
    /// Cells with something in them.
    pub filled: usize,
    /// Cells read as dates, without the next.
    pub dates: usize,
    /// Cells that could be a spreadsheet's day count.
    pub serials: usize,
    /// Dates where day and month are open.
    pub open: usize,
    day_first: usize,
    month_first: usize,
    year_first: usize,
}

impl Tally {
    /// Counts one cell.
    pub fn add(&mut self, reading: &Reading) {
        match reading {
            Reading::Missing => return,
            Reading::Unreadable => self.filled += 1,
            Reading::One { stamp, .. } if matches!(stamp.day, Day::Serial(_)) => {
                self.filled += 1;
                self.serials +=
                    usize::from(matches!(stamp.day, Day::Serial(n) if SERIALS.contains(&n)));
            }
            Reading::One { .. } | Reading::Between { .. } => {
                self.filled += 1;
                self.dates += 1;
            }
        }
        for stamp in reading.stamps() {
            match stamp.day {
                Day::Open {
                    first,
                    second,
                    year,
                    ..
                } => {
                    self.open += 1;
                    let year = year.unwrap_or(2000);
                    self.note(
                        valid(year, second, first),
                        valid(year, first, second),
                        false,
                    );
                }
                Day::Triple(a, b, c) => {
                    self.open += 1;
                    let long = |n: u32| i32::try_from(n).map_or(2000, |n| n + 2000);
                    self.note(
                        valid(long(c), b, a),
                        valid(long(c), a, b),
                        valid(long(a), b, c),
                    );
                }
                Day::Known { .. } | Day::Serial(_) => {}
            }
        }
    }

    fn note(&mut self, day_first: bool, month_first: bool, year_first: bool) {
        match (day_first, month_first, year_first) {
            (true, false, false) => self.day_first += 1,
            (false, true, false) => self.month_first += 1,
            (false, false, true) => self.year_first += 1,
            _ => {}
        }
    }

    /// Whether the dates of the column decide the order, and which.
    pub fn order(&self) -> Option<Order> {
        [
            (self.day_first, Order::DayFirst),
            (self.month_first, Order::MonthFirst),
            (self.year_first, Order::YearFirst),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .max_by_key(|(n, _)| *n)
        .map(|(_, order)| order)
    }

    /// Whether there are dates that only fit one order and dates that only fit the other.
    pub const fn mixed(&self) -> bool {
        self.day_first > 0 && self.month_first > 0
    }

    /// Whether the column is clearly one of dates, so that bare day counts are dates too.
    pub const fn clearly_dates(&self) -> bool {
        self.serials > 0 && (self.dates + self.serials) * 5 >= self.filled * 4
    }

    /// The share of filled cells that are dates, in hundredths.
    pub fn percent(&self) -> usize {
        (self.dates
            + if self.clearly_dates() {
                self.serials
            } else {
                0
            })
            * 100
            / self.filled.max(1)
    }
}
