//! Splits one date into numbers, months, units and separators.

/// One piece of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tok {
    /// A number and how many digits it was written with.
    Num(u64, usize),
    /// A month by name.
    Month(u32),
    /// 年.
    Year,
    /// 月.
    Moon,
    /// 日 or 号.
    Sun,
    /// `-`, `/`, `.` or a comma.
    Sep(char),
    /// A blank or the T of ISO 8601.
    Gap,
    /// `:`.
    Colon,
    /// 时 or 点.
    Hour,
    /// 分.
    Minute,
    /// 秒.
    Second,
    /// Hours to add: 0 for a.m., 12 for p.m.
    Half(u32),
    /// `+` before an offset.
    Plus,
    /// `Z`, UTC.
    Zulu,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The pieces of `text`, which is in small letters and half-width; `None` if a piece is unknown.
pub(super) fn lex(text: &str) -> Option<Vec<Tok>> {
    let mut toks = Vec::with_capacity(8);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = if c.is_ascii_digit() {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            if end > 14 {
                return None;
            }
            toks.push(Tok::Num(rest[..end].parse().ok()?, end));
            end
        } else if c.is_ascii_alphabetic() {
            let end = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            word(&rest[..end], &mut toks)?;
            end
        } else {
            sign(rest, c, &mut toks)?
        };
        rest = &rest[taken..];
    }
    while toks.last() == Some(&Tok::Gap) {
        toks.pop();
    }
    // Blanks around 年 and 月 say nothing.
    let unit = |tok: Option<&Tok>| {
        matches!(
            tok,
            Some(Tok::Year | Tok::Moon | Tok::Sun | Tok::Hour | Tok::Minute)
        )
    };
    let kept = |at: usize| {
        toks[at] != Tok::Gap || !(unit(toks.get(at + 1)) || unit(toks.get(at.wrapping_sub(1))))
    };
    Some(
        (0..toks.len())
            .filter(|at| kept(*at))
            .map(|at| toks[at])
            .collect(),
    )
}

fn word(word: &str, toks: &mut Vec<Tok>) -> Option<()> {
    let tok = match word {
        "t" => Tok::Gap,
        "z" | "utc" | "gmt" => Tok::Zulu,
        "am" => Tok::Half(0),
        "pm" => Tok::Half(12),
        "st" | "nd" | "rd" | "th" | "of" | "the" => return Some(()),
        "sept" => Tok::Month(9),
        _ => {
            let month = MONTHS
                .iter()
                .position(|m| *m == word || (word.len() == 3 && m.starts_with(word)))?;
            Tok::Month(u32::try_from(month).ok()? + 1)
        }
    };
    toks.push(tok);
    Some(())
}

fn sign(rest: &str, c: char, toks: &mut Vec<Tok>) -> Option<usize> {
    for (word, tok) in [
        ("上午", Tok::Half(0)),
        ("早上", Tok::Half(0)),
        ("凌晨", Tok::Half(0)),
        ("下午", Tok::Half(12)),
        ("晚上", Tok::Half(12)),
    ] {
        if rest.starts_with(word) {
            toks.push(tok);
            return Some(word.len());
        }
    }
    let tok = match c {
        '年' => Tok::Year,
        '月' => Tok::Moon,
        '日' | '号' => Tok::Sun,
        '时' | '点' => Tok::Hour,
        '分' => Tok::Minute,
        '秒' => Tok::Second,
        ':' => Tok::Colon,
        '+' => Tok::Plus,
        '-' | '/' | '.' | ',' | '、' => Tok::Sep(c),
        c if c.is_whitespace() => {
            if !matches!(toks.last(), None | Some(Tok::Gap)) {
                toks.push(Tok::Gap);
            }
            return Some(c.len_utf8());
        }
        _ => return None,
    };
    toks.push(tok);
    Some(c.len_utf8())
}
