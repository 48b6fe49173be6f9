//! Takes invisible characters out of cells; they hide differences and turn text around.

/// Adds `cell` to `out` without control and direction characters and without outer blanks.
/// Returns how many characters were taken out; line breaks inside a cell stay, tabs become blanks.
pub(super) fn push_clean(out: &mut String, cell: &str) -> usize {
    let cell = strip_apostrophe(cell.trim()).trim();
    if cell.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        out.push_str(cell);
        return 0;
    }
    let start = out.len();
    let mut removed = 0;
    let mut after_return = false;
    for c in cell.chars() {
        match c {
            '\n' if after_return => {}
            '\n' | '\r' => out.push('\n'),
            '\t' => out.push(' '),
            c if is_invisible(c) => removed += 1,
            c => out.push(c),
        }
        after_return = c == '\r';
    }
    if removed > 0 {
        // What was hidden behind the invisible characters may be blank again.
        let trimmed = strip_apostrophe(out[start..].trim()).trim().to_owned();
        out.truncate(start);
        out.push_str(&trimmed);
    }
    removed
}

/// Characters at the start of a cell that a spreadsheet takes for a formula.
pub(super) fn starts_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// Our own exports put an apostrophe before such cells; it goes again on the way in.
fn strip_apostrophe(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if starts_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

fn is_invisible(c: char) -> bool {
    // Joiners U+200C and U+200D stay: names in several scripts need them.
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> (String, usize) {
        let mut out = String::new();
        let removed = push_clean(&mut out, text);
        (out, removed)
    }

    #[test]
    fn invisible_characters_go_and_are_counted() {
        assert_eq!(clean("\u{202e}张\u{0}三\u{200b} "), ("张三".to_owned(), 3));
        assert_eq!(clean("　张三　"), ("张三".to_owned(), 0));
        assert_eq!(clean("a\r\nb\tc"), ("a\nb c".to_owned(), 0));
    }

    #[test]
    fn the_apostrophe_of_our_own_exports_goes_again() {
        assert_eq!(clean("'=1+1").0, "=1+1");
        assert_eq!(clean("''=1+1").0, "'=1+1");
        assert_eq!(clean("'tis").0, "'tis");
    }
}
