//! Reads one date (no range) from its pieces; what the text leaves open stays open.

use super::lex::{Tok, lex};

/// A day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::linelist) enum Day {
    /// The parts are known; a missing one is `None`. Without a day it is a month, without day and
    /// month a year.
    Known {
        /// With century, or two digits if `short`.
        year: Option<i32>,
        /// The year has two digits.
        short: bool,
        /// 1 to 12 if right.
        month: Option<u32>,
        /// 1 to 31 if right.
        day: Option<u32>,
    },
    /// Two numbers of which one is the day and one the month.
    Open {
        /// The number written first.
        first: u32,
        /// The number written second.
        second: u32,
        /// The year, if written.
        year: Option<i32>,
        /// The year has two digits.
        short: bool,
    },
    /// Three numbers of two digits.
    Triple(u32, u32, u32),
    /// Days counted by a spreadsheet.
    Serial(u32),
}

/// A day with, perhaps, an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::linelist) struct Stamp {
    pub day: Day,
    /// Hour and minute.
    pub time: Option<(u8, u8)>,
    /// Minutes east of Greenwich, if written.
    pub offset: Option<i32>,
}

/// Reads one date; `None` if the text is none. `alone` also allows a bare day (`19` in `1月10-19`).
pub(super) fn single(text: &str, alone: bool) -> Option<Stamp> {
    let toks = lex(text)?;
    if let [Tok::Num(n, len @ (12 | 14))] = toks[..] {
        return packed(n, len);
    }
    if let [Tok::Num(n, 5), Tok::Sep('.'), Tok::Num(..)] | [Tok::Num(n, 5)] = toks[..] {
        return Some(Stamp {
            day: Day::Serial(small(n)?),
            time: None,
            offset: None,
        });
    }
    let (day, used) = day(&toks, alone)?;
    let (time, offset) = time(&toks[used..])?;
    Some(Stamp { day, time, offset })
}

fn small(n: u64) -> Option<u32> {
    u32::try_from(n).ok()
}

const fn known(year: Option<i32>, month: Option<u32>, day: Option<u32>) -> Day {
    Day::Known {
        year,
        short: false,
        month,
        day,
    }
}

fn is_year(n: u64, len: usize) -> bool {
    len == 4 && (1000..=9999).contains(&n)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the number of digits is checked before"
)]
const fn num(n: u64) -> u32 {
    n as u32
}

#[expect(
    clippy::cast_possible_wrap,
    reason = "the number of digits is checked before"
)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "a year that is written, where it may be missing"
)]
const fn yr(n: u64) -> Option<i32> {
    Some(num(n) as i32)
}

/// The day at the front, and how many pieces it took.
fn day(toks: &[Tok], alone: bool) -> Option<(Day, usize)> {
    use Tok::{Num, Sep, Sun};
    chinese(toks)
        .or_else(|| named(toks))
        .or_else(|| match *toks {
            [Num(y, yl), Sep(_), Num(m, ml), Sep(_), Num(d, dl), ..]
                if is_year(y, yl) && ml <= 3 && dl <= 3 =>
            {
                Some((known(yr(y), Some(num(m)), Some(num(d))), 5))
            }
            [Num(a, al), Sep(_), Num(b, bl), Sep(_), Num(y, yl), ..]
                if is_year(y, yl) && al <= 3 && bl <= 3 =>
            {
                Some((
                    Day::Open {
                        first: num(a),
                        second: num(b),
                        year: yr(y),
                        short: false,
                    },
                    5,
                ))
            }
            [Num(a, 1..=2), Sep(_), Num(b, 1..=2), Sep(_), Num(c, 2), ..] => {
                Some((Day::Triple(num(a), num(b), num(c)), 5))
            }
            [Num(y, 2), Sep(_), Num(m, 1..=2), Sep(_), Num(d, 1), ..] => Some((
                Day::Known {
                    year: yr(y),
                    short: true,
                    month: Some(num(m)),
                    day: Some(num(d)),
                },
                5,
            )),
            [Num(y, yl), Sep(_), Num(m, 1..=2), ..] if is_year(y, yl) => {
                Some((known(yr(y), Some(num(m)), None), 3))
            }
            [Num(m, 1..=2), Sep(_), Num(y, yl), ..] if is_year(y, yl) => {
                Some((known(yr(y), Some(num(m)), None), 3))
            }
            [Num(a, 1..=2), Sep('/' | '-' | '.'), Num(b, 1..=2), ..] => Some((
                Day::Open {
                    first: num(a),
                    second: num(b),
                    year: None,
                    short: false,
                },
                3,
            )),
            [Num(n, 8), ..] if (1000..=9999).contains(&(n / 10_000)) => Some((
                known(yr(n / 10_000), Some(num(n / 100 % 100)), Some(num(n % 100))),
                1,
            )),
            [Num(n, 6)] if (1900..=2199).contains(&(n / 100)) && (1..=12).contains(&(n % 100)) => {
                Some((known(yr(n / 100), Some(num(n % 100)), None), 1))
            }
            [Num(y, yl)] if is_year(y, yl) && (1800..=2199).contains(&y) => {
                Some((known(yr(y), None, None), 1))
            }
            [Num(d, 1..=2), Sun] if alone => Some((known(None, None, Some(num(d))), 2)),
            [Num(d, 1..=2)] if alone => Some((known(None, None, Some(num(d))), 1)),
            _ => None,
        })
}

