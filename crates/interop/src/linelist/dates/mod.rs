//! Dates as people write them: a text becomes a [`Reading`], which a column's [`Style`] and the
//! file's [`YearRule`] turn into a [`When`] or into the reason why there is none.
//!
//! Reading never guesses; what is open (day or month first, the missing year) stays open until the
//! whole column has been seen. Start with [`read::read`].

mod lex;
mod range;
mod resolve;
mod single;
mod style;
mod year;

#[cfg(test)]
mod tests;

pub(super) use range::{Reading, read};
pub(super) use resolve::{DateError, Settings, resolve};
pub(super) use single::Day;
pub(super) use style::Tally;
pub use style::{Order, Style};
pub(super) use year::Season;
pub use year::YearRule;

use fangxian_base::Date;

/// The days a text names; ranges include both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// One day.
    Day(Date),
    /// From one day to another.
    Range(Date, Date),
    /// On a day not after this one: `? to 21-Jan`.
    Until(Date),
    /// On a day not before this one: `10-Jan to ?`.
    Since(Date),
}

/// How exactly a time was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// Hour and minute.
    Minute {
        /// 0 to 23.
        hour: u8,
        /// 0 to 59.
        minute: u8,
    },
    /// A day.
    Day,
    /// A month; the span is all of it.
    Month,
    /// A year; the span is all of it.
    Year,
    /// Two ends, or one.
    Range,
}

/// A time as a list gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct When {
    /// The days.
    pub span: Span,
    /// How exactly.
    pub precision: Precision,
    /// Marked as uncertain: `22-Jan?`, 1月3日左右.
    pub about: bool,
}

impl When {
    /// The day, if it is one day.
    pub const fn day(&self) -> Option<Date> {
        match self.span {
            Span::Day(day) => Some(day),
            Span::Range(..) | Span::Until(_) | Span::Since(_) => None,
        }
    }

    /// The first possible day.
    pub const fn earliest(&self) -> Option<Date> {
        match self.span {
            Span::Day(day) | Span::Range(day, _) | Span::Since(day) => Some(day),
            Span::Until(_) => None,
        }
    }

    /// The last possible day.
    pub const fn latest(&self) -> Option<Date> {
        match self.span {
            Span::Day(day) | Span::Range(_, day) | Span::Until(day) => Some(day),
            Span::Since(_) => None,
        }
    }
}
