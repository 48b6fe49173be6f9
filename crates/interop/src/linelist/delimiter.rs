//! Finds out what separates the cells.

/// Candidates, the likelier first.
const CANDIDATES: [char; 4] = [',', '\t', ';', '|'];
/// Lines looked at.
const SAMPLE_LINES: usize = 60;

/// The separator of `text`: the one that occurs equally often on most of the first lines.
pub(super) fn sniff(text: &str) -> char {
    let mut best = (0, ',');
    for candidate in CANDIDATES {
        let counts = per_line(text, candidate);
        let score = counts
            .iter()
            .filter(|n| **n > 0)
            .map(|n| {
                counts.iter().filter(|m| *m == n).count() * 1000 / counts.len().max(1)
                    + (*n).min(200)
            })
            .max()
            .unwrap_or(0);
        if score > best.0 {
            best = (score, candidate);
        }
    }
    best.1
}

/// How often the separator occurs outside quotation marks, line by line.
fn per_line(text: &str, separator: char) -> Vec<usize> {
    let mut counts = Vec::new();
    let (mut count, mut quoted, mut any) = (0, false, false);
    for c in text.chars().take(200_000) {
        match c {
            '"' => quoted = !quoted,
            '\n' | '\r' if !quoted => {
                if any {
                    counts.push(count);
                }
                (count, any) = (0, false);
                if counts.len() == SAMPLE_LINES {
                    return counts;
                }
            }
            c if c == separator && !quoted => (count, any) = (count + 1, true),
            c => any |= !c.is_whitespace(),
        }
    }
    if any {
        counts.push(count);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_one_that_occurs_equally_often() {
        assert_eq!(sniff("a,b,c\n1,2,3\n"), ',');
        assert_eq!(sniff("a;b;c\n1,5;2,5;3\n1,0;2;3\n"), ';');
        assert_eq!(sniff("a\tb\n1, 2\t3\n"), '\t');
        assert_eq!(sniff("a,b\n\"x;y;z\",1\n\"x;y;z\",1\n"), ',');
        assert_eq!(sniff("name\n张三\n"), ',');
    }
}