/// 2020年1月3日 and its shorter forms.
fn chinese(toks: &[Tok]) -> Option<(Day, usize)> {
    use Tok::{Moon, Num, Year};
    match *toks {
        [Num(y, yl), Year, Num(m, 1..=2), Moon, ref rest @ ..] if is_year(y, yl) || yl == 2 => {
            let short = yl == 2;
            let (day, used) = day_of_month(rest);
            Some((
                Day::Known {
                    year: yr(y),
                    short,
                    month: Some(num(m)),
                    day,
                },
                4 + used,
            ))
        }
        [Num(y, yl), Year, ..] if is_year(y, yl) => Some((known(yr(y), None, None), 2)),
        [Num(m, 1..=2), Moon, ref rest @ ..] => {
            let (day, used) = day_of_month(rest);
            Some((known(None, Some(num(m)), day), 2 + used))
        }
        _ => None,
    }
}

const fn day_of_month(rest: &[Tok]) -> (Option<u32>, usize) {
    match *rest {
        [Tok::Num(d, 1..=3), Tok::Sun, ..] => (Some(num(d)), 2),
        [Tok::Num(d, 1..=3)] => (Some(num(d)), 1),
        _ => (None, 0),
    }
}

/// 23-Jan, 23 Jan 2020, 30Jan, January 23, 2020, -Jan.
fn named(toks: &[Tok]) -> Option<(Day, usize)> {
    use Tok::{Month, Num};
    let skip = |at: usize| {
        let mut at = at;
        while matches!(toks.get(at), Some(Tok::Sep(_) | Tok::Gap)) {
            at += 1;
        }
        at
    };
    match *toks {
        [Num(d, 1..=3), ..] => {
            let month_at = skip(1);
            let Some(Month(month)) = toks.get(month_at) else {
                return None;
            };
            let (year, short, used) =
                year_at(toks, skip(month_at + 1)).unwrap_or((None, false, month_at + 1));
            Some((
                Day::Known {
                    year,
                    short,
                    month: Some(*month),
                    day: Some(num(d)),
                },
                used,
            ))
        }
        [Num(y, yl), ..] if is_year(y, yl) => {
            let month_at = skip(1);
            let Some(Month(month)) = toks.get(month_at) else {
                return None;
            };
            match toks.get(skip(month_at + 1)) {
                Some(Num(d, 1..=3)) => Some((
                    known(yr(y), Some(*month), Some(num(*d))),
                    skip(month_at + 1) + 1,
                )),
                _ => Some((known(yr(y), Some(*month), None), month_at + 1)),
            }
        }
        [Month(_) | Tok::Sep(_), ..] => {
            let month_at = skip(0);
            let Some(Month(month)) = toks.get(month_at) else {
                return None;
            };
            let next = skip(month_at + 1);
            match toks.get(next) {
                Some(Num(y, yl)) if is_year(*y, *yl) => {
                    Some((known(yr(*y), Some(*month), None), next + 1))
                }
                Some(Num(d, 1..=3)) => {
                    let (year, short, used) =
                        year_at(toks, skip(next + 1)).unwrap_or((None, false, next + 1));
                    Some((
                        Day::Known {
                            year,
                            short,
                            month: Some(*month),
                            day: Some(num(*d)),
                        },
                        used,
                    ))
                }
                _ => Some((known(None, Some(*month), None), month_at + 1)),
            }
        }
        _ => None,
    }
}

