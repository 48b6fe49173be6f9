//! Codes for how a text in Latin letters sounds in English. The engine's own sounds are in `sound.rs`; these are for those who
//! compare with other programs.

/// The code of Russell (1918): first letter and three digits for the consonants that follow. Nothing without a first ASCII
/// letter or digit.
pub fn soundex(text: &str) -> Option<String> {
    let class = |c: char| match c {
        'B' | 'F' | 'P' | 'V' => Some('1'),
        'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => Some('2'),
        'D' | 'T' => Some('3'),
        'L' => Some('4'),
        'M' | 'N' => Some('5'),
        'R' => Some('6'),
        _ => None,
    };
    let text = text.to_ascii_uppercase();
    let mut rest = text.chars();
    let first = rest.next().filter(char::is_ascii_alphanumeric)?;
    let mut code = String::from(first);
    let mut last = class(first);
    for c in rest {
        let digit = class(c);
        if digit.is_some() && digit != last {
            code.extend(digit);
        }
        // H and W do not part two letters of one class, all else does.
        if digit.is_some() || !matches!(c, 'H' | 'W') {
            last = digit;
        }
        if code.len() == 4 {
            break;
        }
    }
    while code.len() < 4 {
        code.push('0');
    }
    Some(code)
}

fn vowel(c: Option<char>) -> bool {
    matches!(c, Some('a' | 'e' | 'i' | 'o' | 'u'))
}

fn front(c: Option<char>) -> bool {
    matches!(c, Some('e' | 'i' | 'y'))
}

/// The code of Philips (1990), word by word, `0` for the sound of th and `X` for that of sh. Empty without letters that sound.
pub fn metaphone(text: &str) -> String {
    let mut letters: Vec<char> = text.to_ascii_lowercase().chars().collect();
    let start: String = letters.iter().take(2).collect();
    if ["kn", "gn", "pn", "wr", "ae"].contains(&start.as_str()) {
        letters.remove(0);
    }
    let mut code = String::new();
    let mut at = 0;
    while let Some(c) = letters.get(at).copied() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
        let (next, third) = (letters.get(at + 1).copied(), letters.get(at + 2).copied());
        let doubled = next == Some(c) && c != 'c';
        // What the letter sounds like, and how many letters after it are taken with it.
        let (sound, taken) = match c {
            _ if doubled => ("", 0),
            'a' | 'e' | 'i' | 'o' | 'u' if before.is_none_or(|b| b == ' ') => {
                code.push(c.to_ascii_uppercase());
                ("", 0)
            }
            'b' if before == Some('m') && next.is_none() => ("", 0),
            'b' => ("B", 0),
            'c' if next == Some('h') || (next, third) == (Some('i'), Some('a')) => ("X", 1),
            'c' if front(next) => ("S", 1),
            'd' if next == Some('g') && front(third) => ("J", 2),
            'd' => ("T", 0),
            'f' | 'v' => ("F", 0),
            'j' => ("J", 0),
            'l' => ("L", 0),
            'm' => ("M", 0),
            'n' => ("N", 0),
            'r' => ("R", 0),
            'g' if front(next) => ("J", 0),
            'g' if next == Some('h') && !vowel(third) => ("", 1),
            'g' if next == Some('n') && third.is_none() => ("", 1),
            'c' | 'g' | 'q' => ("K", 0),
            'h' if before.is_none() || vowel(next) || !vowel(before) => ("H", 0),
            'k' if before != Some('c') => ("K", 0),
            'p' if next == Some('h') => ("F", 1),
            'p' => ("P", 0),
            's' if next == Some('h') => ("X", 1),
            's' if next == Some('i') && matches!(third, Some('a' | 'o')) => ("X", 2),
            't' if next == Some('i') && matches!(third, Some('a' | 'o')) => ("X", 0),
            't' if next == Some('h') => ("0", 1),
            't' if (next, third) != (Some('c'), Some('h')) => ("T", 0),
            'w' if before.is_none() && next == Some('h') => {
                (if vowel(third) { "W" } else { "" }, 1)
            }
            'w' if vowel(next) => ("W", 0),
            'x' if before.is_some() => ("KS", 0),
            'x' if next == Some('h') => ("X", 0),
            'x' if next == Some('i') && matches!(third, Some('a' | 'o')) => ("X", 0),
            's' | 'x' | 'z' => ("S", 0),
            'y' if vowel(next) => ("Y", 0),
            ' ' if !code.is_empty() && !code.ends_with(' ') => (" ", 0),
            _ => ("", 0),
        };
        code.push_str(sound);
        at += 1 + taken;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_their_authors() {
        for (text, code) in [
            ("Robert", "R163"),
            ("Ashcraft", "A261"),
            ("Tymczak", "T522"),
            ("Pfister", "P236"),
            ("Lee", "L000"),
        ] {
            assert_eq!(soundex(text).as_deref(), Some(code), "{text}");
        }
        assert_eq!((soundex("李"), soundex("")), (None, None));
        for (text, code) in [
            ("Thompson", "0MPSN"),
            ("knight", "NT"),
            ("whale", "WL"),
            ("bomb", "BM"),
            ("Schubert street", "SXBRT STRT"),
            ("", ""),
        ] {
            assert_eq!(metaphone(text), code, "{text}");
        }
    }
}
