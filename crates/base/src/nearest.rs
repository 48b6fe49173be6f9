//! The nearest known name to one that nothing knows: for messages about a slip of the hand.

/// The known name that takes the fewest edits, when it is near enough to have been meant.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = (wrong.chars().count() / 2).max(2);
    known
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(edits, _)| *edits <= near)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// Edits between two short words (Levenshtein); of a long one only the beginning counts.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(LONGEST).enumerate() {
        let (mut before, mut left) = (i, i + 1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            left = (before + usize::from(x != *y)).min(left + 1).min(above + 1);
            (*cell, before) = (left, above);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_finds_its_name_and_a_strange_word_none() {
        let known = ["listen", "database", "log_format"];
        for (wrong, meant) in [
            ("listn", Some("listen")),
            ("databse", Some("database")),
            ("log-format", Some("log_format")),
            ("umbrella", None),
        ] {
            assert_eq!(nearest(wrong, known), meant, "{wrong}");
        }
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