/// A year at this place, unless it is the hour of a time.
fn year_at(toks: &[Tok], at: usize) -> Option<(Option<i32>, bool, usize)> {
    match (toks.get(at), toks.get(at + 1)) {
        (Some(Tok::Num(..)), Some(Tok::Colon | Tok::Hour)) => None,
        (Some(Tok::Num(y, 4)), _) => Some((yr(*y), false, at + 1)),
        (Some(Tok::Num(y, 2)), _) => Some((yr(*y), true, at + 1)),
        _ => None,
    }
}

type Clock = (Option<(u8, u8)>, Option<i32>);

/// The rest behind a day: nothing, or an hour with what belongs to it.
fn time(toks: &[Tok]) -> Option<Clock> {
    let mut rest = toks;
    while let [Tok::Gap | Tok::Sep(','), tail @ ..] = rest {
        rest = tail;
    }
    let mut half = None;
    if let [Tok::Half(h), tail @ ..] = rest {
        (half, rest) = (Some(*h), tail);
    }
    let (hour, minute);
    (hour, minute, rest) = match *rest {
        // 1月3日上午: the half of the day alone is dropped.
        [] => return Some((None, None)),
        [
            Tok::Num(h, 1..=2),
            Tok::Colon,
            Tok::Num(m, 1..=2),
            ref tail @ ..,
        ]
        | [
            Tok::Num(h, 1..=2),
            Tok::Hour,
            Tok::Num(m, 1..=2),
            Tok::Minute,
            ref tail @ ..,
        ] => (h, m, tail),
        [Tok::Num(h, 1..=2), Tok::Hour, ref tail @ ..] => (h, 0, tail),
        _ => return None,
    };
    match *rest {
        [
            Tok::Colon,
            Tok::Num(_, 1..=2),
            Tok::Sep('.'),
            Tok::Num(..),
            ref tail @ ..,
        ] => rest = tail,
        [Tok::Colon, Tok::Num(_, 1..=2), ref tail @ ..]
        | [Tok::Num(_, 1..=2), Tok::Second, ref tail @ ..] => {
            rest = tail;
        }
        _ => {}
    }
    while let [Tok::Gap, tail @ ..] = rest {
        rest = tail;
    }
    if let [Tok::Half(h), tail @ ..] = rest {
        (half, rest) = (Some(*h), tail);
    }
    let offset = match *rest {
        [] => None,
        [Tok::Zulu] => Some(0),
        [
            sign @ (Tok::Plus | Tok::Sep('-')),
            Tok::Num(h, 2),
            Tok::Colon,
            Tok::Num(m, 2),
        ] => Some(east(sign, h, m)),
        [sign @ (Tok::Plus | Tok::Sep('-')), Tok::Num(hm, 4)] => {
            Some(east(sign, hm / 100, hm % 100))
        }
        [sign @ (Tok::Plus | Tok::Sep('-')), Tok::Num(h, 2)] => Some(east(sign, h, 0)),
        _ => return None,
    };
    let hour = match half {
        Some(12) if hour < 12 => hour + 12,
        Some(0) if hour == 12 => 0,
        _ => hour,
    };
    let clock = (u8::try_from(hour).ok()?, u8::try_from(minute).ok()?);
    (clock.0 < 24 && clock.1 < 60).then_some((Some(clock), offset))
}

#[expect(clippy::cast_possible_wrap, reason = "two digits")]
fn east(sign: Tok, hours: u64, minutes: u64) -> i32 {
    let east = num(hours * 60 + minutes) as i32;
    if sign == Tok::Plus { east } else { -east }
}

/// 202001031305 and 20200103130500.
fn packed(n: u64, len: usize) -> Option<Stamp> {
    let n = if len == 14 { n / 100 } else { n };
    let (date, hour, minute) = (n / 10_000, n / 100 % 100, n % 100);
    if !(1900..=2199).contains(&(date / 10_000)) || hour > 23 || minute > 59 {
        return None;
    }
    let time = Some((u8::try_from(hour).ok()?, u8::try_from(minute).ok()?));
    Some(Stamp {
        day: known(
            yr(date / 10_000),
            Some(num(date / 100 % 100)),
            Some(num(date % 100)),
        ),
        time,
        offset: None,
    })
}
