//! How good links are when the truth is known.

use serde::Serialize;

/// Links above a threshold against the truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quality {
    /// Links made.
    pub links: usize,
    /// Of these right.
    pub right: usize,
    /// Share of links that are right; 1 when none is made.
    pub precision: f64,
    /// Share of true pairs that are linked; 1 when there are none.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// Precision, recall and F1 of so many links, of which so many are right, when `all` pairs are true.
pub fn quality(links: usize, right: usize, all: usize) -> Quality {
    let share = |part: usize, whole: usize| {
        if whole == 0 {
            1.0
        } else {
            part as f64 / whole as f64
        }
    };
    let both = links + all;
    Quality {
        links,
        right,
        precision: share(right, links),
        recall: share(right, all),
        f1: if both == 0 {
            1.0
        } else {
            2.0 * right as f64 / both as f64
        },
    }
}

/// The best F1 over all cut-offs, with the score at which it is reached; nothing without pairs. Pairs are
/// (score, true or not); `all` counts true pairs, also those never scored.
pub fn best(pairs: &[(f64, bool)], all: usize) -> Option<(f64, Quality)> {
    let mut pairs: Vec<&(f64, bool)> = pairs.iter().collect();
    pairs.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut best: Option<(f64, Quality)> = None;
    let (mut links, mut right) = (0, 0);
    for same in pairs.chunk_by(|a, b| a.0 == b.0) {
        links += same.len();
        right += same.iter().filter(|(_, truth)| *truth).count();
        let here = quality(links, right, all);
        if best.is_none_or(|(_, best)| here.f1 > best.f1) {
            best = Some((same[0].0, here));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_stand_or_fall_together() {
        let pairs = [(3.0, true), (2.0, true), (2.0, false), (1.0, false)];
        let (at, best) = best(&pairs, 3).expect("pairs");
        assert_eq!((at, best.links, best.right), (2.0, 3, 2));
        assert!((best.f1 - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(quality(0, 0, 5).f1, 0.0);
        assert_eq!(quality(0, 0, 0).f1, 1.0);
    }
}
