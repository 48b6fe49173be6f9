//! Reads a cell that may hold one date, a range, an open range, or marks of uncertainty.

use super::single::{Day, Stamp, single};
use crate::linelist::codes::is_missing;

/// What a cell says, before day and month are told apart and years are filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::linelist) enum Reading {
    /// Empty, or a word for it.
    Missing,
    /// No date.
    Unreadable,
    /// One date.
    One { stamp: Stamp, about: bool },
    /// Two ends, of which one may be unknown.
    Between {
        from: Option<Stamp>,
        to: Option<Stamp>,
        about: bool,
    },
}

impl Reading {
    /// The dates in it.
    pub fn stamps(&self) -> impl Iterator<Item = Stamp> + use<> {
        let (a, b) = match *self {
            Self::Missing | Self::Unreadable => (None, None),
            Self::One { stamp, .. } => (Some(stamp), None),
            Self::Between { from, to, .. } => (from, to),
        };
        a.into_iter().chain(b)
    }
}

const LONGEST: usize = 64;
const MARKS: [&str; 8] = [
    "约", "大约", "左右", "前后", "about", "approx", "circa", "?",
];
const UNTIL: [&str; 9] = [
    "<=",
    "≤",
    "<",
    "before",
    "until",
    "by",
    "不晚于",
    "早于",
    "至",
];
const SINCE: [&str; 8] = [">=", "≥", ">", "after", "since", "from", "不早于", "自"];
const UNTIL_BEHIND: [&str; 4] = ["及以前", "以前", "之前", "前"];
const SINCE_BEHIND: [&str; 5] = ["及以后", "以后", "之后", "后", "起"];
const OPEN_END: [&str; 6] = ["至今", "到现在", "今", "现在", "now", "present"];

/// Reads a cell.
pub(in crate::linelist) fn read(cell: &str) -> Reading {
    if is_nothing(cell) {
        return Reading::Missing;
    }
    if cell.len() > LONGEST * 3 || cell.chars().count() > LONGEST {
        return Reading::Unreadable;
    }
    let text = simplify(cell);
    if let Some((stamp, about)) = part(&text, false) {
        return Reading::One { stamp, about };
    }
    half_open(&text)
        .or_else(|| between(&text))
        .unwrap_or(Reading::Unreadable)
}

fn is_nothing(text: &str) -> bool {
    is_missing(text)
        || matches!(
            text.trim().to_lowercase().as_str(),
            "no" | "n" | "否" | "未" | "无症状" | "asymptomatic" | "未发病"
        )
}

/// Half-width, small letters, single blanks, one kind of dash.
fn simplify(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    for c in cell.trim().chars() {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '–' | '‐' | '‑' | '−' | '﹣' => '-',
            '〜' | '∼' => '~',
            c if c.is_whitespace() => ' ',
            c => c,
        };
        if c != ' ' || !out.ends_with(' ') {
            out.extend(c.to_lowercase());
        }
    }
    out
}

/// One date with marks of uncertainty around it.
fn part(text: &str, alone: bool) -> Option<(Stamp, bool)> {
    let mut text = text.trim();
    let mut about = false;
    loop {
        let before = text.len();
        for mark in MARKS {
            text = text.strip_prefix(mark).unwrap_or(text).trim();
            text = text.strip_suffix(mark).unwrap_or(text).trim();
        }
        if text.len() == before {
            break;
        }
        about = true;
    }
    single(text, alone).map(|stamp| (stamp, about))
}

fn half_open(text: &str) -> Option<Reading> {
    let until = UNTIL
        .iter()
        .find_map(|w| text.strip_prefix(w))
        .or_else(|| UNTIL_BEHIND.iter().find_map(|w| text.strip_suffix(w)));
    if let Some((to, about)) = until.and_then(|rest| part(rest, false)) {
        return Some(Reading::Between {
            from: None,
            to: Some(to),
            about,
        });
    }
    let since = SINCE
        .iter()
        .find_map(|w| text.strip_prefix(w))
        .or_else(|| SINCE_BEHIND.iter().find_map(|w| text.strip_suffix(w)));
    let (from, about) = since.and_then(|rest| part(rest, false))?;
    Some(Reading::Between {
        from: Some(from),
        to: None,
        about,
    })
}

