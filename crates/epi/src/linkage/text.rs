//! How alike two texts are, character by character (never byte by byte: one Chinese character is one step).

/// Steps of insertion, deletion and replacement between two texts (Levenshtein 1966).
pub fn levenshtein<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The same with the exchange of two neighbours as one step, no part of a text being edited twice ("optimal
/// string alignment").
pub fn alignment<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let width = b.len() + 1;
    let mut before = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    let mut row = vec![0; width];
    for i in 1..=a.len() {
        row[0] = i;
        for j in 1..width {
            let mut best = (last[j - 1] + usize::from(a[i - 1] != b[j - 1]))
                .min(last[j] + 1)
                .min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row[j] = best;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[b.len()]
}

/// [`alignment`] where it is at most `most`, else some number above `most`; quick to give up.
pub fn alignment_within(a: &[char], b: &[char], most: usize) -> usize {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    if a.is_empty() || b.is_empty() {
        return a.len().max(b.len());
    }
    if most == 1 {
        let turned =
            |a: &[char], b: &[char]| matches!((a, b), ([p, q], [r, s]) if p == s && q == r);
        return if a.len() == 1 && b.len() == 1 || turned(a, b) {
            1
        } else {
            2
        };
    }
    let missing = a.iter().filter(|c| !b.contains(c)).count();
    if a.len().abs_diff(b.len()).max(missing) > most {
        return most + 1;
    }
    alignment(a, b)
}

/// The unrestricted distance of Damerau (1964) after Lowrance and Wagner (1975): exchanged letters may be edited
/// again, so `ca` and `abc` are two steps apart.
pub fn damerau<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let far = a.len() + b.len();
    let width = b.len() + 2;
    let mut table = vec![0; (a.len() + 2) * width];
    table[0] = far;
    for i in 0..=a.len() {
        table[(i + 1) * width] = far;
        table[(i + 1) * width + 1] = i;
    }
    for j in 0..=b.len() {
        table[j + 1] = far;
        table[width + j + 1] = j;
    }
    for i in 1..=a.len() {
        let mut seen_in_row = 0;
        for j in 1..=b.len() {
            let above = (1..i).rev().find(|k| a[k - 1] == b[j - 1]).unwrap_or(0);
            let beside = seen_in_row;
            let same = a[i - 1] == b[j - 1];
            if same {
                seen_in_row = j;
            }
            let swapped = table[above * width + beside] + (i - above - 1) + 1 + (j - beside - 1);
            table[(i + 1) * width + j + 1] = (table[i * width + j] + usize::from(!same))
                .min(table[(i + 1) * width + j] + 1)
                .min(table[i * width + j + 1] + 1)
                .min(if above > 0 && beside > 0 {
                    swapped
                } else {
                    far
                });
        }
    }
    table[(a.len() + 1) * width + b.len() + 1]
}

/// The similarity of Jaro (1989), from 0 to 1.
pub fn jaro<T: PartialEq>(a: &[T], b: &[T]) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    if b.len() <= 64 {
        return jaro_with(
            a,
            b,
            &mut 0_u64,
            |taken, j| *taken >> j & 1 == 1,
            |taken, j| *taken |= 1 << j,
        );
    }
    jaro_with(
        a,
        b,
        &mut vec![false; b.len()],
        |taken, j| taken[j],
        |taken, j| taken[j] = true,
    )
}

/// The same with a set of positions of `b` that are taken.
fn jaro_with<T: PartialEq, S>(
    a: &[T],
    b: &[T],
    set: &mut S,
    has: impl Fn(&S, usize) -> bool,
    put: impl Fn(&mut S, usize),
) -> f64 {
    let window = (a.len().max(b.len()) / 2).saturating_sub(1);
    let partner = |set: &S, i: usize, x: &T| {
        let to = (i + window + 1).min(b.len());
        (i.saturating_sub(window)..to).find(|j| b[*j] == *x && !has(set, *j))
    };
    let mut left: Vec<&T> = Vec::new();
    for (i, x) in a.iter().enumerate() {
        if let Some(j) = partner(set, i, x) {
            put(set, j);
            left.push(x);
        }
    }
    if left.is_empty() {
        return 0.0;
    }
    let right = (0..b.len()).filter(|j| has(set, *j)).map(|j| &b[j]);
    let moved = left.iter().zip(right).filter(|(x, y)| **x != *y).count();
    let common = left.len() as f64;
    let transposed = (moved / 2) as f64;
    (common / a.len() as f64 + common / b.len() as f64 + (common - transposed) / common) / 3.0
}

/// From this similarity on, equal first characters count.
const BONUS_FROM: f64 = 0.7;

/// Jaro's similarity with Winkler's (1990) bonus of a tenth for each of up to four equal first characters, where the texts are
/// alike at all.
pub fn jaro_winkler<T: PartialEq>(a: &[T], b: &[T]) -> f64 {
    let jaro = jaro(a, b);
    if jaro <= BONUS_FROM {
        return jaro;
    }
    let prefix = a.iter().zip(b).take(4).take_while(|(x, y)| x == y).count();
    jaro + prefix as f64 * 0.1 * (1.0 - jaro)
}

/// The share of two-character pieces that two texts have in common (Dice 1945), from 0 to 1; without regard to
/// where they stand. Both lists must be sorted, as [`pieces`] makes them.
pub fn dice(a: &[u64], b: &[u64]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    2.0 * common as f64 / (a.len() + b.len()) as f64
}

/// The two-character pieces of a text, sorted.
pub fn pieces(text: &[char]) -> Vec<u64> {
    let pair = |w: &[char]| (u64::from(u32::from(w[0])) << 32) | u64::from(u32::from(w[1]));
    let mut pieces: Vec<u64> = text.windows(2).map(pair).collect();
    pieces.sort_unstable();
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn distances_count_characters_and_exchanges() {
        let far = |a: &str, b: &str| {
            let (a, b) = (chars(a), chars(b));
            [levenshtein(&a, &b), alignment(&a, &b), damerau(&a, &b)]
        };
        assert_eq!(far("", ""), [0, 0, 0]);
        assert_eq!(far("", "abc"), [3, 3, 3]);
        assert_eq!(far("ca", "abc"), [3, 3, 2]);
        assert_eq!(far("13812", "13821"), [2, 1, 1]);
        assert_eq!(far("元建华", "元健华"), [1, 1, 1]);
        assert_eq!(far("kitten", "sitting"), [3, 3, 3]);
    }

    proptest::proptest! {
        #[test]
        fn the_quick_distance_is_the_distance_where_it_is_small(a in "[ab1]{0,9}", b in "[ab1]{0,9}", most in 1_usize..3) {
            let (a, b) = (chars(&a), chars(&b));
            let (quick, slow) = (alignment_within(&a, &b, most), alignment(&a, &b));
            proptest::prop_assert_eq!(quick.min(most + 1), slow.min(most + 1));
        }
    }

    #[test]
    fn similarities_have_the_values_of_their_papers() {
        let close = |x: f64, y: f64| (x - y).abs() < 1e-12;
        let (a, b) = (chars("martha"), chars("marhta"));
        assert!(close(jaro(&a, &b), 17.0 / 18.0));
        assert!(close(jaro_winkler(&a, &b), 17.0 / 18.0 + 0.3 / 18.0));
        assert!(close(jaro(&chars("abc"), &chars("xyz")), 0.0));
        assert!(close(jaro(&chars(""), &chars("")), 1.0));
        assert!(close(
            dice(&pieces(&chars("night")), &pieces(&chars("nacht"))),
            0.25
        ));
    }
}
