//! Named random streams: every component draws from its own, so that one more draw in one of them
//! moves nothing in another.
//!
//! The generator is `ChaCha8` (stable across versions by its authors' promise). The draws on top of
//! it are written here, not taken from `rand`, so that an upgrade cannot change the world.
//! Start with [`Streams::named`].

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// The seed of a run, from which every stream is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
}

/// One stream of draws.
#[derive(Debug, Clone)]
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Streams {
    /// All streams of the run with this seed.
    pub const fn of(seed: u64) -> Self {
        Self { seed }
    }

    /// The stream with this name. The same seed and name always give the same draws.
    ///
    /// The key holds the seed and the FNV-1a hash of the name in separate words, so two names never
    /// meet because of the seed.
    pub fn named(self, name: &str) -> Stream {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&fnv1a(name).to_le_bytes());
        Stream {
            rng: ChaCha8Rng::from_seed(key),
        }
    }
}

fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Stream {
    /// A whole number from 0 to `n - 1`; 0 when `n` is 0.
    ///
    /// By multiplication, without rejection: the bias is below one in 2^40 for every `n` used here.
    pub fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.rng.next_u64()) * (n as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// A whole number from `low` to `high`, both included; `low` when the range is empty.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high - low + 1).unwrap_or(0);
        low + i64::try_from(self.below(width)).unwrap_or(0)
    }

    /// A number from 0 up to, but not including, 1.
    pub fn unit(&mut self) -> f64 {
        let top = u32::try_from(self.rng.next_u64() >> 32).unwrap_or(0);
        f64::from(top) / (f64::from(u32::MAX) + 1.0)
    }

    /// A number between `low` and `high`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// True in so many of a hundred draws.
    pub fn percent(&mut self, chance: u32) -> bool {
        self.below(100) < chance as usize
    }

    /// One of the values, or nothing when there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// The position of one weight, drawn in proportion; 0 when all weights are 0.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let total: usize = weights.clone().map(|w| w as usize).sum();
        let mut left = self.below(total);
        for (at, weight) in weights.enumerate() {
            let weight = weight as usize;
            if left < weight {
                return at;
            }
            left -= weight;
        }
        0
    }

    /// Puts the values in a random order.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            let other = self.below(last + 1);
            values.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_in_one_stream_do_not_move_another() {
        let run = Streams::of(7);
        let (mut a, mut b) = (run.named("a"), run.named("b"));
        let alone: Vec<usize> = (0..8).map(|_| b.below(1000)).collect();
        let mut again = run.named("b");
        let beside: Vec<usize> = (0..8)
            .map(|_| {
                a.below(3);
                again.below(1000)
            })
            .collect();
        assert_eq!(alone, beside);
    }

    #[test]
    fn seeds_and_names_give_different_draws() {
        let first = |seed, name| Streams::of(seed).named(name).below(usize::MAX);
        assert_ne!(first(1, "a"), first(2, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
    }

    #[test]
    fn a_known_stream_keeps_its_first_draws() {
        let mut stream = Streams::of(1).named("pinned");
        let draws: Vec<usize> = (0..5).map(|_| stream.below(100)).collect();
        assert_eq!(
            draws,
            [6, 69, 63, 16, 6],
            "a change here changes every synthetic world"
        );
    }

    #[test]
    fn draws_stay_inside_their_bounds() {
        let mut stream = Streams::of(3).named("bounds");
        for _ in 0..2_000 {
            assert!(stream.below(7) < 7);
            assert!((-2..=2).contains(&stream.between(-2, 2)));
            assert!((0.0..1.0).contains(&stream.unit()));
        }
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.pick::<u8>(&[]), None);
    }

    #[test]
    fn weights_are_kept_in_proportion() {
        let mut stream = Streams::of(3).named("weights");
        let mut seen = [0_usize; 3];
        for _ in 0..10_000 {
            seen[stream.weighted([1, 0, 3].into_iter())] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!((2_200..2_800).contains(&seen[0]), "{seen:?}");
    }
}