/// `a to b`, `? to b`, `a至b`, `1月10-19日` and the like.
fn between(text: &str) -> Option<Reading> {
    let text = text
        .strip_prefix("from ")
        .or_else(|| text.strip_prefix('自'))
        .or_else(|| text.strip_prefix('从'))
        .unwrap_or(text);
    let (first, last) = halves(text)?;
    let (first, last) = (first.trim(), last.trim());
    let open_end = OPEN_END.contains(&last);
    let (nothing_first, nothing_last) = (is_nothing(first), is_nothing(last) || open_end);
    if nothing_first && nothing_last {
        return Some(Reading::Missing);
    }
    let from = if nothing_first {
        None
    } else {
        Some(part(first, true)?)
    };
    let to = if nothing_last {
        None
    } else {
        Some(part(last, true)?)
    };
    let about = from.is_some_and(|(_, a)| a) || to.is_some_and(|(_, a)| a);
    let (from, to) = (from.map(|(s, _)| s), to.map(|(s, _)| s));
    let (from, to) = lend(from, to);
    let whole = |s: &Stamp| {
        !matches!(
            s.day,
            Day::Known {
                month: None,
                day: Some(_),
                ..
            }
        )
    };
    (from.iter().chain(&to).all(whole)).then_some(Reading::Between { from, to, about })
}

/// The two sides of a range. `? to ? to 21-Jan` has one known side, the last.
fn halves(text: &str) -> Option<(&str, &str)> {
    for word in [
        " to ",
        "至",
        "到",
        "~",
        "—",
        "..",
        " - ",
        " until ",
        " through ",
    ] {
        if let Some((a, b)) = text.split_once(word) {
            let b = b.trim_start_matches(['—', '~', '.']);
            return match b.split_once(word) {
                Some((unknown, c)) if is_nothing(a) && is_nothing(unknown) => Some((a, c)),
                Some(_) => None,
                None => Some((a, b)),
            };
        }
    }
    if let Some(a) = text.strip_suffix(" to") {
        return Some((a, ""));
    }
    if let Some(b) = text.strip_prefix("to ") {
        return Some(("", b));
    }
    let dashes: Vec<usize> = text.match_indices('-').map(|(at, _)| at).collect();
    let slashes: Vec<usize> = text.match_indices('/').map(|(at, _)| at).collect();
    let at = match (dashes.as_slice(), slashes.as_slice()) {
        ([_, _, _, _], [at]) | ([at], _) | ([_, _, at, _, _], []) => *at,
        _ => return None,
    };
    Some((&text[..at], &text[at + 1..]))
}

/// `1月10日-19日`: the end borrows month and year from the begin; `10-19 Jan`: the other way round;
/// `2020-01-10 to 19-Jan` borrows nothing, because a year before need not be a year after.
fn lend(from: Option<Stamp>, to: Option<Stamp>) -> (Option<Stamp>, Option<Stamp>) {
    let (Some(mut a), Some(mut b)) = (from, to) else {
        return (from, to);
    };
    if let (
        Day::Known {
            year: ya,
            short: sa,
            month: ma,
            day: Some(_),
        },
        Day::Known {
            year: yb,
            short: sb,
            month: mb,
            day: Some(_),
        },
    ) = (&mut a.day, &mut b.day)
    {
        match (&ma, &mb) {
            (Some(_), None) => (*yb, *sb, *mb) = (*ya, *sa, *ma),
            (None, Some(_)) => (*ya, *sa, *ma) = (*yb, *sb, *mb),
            (Some(first), Some(last)) if yb.is_none() && ya.is_some() && first <= last => {
                (*yb, *sb) = (*ya, *sa);
            }
            _ => {}
        }
    }
    (Some(a), Some(b))
}
