//! One spelling for numbers as people type them.

/// Full-width characters become half-width, letters become capitals; blanks, dashes, invisible
/// characters and a leading apostrophe go; letters that only look like an X at the end become one.
pub fn normalise(text: &str) -> String {
    let mut out: String = text
        .chars()
        .filter_map(narrow)
        .flat_map(char::to_uppercase)
        .collect();
    if matches!(out.chars().last(), Some('×' | '✕' | '╳' | 'Х' | 'Χ')) {
        out.pop();
        out.push('X');
    }
    out
}

fn narrow(c: char) -> Option<char> {
    let c = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    let noise = c.is_whitespace()
        || c.is_control()
        || matches!(c, '\'' | '`' | '‘' | '’' | '-' | '‐' | '‑' | '–' | '—' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}');
    (!noise).then_some(c)
}

/// Whether a spreadsheet has turned a long number into `1.10105E+17`.
pub(super) fn is_scientific(normal: &str) -> bool {
    let Some((mantissa, exponent)) = normal.split_once('E') else {
        return false;
    };
    let digits = exponent.strip_prefix('+').unwrap_or(exponent);
    mantissa.contains('.')
        && mantissa.chars().all(|c| c.is_ascii_digit() || c == '.')
        && !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_digits_blanks_and_a_small_x_become_the_plain_number() {
        assert_eq!(
            normalise(" １１０１０５　19491231-002x "),
            "11010519491231002X"
        );
        assert_eq!(normalise("'11010519491231002×"), "11010519491231002X");
        assert_eq!(normalise("e 1234 5678"), "E12345678");
    }

    #[test]
    fn a_number_shortened_by_a_spreadsheet_is_recognised() {
        assert!(is_scientific("1.10105E+17"));
        assert!(!is_scientific("E12345678"));
        assert!(!is_scientific("12E45678"));
    }
}
